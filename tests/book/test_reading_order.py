""" "Next" leads through the chapters; solutions stand beside the way."""

import re
import sys
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tools" / "sphinx_ext")]

from chapters import chapters  # noqa: E402
from heading_slugs import slug  # noqa: E402
from reading_order import AFTER, BEFORE, neighbour  # noqa: E402

SITE = ROOT / "_build" / "html" / "book"
RELATIONS = {
    "book/a": (None, None, "book/solutions/a"),
    "book/solutions/a": ("book/a", "book/a", "book/part2"),
    "book/part2": (None, "book/solutions/a", "book/b"),
    "book/b": (None, "book/part2", None),
}

built = pytest.mark.skipif(not (SITE / "intro.html").exists(), reason="no book was built")


def leads_to(page: Path, side: str) -> str:
    """Return where the link at a page's end leads."""
    return re.search(rf'class="{side}"\s+href="([^"]*)"', page.read_text("utf-8"))[1]


def test_solutions_and_what_stands_beside_the_way_are_passed_by():
    assert neighbour(RELATIONS, "book/a", AFTER, set()) == "book/part2"
    assert neighbour(RELATIONS, "book/a", AFTER, {"book/part2"}) == "book/b"
    assert neighbour(RELATIONS, "book/b", BEFORE, {"book/part2"}) == "book/a"
    assert neighbour(RELATIONS, "book/b", AFTER, set()) is None


@built
def test_next_leads_from_chapter_to_chapter_and_back():
    for here, there in pairwise(chapters()):
        assert leads_to(SITE / f"{here.file}.html", "right-next") == f"{there.file}.html"
        assert leads_to(SITE / f"{there.file}.html", "left-prev") == f"{here.file}.html"


@built
def test_solutions_lead_back_to_their_chapter_and_on_to_the_next():
    for here, there in pairwise(chapters()):
        page = SITE / "solutions" / f"{here.file}.html"
        assert leads_to(page, "left-prev") == f"../{here.file}.html"
        assert leads_to(page, "right-next") == f"../{there.file}.html"


def test_a_heading_keeps_its_address_when_it_gets_a_number():
    assert slug("7. Reading a run") == slug("Reading a run") == "reading-a-run"
