"""Markdown reads well in the rendered book, in Jupyter and on GitHub, and its links lead somewhere."""

import re
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from pybtex.database import parse_file

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from unfinished import MARK, unfinished  # noqa: E402

REFERENCES = ROOT / "book" / "references.bib"
ARXIV = re.compile(r"arxiv\.org/(?:abs|pdf)/([\w./-]*\w)", re.IGNORECASE)
DOI = re.compile(r"doi\.org/([^\s)>\"\]]+)", re.IGNORECASE)


@pytest.fixture(scope="module")
def cells(texts):
    """Return only the notebooks' cells: these are read unrendered, too."""
    return [text for text in texts if text.path.suffix == ".ipynb"]


def without_maths(markdown: str) -> str:
    """Blank out formulas: a plain Markdown parser would read underscores and braces in them."""
    return re.sub(r"\$\$.*?\$\$|\$[^$\n]+\$", "FORMULA", markdown, flags=re.DOTALL)


def roles(markdown: str) -> list[str]:
    """Return the MyST roles, `{name}` before a code span, that plain Markdown shows as raw text."""
    found = []
    for block in MarkdownIt("commonmark").parse(without_maths(markdown)):
        children = block.children or []
        for before, after in pairwise(children):
            role = re.search(r"\{[\w:+.-]+\}$", before.content) if before.type == "text" else None
            if role and after.type == "code_inline":
                found.append(role.group())
    return found


def directives(markdown: str) -> list[str]:
    """Return the backtick fences that only MyST understands: plain Markdown shows them as code."""
    blocks = MarkdownIt("commonmark").parse(markdown)
    return [block.info for block in blocks if block.type == "fence" and block.info.startswith("{")]


def test_a_role_and_a_directive_are_found():
    assert roles("As {cite:p}`goodfellow2014` says") == ["{cite:p}"]
    assert roles("`{cite:p}` is code, and so is $x_{i}$`x`") == []
    assert directives("```{note}\nHello\n```") == ["{note}"]
    assert directives("```python\nx = {1}\n```") == []


def test_notebooks_show_no_raw_roles(cells):
    found = {cell.place: roles(cell.markdown) for cell in cells if roles(cell.markdown)}
    assert not found, "use an ordinary Markdown link"


def test_notebooks_use_no_directive_that_plain_markdown_shows_as_code(cells):
    found = {cell.place: directives(cell.markdown) for cell in cells if directives(cell.markdown)}
    assert not found, "use a colon fence"


def test_notebooks_use_no_labels_or_comments_of_myst(cells):
    for cell in cells:
        assert not re.search(r"^(\([\w-]+\)=|%\s)", cell.markdown, re.MULTILINE), cell.place


def test_colon_fences_begin_with_a_bold_title(cells):
    """Unrendered, the bold title is what tells a theorem from the text around it.

    What a demo's box says to one of its three readers is a part of the box, which has its title.
    """
    for cell in cells:
        text = re.sub(
            r"^:{3,}\{div\} (on-page|on-paper|in-notebook)\n", "", cell.markdown, flags=re.M
        )
        for fence in re.finditer(r"^:{3,}\{.*\n((?::[\w-]+:.*\n|\n)*)(.*)", text, re.M):
            assert fence.group(2).startswith("**"), f"{cell.place}: {fence.group()}"


def test_colon_fences_are_closed(cells):
    for cell in cells:
        opened = Counter(re.findall(r"^(:{3,})\{", cell.markdown, re.MULTILINE))
        closed = Counter(re.findall(r"^(:{3,})\s*$", cell.markdown, re.MULTILINE))
        assert opened == closed, cell.place


def test_nothing_is_left_unfinished(texts):
    """Nor in the quizzes, checks, recipes and lists: `make report` prints all of it."""
    found = [text.place for text in texts if MARK.search(text.markdown)]
    assert not found + unfinished()


def test_a_numbered_formula_has_one_line(texts):
    """Sphinx wraps a formula with `\\\\` in `split`, where MathJax refuses a `\\tag`."""
    for text in texts:
        for formula in re.findall(r"\$\$.*?\$\$", text.markdown, flags=re.DOTALL):
            assert not ("\\\\" in formula and "\\tag" in formula), f"{text.place}: {formula[:60]}"


def test_equation_numbers_are_unique(texts):
    numbers = Counter(tag for text in texts for tag in re.findall(r"\\tag\{(.*?)\}", text.markdown))
    assert not [number for number, uses in numbers.items() if uses > 1]


def test_equation_numbers_name_their_chapter(cells):
    for cell in cells:
        for tag in re.findall(r"\\tag\{(\d+)\.", cell.markdown):
            assert cell.path.name.startswith(f"{int(tag):02d}_"), f"{cell.place}: ({tag}.)"


def test_links_inside_the_book_lead_to_files(texts):
    for text in texts:
        for link in re.findall(r"\]\(([^)\s]+)\)", without_maths(text.markdown)):
            target = link.split("#")[0]
            if target and not re.match(r"\w+:", target):
                assert (text.path.parent / target).exists(), f"{text.place}: {link}"


@pytest.fixture(scope="module")
def known() -> set[str]:
    """Return the arXiv ids and DOIs of the bibliography."""
    fields = [entry.fields for entry in parse_file(REFERENCES).entries.values()]
    return {entry[name].lower() for entry in fields for name in ("eprint", "doi") if name in entry}


def test_every_cited_paper_stands_in_the_references(texts, known):
    for text in texts:
        for paper in ARXIV.findall(text.markdown) + DOI.findall(text.markdown):
            paper = re.sub(r"v\d+$|\.$", "", paper.lower())
            same = paper.removeprefix("10.48550/arxiv.")  # arXiv's own DOIs
            assert same in known, f"{text.place} cites {paper}, which references.bib lacks"


def test_every_reference_has_an_identifier_that_is_well_formed():
    for key, entry in parse_file(REFERENCES).entries.items():
        eprint, doi = entry.fields.get("eprint"), entry.fields.get("doi")
        assert eprint or doi, f"{key} needs an arXiv id (eprint) or a doi"
        assert not eprint or re.fullmatch(r"\d{4}\.\d{4,5}|[a-z-]+/\d{7}", eprint), key
        assert not doi or re.fullmatch(r"10\.\d{4,9}/\S+", doi), key


def test_every_reference_says_in_one_line_why_it_is_cited():
    chapters = {int(path.name[:2]) for path in (ROOT / "book").glob("[0-9]*.ipynb")}
    for key, entry in parse_file(REFERENCES).entries.items():
        why = entry.fields.get("why", "")
        assert 20 < len(why) < 140 and why.endswith("."), f"{key}: {why!r}"
        for named in re.findall(r"[Cc]hapters? (\d+)(?: and (\d+))?", why):
            assert {int(number) for number in named if number} <= chapters, f"{key}: {why!r}"


def test_no_paper_stands_twice_in_the_references():
    fields = [entry.fields for entry in parse_file(REFERENCES).entries.values()]
    papers = Counter(entry[name] for entry in fields for name in ("eprint", "doi") if name in entry)
    assert not [paper for paper, uses in papers.items() if uses > 1]


def test_the_table_of_contents_names_every_page_that_exists(texts):
    listed = re.findall(r"(?:root|file): (\S+)", (ROOT / "_toc.yml").read_text())
    pages = {text.path.relative_to(ROOT).with_suffix("") for text in texts}
    assert {str(page) for page in pages} == set(listed)
