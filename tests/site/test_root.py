"""What stands at the book's bare address and at a wrong one, and what each page says about itself."""

import json
import re
import sys
from html import unescape
from pathlib import Path

import pytest
from browsing import SITE, site_pages
from playwright.sync_api import expect

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from chapters import chapters  # noqa: E402
from dates import last_changes  # noqa: E402
from set_address import address  # noqa: E402

BOOK = "GANs, played and proved"
WRITTEN = [page for page in site_pages() if page != "404.html"]


def text_of(page: str) -> str:
    """Return a page's HTML."""
    return (SITE / page).read_text(encoding="utf-8")


def found(pattern: str, page: str) -> list[str]:
    """Return what a pattern finds in a page, as a reader would see it."""
    return [unescape(text) for text in re.findall(pattern, text_of(page))]


def data(page: str) -> dict:
    """Return the structured data of a page."""
    return json.loads(re.search(r'ld\+json">(.*?)</script>', text_of(page), re.S)[1])


def test_the_root_is_the_cover_itself(open_page):
    assert "http-equiv" not in text_of("index.html")
    with open_page("index.html") as page:
        assert page.locator("h1:visible").inner_text().strip().startswith(BOOK)
        pictures = page.locator("article img")
        pictures.last.scroll_into_view_if_needed()
        assert all(pictures.evaluate_all("all => all.map((picture) => picture.naturalWidth)"))
        page.get_by_role("link", name="Start with chapter 1").first.click()
        page.wait_for_url("**/book/01_background.html")
        page.locator("a.navbar-brand").first.click()
        page.wait_for_url("**/book/intro.html")


def test_searching_from_the_root_finds_words(open_page):
    with open_page("index.html") as page:
        page.keyboard.press("Control+k")
        field = page.locator("#pst-search-dialog input")
        field.fill("minibatch")
        field.press("Enter")
        page.wait_for_url("**/search.html?q=minibatch*")


def test_a_wrong_address_gets_a_page_that_leads_on(open_page):
    with open_page("404.html") as page:
        links = page.locator("a").evaluate_all(
            "all => all.map((link) => link.getAttribute('href'))"
        )
        expect(page.locator("h1")).to_have_text("There is no page here")
    assert len(links) == len(chapters()) + 2
    if address():
        assert all(link.startswith("https://") for link in links)  # it is shown at any depth
    assert not re.findall(r'(?:src|href)="(?!https:)[^"]*\.(?:css|js|png)', text_of("404.html"))


@pytest.mark.parametrize("page", site_pages())
def test_a_page_has_one_viewport_one_title_and_one_sentence(page):
    assert len(found(r'<meta[^>]*name="viewport"[^>]*>', page)) == 1
    (title,) = found(r"<title>(.*?)</title>", page)
    assert title.count(BOOK) == 1 and "<" not in title
    (sentence,) = found(r'<meta name="description" content="([^"]*)">', page)
    assert len(sentence) >= 40 and "…" not in sentence and "$" not in sentence


@pytest.mark.parametrize("page", WRITTEN)
def test_a_shared_link_has_title_and_sentence(page):
    assert len(found(r'<meta property="og:title" content="([^"]+)">', page)) == 1
    shared = found(r'<meta property="og:description" content="([^"]+)">', page)
    assert shared == found(r'<meta name="description" content="([^"]*)">', page)


def test_no_two_pages_have_the_same_title_or_sentence():
    pages = [page for page in WRITTEN if page != "index.html"]
    for pattern in (r"<title>(.*?)</title>", r'<meta name="description" content="([^"]*)">'):
        texts = [found(pattern, page)[0] for page in pages]
        assert len(set(texts)) == len(texts)


def test_the_cover_tells_search_engines_what_the_course_is():
    course = data("index.html")
    assert course == data("book/intro.html")
    assert course["@type"] == "Course" and course["isAccessibleForFree"] is True
    assert course["inLanguage"] == "en" and "creativecommons.org" in course["license"][0]
    listed = [chapter for part in course["hasPart"] for chapter in part["hasPart"]]
    assert [chapter["position"] for chapter in listed] == [int(c.number) for c in chapters()]


@pytest.mark.parametrize("chapter", [chapter.file for chapter in chapters()])
def test_a_chapter_tells_search_engines_what_it_teaches_and_how_long_it_takes(chapter):
    lesson = data(f"book/{chapter}.html")
    assert lesson["@type"] == "LearningResource" and lesson["isPartOf"]["name"] == BOOK
    assert re.fullmatch(r"PT(\d+H)?(\d+M)?", lesson["timeRequired"])
    assert len(lesson["teaches"]) >= 4 and lesson["license"].startswith("https://creativecommons")


@pytest.mark.parametrize("page", ["book/intro", "book/03_vanilla_gan", "book/glossary"])
def test_a_page_ends_with_version_and_date(open_page, page):
    with open_page(f"{page}.html") as shown:
        line = shown.locator(".page-version")
        expect(line).to_contain_text("Version 0.")
        source = next(p for p in (f"{page}.md", f"{page}.ipynb") if (ROOT / p).exists())
        if changed := last_changes(ROOT).get(source):
            when = line.locator("time").get_attribute("datetime")
            assert when <= changed.isoformat() and re.fullmatch(r"\d{4}-\d\d-\d\d", when)


def test_robots_are_welcome():
    text = (SITE / "robots.txt").read_text(encoding="utf-8")
    assert text.startswith("User-agent: *\nAllow: /\n") and ("Sitemap:" in text) == bool(address())


def test_the_citation_can_be_copied(open_page):
    with open_page("book/cite.html") as page:
        page.evaluate("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
        page.evaluate(
            "document.execCommand = () => { window.copied = String(getSelection()) || "
            "document.activeElement.value; return true; }"
        )
        listing = page.locator(".highlight-bibtex")
        listing.hover()
        listing.locator("button.copybtn").click()
        page.wait_for_function("window.copied")
        copied = page.evaluate("window.copied").strip()
    assert copied.startswith("@misc{gan_course,") and copied.endswith("}")
    assert bool(address()) == ("url" in copied)
