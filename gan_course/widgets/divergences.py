"""Two densities, moved apart, and five divergences between them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import divergences as div
from .live import panel

if TYPE_CHECKING:
    from ipywidgets import VBox
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["divergences"]

FIRST, DX, CELLS = -18.0, 0.01, 4200  # the cells of the line, about their midpoints
X = FIRST + (np.arange(CELLS) + 0.5) * DX
HUMPS = ((0.35, -2.5, 0.7), (0.65, 2.5, 0.7))  # share, place and spread, as in chapter 2
FARTHEST = 6.0
NAMES = ("KL(p‖q)", "KL(q‖p)", "JS", "TV", "W1")
LINES = ("-", (0, (7, 3)), "-", "-.", ":")


class Density(NamedTuple):
    """A density on the line: its shape (`gaussian`, `humps` or `box`), width and centre."""

    shape: Callable[..., NDArray]
    width: float = 1.0
    centre: float = 0.0

    def logs(self) -> NDArray:
        """Return the logarithms of the values on the grid, [CELLS]."""
        return self.shape(self.width, self.centre)

    def values(self) -> NDArray:
        """Return the values on the grid, [CELLS]."""
        return np.exp(self.logs())


def gaussian(width: float, centre: float, x: NDArray = X) -> NDArray:
    """Evaluate the log density of N(centre, width^2) on the grid.

    Args:
        width: the standard deviation.
        centre: the mean.
        x: the grid, [n].

    Returns:
        Logarithms, [n].
    """
    return -(((x - centre) / width) ** 2) / 2 - math.log(width * math.sqrt(2 * math.pi))


def humps(width: float, centre: float, x: NDArray = X) -> NDArray:
    """Evaluate the log density of chapter 2's two humps on the grid.

    Args:
        width: a factor of their places and spreads.
        centre: what lies between them.
        x: the grid, [n].

    Returns:
        Logarithms, [n].
    """
    return np.logaddexp(
        *(math.log(w) + gaussian(s * width, centre + at * width, x) for w, at, s in HUMPS)
    )


def box(width: float, centre: float, x: NDArray = X) -> NDArray:
    """Evaluate the log density of a uniform density on the grid.

    Args:
        width: the length of its support.
        centre: the middle of its support.
        x: the grid, [n].

    Returns:
        Logarithms, [n]; minus infinity outside the support.
    """
    return np.where(np.abs(x - centre) < width / 2, -math.log(width), -math.inf)


def five(p: Density, q: Density) -> tuple[float, float, float, float, float]:
    """Compute KL(p‖q), KL(q‖p), JS, TV and W1.

    By the closed forms of `gan_course.divergences` where it has them, else by its sums over a
    grid. KL is summed from logarithms, as densities far apart underflow: it is infinite only
    where q is exactly 0.

    Args:
        p: a density.
        q: another one.

    Returns:
        The five in this order: nats, nats, nats in [0, log 2], a number in [0, 1], units of x.
    """
    grids = p.values(), q.values()
    both_kl, js = (_kl(p, q), _kl(q, p)), div.js(*grids, DX)
    tv, w1 = div.total_variation(*grids, DX), div.wasserstein_on_grid(*grids, DX)
    if p.shape is q.shape is gaussian:
        w1 = div.wasserstein1_gaussians(p.centre, p.width**2, q.centre, q.width**2)
        if p.width == q.width:
            tv = div.total_variation_gaussians(p.centre, q.centre, p.width**2)
    return *both_kl, js, tv, w1


def _kl(p: Density, q: Density) -> float:
    if p.shape is q.shape is gaussian:
        return div.kl_gaussians(p.centre, p.width**2, q.centre, q.width**2)
    log_p, log_q = p.logs(), q.logs()
    support = np.exp(log_p) > 0
    log_p, log_q = log_p[support], log_q[support]
    return max(0.0, float(np.sum(np.exp(log_p) * (log_p - log_q)) * DX))


def divergences() -> VBox:
    """Move two densities apart in a live kernel: shapes, widths and the distance are controls.

    Returns:
        A box of `ipywidgets` to show as the last value of a cell.
    """
    from ipywidgets import Dropdown, FloatSlider

    shapes = [("a Gaussian", gaussian), ("two humps", humps), ("a uniform box", box)]
    controls = [
        Dropdown(options=shapes, value=gaussian, description="p is"),
        FloatSlider(value=1.0, min=0.3, max=2.0, step=0.1, description="width of p"),
        Dropdown(options=shapes, value=gaussian, description="q is"),
        FloatSlider(value=0.8, min=0.3, max=2.0, step=0.1, description="width of q"),
        FloatSlider(value=2.0, min=0.0, max=FARTHEST, step=0.05, description="distance θ"),
    ]

    def draw(shape: Callable, width: float, other: Callable, width_q: float, at: float) -> Figure:
        return figure(Density(shape, width), Density(other, width_q, at))

    return panel(draw, controls, "two densities, and their five divergences over the distance")


def figure(p: Density, q: Density) -> Figure:
    """Draw two densities, and below them the five divergences over the distance.

    Args:
        p: the density that stays.
        q: the one that moves; its centre is the distance.

    Returns:
        A matplotlib figure.
    """
    import matplotlib.pyplot as plt

    drawn, (top, bottom) = plt.subplots(
        2, 1, figsize=(5.6, 5.0), height_ratios=(1, 1.6), layout="constrained"
    )
    _draw_densities(p, q, top)
    _draw_curves(p, q, bottom)
    drawn.legend(*bottom.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return drawn


def _draw_densities(p: Density, q: Density, axes: Axes) -> None:
    from .. import plots

    for density, color, line, name in ((p, plots.REAL, "-", "p"), (q, plots.FAKE, "--", "q")):
        axes.fill_between(X, density.values(), color=color, alpha=0.25)
        axes.plot(X, density.values(), line, color=color, label=name)
    axes.set(xlim=(-5, FARTHEST + 5), ylim=(0, None), yticks=[])
    axes.legend(loc="upper right")


def _draw_curves(p: Density, q: Density, axes: Axes) -> None:
    from .. import plots

    distances = np.linspace(0, FARTHEST, 31)
    curves = np.array([five(p, q._replace(centre=at)) for at in distances])  # [31, 5]
    here = five(p, q)
    colors = (plots.REAL, plots.FAKE, plots.D, plots.G, plots.THEORY)
    for name, color, line, curve, value in zip(NAMES, colors, LINES, curves.T, here, strict=True):
        shown = f"{value:.3f}" if math.isfinite(value) else "infinite"
        curve = np.where(np.isfinite(curve), curve, np.nan)
        axes.plot(distances, curve, color=color, linestyle=line, label=f"{name} = {shown}")
        axes.plot(q.centre, value if math.isfinite(value) else math.nan, "o", color=color)
    axes.axvline(q.centre, color=plots.THEORY, linewidth=1)
    axes.set(xlim=(-0.1, FARTHEST), ylim=(-0.1, 4), xlabel="distance θ", ylabel="divergence")
