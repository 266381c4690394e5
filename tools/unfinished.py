"""Say what is left to write: every line of the book that holds the mark of `make chapter`.

    python tools/unfinished.py

A test fails while there is any, so that no chapter is published half done.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from chapters import ROOT, chapters

MARK = re.compile(r"\b(?:TODO|TBD|FIXME|XXX|TIME s)\b")
SHARED = ["README.md", "_toc.yml", "book/chapters.yml", "book/*.md", "book/*.ipynb"]
SHARED += ["book/solutions/*.ipynb", "tools/models/chapter*.py"]


def files(root: Path) -> list[Path]:
    """Return the files that an author writes: those of each chapter, and those that name them all."""
    own = [path for chapter in chapters(root) for path in chapter.files.values()]
    shared = [path for pattern in SHARED for path in root.glob(pattern)]
    return sorted({path for path in own + shared if path.suffix != ".png"})


def lines(path: Path) -> Iterator[str]:
    """Yield the lines that an author wrote: of a notebook its sources and its pictures' texts."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        yield from text.splitlines()
        return
    for cell in json.loads(text)["cells"]:
        yield from "".join(cell["source"]).splitlines()
        about = cell["metadata"].get("mystnb", {})
        yield about.get("image", {}).get("alt", "")
        yield about.get("figure", {}).get("caption", "")


def unfinished(root: Path = ROOT) -> list[str]:
    """Return "file: line" for every line that holds a mark."""
    return [
        f"{path.relative_to(root)}: {line.strip()}"
        for path in files(root)
        if path.exists()
        for line in lines(path)
        if MARK.search(line)
    ]


def main() -> int:
    """Print what is left; return 1 if anything is."""
    left = unfinished()
    print("\n".join(left) if left else "Nothing is left unfinished.")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
