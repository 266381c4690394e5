"""Every page of the built book on a phone, in the dark theme: one load serves all checks."""

import re

import pytest
from axe import violations
from browsing import opened

FILTERED = """[...document.querySelectorAll("main img, main canvas")]
  .filter((picture) => getComputedStyle(picture).filter !== "none").map((picture) => picture.src)"""


@pytest.fixture(scope="module")
def page(browser, site_page):
    """Return the page, drawn. When its last test is over it must not have met with any error."""
    with opened(browser, site_page, "phone", "dark") as page:
        yield page


def test_no_page_is_wider_than_a_phone(page):
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_no_page_is_wider_than_a_screen_at_400_percent(page):
    page.set_viewport_size({"width": 320, "height": 844})
    width = page.evaluate("document.documentElement.scrollWidth")
    page.set_viewport_size({"width": 390, "height": 844})
    assert width <= 320


def test_no_picture_is_changed_by_the_dark_theme(page):
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert max(map(int, re.findall(r"\d+", colour)[:3])) < 40
    assert page.evaluate(FILTERED) == []


def test_colours_have_contrast_in_the_dark(page):
    assert violations(page, ["color-contrast", "link-in-text-block"]) == []
