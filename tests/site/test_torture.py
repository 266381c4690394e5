"""Chapter 7's torture test with a dial: its scores are the package's, and it can be turned by keyboard."""

from importlib import import_module

import numpy as np
import pytest
from axe import violations
from browsing import opened
from playwright.sync_api import expect

PAGE = "book/07_evaluation.html"
widget = import_module("gan_course.widgets.torture")  # the name in the package is its function
TEST = widget.stored()
SHARES = (0.0, 0.1, 0.5, 1.0)

SCORES = """([failure, shares]) => {
  const {load, samples, worse} = Demos.torture, {test, known} = window.loaded ??= load(demoData.torture);
  return shares.map((share) => {
    const scores = Demos.scores.compute(test, known, samples(test, failure, share));
    return {scores, worse: worse(test, scores)};
  });
}"""
FRECHET = """([x, y, d]) => {
  const {frechet, gaussianOf} = Demos.scores;
  return frechet(gaussianOf(Float64Array.from(x), d), gaussianOf(Float64Array.from(y), d));
}"""


@pytest.fixture(scope="module")
def page(browser):
    """Return one open page of the chapter for all questions about numbers."""
    with opened(browser, PAGE) as page:
        yield page


@pytest.mark.parametrize("failure", TEST.broken)
def test_all_scores_are_those_of_the_package(page, failure):
    found = page.evaluate(SCORES, [failure, SHARES])
    for share, here in zip(SHARES, found, strict=True):
        y = TEST.samples(failure, share)
        assert here["scores"] == pytest.approx(TEST.scores(y), rel=1e-7, abs=1e-9)
        assert here["worse"] == pytest.approx(list(TEST.worse(y).values()), rel=1e-5, abs=1e-5)


def test_the_distance_of_gaussians_is_right_where_a_covariance_is_singular(page):
    rng = np.random.default_rng(0)
    for n, d in ((5, 8), (40, 8), (9, 1)):
        x, y = rng.standard_normal((2, n, d))
        y[:, 0] = y[:, -1] = 1.0  # no spread in these directions
        here = page.evaluate(FRECHET, [x.ravel().tolist(), y.ravel().tolist(), d])
        assert here == pytest.approx(widget.metrics.frechet_distance(x, y), rel=1e-9, abs=1e-9)


def verdicts(box):
    """Return what the table says of each score."""
    cells = box.locator("tbody tr").evaluate_all(
        "rows => rows.map((row) => [row.children[0].textContent, row.lastChild.textContent])"
    )
    return dict(cells)


def expected(failure, share):
    """Return the verdicts of the package."""
    worse = TEST.worse(TEST.samples(failure, share))
    return {
        name: "sees" if value >= 4 else "prefers" if value <= -4 else "blind"
        for name, value in worse.items()
    }


@pytest.mark.parametrize(
    "screen, theme",
    [("desktop", "light"), ("desktop", "dark"), ("phone", "light"), ("phone", "dark")],
)
def test_a_choice_and_a_turn_of_the_dial_move_picture_bars_and_words(open_page, screen, theme):
    with open_page(PAGE, screen, theme) as page:
        box = page.locator(".demo-torture")
        box.scroll_into_view_if_needed()
        assert box.locator(".demo-still img").is_hidden()
        readout = box.locator(".demo-readout")
        expect(readout).to_contain_text("40 % broken: 3 of 13 scores see it")
        assert verdicts(box) == expected("training copies", 0.4)
        picture = "document.querySelector('.demo-torture canvas').toDataURL()"
        bars = "[...document.querySelectorAll('.torture-bar')].map((bar) => bar.style.cssText)"
        before = page.evaluate(picture), page.evaluate(bars)
        box.get_by_label("Failure").select_option("7 of 10 classes")
        box.get_by_label("Broken samples").fill("100")
        expect(readout).to_contain_text("100 % broken: ")
        page.wait_for_function(f"(before) => {bars}.join() !== before.join()", arg=before[1])
        assert page.evaluate(picture) != before[0]
        assert verdicts(box) == expected("7 of 10 classes", 1.0)
        assert "20 of them broken: 7 of 10 classes" in box.locator("canvas").get_attribute(
            "aria-label"
        )
        assert violations(page, ["color-contrast", "label", "aria-valid-attr-value"]) == []


def test_the_keyboard_alone_turns_it(open_page):
    with open_page(PAGE) as page:
        box = page.locator(".demo-torture")
        box.get_by_label("Failure").focus()
        page.keyboard.press("b")  # to blur, as in every list of choices
        page.keyboard.press("Tab")
        expect(box.get_by_label("Broken samples")).to_be_focused()
        page.keyboard.press("End")
        expect(box.locator(".demo-readout")).to_contain_text("100 % broken: 13 of 13 scores see it")
        page.keyboard.press("ArrowLeft")
        expect(box.get_by_label("Broken samples")).to_have_attribute("aria-valuetext", "98 %")


@pytest.mark.parametrize("width", [390, 320])
def test_on_a_phone_the_box_fits_and_pictures_and_bars_are_seen_together(open_page, width):
    with open_page(PAGE, "phone") as page:
        page.set_viewport_size({"width": width, "height": 844})
        page.reload()
        page.evaluate("Demo.wake('torture')")
        box = page.locator(".demo-torture")
        live = box.locator(".demo-live")
        expect(box.locator(".demo-readout")).not_to_be_empty()
        sizes = live.evaluate("box => [box.scrollWidth - box.clientWidth, box.offsetHeight]")
        assert sizes[0] <= 0 and sizes[1] <= 844
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_starting_state_is_accessible(open_page):
    with open_page(PAGE) as page:
        expect(page.locator(".demo-torture .demo-readout")).not_to_be_empty()
        assert violations(page) == []
