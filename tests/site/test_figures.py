"""Figures on the page: numbered, captioned, light or dark as the page is, and only that one fetched."""

import re

import nbformat
import pytest
from browsing import SITE, opened
from test_site import CHAPTERS

BOOK = SITE.parents[1] / "book"
SCROLL = """async () => {
  document.querySelectorAll("details").forEach((fold) => (fold.open = true));
  for (const figure of document.querySelectorAll("figure.numbered")) {
    figure.scrollIntoView({ behavior: "instant" });
    const shown = [...figure.querySelectorAll("img")].find((img) => img.offsetParent);
    for (let tries = 0; tries < 200 && shown && !shown.complete; tries++) {
      await new Promise((done) => setTimeout(done, 30));
    }
  }
}"""


def captions(name):
    """Return the captions of a chapter's figures, in order."""
    cells = nbformat.read(BOOK / f"{name}.ipynb", as_version=4).cells
    return [
        cell.metadata.mystnb.figure.caption
        for cell in cells
        if "figure" in cell.metadata.get("mystnb", {})
    ]


@pytest.mark.parametrize("name", CHAPTERS)
def test_figures_are_numbered_and_have_their_captions(browser, name):
    with opened(browser, f"book/{name}.html") as page:
        shown = page.locator("figure.numbered figcaption").all_text_contents()
    written = captions(name)
    assert len(shown) == len(written) > 5
    for count, (text, caption) in enumerate(zip(shown, written, strict=True), 1):
        assert text.strip().startswith(f"Figure {int(name[:2])}.{count}. ")
        first_word = re.match(r"\w*", caption)[0]
        assert text.split(". ", 1)[1].startswith(first_word)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_only_the_figures_of_the_page_s_theme_are_fetched(browser, theme):
    asked = []
    with opened(browser, f"book/{CHAPTERS[1]}.html", theme=theme) as page:
        page.on("request", lambda request: asked.append(request.url))
        page.evaluate(SCROLL)
        page.wait_for_function(
            "(theme) => [...document.querySelectorAll(`figure.numbered .figure-${theme}`)]"
            ".every((img) => img.complete && img.naturalWidth > 0)",
            arg=theme,
        )
        other = {"light": "dark", "dark": "light"}[theme]
        shown = page.locator("figure.numbered img:visible")
        assert shown.count() == page.locator("figure.numbered").count()
        assert page.locator(f"figure.numbered .figure-{other}").first.is_hidden()
    drawings = [url for url in asked if url.endswith(".svg") and "_images" in url]
    assert drawings
    assert all(url.endswith("-dark.svg") == (theme == "dark") for url in drawings)


@pytest.mark.parametrize(("screen", "widths"), [("desktop", (440, 481)), ("phone", (250, 380))])
def test_a_figure_is_narrower_than_the_column_and_no_wider_than_a_phone(browser, screen, widths):
    with opened(browser, f"book/{CHAPTERS[1]}.html", screen) as page:
        figure = page.locator("figure.numbered .figure-light").first
        figure.scroll_into_view_if_needed()
        assert widths[0] < figure.bounding_box()["width"] < widths[1]


def test_paper_shows_the_light_figures(browser):
    with opened(browser, f"book/{CHAPTERS[1]}.html", theme="dark") as page:
        page.emulate_media(media="print")
        assert page.locator("figure.numbered .figure-light").first.is_visible()
        assert page.locator("figure.numbered .figure-dark").first.is_hidden()


def test_one_can_link_to_a_figure(browser):
    name = nbformat.read(BOOK / f"{CHAPTERS[1]}.ipynb", as_version=4)
    first = next(cell for cell in name.cells if "figure" in cell.metadata.get("mystnb", {}))
    anchor = first.metadata.mystnb.figure.name
    with opened(browser, f"book/{CHAPTERS[1]}.html#{anchor}") as page:
        assert page.locator(f"figure#{anchor}").is_visible()
