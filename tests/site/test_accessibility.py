"""What axe-core cannot see on a page at rest: the way by keyboard, and what opens."""

import pytest
from axe import violations
from playwright.sync_api import expect

CHAPTER = "book/03_vanilla_gan.html"
FOCUSED = """() => { const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(document.activeElement);
  return (outlineStyle !== "none" && parseFloat(outlineWidth) > 0) || boxShadow !== "none"; }"""


def test_the_first_tab_leads_past_the_navigation(open_page):
    with open_page(CHAPTER) as page:
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
        page.keyboard.press("Enter")
        assert page.evaluate("location.hash") == "#main-content"
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('main') !== null")


def test_focus_can_be_seen_wherever_it_goes(open_page):
    with open_page("book/intro.html") as page:
        for _ in range(40):
            page.keyboard.press("Tab")
            name = page.evaluate("document.activeElement.outerHTML.slice(0, 120)")
            assert page.evaluate(FOCUSED), name


def test_a_folded_answer_opens_by_keyboard(open_page):
    with open_page("book/self_test.html") as page:
        page.locator("summary.sd-summary-title").first.focus()
        page.keyboard.press("Enter")
        assert page.locator("details.sd-dropdown").first.get_attribute("open") is not None


def test_the_open_menu_of_a_phone_is_accessible_and_closes_by_escape(open_page):
    with open_page(CHAPTER, screen="phone") as page:
        page.locator(".primary-toggle").first.click()
        menu = page.locator("#pst-primary-sidebar-modal")
        expect(menu).to_be_visible()
        assert violations(page) == []
        page.keyboard.press("Escape")
        expect(menu).to_be_hidden()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_open_search_field_is_accessible(open_page, theme):
    with open_page("book/notation.html", theme=theme) as page:
        page.keyboard.press("Control+k")
        expect(page.locator("#pst-search-dialog")).to_be_visible()
        assert violations(page) == []


# The contrast of two colours as WCAG counts it: of the marks, which no element bears.
MARKS = """() => {
  const style = getComputedStyle(document.body, "::highlight(sought)");
  const light = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map((part) => part / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [dark, bright] = [light(style.color), light(style.backgroundColor)].sort((a, b) => a - b);
  return [(bright + 0.05) / (dark + 0.05), style.backgroundColor];
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_that_were_searched_for_are_marked_and_legible(open_page, theme):
    with open_page(CHAPTER, theme=theme, query="?highlight=game") as page:
        assert page.evaluate("CSS.highlights.get('sought').size") > 5
        contrast, ground = page.evaluate(MARKS)
        assert contrast > 7 and ground != "rgba(0, 0, 0, 0)", (contrast, ground)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_cover_with_progress_is_accessible(open_page, theme):
    done = (
        'localStorage.setItem("gan-course-progress", \'{"04/read": true, "05/exercise/1": true}\')'
    )
    with open_page("book/intro.html", theme=theme, init=done) as page:
        assert page.locator(".progress-line:visible").count() == 2
        assert violations(page) == []


def test_nothing_moves_for_readers_who_asked_for_rest(browser, open_page):
    with open_page("book/intro.html") as page:
        page.emulate_media(reduced_motion="reduce")
        moving = page.evaluate(
            "document.getAnimations().filter((a) => a.playState === 'running').length"
        )
    assert moving == 0
