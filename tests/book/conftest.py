"""The book's files, as the tests about it need them."""

import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "book"
sys.path.append(str(ROOT / "tools"))

from chapters import chapters  # noqa: E402


@dataclass(frozen=True)
class Text:
    """A piece of Markdown and where it stands."""

    path: Path
    place: str
    markdown: str


def notebook_paths() -> list[Path]:
    """Return all notebooks of the book, chapters before solutions."""
    return sorted(BOOK.glob("*.ipynb")) + sorted((BOOK / "solutions").glob("*.ipynb"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for a notebook or a chapter once for each of them."""
    paths = notebook_paths()
    listed = [chapter.notebook for chapter in chapters()]
    for name, chosen in (("notebook_path", paths), ("chapter", listed)):
        if name in metafunc.fixturenames:
            names = [str(path.relative_to(BOOK)) for path in chosen]
            metafunc.parametrize(name, chosen, ids=names)


@pytest.fixture
def notebook(notebook_path: Path) -> nbformat.NotebookNode:
    """Return the notebook, read."""
    return nbformat.read(notebook_path, as_version=4)


@pytest.fixture(scope="session")
def texts() -> list[Text]:
    """Return all Markdown of the book: pages and the cells of notebooks."""
    found = [
        Text(path, str(path.relative_to(BOOK)), path.read_text(encoding="utf-8"))
        for path in sorted(BOOK.glob("*.md"))
    ]
    for path in notebook_paths():
        for number, cell in enumerate(nbformat.read(path, as_version=4).cells):
            if cell.cell_type == "markdown":
                found.append(Text(path, f"{path.relative_to(BOOK)}, cell {number}", cell.source))
    return found
