"""The rendered book, where it has been built: `make book` first."""

import re
from pathlib import Path

import pytest

SITE = Path(__file__).resolve().parents[2] / "_build" / "html"
PAGES = sorted(SITE.glob("book/**/*.html"))

pytestmark = pytest.mark.skipif(not PAGES, reason="no book was built")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_picture_has_a_text_that_is_not_a_file_name(page):
    for picture in re.findall(r"<img\b[^>]*>", page.read_text(encoding="utf-8")):
        text = re.search(r'alt="([^"]*)"', picture)
        assert text and not re.search(r"\.(png|svg|jpe?g)$", text.group(1)), picture


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page_loads_nothing_from_the_network(page):
    html = page.read_text(encoding="utf-8")
    assert not re.findall(r'<(?:script|img|iframe)\b[^>]*\bsrc="(?:https?:)?//[^"]*"', html)
    assert not re.findall(r'<link\b[^>]*rel="stylesheet"[^>]*href="(?:https?:)?//[^"]*"', html)
