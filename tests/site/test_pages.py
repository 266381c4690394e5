"""Every page of the built book on a desktop, in the light theme: one load serves all checks."""

import re

import pytest
from axe import violations
from browsing import SITE, opened

UNTEXTED = """[...document.querySelectorAll("mjx-container")]
  .filter((formula) => !formula.querySelector("mjx-assistive-mml math")).length"""
WITHOUT_GLYPHS = """[...document.querySelectorAll("mjx-container use")]
  .filter((use) => !document.querySelector(`path[id="${use.getAttribute("href").slice(1)}"]`)).length"""
DEAD_LINKS = """[...document.querySelectorAll("a[href^='#']")]
  .map((link) => link.getAttribute("href")).filter((target) => target.length > 1)
  .filter((target) => !document.getElementById(decodeURIComponent(target.slice(1))))"""


@pytest.fixture(scope="module")
def page(browser, site_page):
    """Return the page, drawn. When its last test is over it must not have met with any error."""
    with opened(browser, site_page) as page:
        yield page


def test_a_page_loads_without_an_error_and_from_its_files_alone(page):
    page.wait_for_timeout(200)  # scripts that start late; the fixture's end looks at the errors
    assert page.title()


def test_a_page_has_one_heading_of_the_first_level(page):
    assert page.locator("h1:visible").count() == 1


def test_every_formula_is_drawn_and_has_its_text(page):
    assert not page.locator(".math:not(:has(mjx-container))").count()
    assert not page.evaluate(UNTEXTED)
    assert not page.evaluate(WITHOUT_GLYPHS)
    assert "\\(" not in page.locator("main").inner_text()


def test_links_inside_a_page_lead_somewhere(page):
    assert page.evaluate(DEAD_LINKS) == []


def test_links_to_other_pages_lead_to_files(page, site_page):
    for link in page.evaluate("[...document.links].map((link) => link.getAttribute('href'))"):
        target = re.split("[#?]", link)[0]
        if target and not re.match(r"\w+:", target):
            assert ((SITE / site_page).parent / target).exists(), link


def test_no_code_is_cut_off(page):
    """What does not fit scrolls in a box of its own, and can be reached by keyboard."""
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_axe_finds_nothing_beyond_the_allowed(page):
    assert violations(page) == []
