"""One symbol, one meaning: the notation page and the chapters, as far as text shows it."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "book"
PAGES = sorted(
    path
    for pattern in ("*.md", "*.ipynb", "solutions/*.ipynb", "quizzes/*.yml")
    for path in BOOK.glob(pattern)
)
# What would give a symbol a second meaning, and what to write for it. The notation page itself and
# sentences that quote how others write are free: those say so in the same line.
SLIPS = {
    r"\\(?:ln|log)\s*(?:\\bigl|\\left)?\(?\s*(?:1\s*-\s*)?D(?:\^\*|_\w+)?\s*\(": r"D(x) is a logit: \sigma(D(x))",
    r"(?<!\\sigma\()D\^\*(?:\(x\))?\s*=\s*(?:\\[dt]?frac\{?\s*p|p(?:\(x\))?\s*/\s*\(\s*p|\\?tfrac12)": (
        r"D* is a logit: \sigma(D^*(x)) = p/(p + q)"
    ),
    r"\\inf_\{?\\gamma|\\sim\s*\\gamma": r"a coupling is \pi",
}

QUOTES = re.compile(r"\b(write|writes|written)\b|our \$\\sigma\(D\)")


def texts(path: Path) -> list[str]:
    """Return the lines of prose of a page, quiz or notebook."""
    if path.suffix != ".ipynb":
        return path.read_text(encoding="utf-8").splitlines()
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [
        line
        for cell in cells
        if cell["cell_type"] == "markdown"
        for line in "".join(cell["source"]).splitlines()
    ]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(BOOK)))
def test_no_symbol_gets_a_second_meaning(path: Path):
    for line in texts(path):
        if path.name == "notation.md" or QUOTES.search(line):
            continue
        for slip, instead in SLIPS.items():
            assert not re.search(slip, line), f"{instead}\n{line}"


@pytest.mark.parametrize(
    "line",
    [
        r"V = \mathbb E \ln D(x)",
        r"\ln\bigl(1 - D(G(z))\bigr)",
        r"\ln(1 - D(G(z)))",
        r"$D^*(x) = \frac{p(x)}{p(x) + q(x)}$",
        r"$D^* = p/(p + q)$",
        r"\inf_\gamma \mathbb E",
    ],
)
def test_slips_are_found(line: str):
    assert any(re.search(slip, line) for slip in SLIPS)


@pytest.mark.parametrize(
    "line",
    [
        r"\ln \sigma(D(x)) + \ln\bigl(1 - \sigma(D(G(z)))\bigr)",
        r"$\sigma(D^*(x)) = p(x)/(p(x) + q(x))$",
        r"\max(0, 1 - D(x))",
        r"$D^*(x) = \ln\bigl(p(x)/q(x)\bigr)$",
    ],
)
def test_what_is_meant_passes(line: str):
    assert not any(re.search(slip, line) for slip in SLIPS)


def test_every_symbol_of_the_notation_page_is_used_in_a_chapter():
    """So the page holds no letters that the book has given up."""
    page = (BOOK / "notation.md").read_text(encoding="utf-8")
    table = page[: page.index("## Tensors")]
    rows = re.findall(r"(?m)^\| (\$.+?\$)(?: \(.*?\))? \|", table)
    symbols = [part for row in rows for part in re.findall(r"\$(.+?)\$", row)]
    chapters = "\n".join(line for path in BOOK.glob("*.ipynb") for line in texts(path))
    letters = {re.match(r"\\?\w+(?:\{[^}]*\})?", symbol.lstrip("{")) for symbol in symbols}
    letters = {re.sub(r"\\operatorname\{(\w+)\}", r"\1", m.group()) for m in letters if m}
    missing = [letter for letter in letters if letter not in chapters]
    assert not missing
