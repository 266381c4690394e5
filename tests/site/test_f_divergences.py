"""Chapter 8's divergence explorer: its numbers against the package, and its controls."""

import math
from importlib import import_module

import numpy as np
import pytest
import torch

from gan_course.objectives import F_DIVERGENCES, f_gan
from gan_course.widgets import bounds

shapes = import_module("gan_course.widgets.divergences")
PAGE = "book/08_objectives.html"
SHAPES = {"gaussian": shapes.gaussian, "humps": shapes.humps, "box": shapes.box}
BOX = ".demo-f-divergences"
PICTURES = f"[...document.querySelectorAll('{BOX} canvas')].map((node) => node.toDataURL()).join()"
NUMBERS = """(states) => states.map((state) => {
  const { divergence, u, best, mine } = Demos.family.numbers(state);
  const told = ({ bound, T, zeroSum, nonSaturating }) => [bound, T, zeroSum, nonSaturating];
  const flat = [divergence, u, ...told(best), ...told(mine)];
  return flat.map(String);
})"""


def states():
    """States of all kinds, at widths and places that a reader can choose."""
    draws = np.random.default_rng(0)
    for divergence in F_DIVERGENCES:
        for how, (low, high, *_) in bounds.SPOILT.items():
            for shape, other in (("gaussian", "gaussian"), ("humps", "gaussian"), ("box", "humps")):
                yield {
                    "name": divergence.name,
                    "how": how,
                    "much": float(draws.integers(10 * low, 10 * high + 1) / 10),
                    "p": {"shape": shape, "width": float(draws.integers(5, 21) / 10)},
                    "q": {"shape": other, "width": float(draws.integers(5, 21) / 10)},
                    "distance": float(draws.integers(0, 81) / 20),
                    "at": float(draws.integers(-80, 161) / 20),
                }


def by_the_package(state):
    """The same numbers from `gan_course.objectives`: its divergences, and autograd on its losses."""
    divergence = next(one for one in F_DIVERGENCES if one.name == state["name"])
    p, q = state["p"], state["q"]
    pair = bounds.pair(
        SHAPES[p["shape"]], p["width"], SHAPES[q["shape"]], q["width"], state["distance"]
    )
    truth = pair.log_ratio()
    known = bounds.spoilt(truth, state["how"], state["much"], state["distance"])
    edge = round((state["at"] - bounds.FIRST) / bounds.DX)
    numbers = [divergence.between(pair.p, pair.q, bounds.DX)]
    with np.errstate(invalid="ignore"):
        numbers.append(np.exp(truth[edge - 1 : edge + 1].mean()))
    for ratio in (truth, known):
        D = divergence.best_logit(torch.from_numpy(ratio))
        numbers.append(divergence.bound(pair.p, pair.q, D, bounds.DX))
        with np.errstate(invalid="ignore"):
            here = ratio[edge - 1 : edge + 1].mean()
            slope = (ratio[edge] - ratio[edge - 1]) / bounds.DX
        logit = divergence.best_logit(torch.tensor(here, dtype=torch.float64))
        numbers.append(divergence.activation(logit).item())
        numbers += [pull(divergence, kind, here) * slope for kind in (False, True)]
    return numbers


def pull(divergence, non_saturating, log_ratio):
    """How fast G's loss falls as ln p/q rises, at a D that holds this ln p/q."""
    if divergence.name == "total_variation":
        return 0.0  # a step has no slope for autograd
    s = torch.tensor([log_ratio], dtype=torch.float64, requires_grad=True)
    loss = f_gan(divergence, non_saturating).g(divergence.best_logit(s))
    return -torch.autograd.grad(loss, s)[0].item()


def test_all_numbers_are_those_of_the_package(open_page):
    every = list(states())
    with open_page(PAGE) as page:
        shown = page.evaluate(NUMBERS, every)
    for state, texts in zip(every, shown, strict=True):
        found = [float(text.replace("Infinity", "inf")) for text in texts]
        expected = by_the_package(state)
        for one, other in zip(found, expected, strict=True):
            if not (math.isnan(one) or math.isnan(other)):
                assert one == pytest.approx(other, rel=1e-6, abs=1e-6), (state, found, expected)
            else:
                assert not math.isfinite(other) and not math.isfinite(one), (state, found, expected)


def test_no_d_of_the_page_shows_more_than_the_divergence(open_page):
    with open_page(PAGE) as page:
        for state, texts in zip(states(), page.evaluate(NUMBERS, list(states())), strict=True):
            divergence, _, best, *_ = (float(text.replace("Infinity", "inf")) for text in texts)
            mine = float(texts[6].replace("Infinity", "inf"))
            assert mine <= divergence + 1e-9 * max(1, abs(divergence)), state
            assert best == pytest.approx(divergence, rel=1e-6, abs=1e-6), state


def test_its_start_says_how_much_is_missing(open_page):
    with open_page(PAGE) as page:
        box = page.locator(BOX)
        assert "1.1250; this D shows 0.5962, 0.5288 too little" in box.locator(
            ".demo-readout"
        ).inner_text().replace("\n", " ")
        page.get_by_label("this D knows ln p/q").select_option("best")
        assert "all of it" in box.locator(".demo-readout").inner_text()
        assert page.get_by_label("how much").is_disabled()
        page.get_by_label("q is", exact=True).select_option("box")
        assert "The divergence is infinite" in box.locator(".demo-readout").inner_text()
        told = box.locator("canvas").first.get_attribute("aria-label")
        assert "q is a uniform box" in told and "T* infinite" in told
        assert all(node.get_attribute("aria-label") for node in box.locator("canvas").all())


@pytest.mark.parametrize("screen, theme", [("desktop", "light"), ("phone", "dark")])
def test_a_mouse_moves_q_above_and_the_sample_below(open_page, screen, theme):
    with open_page(PAGE, screen, theme) as page:
        assert page.locator(f"{BOX} .demo-still img").is_hidden()
        canvas = page.locator(f"{BOX} canvas").first
        canvas.scroll_into_view_if_needed()
        before, box = page.evaluate(PICTURES), canvas.bounding_box()

        def drag(height, start, end):
            page.mouse.move(box["x"] + start * box["width"], box["y"] + height * box["height"])
            page.mouse.down()
            # a drag that leaves its half goes on moving what it took
            page.mouse.move(box["x"] + end * box["width"], box["y"] + 0.5 * box["height"])
            page.mouse.up()

        drag(0.2, 0.4, 0.5)
        assert float(page.get_by_label("distance θ").input_value()) == pytest.approx(2, abs=0.06)
        moved = page.evaluate(PICTURES)
        drag(0.8, 0.4, 0.25)
        assert float(page.get_by_label("sample x").input_value()) == pytest.approx(-2, abs=0.06)
        assert len({before, moved, page.evaluate(PICTURES)}) == 3


def test_the_keyboard_alone_reaches_every_control(open_page):
    with open_page(PAGE) as page:
        pictures = [page.evaluate(PICTURES)]
        page.locator(BOX).get_by_label("divergence", exact=True).focus()
        for keys in (
            ["ArrowDown"],  # reverse KL
            ["Tab", "Home", "ArrowDown"],  # blurred
            ["Tab", "End"],
            ["Tab", "End"],  # p a box
            ["Tab", "ArrowRight"],
            ["Tab", "ArrowDown"],  # q two humps
            ["Tab", "ArrowLeft"],
            ["Tab", "ArrowUp"],
            ["Tab", "Home"],
        ):
            for key in keys:
                page.keyboard.press(key)
            pictures.append(page.evaluate(PICTURES))
        assert len(set(pictures)) == len(pictures)
        assert page.get_by_label("distance θ").input_value() == "1.55"
        assert page.get_by_label("sample x").input_value() == "-4"
        assert page.locator(f"{BOX} .demo-hint").inner_text().startswith("f(u) = −ln u")


@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_fits_the_screen_with_every_f(open_page, width, theme):
    with open_page(PAGE, theme=theme) as page:
        page.set_viewport_size({"width": width, "height": 844})
        page.reload()
        for divergence in F_DIVERGENCES:
            page.locator(BOX).get_by_label("divergence", exact=True).select_option(divergence.name)
            for kind in bounds.SPOILT:
                page.get_by_label("this D knows ln p/q").select_option(kind)
                box = page.locator(BOX).evaluate("(node) => [node.scrollWidth, node.clientWidth]")
                assert box[0] <= box[1], (divergence, kind)
