"""The quizzes in a real browser: by mouse, by keyboard, without a script, and remembered."""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from chapters import chapters

CHAPTERS = [chapter.file for chapter in chapters()]
PAGE = "book/03_vanilla_gan.html#quiz-03"  # opens the fold
RIGHT = "input[value='0']"


def question(page, number: int):
    """Return the box of a question, counted from 1."""
    return page.locator(".quiz-question").nth(number - 1)


def answer(page, number: int, choice: int) -> str:
    """Choose and check by mouse; return what the page says."""
    box = question(page, number)
    box.locator(f"input[value='{choice}']").check()
    box.get_by_role("button", name="Check").click()
    return box.locator(".quiz-verdict").inner_text()


def kept(page, name: str) -> dict:
    """Return what the site remembers of a quiz."""
    return page.evaluate("name => window.CourseProgress.get(name)", f"{name}/quiz")


@pytest.mark.parametrize("stem", CHAPTERS)
def test_every_right_choice_is_called_right_and_every_formula_is_drawn(open_page, stem):
    with open_page(f"book/{stem}.html#quiz-{stem[:2]}") as page:
        assert page.locator(".quiz .math:not(:has(mjx-container))").count() == 0
        for number in range(1, 11):
            assert answer(page, number, 0).startswith("Right."), number
        assert page.locator(".quiz-score").inner_text() == "10 of 10 right at the first try."
        assert "\\(" not in page.locator(".quiz").inner_text()


def test_a_wrong_choice_is_explained_and_can_be_mended(open_page):
    with open_page(PAGE) as page:
        first = answer(page, 1, 1)
        assert first.startswith("Not quite.") and "call all of them fake" in first
        assert not question(page, 1).locator(".quiz-key").is_visible()
        assert answer(page, 1, 0).startswith("Right.")
        assert question(page, 1).locator(".quiz-key").is_visible()
        score = page.locator(".quiz-score").inner_text()
        assert score == "0 of 1 right at the first try, 9 to go."


def test_the_other_explanations_can_be_opened_after_the_right_one(open_page):
    with open_page(PAGE) as page:
        answer(page, 1, 0)
        key = question(page, 1).locator(".quiz-key")
        key.locator("summary").click()
        assert [item.is_visible() for item in key.locator("li").all()].count(True) == 3


def test_by_keyboard_alone_arrows_choose_and_enter_checks(open_page):
    with open_page(PAGE) as page:
        question(page, 1).locator("input").first.focus()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowUp")
        page.keyboard.press("Enter")
        assert question(page, 1).locator(".quiz-verdict").inner_text()
        while question(page, 1).locator(f"{RIGHT}:checked").count() == 0:
            page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        assert question(page, 1).locator(".quiz-verdict").inner_text().startswith("Right.")


def test_check_waits_for_a_choice(open_page):
    with open_page(PAGE) as page:
        check = question(page, 2).get_by_role("button", name="Check")
        assert check.is_disabled()
        question(page, 2).locator("input").first.check()
        assert check.is_enabled()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_quiz_fits_a_phone(open_page, theme):
    with open_page(PAGE, screen="phone", theme=theme) as page:
        for number in range(1, 11):
            answer(page, number, number % 4)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_answers_are_remembered_and_can_be_forgotten(open_page):
    with open_page(PAGE) as page:
        if not page.evaluate("Boolean(window.CourseProgress)"):
            pytest.skip("the site keeps no progress")
        answer(page, 1, 2)
        answer(page, 1, 0)
        answer(page, 2, 0)
        memory = kept(page, "03")
        assert (memory["right"], memory["answered"], memory["of"]) == (1, 2, 10)
        assert memory["first"]["ten-modes"] == "2" and memory["last"]["ten-modes"] == "0"
        page.reload()
        assert question(page, 1).locator(RIGHT).is_checked()
        assert question(page, 1).locator(".quiz-verdict").inner_text().startswith("Right.")
        score = page.locator(".quiz-score").inner_text()
        assert score == "1 of 2 right at the first try, 8 to go."
        page.get_by_role("button", name="Start the quiz again").click()
        assert kept(page, "03")["answered"] == 0
        assert not question(page, 1).locator(RIGHT).is_checked()


def test_without_a_script_the_answers_can_be_unfolded(browser, open_page):
    with open_page(PAGE) as page:
        address = page.url
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto(address)
    box = question(page, 1)
    assert box.get_by_role("button", name="Check").count() == 0
    box.locator("summary").click()
    assert "C, right." in json.dumps(box.locator(".quiz-key").inner_text())
    context.close()
