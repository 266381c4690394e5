"""What a reader does with a page: go on, copy, download, open elsewhere, change the theme, print."""

import re
import sys
from pathlib import Path
from urllib.parse import urljoin

import nbformat
import pytest
from browsing import SITE
from playwright.sync_api import expect

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from chapters import chapters  # noqa: E402
from set_address import address, colab  # noqa: E402

CHAPTERS = [chapter.file for chapter in chapters()]
CHAPTER = "book/04_dcgan.html"
CUT_OFF = """[...document.querySelectorAll("article pre")]
  .filter((box) => box.scrollWidth > box.clientWidth + 1).map((box) => box.textContent.slice(0, 80))"""


def test_next_leads_through_the_whole_book_and_back(open_page):
    """All but solutions and overviews of parts are met once, in the order of the table of contents."""
    listed = re.findall(r"(?:root|file): (\S+)", (ROOT / "_toc.yml").read_text(encoding="utf-8"))
    met, page = [], "book/intro.html"
    while page:
        met.append(page.removesuffix(".html"))
        text = (SITE / page).read_text(encoding="utf-8")
        link = re.search(r'class="right-next"\s+href="([^"]+)"', text)
        page = link and urljoin(page, link[1])
    assert met == [page for page in listed if page in met]
    beside = {page for page in listed if re.search(r"/solutions/|/part\d+$", page)}
    assert set(listed) - set(met) <= beside
    with open_page(f"{met[2]}.html") as last:
        last.locator("a.left-prev").click()
        last.wait_for_url(f"**/{met[1]}.html")
        last.locator("a.right-next").click()
        last.wait_for_url(f"**/{met[2]}.html")


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_opens_in_colab_and_downloads_as_a_plain_notebook(open_page, chapter):
    """Where the book has no public address, no button leads to Colab or to a repository."""
    slug = address()
    with open_page(f"book/{chapter}.html") as page:
        links = page.locator("a[href*='colab.research'], .bd-header-article a[href*='github.com']")
        links = links.evaluate_all("all => all.map((link) => link.href)")
        download = page.locator("a.btn-download-source-button").get_attribute("href")
    assert (colab(slug, f"book/{chapter}.ipynb") in links) if slug else not links
    notebook = nbformat.read((SITE / "book" / download).resolve(), as_version=4)
    nbformat.validate(notebook)
    assert notebook.cells[0].source.startswith(f"# {chapter[:2]}. ")
    assert sum(cell.cell_type == "code" for cell in notebook.cells) > 10
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    assert not re.search(r"(?m)^:{3,}", "\n".join(texts)), "the fences of the page are left"


def test_nothing_in_the_book_leads_to_the_placeholder():
    for path in [*SITE.glob("*.html"), *(SITE / "book").rglob("*.html"), *SITE.rglob("*.ipynb")]:
        assert not re.search("OWNER/REPO|owner.github.io", path.read_text(encoding="utf-8")), path


def test_a_copy_button_copies_the_code_of_its_cell(open_page):
    with open_page(CHAPTER) as page:
        page.evaluate("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
        page.evaluate(
            "document.execCommand = () => { window.copied = String(getSelection()) || "
            "document.activeElement.value; return true; }"
        )
        cell = (
            page.locator(".cell_input .highlight").locator("visible=true").first
        )  # imports are folded
        cell.hover()
        cell.locator("button.copybtn").click()
        page.wait_for_function("window.copied")
        assert page.evaluate("window.copied").strip() == cell.locator("pre").inner_text().strip()


def test_on_this_page_leads_to_sections_and_marks_where_one_is(open_page):
    with open_page(CHAPTER) as page:
        entry = page.locator(
            "#pst-page-toc-nav a[href='#the-rules'], .bd-toc-nav a[href='#the-rules']"
        ).first
        entry.click()
        expect(page.locator("#the-rules h2")).to_be_in_viewport()
        page.mouse.wheel(0, 40)
        expect(entry).to_have_class(re.compile(r"\bactive\b"))


def test_the_theme_switch_goes_round_and_is_remembered(open_page):
    with open_page(CHAPTER) as page:
        modes = []
        for _ in range(3):
            page.locator(".theme-switch-button").first.click()
            modes.append(page.evaluate("document.documentElement.dataset.mode"))
        assert sorted(modes) == ["auto", "dark", "light"]
        assert page.evaluate("localStorage.getItem('mode')") == modes[-1]


def test_the_menu_of_a_phone_opens_and_leads_on(open_page):
    with open_page(CHAPTER, screen="phone") as page:
        page.locator(".primary-toggle").first.click()
        page.locator("#pst-primary-sidebar-modal a", has_text="05. Conditional").click()
        page.wait_for_url("**/05_cgan.html")


def test_on_paper_there_is_the_text_and_no_controls(open_page):
    with open_page(CHAPTER) as page:
        page.emulate_media(media="print")
        for part in (
            ".bd-sidebar-primary",
            ".bd-header-article",
            ".progress-tick",
            ".prev-next-footer",
        ):
            assert page.locator(part).first.is_hidden(), part
        assert page.locator("h1:visible").count() == 1
        assert page.locator("article p:visible").count() > 50
        assert page.evaluate(CUT_OFF) == []


def test_a_dark_page_is_printed_in_light_colours(open_page):
    with open_page(CHAPTER, theme="dark") as page:
        for media, theme in (("print", "light"), ("screen", "dark")):
            page.emulate_media(media=media)
            page.wait_for_function(f"document.documentElement.dataset.theme === '{theme}'")


def test_the_cover_shows_pictures_that_have_loaded(open_page):
    with open_page("book/intro.html") as page:
        pictures = page.locator("article img")
        pictures.last.scroll_into_view_if_needed()
        widths = pictures.evaluate_all("all => all.map((picture) => picture.naturalWidth)")
    assert len(widths) > len(CHAPTERS) and all(widths)
