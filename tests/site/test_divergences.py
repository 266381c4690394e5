"""Chapter 2's divergence slider: its numbers against the package, and its controls."""

import math
from importlib import import_module

import numpy as np
import pytest

from gan_course import divergences as div

widget = import_module("gan_course.widgets.divergences")
PAGE = "book/02_value_function.html"
SHAPES = {"gaussian": widget.gaussian, "humps": widget.humps, "box": widget.box}
KEYS = ("kl", "reverse", "js", "tv", "w1")
FIRST_CANVAS = "document.querySelector('.demo-divergences canvas').toDataURL()"


def pairs():
    """Pairs of all shapes, at widths and distances that a reader can choose."""
    generator = np.random.default_rng(0)
    for shape in SHAPES:
        for other in SHAPES:
            for _ in range(6):
                widths = generator.integers(3, 21, size=2) / 10
                yield (shape, widths[0], 0.0), (other, widths[1], generator.integers(0, 121) / 20)
    yield ("gaussian", 0.8, 0.0), ("gaussian", 0.8, 3.0)  # equal widths have closed forms
    yield ("box", 1.0, 0.0), ("box", 1.0, 4.0)  # disjoint


def in_the_page(page, p, q):
    specify = [dict(zip(("shape", "width", "centre"), one, strict=True)) for one in (p, q)]
    shown = page.evaluate(
        "([p, q]) => Object.entries(Demos.divergences.all(p, q)).map(([k, v]) => [k, String(v)])",
        specify,
    )
    return {key: float(value.replace("Infinity", "inf")) for key, value in shown}


def by_the_package(p, q):
    """The five from `gan_course.divergences` alone: closed forms, else densities on the grid."""
    (shape, s, a), (other, t, b) = p, q
    densities = [np.exp(SHAPES[kind](w, at)) for kind, w, at in (p, q)]
    five = {
        "kl": div.kl(*densities, widget.DX),
        "reverse": div.kl(*densities[::-1], widget.DX),
        "js": div.js(*densities, widget.DX),
        "tv": div.total_variation(*densities, widget.DX),
        "w1": div.wasserstein_on_grid(*densities, widget.DX),
    }
    if shape == other == "gaussian":
        five["kl"] = div.kl_gaussians(a, s**2, b, t**2)
        five["reverse"] = div.kl_gaussians(b, t**2, a, s**2)
        five["w1"] = div.wasserstein1_gaussians(a, s**2, b, t**2)
        if s == t:
            five["tv"] = div.total_variation_gaussians(a, b, s**2)
    return five


def test_the_five_are_those_of_the_package(open_page):
    with open_page(PAGE) as page:
        for p, q in pairs():
            found, expected = in_the_page(page, p, q), by_the_package(p, q)
            for key in ("js", "tv", "w1"):
                assert found[key] == pytest.approx(expected[key], abs=1e-6), (p, q, key)
            for key, of in (("kl", q), ("reverse", p)):
                # the package calls KL infinite as soon as a density underflows; the page, where it is 0
                if math.isfinite(expected[key]) or of[0] == "box":
                    assert found[key] == pytest.approx(expected[key], abs=1e-6, rel=1e-9), (p, q)
            logs = widget.five(*(widget.Density(SHAPES[kind], w, at) for kind, w, at in (p, q)))
            assert list(found.values()) == pytest.approx(logs, abs=1e-6, rel=1e-9), (p, q)


def test_disjoint_boxes_are_infinitely_far_for_kl_alone(open_page):
    with open_page(PAGE) as page:
        five = in_the_page(page, ("box", 1.0, 0.0), ("box", 1.0, 4.0))
        assert five["kl"] == five["reverse"] == math.inf
        assert [five[key] for key in KEYS[2:]] == pytest.approx([math.log(2), 1, 4], abs=1e-9)
        for name in ("p is", "q is"):
            page.get_by_label(name, exact=True).select_option("box")
        table = page.locator(".demo-divergences .demo-table").inner_text()
        assert table.count("infinite") == 2
        described = page.locator(".demo-divergences canvas").get_attribute("aria-label")
        assert "KL(p‖q) infinite" in described


@pytest.mark.parametrize("screen, theme", [("desktop", "light"), ("phone", "dark")])
def test_a_mouse_moves_q_by_the_picture(open_page, screen, theme):
    with open_page(PAGE, screen, theme) as page:
        assert page.locator(".demo-divergences .demo-still img").is_hidden()
        canvas = page.locator(".demo-divergences canvas")
        canvas.scroll_into_view_if_needed()
        before, box = page.evaluate(FIRST_CANVAS), canvas.bounding_box()
        page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 30)
        page.mouse.down()
        page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 30)
        page.mouse.up()
        assert page.evaluate(FIRST_CANVAS) != before
        assert page.get_by_label("distance θ").input_value() == pytest.approx("4.6")


def test_the_keyboard_alone_moves_q_and_changes_the_shapes(open_page):
    with open_page(PAGE) as page:
        pictures = [page.evaluate(FIRST_CANVAS)]
        page.get_by_label("p is", exact=True).focus()
        for keys in (
            ["End"],
            ["Tab", "ArrowRight"],
            ["Tab", "End"],
            ["Tab", "ArrowLeft"],
            ["Tab", "ArrowUp"],
        ):
            for key in keys:
                page.keyboard.press(key)
            pictures.append(page.evaluate(FIRST_CANVAS))
        assert len(set(pictures)) == len(pictures)
        assert page.get_by_label("distance θ").input_value() == "2.05"
