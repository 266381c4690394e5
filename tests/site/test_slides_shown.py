"""The slides in a browser: every text fits, the keys work, and so do phone, paper and the dark."""

import io

import pypdf
import pytest
from axe import violations
from browsing import SITE

DECKS = sorted(path.stem for path in (SITE / "slides").glob("[0-9]*.html"))
DECK = "slides/03_vanilla_gan.html"
# On the slide that is shown: parts that hang out of it, and how small its letters are.
HANGING = """() => {
  const slide = document.querySelector(".slide.now");
  slide.querySelector(".later")?.classList.add("come");
  const sheet = slide.querySelector(".sheet").getBoundingClientRect();
  const parts = slide.querySelectorAll(".sheet :is(h1, h2, p, li, pre, table, img, mjx-container > svg)");
  return [...parts].filter((part) => {
    const box = part.getBoundingClientRect();
    return box.bottom > sheet.bottom + 1 || box.right > sheet.right + 1
      || (part.tagName === "PRE" && part.scrollWidth > part.clientWidth + 1);
  }).map((part) => `${slide.id}: ${part.tagName} ${part.textContent.slice(0, 40)}`);
}"""
LETTERS = "parseFloat(getComputedStyle(document.querySelector('.now .words')).fontSize)"


@pytest.mark.parametrize("name", DECKS)
def test_every_slide_fits_in_letters_that_can_be_read(open_page, name):
    with open_page(f"slides/{name}.html") as page:
        page.set_viewport_size({"width": 1280, "height": 720})
        for number in range(1, page.locator(".slide").count() + 1):
            page.evaluate(f"location.hash = '#s{number}'")
            page.wait_for_function(f"document.querySelector('.now').id === 's{number}'")
            assert page.evaluate(HANGING) == []
            assert page.evaluate(LETTERS) >= 17, number


def test_keys_show_the_answer_and_then_go_on(open_page):
    with open_page(DECK) as page:
        predict = page.locator(".slide.answer:has(.later)").first.get_attribute("id")
        page.evaluate(f"location.hash = '#{predict}'")
        answer = page.locator(f"#{predict} .later")
        assert answer.is_hidden()
        page.keyboard.press("Space")
        assert answer.is_visible()
        page.keyboard.press("ArrowRight")
        assert page.locator(".slide.now").get_attribute("id") == f"s{int(predict[1:]) + 1}"
        page.keyboard.press("End")
        assert page.locator(".slide.now .words").is_visible()
        page.keyboard.press("Home")
        assert page.locator(".slide.now h1").is_visible()


def test_overview_and_notes_open_and_lead_back(open_page):
    with open_page(DECK) as page:
        page.keyboard.press("o")
        assert page.locator(".slide:visible").count() == page.locator(".slide").count()
        page.locator("#s5").click()
        assert page.locator(".slide:visible").count() == 1
        page.keyboard.press("s")
        assert page.locator("#s5 .notes").is_visible()
        page.keyboard.press("?")
        assert page.locator("dialog").is_visible()


def test_a_second_window_goes_along(open_page):
    with open_page(DECK) as page:
        with page.expect_popup() as opened:
            page.keyboard.press("w")
        other = opened.value
        other.wait_for_selector(".slide.now")
        page.keyboard.press("End")
        last = page.locator(".slide.now").get_attribute("id")
        other.wait_for_function(f"document.querySelector('.slide.now').id === '{last}'")
        other.keyboard.press("Home")
        page.wait_for_function("document.querySelector('.slide.now').id === 's1'")


def test_on_a_phone_the_slides_scroll_and_nothing_is_hidden(open_page):
    with open_page(DECK, screen="phone") as page:
        assert page.locator(".slide:visible").count() == page.locator(".slide").count()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert page.locator(".later:visible").count() == page.locator(".later").count()


def test_a_deck_prints_one_slide_on_a_page_with_its_answer(open_page):
    with open_page(DECK) as page:
        paper = pypdf.PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
        slides = page.locator(".slide").count()
        answer = page.locator(".myth .later").first.inner_text()[:20]
    texts = [sheet.extract_text() for sheet in paper.pages]
    assert len(texts) == slides
    assert any(answer in text.replace("\n", " ") for text in texts)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_a_deck(open_page, theme):
    with open_page(DECK, theme=theme) as page:
        page.keyboard.press("o")
        assert violations(page) == []


def test_the_notes_for_teachers_lead_to_every_deck(open_page):
    with open_page("book/teachers.html") as page:
        page.get_by_role("link", name="One deck for each chapter").click()
        page.wait_for_url("**/slides/index.html")
        links = page.locator("li a").evaluate_all("all => all.map((link) => link.href)")
    assert [link.rpartition("/")[2] for link in links] == [f"{name}.html" for name in DECKS]
