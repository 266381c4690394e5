"""Two small sets of points to move, the cheapest plan between them and the greedy one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import as_floats
from ..divergences import wasserstein_lp
from .live import image

if TYPE_CHECKING:
    from ipywidgets import VBox
    from matplotlib.figure import Figure

__all__ = ["transport"]


class Plans(NamedTuple):
    """The cheapest and the greedy pairing of two sets; the partner of each row, and mean distances."""

    optimal: NDArray
    greedy: NDArray
    w1: float
    greedy_price: float


def plans(x: ArrayLike, y: ArrayLike) -> Plans:
    """Pair two sets of points so that the mean distance is least, and greedily.

    Greedy pairs the nearest two that are still free, again and again. The cheapest pairing is W1
    of the two sets, found here by `divergences.wasserstein_lp`.

    Args:
        x: points [n, 2].
        y: points [n, 2].

    Returns:
        `Plans(optimal, greedy, w1, greedy_price)`; `optimal[i]` is the index in y of x's partner.

    Raises:
        ValueError: x and y are not both [n, 2], with at least one point.
    """
    x, y = as_floats(x), as_floats(y)
    if x.ndim != 2 or x.shape != y.shape or x.shape[1] != 2:
        raise ValueError(f"x and y must both be [n, 2], got {x.shape} and {y.shape}.")
    if not len(x):
        raise ValueError("A plan needs at least one point of each set, got none.")
    cost = np.linalg.norm(x[:, None] - y[None], axis=2)  # [n, n]
    even = np.full(len(x), 1 / len(x))
    found = wasserstein_lp(even, even, cost)
    greedy = _greedy(cost)
    price = float(cost[np.arange(len(x)), greedy].mean())
    return Plans(found.plan.argmax(axis=1), greedy, found.value, price)


def _greedy(cost: NDArray) -> NDArray:
    """Return the partner of each row if the nearest free two are paired again and again."""
    free, partner = cost.copy(), np.zeros(len(cost), dtype=int)
    for _ in cost:
        i, j = np.unravel_index(free.argmin(), free.shape)
        partner[i] = j
        free[i, :] = free[:, j] = math.inf
    return partner


def transport(n: int = 8, seed: int = 0) -> VBox:
    """Move points in a live kernel and see the cheapest plan, the greedy one and W1.

    Args:
        n: how many points of each set, 2 to 20.
        seed: of the points to start with.

    Returns:
        A box of `ipywidgets` to show as the last value of a cell: a list to choose a point from,
        two sliders for its place, and the picture, which is its last child.

    Raises:
        ValueError: `n` is not in 2..20.
    """
    from ipywidgets import HTML, Dropdown, FloatSlider, VBox

    if not 2 <= n <= 20:
        raise ValueError(f"n must lie in 2..20, got {n}.")
    points = np.random.default_rng(seed).uniform(-1.8, 1.8, size=(2, n, 2)).round(1)
    places = [(f"data {i + 1}", (0, i)) for i in range(n)]
    places += [(f"fake {i + 1}", (1, i)) for i in range(n)]
    chosen = Dropdown(options=places, description="point")
    sliders = [FloatSlider(min=-2.0, max=2.0, step=0.1, description=name) for name in "xy"]
    picture = HTML()

    def show() -> None:
        alt = "data and generated points, joined by the cheapest plan and the greedy one"
        picture.value = image(figure(*points), alt)

    def choose(_: object = None) -> None:
        for slider, place in zip(sliders, points[chosen.value].tolist(), strict=True):
            slider.value = place  # the place does not change: nothing moves

    def move(_: object, axis: int) -> None:
        points[chosen.value][axis] = sliders[axis].value
        show()

    choose()
    show()
    chosen.observe(choose, names="value")
    sliders[0].observe(lambda change: move(change, 0), names="value")
    sliders[1].observe(lambda change: move(change, 1), names="value")
    return VBox([chosen, *sliders, picture])


def figure(x: ArrayLike, y: ArrayLike) -> Figure:
    """Draw two sets of points with the cheapest plan and the greedy one side by side.

    Args:
        x: data points [n, 2], in [-2, 2].
        y: generated points [n, 2].

    Returns:
        A matplotlib figure.
    """
    import matplotlib.pyplot as plt

    from .. import plots

    x, y = as_floats(x), as_floats(y)
    found = plans(x, y)
    drawn, pair = plt.subplots(1, 2, figsize=(5.6, 3.1), sharey=True, layout="constrained")
    titles = f"cheapest: W1 = {found.w1:.3f}", f"greedy: {found.greedy_price:.3f}"
    for axes, partner, title in zip(pair, found[:2], titles, strict=True):
        axes.plot(*np.stack([x, y[partner]]).transpose(2, 0, 1), color=plots.D, zorder=1)
        axes.scatter(*x.T, s=60, color=plots.REAL)
        axes.scatter(*y.T, s=55, color=plots.FAKE, marker="s")
        axes.set(title=title, aspect="equal", xlim=(-2.2, 2.2), ylim=(-2.2, 2.2))
    return drawn
