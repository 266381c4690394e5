"""Cards beside links: by mouse, by keyboard, by touch; for terms, formulas, theorems and papers."""

import json
import re

import pytest
from axe import violations
from browsing import SITE
from playwright.sync_api import expect

PAGE = "book/02_value_function.html"
CARD = "#course-card"
TERM = "article a.glossary-link[data-card]"
FORMULA = 'article a[data-card$="#formula-2-5"]'
PAPER = 'article a[data-card="lin1991"]'


def cards() -> dict[str, dict]:
    """Return what the cards hold."""
    script = (SITE / "cards_index.js").read_text(encoding="utf-8")
    return json.loads(script.split(";\nwindow.")[0].removeprefix("window.COURSE_CARDS = "))


def focus_by_keyboard(page, link) -> None:
    """Put the focus on a link as the Tab key does."""
    page.keyboard.press("Tab")
    link.evaluate("(link) => link.focus({ focusVisible: true })")


def test_nothing_is_loaded_before_a_reader_points_at_a_link(open_page):
    with open_page(PAGE) as page:
        page.wait_for_timeout(300)
        assert not page.evaluate("'COURSE_CARDS' in window")
        assert page.locator(CARD).count() == 0


def test_a_mouse_shows_a_card_that_stays_and_can_be_entered(open_page):
    with open_page(PAGE) as page:
        page.locator(TERM).first.hover()
        card = page.locator(CARD)
        expect(card).to_be_visible()
        expect(card).to_contain_text("Glossary")
        page.wait_for_timeout(1000)
        expect(card).to_be_visible()  # persistent
        card.hover()
        page.wait_for_timeout(600)
        expect(card).to_be_visible()  # hoverable
        page.mouse.move(5, 5)
        expect(card).to_be_hidden()


def test_escape_closes_a_card_without_moving_the_mouse(open_page):
    with open_page(PAGE) as page:
        page.locator(TERM).first.hover()
        expect(page.locator(CARD)).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator(CARD)).to_be_hidden()


def test_the_keyboards_focus_shows_a_card_and_describes_its_link(open_page):
    with open_page(PAGE) as page:
        link = page.locator(FORMULA).first
        focus_by_keyboard(page, link)
        card = page.locator(CARD)
        expect(card).to_contain_text("Formula (2.5)")
        expect(card).to_have_attribute("role", "tooltip")
        expect(link).to_have_attribute("aria-describedby", "course-card")
        assert card.locator("mjx-container svg use").count() > 5
        page.keyboard.press("Escape")
        expect(card).to_be_hidden()
        expect(link).to_be_focused()
        focus_by_keyboard(page, page.locator(PAPER).first)
        expect(card).to_contain_text("Divergence Measures Based on the Shannon Entropy")
        page.keyboard.press("Tab")
        expect(card).not_to_contain_text("Divergence Measures")


def test_a_card_draws_all_signs_of_its_formulas(open_page):
    with open_page("book/01_background.html") as page:
        focus_by_keyboard(page, page.locator("article a[data-card*='#formula-']").first)
        expect(page.locator(CARD)).to_be_visible()
        missing = """() => {
          const used = Object.values(COURSE_CARDS).flatMap(({ html }) =>
            [...html.matchAll(/href="#(MJX-[^"]+)"/g)].map((match) => match[1]));
          return used.filter((name) => !document.getElementById(name));
        }"""
        assert page.evaluate(missing) == []
        assert page.evaluate(
            "[...document.querySelectorAll('path[id]')].length === "
            "new Set([...document.querySelectorAll('path[id]')].map((one) => one.id)).size"
        )


@pytest.fixture
def phone(browser):
    """Return a page on a touch screen of 320 pixels."""
    context = browser.new_context(viewport={"width": 320, "height": 640}, has_touch=True)
    page = context.new_page()
    page.goto((SITE / PAGE).as_uri())
    yield page
    context.close()


def test_a_first_tap_shows_the_card_and_its_link_goes_there(phone):
    link = phone.locator(FORMULA).first
    link.tap()
    card = phone.locator(CARD)
    expect(card).to_have_attribute("role", "dialog")
    expect(card.get_by_role("link", name="Go there")).to_be_focused()
    assert "#" not in phone.url
    box = card.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 320
    assert box["y"] >= 0 and box["y"] + box["height"] <= 640
    card.get_by_role("link", name="Go there").tap()
    phone.wait_for_url("**#formula-2-5")
    expect(card).to_be_hidden()


def test_no_formula_of_a_card_is_cut_on_a_phone(browser):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    page.goto((SITE / "book/02_value_function.html").as_uri())
    page.locator("article a[data-card*='value-function']").first.tap()
    expect(page.locator(CARD)).to_be_visible()
    formulas = page.locator(f"{CARD} .math")
    assert formulas.count()
    cut = "all => all.filter((one) => one.scrollWidth > one.clientWidth + 1).length"
    assert formulas.evaluate_all(cut) == 0
    context.close()


def test_a_second_tap_goes_and_a_tap_elsewhere_closes(phone):
    link = phone.locator(FORMULA).first
    link.tap()
    expect(phone.locator(CARD)).to_be_visible()
    phone.locator("h1").first.evaluate(
        "(title) => title.dispatchEvent("
        "new PointerEvent('pointerdown', { bubbles: true, pointerType: 'touch' }))"
    )
    expect(phone.locator(CARD)).to_be_hidden()
    link.tap()
    expect(phone.locator(CARD)).to_be_visible()
    link.tap()
    phone.wait_for_url("**#formula-2-5")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("kind", [TERM, FORMULA, PAPER])
def test_cards_are_accessible(open_page, kind, theme):
    with open_page(PAGE, theme=theme) as page:
        focus_by_keyboard(page, page.locator(kind).first)
        expect(page.locator(CARD)).to_be_visible()
        rules = ["color-contrast", "aria-allowed-role", "aria-valid-attr-value", "region"]
        rules += ["aria-tooltip-name", "scrollable-region-focusable", "duplicate-id-aria"]
        assert not violations(page, rules)


def test_the_lists_of_the_book_have_cards_too(open_page):
    with open_page("book/indices.html") as page:
        page.locator("#theorems a[data-card]").first.hover()
        expect(page.locator(CARD)).to_contain_text("Theorem")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_figures_card_shows_one_picture_and_its_number(open_page, theme):
    with open_page("book/indices.html", theme=theme) as page:
        page.locator("#figures a[data-card]").first.hover()
        expect(page.locator(CARD)).to_contain_text("Figure 1.1")
        pictures = page.locator(f"{CARD} img:visible")
        expect(pictures).to_have_count(1)
        page.wait_for_function("(picture) => picture.complete", arg=pictures.element_handle())
        assert pictures.evaluate("(picture) => picture.naturalWidth") > 0


def test_every_marked_link_has_its_card_and_no_tip_of_the_browsers_own():
    held = cards()
    marked = 0
    for path in sorted(SITE.glob("book/**/*.html")):
        for tag in re.findall(r"<a\b[^>]*\bdata-card=[^>]*>", path.read_text(encoding="utf-8")):
            name = re.search(r'data-card="([^"]+)"', tag)[1]
            assert name in held, f"{path.name}: {tag}"
            assert " title=" not in tag
            marked += 1
    assert marked > 300


def test_no_card_is_empty_or_holds_links_and_names():
    for name, card in cards().items():
        assert card["called"].strip() and card["html"].strip(), name
        assert not re.search(r"<a\b|\sid=|<script", card["html"]), name


def test_the_list_of_references_says_why_each_paper_is_cited(open_page):
    with open_page("book/references.html") as page:
        entries = page.locator("div.citation")
        assert entries.count() == page.locator("div.citation > p.citation-why").count() > 80
        assert page.locator("div.citation a[data-card]").count() == 0


def test_cards_do_not_print(open_page):
    with open_page(PAGE) as page:
        page.locator(TERM).first.hover()
        expect(page.locator(CARD)).to_be_visible()
        page.emulate_media(media="print")
        expect(page.locator(CARD)).to_be_hidden()
