"""A reader's progress: kept in their browser, shown, exported, read back, forgotten."""

import json

import pytest
from playwright.sync_api import expect

CHAPTER, COVER = "book/04_dcgan.html#exercise-2", "book/intro.html"
TICK = ".progress-tick[data-key='04/exercise/2'] input"
CARD = ".course-card:has(.progress-line[data-chapter='04']) .progress-line"
SAID = ".progress-keeper [role=status]"
NO_STORAGE = """Object.defineProperty(window, "localStorage", {
  configurable: true, get() { throw new DOMException("denied", "SecurityError"); } });"""


@pytest.mark.parametrize("chapter, exercises", [("01_background", 5), ("03_vanilla_gan", 6)])
def test_every_exercise_has_a_box_to_tick(open_page, chapter, exercises):
    with open_page(f"book/{chapter}.html") as page:
        keys = page.eval_on_selector_all(".progress-tick", "all => all.map((e) => e.dataset.key)")
    expected = [f"{chapter[:2]}/exercise/{number}" for number in range(1, exercises + 1)]
    assert keys == [*expected, f"{chapter[:2]}/read"]


def test_a_tick_by_keyboard_is_shown_on_the_course_map(open_page):
    with open_page(CHAPTER) as page:
        page.locator(TICK).focus()
        page.keyboard.press("Space")
        expect(page.locator(".chapter-header .progress-line")).to_contain_text("1 of 6 exercises")
        page.goto(page.url.replace("04_dcgan", "intro"))
        expect(page.locator(CARD)).to_have_text("Done: 1 of 6 exercises")
        page.goto(page.url.replace("intro", "04_dcgan"))
        expect(page.locator(TICK)).to_be_checked()
        page.locator(TICK).click()
        assert page.evaluate("CourseProgress.all()") == {}


def test_read_quiz_and_exercises_stand_in_one_line(open_page):
    with open_page(COVER) as page:
        assert page.locator(CARD).is_hidden()
        page.evaluate(
            """() => { CourseProgress.set("04/read", true); CourseProgress.set("04/exercise/1", true);
               CourseProgress.set("04/quiz", { right: 7, answered: 10, of: 10 }); }"""
        )
        expect(page.locator(CARD)).to_have_text("Done: read, 1 of 6 exercises, quiz 7 of 10")


def test_progress_goes_into_a_file_and_comes_back(open_page, tmp_path):
    with open_page(COVER) as page:
        page.evaluate("CourseProgress.set('04/exercise/2', true)")
        with page.expect_download() as download:
            page.get_by_role("button", name="Save to a file").click()
        file = tmp_path / download.value.suggested_filename
        download.value.save_as(file)
        assert json.loads(file.read_text())["progress"] == {"04/exercise/2": True}

        page.once("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="Forget my progress").click()
        expect(page.locator(SAID)).to_have_text("Forgotten.")
        assert page.evaluate("CourseProgress.all()") == {}

        page.set_input_files("input[type=file]", file)
        expect(page.locator(SAID)).to_have_text("Loaded 1 entry.")
        assert page.evaluate("CourseProgress.get('04/exercise/2')") is True


def test_forgetting_can_be_called_off(open_page):
    with open_page(COVER) as page:
        page.evaluate("CourseProgress.set('04/read', true)")
        page.once("dialog", lambda dialog: dialog.dismiss())
        page.get_by_role("button", name="Forget my progress").click()
        assert page.evaluate("CourseProgress.get('04/read')") is True


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("not JSON", "This is not a file that this course has exported."),
        ("[1]", "This file holds no progress of this course."),
        ('{"progress": {"04/read": "<b>"}}', "This file holds no progress of this course."),
        ("null", "This is not a file that this course has exported."),
    ],
)
def test_a_file_of_something_else_is_refused_with_one_sentence(open_page, tmp_path, text, sentence):
    file = tmp_path / "other.json"
    file.write_text(text)
    with open_page(COVER) as page:
        page.set_input_files("input[type=file]", file)
        expect(page.locator(SAID)).to_have_text(sentence)


def test_what_is_damaged_in_storage_is_passed_over(open_page):
    damaged = "localStorage.setItem('gan-course-progress', '{\"04/read\": 3, \"05/read\": true')"
    with open_page(COVER, init=damaged) as page:
        assert page.evaluate("CourseProgress.all()") == {}
        page.evaluate("CourseProgress.set('04/read', true)")
        assert page.evaluate("CourseProgress.all()") == {"04/read": True}


def test_a_misspelt_key_is_refused(open_page):
    with open_page(COVER) as page:
        said = page.evaluate(
            "() => { try { CourseProgress.set('4/exercises', true); } catch (e) { return e.message; } }"
        )
    assert said == "no such progress: 4/exercises"


def test_without_storage_the_page_works_and_says_what_is_lost(open_page):
    with open_page(COVER, init=NO_STORAGE) as page:
        expect(page.locator(SAID)).to_contain_text("This browser keeps nothing")
        page.evaluate("CourseProgress.set('04/read', true)")
        expect(page.locator(CARD)).to_have_text("Done: read")
