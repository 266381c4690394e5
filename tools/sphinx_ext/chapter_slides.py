"""Put the chapters' slides beside the pages, made of the same notebooks (tools/make_slides.py)."""

import sys
from pathlib import Path

from sphinx.application import Sphinx

sys.path.append(str(Path(__file__).resolve().parents[1]))

from make_slides import LOOKS, ROOT, make


def sources() -> list[Path]:
    """Return the files of which slides are made."""
    book, tools = ROOT / "book", ROOT / "tools"
    folders = (LOOKS / "slides", LOOKS / "cover", book / "quizzes")
    return [
        *book.glob("*.ipynb"),
        *(path for folder in folders for path in folder.iterdir()),
        *(book / "chapters.yml", LOOKS / "formulas.css"),
        *(tools / f"{name}.py" for name in ("deck", "make_slides", "formulas")),
    ]


def write(app: Sphinx, exception: Exception | None) -> None:
    """Make the slides, unless they are newer than what they are made of."""
    if exception is not None or app.builder.name != "html":
        return
    index = Path(app.outdir) / "slides" / "index.html"
    newest = max(path.stat().st_mtime for path in sources())
    if not index.exists() or index.stat().st_mtime < newest:
        make(index.parent)


def setup(app: Sphinx) -> dict:
    """Register with Sphinx."""
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
