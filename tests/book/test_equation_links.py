"""Numbers of formulas lead to their formulas, everywhere in the built book."""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tools" / "sphinx_ext")]

import equation_links  # noqa: E402

SITE = ROOT / "_build" / "html"
PAGES = sorted([*SITE.glob("book/[0-9]*.html"), *SITE.glob("book/solutions/[0-9]*.html")])
# Places of which a number is no mention, or where no link may stand.
APART = {"a", "code", "pre", "script", "style", "svg", "math", "h1", "h2", "h3", "label", "legend"}
APART |= {"title", "nav", "mjx-container", "figcaption", "summary"}
VOID = {"img", "input", "br", "hr", "meta", "link", "wbr", "source", "use", "path", "rect"}


class Mentions(HTMLParser):
    """Collects numbers in brackets that are no link."""

    def __init__(self, chapter: int) -> None:
        super().__init__()
        self.inside: list[str] = []
        self.found: list[str] = []
        self.number = re.compile(rf"\(({chapter}\.[1-9]\d?)\)")

    def handle_starttag(self, tag: str, attrs: list) -> None:
        if tag not in VOID:
            self.inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.inside:
            while self.inside.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not APART & set(self.inside):
            self.found += self.number.findall(data)


@pytest.mark.skipif(not PAGES, reason="no book was built")
@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(SITE / "book")))
def test_every_mention_of_a_formula_of_the_chapter_is_a_link(path):
    reader = Mentions(int(path.stem[:2]))
    reader.feed(path.read_text(encoding="utf-8"))
    assert not reader.found, (
        "write a number that is no formula's without brackets, or tag the formula"
    )


@pytest.mark.skipif(not PAGES, reason="no book was built")
def test_links_say_the_number_of_the_formula_that_they_lead_to():
    found = 0
    for path in PAGES:
        html = path.read_text(encoding="utf-8")
        for anchor, number in re.findall(r'#formula-([\d-]+)">\((\d+\.\d+)\)</a>', html):
            assert anchor.replace("-", ".") == number
            found += 1
    assert found > 60


KNOWN = {"1.3": ("book/01_background", "formula-1-3"), "2.1": ("book/02_value_function", "x")}


@pytest.mark.parametrize(
    ("page", "text", "linked"),
    [
        ("book/01_background", "By (1.3) it is made so.", ["1.3"]),
        ("book/solutions/01_background", "That is (1.3).", ["1.3"]),
        ("book/02_value_function", "the valley (1.3).", []),
        ("book/02_value_function", "Equation (1.3) of chapter 1, and (2.1).", ["1.3", "2.1"]),
        ("book/01_background", "about 1.3, or (1.4)", []),
        ("book/intro", "see formula (2.1)", ["2.1"]),
        ("book/intro", "a factor (2.1)", []),
    ],
)
def test_which_numbers_are_mentions(page, text, linked):
    found = equation_links.mentions(text, page, KNOWN)
    assert [match["number"] for match in found] == linked
