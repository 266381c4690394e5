"""A chapter is as long as it needs to be: 25 screens of a desktop, with its folds closed."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from chapters import chapters

SCREENS = 25
CHAPTERS = [chapter.file for chapter in chapters()]
BLOCKS = [
    *("section > p", ".cell_input", ".cell_output pre", ".demo", ".admonition"),
    *("details.sd-dropdown", ".exercise-card", ".quiz-fold"),
]
EDGES = """(blocks) => [...document.querySelectorAll(blocks.map((one) => `article ${one}`).join())]
  .filter((e) => e.offsetParent && !e.parentElement.closest(".demo, .admonition, details, .exercise-card"))
  .map((e) => Math.round(e.getBoundingClientRect().right))"""


@pytest.mark.parametrize("stem", CHAPTERS)
def test_a_chapter_with_its_folds_closed_is_at_most_25_screens(open_page, stem):
    with open_page(f"book/{stem}.html", screen="wide") as page:
        height = page.evaluate("document.documentElement.scrollHeight")
        assert height <= SCREENS * 900, f"{height / 900:.1f} screens"


@pytest.mark.parametrize("stem", CHAPTERS)
def test_prose_code_boxes_and_demos_have_one_right_edge(open_page, stem):
    with open_page(f"book/{stem}.html", screen="wide") as page:
        edges = page.evaluate(EDGES, BLOCKS)
    assert len(edges) > 50 and max(edges) - min(edges) <= 1, sorted(set(edges))


@pytest.mark.parametrize("stem", CHAPTERS)
def test_a_figure_stands_in_the_middle_of_the_column(open_page, stem):
    with open_page(f"book/{stem}.html", screen="wide") as page:
        gaps = page.evaluate(
            """() => [...document.querySelectorAll("article .cell_output img")].filter((e) => e.offsetParent)
              .map((e) => { const [a, b] = [e, e.closest(".cell_output")].map((n) => n.getBoundingClientRect());
                return Math.round(a.left - b.left - (b.right - a.right)); })"""
        )
    assert gaps and all(abs(gap) <= 1 for gap in gaps), gaps
