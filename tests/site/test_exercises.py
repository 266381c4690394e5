"""Exercises on the page: answers checked and explained, hints one by one, all of it remembered."""

import json
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tools" / "sphinx_ext")]

from chapters import chapters  # noqa: E402
from exercise_cards import computed, kind_of, read_exercises  # noqa: E402

PAGE = "book/03_vanilla_gan.html"
CHAPTERS = [chapter.file for chapter in chapters()]


def part(page, exercise: int, name: str):
    """Return the box of one question."""
    return page.locator(f".exercise-parts[data-key$='/answer/{exercise}'] [data-part='{name}']")


def answer(box, text: str) -> str:
    """Write a number and check it; return what the page says."""
    box.locator("input").fill(text)
    box.get_by_role("button", name="Check").click()
    return box.locator(".exercise-verdict").inner_text()


@pytest.mark.parametrize("stem", CHAPTERS)
def test_every_right_answer_is_called_right(open_page, stem):
    entries = read_exercises(ROOT / "book" / "exercises" / f"{stem[:2]}.yml")
    with open_page(f"book/{stem}.html") as page:
        page.eval_on_selector_all(
            "details.exercise-fold", "all => all.forEach((f) => f.open = true)"
        )
        for number, entry in entries.items():
            for each in entry["parts"]:
                box = part(page, number, each["id"])
                if kind_of(each) == "value":
                    said = answer(box, repr(computed(each["value"])))
                else:
                    if kind_of(each) == "wrong":
                        box.locator("input[value='right']").check()
                    else:
                        for place, row in enumerate(each["rows"]):
                            box.locator("select").nth(place).select_option(row["is"])
                    box.get_by_role("button", name="Check").click()
                    said = box.locator(".exercise-verdict").inner_text()
                assert said.startswith("Right."), (number, each["id"], said)
            facts = page.locator(f"#exercise-{number} ~ details .exercise-state")
            expect(facts).to_have_text(f" · {len(entry['parts'])} of {len(entry['parts'])} right")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2,548", "Right."),
        ("2.548", "Right."),
        ("254.8 %", "Right."),
        ("5.096/2", "Right."),
        ("= 2,548.0", "Not quite. Three of the data"),
        ("3.6034", "Not quite. The exponent is half"),
        ("7", "Not quite. Three of the data"),
        ("two", "This is no number."),
        ("", "Write a number first."),
    ],
)
def test_a_number_is_read_as_people_write_it_and_a_wrong_one_is_explained(open_page, text, said):
    with open_page(f"{PAGE}#exercise-2") as page:
        assert answer(part(page, 2, "width"), text).startswith(said)


def test_a_wrong_choice_and_wrong_rows_are_explained(open_page):
    with open_page(f"{PAGE}#exercise-5") as page:
        box = part(page, 5, "cure")
        box.locator("input[value='choice-2']").check()
        box.get_by_role("button", name="Check").click()
        assert "cheaper one" in box.locator(".exercise-verdict").inner_text()
        page.evaluate("location.hash = 'exercise-4'")
        box = part(page, 4, "runs")
        for select in box.locator("select").all():
            select.select_option("run 6")
        box.get_by_role("button", name="Check").click()
        said = box.locator(".exercise-verdict").inner_text()
        assert said.startswith("Not quite: 5 of 6 are wrong. Where") and "wins" in said


def test_hints_come_one_by_one_by_keyboard(open_page):
    with open_page(f"{PAGE}#exercise-1") as page:
        hints = page.locator("#exercise-1 ~ details .exercise-hint")
        assert [hint.is_visible() for hint in hints.all()] == [True, False, False]
        hints.first.locator("summary").focus()
        page.keyboard.press("Enter")
        expect(hints.nth(1)).to_be_visible()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(hints.nth(2)).to_be_visible()


def test_answers_are_remembered_and_do_not_count_as_done(open_page):
    with open_page(f"{PAGE}#exercise-2") as page:
        box = part(page, 2, "strays")
        box.locator("input").fill("0.3")
        box.locator("input").press("Enter")
        box.locator("input").fill("0.146")
        box.locator("input").press("Enter")
        kept = page.evaluate("CourseProgress.all()")
        assert kept == {"03/answer/2": {"right": 1, "of": 2, "last": {"strays": "0.146"}}}
        expect(page.locator(".chapter-header .progress-line")).not_to_contain_text("exercises")
        page.wait_for_timeout(1000)  # milliseconds, for a busy machine to store it
        page.reload()
        box = part(page, 2, "strays")
        expect(box.locator("input")).to_have_value("0.146")
        assert box.locator(".exercise-verdict").inner_text().startswith("Right.")
        page.evaluate("CourseProgress.reset()")


def test_what_was_kept_of_another_question_is_passed_over(open_page):
    damaged = {"03/answer/2": {"right": 9, "of": 9, "last": {"gone": "1", "width": ["x"]}}}
    store = f"localStorage.setItem('gan-course-progress', {json.dumps(json.dumps(damaged))})"
    with open_page(f"{PAGE}#exercise-2", init=store) as page:
        assert part(page, 2, "width").locator("input").input_value() == ""


def test_each_exercise_leads_to_the_notebook_and_to_its_solution(open_page):
    with open_page(PAGE) as page:
        for number in range(1, 7):
            links = page.locator(f"#exercise-{number} ~ details .exercise-links a").all()
            notebook, solution = (link.get_attribute("href") for link in links[-2:])
            assert (ROOT / "_build/html/book" / notebook).exists()
            assert solution == f"solutions/03_vanilla_gan.html#exercise-{number}"
        there = (ROOT / "_build/html/book/solutions/03_vanilla_gan.html").read_text("utf-8")
        assert all(f'id="exercise-{number}"' in there for number in range(1, 7))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_open_exercises_fit_a_phone(open_page, theme):
    with open_page("book/02_value_function.html", screen="phone", theme=theme) as page:
        page.eval_on_selector_all(
            "details.exercise-fold", "all => all.forEach((f) => f.open = true)"
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_without_a_script_answers_and_hints_can_be_unfolded(browser, open_page):
    with open_page(PAGE) as page:
        address = page.url
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto(address)
    box = part(page, 2, "width")
    assert box.get_by_role("button", name="Check").count() == 0
    box.locator(".exercise-key summary").click()
    assert "2.55" in box.locator(".exercise-key").inner_text()
    hints = page.locator("#exercise-2 ~ details .exercise-hint")
    assert all(hint.is_visible() for hint in hints.all())
    context.close()
