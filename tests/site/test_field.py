"""The field explorer of chapter 10: its numbers are the package's, by mouse, by keyboard, on small screens."""

from importlib import import_module

import numpy as np
import pytest
import torch
from axe import violations
from browsing import SITE, opened
from playwright.sync_api import expect

from gan_course import dynamics

PAGE = "book/10_dynamics.html"
widget = import_module("gan_course.widgets.field")  # the name in the package is its function
GAMES = dict(
    zip(
        ["bilinear", "minimax", "nonSaturating", "r1", "noise", "wasserstein", "clip", "forsaken"],
        widget.GAMES.values(),
        strict=True,
    )
)
METHODS = dict(
    zip(
        widget.METHODS,
        ["simultaneous", "alternating", "extragradient", "optimistic", "consensus", "momentum"],
        strict=True,
    )
)
CONSTANTS = {"a": 0.3, "b": 0.7, "strength": 0.6, "c": 0.6}
OWN = {"consensus": 0.4, "negative momentum": -0.35}
PICTURES = (
    "[...document.querySelectorAll('.demo-field canvas')].map((canvas) => canvas.toDataURL())"
)


def game(key):
    return GAMES[key](CONSTANTS["a"], CONSTANTS["b"], CONSTANTS["strength"])


def call(page, function, key, *more):
    """`Demos.methods[function]` of the game `key` with the constants above."""
    return page.evaluate(
        "([name, key, constants, more]) => Demos.methods[name](Demos.fields[key](constants), ...more)",
        [function, key, CONSTANTS, list(more)],
    )


def complex_numbers(pairs):
    return np.array([re + 1j * im for re, im in pairs])


def distance_of_sets(one, other):
    """The largest distance of a number from its nearest of the other set."""
    gaps = abs(np.asarray(one)[:, None] - np.asarray(other))
    return max(gaps.min(0).max(), gaps.min(1).max())


@pytest.fixture(scope="module")
def still(browser):
    """Return the page, to ask it for numbers."""
    with opened(browser, PAGE) as page:
        yield page


@pytest.mark.parametrize("key", GAMES)
def test_paths_are_those_of_the_package(still, key):
    generator = np.random.default_rng(0)
    for name, method in METHODS.items():
        start, h = generator.uniform(-1.2, 1.2, 2).tolist(), 0.15
        expected = game(key).path(name, start, h, OWN.get(name, 0.0), steps=12)
        found = call(still, "path", key, method, h, OWN.get(name, 0.0), start, 12)
        assert np.array(found) == pytest.approx(expected, rel=1e-9, abs=1e-10), name


@pytest.mark.parametrize("key", GAMES)
@pytest.mark.parametrize("h", [0.04, 0.2, 0.9])
def test_the_eigenvalues_of_a_step_are_those_of_the_package(still, key, h):
    for name, method in METHODS.items():
        expected = game(key).multipliers(name, h, OWN.get(name, 0.0))
        found = complex_numbers(call(still, "spectrum", key, method, h, OWN.get(name, 0.0)))
        assert len(found) == len(expected)
        assert distance_of_sets(found, expected) < 1e-7, (name, found, expected)
        largest = call(still, "multiplier", key, method, h, OWN.get(name, 0.0))
        assert largest == pytest.approx(abs(expected[0]), abs=1e-8)


@pytest.mark.parametrize("key", GAMES)
def test_slopes_and_eigenvalues_of_the_field_are_autograd_s(still, key):
    reference = game(key)
    ask = "([key, constants, at]) => Demos.fields[key](constants).slopes(at)"
    for at in ([0.4, -0.9], [-1.1, 0.6], list(reference.rest)):
        expected = dynamics.jacobian(reference.v, torch.tensor(at, dtype=torch.float64))
        found = still.evaluate(ask, [key, CONSTANTS, at])
        assert np.array(found) == pytest.approx(expected.numpy(), abs=1e-10)
    roots = still.evaluate("(J) => Demos.dynamics.eigenvalues(J)", found)
    assert distance_of_sets(complex_numbers(roots), reference.eigenvalues()) < 1e-7
    rest = still.evaluate("([k, c]) => Demos.fields[k](c).rest", [key, CONSTANTS])
    assert rest == pytest.approx(reference.rest, abs=1e-12)


def test_a_double_root_costs_no_more_than_half_the_digits(still):
    """R1 at its critical weight: both eigenvalues of v are -1/2, and those of a step are double, too."""
    critical = {"strength": 1.0}
    for name, method in METHODS.items():
        own = OWN.get(name, 0.0)
        found = still.evaluate(
            "([c, method, own]) => Demos.methods.multiplier(Demos.fields.r1(c), method, 0.2, own)",
            [critical, method, own],
        )
        expected = abs(GAMES["r1"](0, 0, 1.0).multipliers(name, 0.2, own)[0])
        assert found == pytest.approx(expected, abs=1e-6), name


def test_the_flow_of_the_bilinear_game_goes_round_a_circle(still):
    start = [1.2, -0.7]
    found = np.array(
        still.evaluate(
            "(at) => Demos.methods.flow(Demos.fields.bilinear({a: 0, b: 0}), at, 20)", start
        )
    )
    turned = complex(*start) * np.exp(1j * np.linspace(0, 20, 401))
    assert found == pytest.approx(np.stack([turned.real, turned.imag], 1), abs=2e-6)


def test_what_is_measured_is_what_was_predicted_where_the_game_is_linear(still):
    for name, method in METHODS.items():
        own = OWN.get(name, 0.0)
        measured = still.evaluate(
            """([method, own]) => {
              const game = Demos.fields.bilinear({a: 0.1, b: 0.2});
              return Demos.methods.measured(game, Demos.methods.path(game, method, 0.2, own, [1, 1], 300), 300);
            }""",
            [method, own],
        )
        predicted = abs(GAMES["bilinear"](0.1, 0.2, 0.0).multipliers(name, 0.2, own)[0])
        assert measured["rate"] == pytest.approx(predicted, abs=4e-4), name
        assert measured["end"] == pytest.approx(measured["distances"][300])


def table(page):
    rows = page.locator(".demo-field tbody tr").all()
    return {
        row.locator("th").inner_text().strip(): row.locator("td").all_inner_texts() for row in rows
    }


@pytest.mark.parametrize("screen, theme", [("desktop", "light"), ("phone", "dark")])
def test_a_click_sets_the_start_and_nothing_moves_before_play(open_page, screen, theme):
    with open_page(PAGE, screen, theme) as page:
        assert page.locator(".demo-field .demo-still img").is_hidden()
        plane = page.locator(".demo-field canvas").first
        plane.scroll_into_view_if_needed()
        before, box = page.evaluate(PICTURES), plane.bounding_box()
        page.wait_for_timeout(150)
        assert page.evaluate(PICTURES) == before
        page.mouse.click(box["x"] + 0.25 * box["width"], box["y"] + 0.25 * box["height"])
        after = page.evaluate(PICTURES)
        assert after[0] != before[0] and after[1] != before[1]
        assert page.get_by_label("start x").input_value() == "-1.1"
        assert page.get_by_label("start y").input_value() == "1.1"
        assert "(−1.10, 1.10)" in plane.get_attribute("aria-label")


def test_the_table_tells_the_numbers_of_the_package(open_page):
    with open_page(PAGE) as page:
        box = page.locator(".demo-field")
        box.get_by_label("optimistic").check()
        box.get_by_label("game", exact=True).select_option("r1")
        box.get_by_label("weight γ of R1").fill("0.5")
        box.get_by_label("step h").fill("0.3")
        rows = table(page)
        assert list(rows) == [
            *("simultaneous", "alternating", "extragradient", "optimistic", "negative momentum")
        ]
        held = GAMES["r1"](0, 0, 0.5)
        for name, (predicted, measured, end, pushes) in rows.items():
            assert pushes == ("2" if name == "extragradient" else "1")
            own = {"negative momentum": -0.5}.get(name, 0.0)
            assert predicted == f"{abs(held.multipliers(name, 0.3, own)[0]):.5f}"
            path = held.path(name, (1.0, 1.0), 0.3, own, steps=100)
            assert float(end.replace("−", "-")) == pytest.approx(np.hypot(*path[-1]), abs=6e-4)
            assert float(measured) == pytest.approx(float(predicted), abs=0.02)
        assert "−0.250 + 0.433 i and −0.250 − 0.433 i" in box.locator(".field-note").inner_text()


def test_the_keyboard_alone_chooses_game_methods_and_start_and_plays(open_page):
    with open_page(PAGE) as page:
        box, pictures = page.locator(".demo-field"), [page.evaluate(PICTURES)[0]]
        box.get_by_label("game", exact=True).focus()
        page.keyboard.press("f")  # to "forsaken", as in every list of choices
        pictures.append(page.evaluate(PICTURES)[0])
        assert box.get_by_label("steps", exact=True).input_value() == "400"
        while page.evaluate("document.activeElement.type") != "checkbox":
            page.keyboard.press("Tab")
        page.keyboard.press("Space")
        assert "simultaneous" not in table(page)
        pictures.append(page.evaluate(PICTURES)[0])
        while page.evaluate("document.activeElement.tagName") != "CANVAS":
            page.keyboard.press("Tab")
        for _ in range(3):
            page.keyboard.press("ArrowLeft")
        pictures.append(page.evaluate(PICTURES)[0])
        assert box.get_by_label("start x").input_value() == "0.4"
        assert len(set(pictures)) == len(pictures)
        page.keyboard.press("Enter")
        page.wait_for_function(f"(before) => {PICTURES}[0] !== before", arg=pictures[-1])
        page.keyboard.press("Enter")
        assert box.get_by_role("button", name="Play paths").is_visible()


def test_the_forsaken_game_is_found_from_near_and_not_from_afar(open_page):
    with open_page(PAGE) as page:
        box, verdict = page.locator(".demo-field"), page.locator(".demo-field .demo-readout")
        box.get_by_label("game", exact=True).select_option("forsaken")
        expect(verdict).to_contain_text("Going round: simultaneous, alternating, extragradient")
        box.get_by_label("start x").fill("0.6")
        expect(verdict).to_contain_text("Home: simultaneous, alternating, extragradient")
        box.get_by_label("shift c").fill("0.45")
        expect(box.locator(".field-note")).to_contain_text("−0.045 + 0.908 i")
        box.get_by_label("shift c").fill("0.5")
        expect(box.locator(".field-note")).to_contain_text(": 0.")  # no pull inwards is left


def test_consensus_can_come_to_rest_where_no_player_is_content(open_page):
    with open_page(PAGE) as page:
        box = page.locator(".demo-field")
        box.get_by_label("game", exact=True).select_option("forsaken")
        box.get_by_label("shift c").fill("0.45")
        box.get_by_label("consensus", exact=True).check()
        for name, value in (("γ of consensus", "1"), ("step h", "0.02"), ("steps", "500")):
            box.get_by_label(name, exact=True).fill(value)
        for name, value in (("start x", "-1.5"), ("start y", "1")):
            box.get_by_label(name, exact=True).fill(value)
        expect(box.locator(".demo-readout")).to_contain_text("At rest elsewhere: consensus")
    v = torch.tensor([-1.3608864122694133, 0.8848382755306273], dtype=torch.float64)
    assert GAMES["forsaken"](0, 0, 0.45).v(v).norm() > 0.9


def test_a_method_has_its_own_constant_only_while_it_is_on(open_page):
    with open_page(PAGE) as page:
        box = page.locator(".demo-field")
        gamma = box.get_by_label("γ of consensus")
        assert gamma.is_disabled()
        box.get_by_label("consensus", exact=True).check()
        gamma.fill("1")
        assert table(page)["consensus"][0] == f"{np.hypot(1 - 0.2, 0.2):.5f}"
        for name in (
            "simultaneous",
            "alternating",
            "extragradient",
            "consensus",
            "negative momentum",
        ):
            box.get_by_label(name, exact=True).uncheck()
        assert "Choose a method" in box.locator(".demo-readout").inner_text()
        assert table(page) == {}


def test_who_has_left_for_infinity_shows_no_distance(open_page):
    with open_page(PAGE) as page:
        box = page.locator(".demo-field")
        box.get_by_label("game", exact=True).select_option("forsaken")
        box.get_by_label("step h").press("End")
        assert "Gone for good" in box.locator(".demo-readout").inner_text()
        assert not {"NaN", "Infinity"} & set(box.inner_text().split())


def test_readers_who_asked_for_rest_find_the_whole_path_and_no_button(browser):
    context = browser.new_context(reduced_motion="reduce", offline=True)
    page = context.new_page()
    page.goto((SITE / PAGE).as_uri())
    box = page.locator(".demo-field.demo-alive")
    expect(box.locator("canvas").first).to_be_visible()
    assert box.get_by_role("button").count() == 0
    context.close()


@pytest.mark.parametrize(
    "screen, theme", [("desktop", "light"), ("phone", "light"), ("phone", "dark")]
)
def test_its_box_is_accessible_and_fits_a_phone(open_page, screen, theme):
    with open_page(PAGE, screen, theme) as page:
        for name in ("optimistic", "consensus"):
            page.locator(".demo-field").get_by_label(name, exact=True).check()
        assert violations(page, within=".demo-field") == []
        if screen == "phone":
            page.set_viewport_size({"width": 320, "height": 844})
            assert page.evaluate("document.documentElement.scrollWidth") <= 320
