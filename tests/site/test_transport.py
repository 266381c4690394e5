"""Chapter 6's transport demo: its plans against the linear programme, and its points to move."""

from importlib import import_module

import numpy as np
import pytest

from gan_course.divergences import wasserstein_lp

widget = import_module("gan_course.widgets.transport")
PAGE = "book/06_wgan.html"
PICTURE = "document.querySelector('.demo-transport canvas').toDataURL()"


def instances():
    """Random sets of 2 to 10 points; every other one on a lattice, where many plans tie."""
    generator = np.random.default_rng(0)
    for k in range(60):
        n = int(generator.integers(2, 11))
        points = generator.uniform(-2, 2, size=(2, n, 2))
        yield points.round() if k % 2 else points


def solve(page, x, y):
    return page.evaluate("([x, y]) => Demos.assignment.solve(x, y)", [x.tolist(), y.tolist()])


def test_the_cheapest_plan_costs_what_the_linear_programme_says(open_page):
    with open_page(PAGE) as page:
        for x, y in instances():
            found, n = solve(page, x, y), len(x)
            cost = np.linalg.norm(x[:, None] - y[None], axis=2)
            exact = wasserstein_lp(np.full(n, 1 / n), np.full(n, 1 / n), cost).value
            assert found["w1"] == pytest.approx(exact, abs=1e-6)
            assert sorted(found["optimal"]) == sorted(found["greedy"]) == list(range(n))
            assert cost[range(n), found["optimal"]].mean() == pytest.approx(found["w1"], abs=1e-12)


def test_the_greedy_plan_is_the_packages_and_never_cheaper(open_page):
    with open_page(PAGE) as page:
        for x, y in list(instances())[::2]:  # without ties
            found, expected = solve(page, x, y), widget.plans(x, y)
            assert found["greedy"] == expected.greedy.tolist()
            assert found["greedyPrice"] >= found["w1"] - 1e-12


def test_ways_of_the_cheapest_plan_never_cross(open_page):
    def side(a, b, c):
        return np.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))

    def cross(a, b, c, d):
        return side(a, b, c) != side(a, b, d) and side(c, d, a) != side(c, d, b)

    with open_page(PAGE) as page:
        for x, y in list(instances())[::2]:
            ends = y[solve(page, x, y)["optimal"]]
            ways = list(zip(x, ends, strict=True))
            assert not any(cross(*ways[i], *ways[j]) for i in range(len(x)) for j in range(i))


@pytest.mark.parametrize("screen, theme", [("desktop", "light"), ("phone", "dark")])
def test_a_point_can_be_dragged(open_page, screen, theme):
    with open_page(PAGE, screen, theme) as page:
        assert page.locator(".demo-transport .demo-still img").is_hidden()
        point = page.locator(".demo-transport .demo-handle").first
        point.scroll_into_view_if_needed()
        before, prices = page.evaluate(PICTURE), page.locator(".demo-transport .demo-readout")
        told, box = prices.inner_text(), point.bounding_box()
        page.mouse.move(box["x"] + 16, box["y"] + 16)
        page.mouse.down()
        page.mouse.move(box["x"] - 40, box["y"] + 60, steps=3)
        page.mouse.up()
        assert page.evaluate(PICTURE) != before
        assert prices.inner_text() != told
        moved = point.bounding_box()
        assert moved["x"] + 16 == pytest.approx(box["x"] - 40, abs=1.5)
        assert moved["y"] + 16 == pytest.approx(box["y"] + 60, abs=1.5)


def test_the_keyboard_alone_reaches_and_moves_the_points(open_page):
    with open_page(PAGE) as page:
        page.get_by_role("button", name="Scatter anew").focus()
        pictures = [page.evaluate(PICTURE)]
        page.keyboard.press("Space")
        pictures.append(page.evaluate(PICTURE))
        for _ in range(2):
            page.keyboard.press("Tab")
            name = page.evaluate("document.activeElement.getAttribute('aria-label')")
            page.keyboard.press("ArrowUp")
            page.keyboard.press("Shift+ArrowLeft")
            pictures.append(page.evaluate(PICTURE))
        assert name.startswith("data point b at")
        assert len(set(pictures)) == len(pictures)


def test_each_set_has_six_to_ten_points_a_side_and_fits_the_square(open_page):
    with open_page(PAGE) as page:
        for shown in page.evaluate("Object.values(demoData.transport)"):
            real, fake = np.array(shown["real"]), np.array(shown["fake"])
            assert real.shape == fake.shape and 6 <= len(real) <= 10
            assert np.abs([real, fake]).max() <= 2
