"""The book's prose, without code, formulas and markup: what spelling.py and report.py read."""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import yaml

ROOT = Path(__file__).resolve().parents[1]
BOOK = ROOT / "book"
sys.path.insert(0, str(ROOT / "tools" / "sphinx_ext"))

from quiz import read_quiz  # noqa: E402

PICTURE = r"!\[([^\]]*)\]\([^)]*\)"
# What is taken out of Markdown, in this order, and what comes in its place: N for a formula or a piece of code.
MARKUP = [
    (r"(?m)^`{3,}\{(?:glossary|admonition|note|tip|warning)\b.*$", ""),  # the prose inside stays
    (r"(?ms)^(`{3,})\S.*?^\1\s*$", ""),  # code
    (r"(?m)^(?:`{3,}|:{3,}).*$|^:[\w-]+:.*$|^\([\w-]+\)=$|^%.*$", ""),
    (r"(?s)<!--.*?-->", ""),
    (r"(?s)\$\$.*?\$\$", " N. "),
    (r"(?<!\\)\$[^$]+\$", "N"),
    (r"(?:\{[\w:+.-]+\})?(`+)[^`]+\1", "N"),
    (PICTURE, r"\1"),
    (r"\[([^\]]*)\]\([^)]*\)", r"\1"),
    (r"<?https?://[^\s>)]+>?|<[^>\n]+>", ""),
    (r"(?m)^[ |:-]+$", ""),  # the rule below a table's head
    (r"\|", "\n\n"),
    (r"(?m)^\s*(?:#{1,6}|>|[-*+]|\d+\.)\s+", "\n"),
    (r"\*+|(?<!\w)_|_(?!\w)", ""),
    (r"&\w+;|\\[a-z]*", " "),
]


@dataclass(frozen=True)
class Piece:
    """Some prose and where it stands."""

    place: str
    text: str


def plain(markdown: str) -> str:
    """Return the words of Markdown."""
    for pattern, replacement in MARKUP:
        markdown = re.sub(pattern, replacement, markdown)
    return markdown


def notebook_prose(path: Path) -> Iterator[Piece]:
    """Yield the Markdown of a notebook, and what its pictures say."""
    for number, cell in enumerate(nbformat.read(path, as_version=4).cells):
        place = f"{path.relative_to(ROOT)}, cell {number}"
        if cell.cell_type == "markdown":
            yield Piece(place, plain(re.sub(PICTURE, "", cell.source)))
            for text in re.findall(PICTURE, cell.source):
                yield Piece(f"{place}, picture", text)
        elif text := cell.metadata.get("mystnb", {}).get("image", {}).get("alt"):
            yield Piece(f"{place}, picture", text)
        if caption := cell.metadata.get("mystnb", {}).get("figure", {}).get("caption"):
            yield Piece(f"{place}, picture's caption", plain(caption))


def quiz_prose(path: Path) -> Iterator[Piece]:
    """Yield the questions of a quiz, their choices and the explanations."""
    for question in read_quiz(path):
        place = f"{path.relative_to(ROOT)}, {question.id}"
        texts = [question.ask, question.shown]
        texts += [text for choice in question.choices for text in (choice.text, choice.why)]
        for text in texts:
            yield Piece(place, plain(text))


def exercise_prose(path: Path) -> Iterator[Piece]:
    """Yield what the page adds to exercises: questions, explanations and hints."""
    for entry in yaml.safe_load(path.read_text(encoding="utf-8")):
        for text in _words_in({"parts": entry["parts"], "hints": entry["hints"]}):
            yield Piece(f"{path.relative_to(ROOT)}, exercise {entry['exercise']}", plain(text))


def _words_in(value: object, name: str = "") -> Iterator[str]:
    """Yield the texts in nested lists and fields, without names and Python."""
    if isinstance(value, dict):
        for field, inner in value.items():
            yield from _words_in(inner, field)
    elif isinstance(value, list):
        for inner in value:
            yield from _words_in(inner, name)
    elif isinstance(value, str) and name not in {"id", "value", "of", "agrees", "holds"}:
        yield value


def docstrings(path: Path) -> Iterator[Piece]:
    """Yield the docstrings of a Python file, without their examples and indented formulas."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            text = ast.get_docstring(node) or ""
            text = re.sub(
                r"(?m)^\s*>>>.*$|^\s*[\w, *]+:(?=\s)", "", text
            )  # examples, argument names
            yield Piece(f"{path.relative_to(ROOT)}, {getattr(node, 'name', 'module')}", plain(text))


def all_prose() -> Iterator[Piece]:
    """Yield everything that a reader of the book, of the package or of the repository reads."""
    for path in [*sorted(BOOK.glob("*.ipynb")), *sorted((BOOK / "solutions").glob("*.ipynb"))]:
        yield from notebook_prose(path)
    for path in [*sorted(ROOT.glob("*.md")), *sorted(BOOK.glob("*.md"))]:
        yield Piece(str(path.relative_to(ROOT)), plain(path.read_text(encoding="utf-8")))
    for path in sorted((BOOK / "quizzes").glob("*.yml")):
        yield from quiz_prose(path)
    for path in sorted((BOOK / "exercises").glob("*.yml")):
        yield from exercise_prose(path)
    for folder in ("gan_course", "recipes", "benchmarks", "tools"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield from docstrings(path)


def sentences(text: str) -> list[str]:
    """Return the sentences of plain prose; a blank line ends one, too."""
    text = re.sub(r"\b(e\.g|i\.e|et al|cf|vs|Alg|Fig|Eq)\.", r"\1", text)
    parts = re.split(r"(?<=[.?!:;])[\"”)]*\s+(?=[\"“(]?[A-Z0-9N−])|\n\s*\n", text)
    return [" ".join(part.split()) for part in parts if part.strip()]
