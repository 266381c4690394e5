"""Words of the glossary become links at their first use, and nowhere that a link would disturb."""

import re
import sys
from pathlib import Path

import pytest
from docutils import nodes

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "_build" / "html" / "book"
sys.path[:0] = [str(ROOT / "tools" / "sphinx_ext"), str(ROOT / "tools")]

import glossary_links  # noqa: E402
from chapters import chapters  # noqa: E402
from glossary_links import Term, finder, is_running_text, linked, phrases  # noqa: E402

LOGIT = Term("logit", "term-logit")
MODE_SCORE = Term("mode score", "term-mode-score")
BATCH_NORM = Term("batch normalisation", "term-bn")


@pytest.fixture(autouse=True)
def small_glossary(monkeypatch):
    """Let the chapters' own words stand for the terms of this file only."""
    monkeypatch.setattr(glossary_links, "ALSO", {"batch norm": "batch normalisation"})


def links(text: str, seen: set | None = None) -> list[tuple[str, str]]:
    """Return the words that become links, and where they lead."""
    pattern, meant = finder([LOGIT, MODE_SCORE, BATCH_NORM])
    pieces = linked(text, pattern, meant, set() if seen is None else seen, "glossary.html")
    assert "".join(piece.astext() for piece in pieces) in (text, "")
    found = [piece for piece in pieces if isinstance(piece, nodes.reference)]
    return [(link.astext(), link["refuri"]) for link in found]


def test_the_first_use_of_a_word_is_linked_and_no_later_one():
    assert links("A logit is no probability. This logit is large.") == [
        ("logit", "glossary.html#term-logit")
    ]


def test_a_word_seen_earlier_on_the_page_is_left_alone():
    assert links("The logit again.", seen={LOGIT}) == []


def test_plurals_capitals_and_the_chapters_own_words_are_found():
    found = links("Logits first. Batch norm moves them.")
    assert [word for word, _ in found] == ["Logits", "Batch norm"]


@pytest.mark.parametrize(
    "text", ["a logit-like number", "the logistic function", "mode scoreboard"]
)
def test_parts_of_other_words_are_not_found(text):
    assert links(text) == []


def test_brackets_count_if_they_hold_a_name():
    assert phrases("evidence lower bound (ELBO)") == ["evidence lower bound", "ELBO"]
    assert phrases("density (the metric)") == ["density"]


def text_in(*wrappers) -> nodes.Text:
    """Return a text inside these nodes, the outermost first."""
    outer = nodes.document(None, None)
    for make in wrappers:
        node = make()
        outer += node
        outer = node
    outer += nodes.Text("logit")
    return outer.children[-1]


def test_running_text_is_what_stands_in_a_paragraph():
    assert is_running_text(text_in(nodes.paragraph))
    assert is_running_text(text_in(nodes.paragraph, nodes.emphasis))


@pytest.mark.parametrize(
    "wrappers",
    [
        [nodes.section, nodes.title],
        [nodes.paragraph, nodes.literal],
        [nodes.paragraph, nodes.math],
        [nodes.paragraph, nodes.reference],
        [nodes.paragraph, nodes.strong],  # the bold words that open a box
        [nodes.table, nodes.paragraph],
    ],
    ids=lambda wrappers: wrappers[-1].__name__,
)
def test_headings_code_formulas_links_tables_and_openings_are_left_alone(wrappers):
    assert not is_running_text(text_in(*wrappers))


def test_every_word_of_our_own_stands_for_a_term_of_the_glossary(monkeypatch):
    monkeypatch.undo()
    page = (ROOT / "book" / "glossary.md").read_text(encoding="utf-8")
    for phrase, name in glossary_links.ALSO.items():
        assert f"\n{name}\n" in page, f"{phrase}: the glossary has no {name!r}"


@pytest.mark.skipif(not SITE.exists(), reason="no book was built")
@pytest.mark.parametrize("each", chapters(), ids=lambda each: each.file)
def test_a_built_chapter_links_several_words_once_each(each):
    page = SITE / f"{each.file}.html"
    addresses = re.findall(r'class="glossary-link[^"]*" href="([^"]+)"', page.read_text("utf-8"))
    assert len(addresses) >= 5 and len(set(addresses)) == len(addresses)
    anchors = re.findall(r'id="(term-[^"]+)"', (SITE / "glossary.html").read_text("utf-8"))
    assert {address.split("#")[1] for address in addresses} <= set(anchors)
