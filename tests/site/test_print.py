"""A chapter on paper: answers open, with a script and without one, and back on the screen as before."""

import pytest

CHAPTER = "book/03_vanilla_gan.html"
# Whatever a fold holds, in print: [kind of fold, whether its content shows, whether it drew a figure].
# (An exercise's answers stand in the solutions, and exercises.css says what paper shows of it.)
FOLDS = """[...document.querySelectorAll("article details:not(.exercise-card details)")].map((fold) => [
  fold.classList.contains("hide") ? "code" : "answer",
  fold.lastElementChild.checkVisibility({ opacityProperty: true, visibilityProperty: true }),
  Boolean(fold.closest(".cell")?.querySelector(".cell_output :is(img, canvas, .text_html svg)")),
])"""
KEEPING = """[...document.querySelectorAll("article pre, article .highlight, article .cell_input")]
  .filter((frame) => getComputedStyle(frame).breakInside !== "auto").length"""
# The order of a chapter's parts, and which of its folds are open. (Demos go on playing.)
ARTICLE = """[...document.querySelectorAll("article :is(section, p, pre, details, .quiz-key)")]
  .filter((part) => !part.closest(".demo"))
  .map((part) => `${part.tagName} ${part.open ?? ""} ${part.textContent.slice(0, 60)}`)"""


def say(page, event: str) -> None:
    """Tell a page what a browser tells it before and after printing."""
    page.evaluate(f"window.dispatchEvent(new Event('{event}'))")


@pytest.mark.parametrize("scripts", [True, False])
def test_on_paper_folds_are_open_and_only_code_that_draws_stays_away(browser, open_page, scripts):
    with open_page(CHAPTER, scripts=scripts) as page:
        page.emulate_media(media="print")
        if scripts:
            say(page, "beforeprint")
        folds = page.evaluate(FOLDS)
    kinds = [kind for kind, _, _ in folds]
    assert kinds.count("answer") > 10 and kinds.count("code") > 5
    assert [fold for fold in folds if fold[1] != (fold[0] == "answer" or not fold[2])] == []


def test_on_paper_a_frame_goes_on_overleaf_with_its_code(open_page):
    with open_page(CHAPTER) as page:
        page.emulate_media(media="print")
        assert page.evaluate(KEEPING) == 0


def test_pictures_load_once_the_menu_with_the_print_button_is_opened(open_page):
    lazy = "[...document.querySelectorAll('article img[loading=lazy]')].length"
    with open_page(CHAPTER) as page:
        assert page.evaluate(lazy) > 0
        page.locator(".dropdown-download-buttons button").first.click()
        assert page.evaluate(lazy) == 0


def test_on_paper_the_answers_of_the_quiz_follow_the_chapter(open_page):
    with open_page(CHAPTER) as page:
        before = page.evaluate(ARTICLE)
        say(page, "beforeprint")
        page.emulate_media(media="print")
        last = page.locator("article > :last-child")
        assert last.inner_text().startswith("Answers to the quiz")
        assert last.inner_text().count(", right.") == 10
        assert page.locator(".quiz .quiz-key").count() == 0
        say(page, "afterprint")
        page.emulate_media(media="screen")
        assert page.evaluate(ARTICLE) == before


def test_on_paper_a_paper_is_named_shortly_and_an_address_once(open_page):
    with open_page(CHAPTER) as page:
        say(page, "beforeprint")
        addresses = page.locator("article a.external").evaluate_all(
            "links => links.map((link) => [link.textContent, link.dataset.address])"
        )
    assert ["2014", "arXiv:1406.2661"] in addresses
    assert not [text for text, address in addresses if address and address in text]
