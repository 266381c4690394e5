"""What is folded on a chapter's page opens by itself where a link, a search or paper needs it."""

import pytest
from playwright.sync_api import expect

PAGE = "book/06_wgan.html"
CARDS = "details.exercise-fold"


def opened(page) -> list[bool]:
    """Return which exercises are open."""
    return page.eval_on_selector_all(CARDS, "all => all.map((fold) => fold.open)")


def test_exercises_and_the_quiz_are_closed_and_open_by_keyboard(open_page):
    with open_page(PAGE) as page:
        assert opened(page) == [False] * 6
        assert not page.locator(".quiz-question").first.is_visible()
        page.locator(f"{CARDS} > summary").nth(1).focus()
        page.keyboard.press("Enter")
        assert opened(page) == [False, True, False, False, False, False]
        page.locator(".quiz-fold > summary").click()
        assert page.locator(".quiz-question").first.is_visible()


@pytest.mark.parametrize("place", ["exercise-5", "repair-the-leash"])
def test_a_link_to_an_exercise_opens_it(open_page, place):
    with open_page(f"{PAGE}#{place}") as page:
        assert opened(page) == [False] * 4 + [True, False]
        top = page.locator("#repair-the-leash").bounding_box()["y"]
        assert 0 <= top < 450


def test_following_a_link_inside_the_page_opens_it(open_page):
    with open_page(PAGE) as page:
        page.evaluate("location.hash = 'exercise-3'")
        expect(page.locator(CARDS).nth(2)).to_have_attribute("open", "")


def test_on_paper_all_exercises_are_open_and_closed_again_after(open_page):
    with open_page(PAGE) as page:
        page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        assert all(opened(page))
        page.evaluate("window.dispatchEvent(new Event('afterprint'))")
        assert not any(opened(page))


def test_without_a_script_all_exercises_and_questions_are_open(browser, open_page):
    with open_page(PAGE) as page:
        address = page.url
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto(address)
    assert all(fold.get_attribute("open") is not None for fold in page.locator(CARDS).all())
    assert page.locator(".quiz-question").last.is_visible()
    context.close()
