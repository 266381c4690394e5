"""Choose f, move two densities, spoil D: its bound on the divergence, and G's pull."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from .. import objectives
from ..objectives import FDivergence
from .bounds import DX, FARTHEST, RISE, SPOILT, Pair, X, at_place, pair, seen, spoilt
from .divergences import box, gaussian, humps
from .live import panel

if TYPE_CHECKING:
    from ipywidgets import VBox
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["f_divergences"]

NAMES = {
    "KL(p‖q)": objectives.KL,
    "reverse KL, KL(q‖p)": objectives.REVERSE_KL,
    "Pearson's χ²": objectives.PEARSON,
    "Neyman's χ²": objectives.NEYMAN,
    "squared Hellinger": objectives.SQUARED_HELLINGER,
    "Jensen-Shannon, 2 JS": objectives.JENSEN_SHANNON,
    "GAN, 2 JS − ln 4": objectives.GAN,
    "total variation": objectives.TOTAL_VARIATION,
}
# The range of T that is drawn.
SHOWN = {
    "kl": (-8.0, 8.0),
    "reverse_kl": (-8.0, 1.0),
    "pearson": (-3.0, 12.0),
    "neyman": (-8.0, 2.0),
    "squared_hellinger": (-4.0, 2.0),
    "jensen_shannon": (-5.0, 1.5),
    "gan": (-6.0, 1.0),
    "total_variation": (-0.8, 0.8),
}


def f_divergences() -> VBox:
    """Choose f, move two densities and spoil D, in a live kernel.

    Returns:
        A box of `ipywidgets` to show as the last value of a cell.
    """
    from ipywidgets import Dropdown, FloatSlider

    shapes = [("a Gaussian", gaussian), ("two humps", humps), ("a uniform box", box)]
    kinds = [("as it is", "best"), *((name, name) for name in ("blurred", "clipped"))]
    wide = {"style": {"description_width": "initial"}}
    controls = [
        Dropdown(options=list(NAMES.items()), description="divergence", **wide),
        Dropdown(
            options=[*kinds, ("as a straight line", "line")],
            value="line",
            description="D knows ln p/q",
            **wide,
        ),
        FloatSlider(value=0.5, min=0, max=5, step=0.1, description="how much", **wide),
        Dropdown(options=shapes, value=gaussian, description="p is"),
        FloatSlider(value=1.0, min=0.5, max=2.0, step=0.1, description="width of p"),
        Dropdown(options=shapes, value=gaussian, description="q is"),
        FloatSlider(value=1.0, min=0.5, max=2.0, step=0.1, description="width of q"),
        FloatSlider(value=1.5, min=0.0, max=FARTHEST, step=0.05, description="distance θ"),
        FloatSlider(value=2.0, min=-4.0, max=8.0, step=0.1, description="sample x"),
    ]

    def draw(divergence: FDivergence, how: str, much: float, *rest: float) -> Figure:
        return figure(divergence, how, much, pair(*rest[:5]), rest[5])

    return panel(draw, controls, "two densities, f and the line of D's T, D's T, and G's pull")


def figure(divergence: FDivergence, how: str, much: float, densities: Pair, at: float) -> Figure:
    """Draw the densities, D's T, f with its tangent, and the pull over p/q.

    Args:
        divergence: one of the family.
        how: what is wrong with D, a key of `SPOILT`.
        much: how much, brought into the range of `SPOILT`.
        densities: p and q.
        at: where the sample is.

    Returns:
        A matplotlib figure.
    """
    import matplotlib.pyplot as plt

    truth = densities.log_ratio()
    least, most, *_ = SPOILT[how]
    known = spoilt(truth, how, min(max(much, least), most), densities.distance)
    here = at_place(truth, at)[0]
    drawn, axes = plt.subplots(2, 2, figsize=(6.4, 5.4), layout="constrained")
    _draw_densities(axes[0, 0], densities, at)
    _draw_critics(axes[1, 0], divergence, {"T*": truth, "this T": known}, at)
    _draw_tangents(axes[0, 1], divergence, here, at_place(known, at)[0])
    _draw_pulls(axes[1, 1], divergence, here)
    exact = divergence.between(densities.p, densities.q, DX)
    shown = seen(divergence, densities, known, at).bound
    drawn.suptitle(f"the divergence is {exact:.4g}, this D shows {shown:.4g}")
    lines = [line for ax in axes[:, 1] for line in ax.get_lines() if line.get_label()[0] != "_"]
    drawn.legend(handles=lines, loc="outside lower center", ncols=3)
    return drawn


def _draw_densities(axes: Axes, densities: Pair, at: float) -> None:
    from .. import plots

    for values, color, line, name in (
        (densities.p, plots.REAL, "-", "p"),
        (densities.q, plots.FAKE, "--", "q"),
    ):
        axes.fill_between(X, values, color=color, alpha=0.25)
        axes.plot(X, values, line, color=color, label=name)
    axes.plot(at, 0, "^", color=plots.THEORY, clip_on=False, label="sample")
    axes.set(xlim=(X[0], X[-1]), ylim=(0, None), yticks=[], xlabel="x")
    axes.legend(loc="upper right")


def _draw_critics(axes: Axes, divergence: FDivergence, known: dict, at: float) -> None:
    from .. import plots

    for (name, ratio), line in zip(known.items(), ("--", "-"), strict=True):
        T = divergence.activation(divergence.best_logit(torch.from_numpy(ratio)))
        axes.plot(X, T, line, color=plots.D, label=name)
    low, high = SHOWN[divergence.name]
    axes.plot(at, low, "^", color=plots.THEORY, clip_on=False)
    axes.set(xlim=(X[0], X[-1]), ylim=(low, high), xlabel="x", ylabel="T(x)")
    axes.legend(loc="upper right")


def _draw_tangents(axes: Axes, divergence: FDivergence, truth: float, known: float) -> None:
    from .. import plots

    u = torch.linspace(0, 4, 401, dtype=torch.float64)
    axes.plot(u, divergence.f(u), color=plots.THEORY, label="f(u)")
    for name, ratio, line in (("T* u − f*(T*)", truth, "--"), ("T u − f*(T)", known, "-")):
        v = divergence.best_logit(torch.tensor(ratio, dtype=torch.float64))
        T, cost = divergence.activation(v), divergence.of_fake(v)
        axes.plot(u, T * u - cost, line, color=plots.D, label=name)
    here = torch.tensor(np.exp(truth))
    axes.plot(here, divergence.f(here), "o", color=plots.D)
    finite = divergence.f(u[10:])
    low, high = finite.min().item(), finite.max().item()
    axes.set(xlim=(0, 4), ylim=(low - 0.5 * (high - low), high), xlabel="u = p/q")


def _draw_pulls(axes: Axes, divergence: FDivergence, truth: float) -> None:
    from .. import plots

    u, rise = np.logspace(-3, 3, 61), RISE[divergence.name]
    if rise(u).any():
        here = np.exp(np.array([truth]))
        axes.plot(u, u * rise(u), color=plots.G, label="pull, zero-sum")
        axes.plot(u, rise(u), "--", color=plots.G, label="pull, G maximises T")
        axes.plot(here, here * rise(here), "o", here, rise(here), "o", color=plots.G)
    else:
        axes.text(0.5, 0.5, "no pull but at p = q", ha="center", transform=axes.transAxes)
    axes.set(xscale="log", yscale="log", xlim=(1e-3, 1e3), ylim=(1e-3, 1e3), xlabel="u = p/q")
    axes.set_ylabel("pull along ln p/q")
