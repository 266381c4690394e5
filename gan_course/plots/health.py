"""The health panel: four pictures in which most diseases of a GAN can be seen."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, PercentFormatter
from torch import Tensor

from ..objectives import Objective
from . import style
from .curves import History, label_of, require_keys, series
from .images import image_grid
from .plane import points
from .style import THEORY, WIDTH, short, steps_axis

Samples = Tensor | Mapping[int, Tensor]


def equilibrium(objective: Objective) -> float:
    """D's loss when it cannot tell real from fake, its best answer once G is perfect.

    The objective's d at its own constant logit: 2 ln 2 for minimax and non-saturating, 2 for
    hinge, ln 2 for relativistic, 0 for Wasserstein, 1/4 for least squares.

    Args:
        objective: a pair of losses.

    Returns:
        The loss, in the objective's own unit (nats for the logistic ones).
    """
    logits = torch.full((1,), objective.balanced, dtype=torch.float64)
    return objective.d(logits, logits).item()


def health(
    history: History,
    objective: Objective | None = None,
    samples: Samples | None = None,
    covered: str = "modes",
    total: float | None = None,
) -> Figure:
    """Draw the health of a run, in the same four panels in every chapter.

    1. D's loss, against its value at the equilibrium (dashed).
    2. How often D is right on real and on fake; for a critic, the gap D(real) - D(fake).
    3. The norm of G's gradient, on a logarithmic scale: what D still teaches.
    4. Samples, or what they cover.

    An entry that was not recorded leaves a panel that says so.

    Args:
        history: the records of `train`, or the same read from JSON.
        objective: what was played; without it no equilibrium is drawn.
        samples: images `[N, C, H, W]` in [-1, 1], or points `[N, 2]`, or a dict from step to
            images, which shows how they changed, one row per step.
        covered: the entry to draw in panel 4 when there are no samples.
        total: its highest possible value, for example the number of modes.

    Returns:
        The figure.

    Raises:
        ValueError: if the history is empty.
    """
    require_keys(history)
    figure, axes = plt.subplots(2, 2, figsize=(WIDTH, 5.0))
    _loss(history, objective, axes[0, 0])
    _judgement(history, objective, axes[0, 1])
    _gradient(history, axes[1, 0])
    if samples is None:
        _coverage(history, covered, total, axes[1, 1])
    else:
        _samples(samples, axes[1, 1])
    return figure


def _loss(history: History, objective: Objective | None, ax: Axes) -> None:
    if _draw(history, ax, "D's loss", {"D_loss": style.D}) and objective is not None:
        value = equilibrium(objective)
        _reference(ax, value, f"cannot tell: {value:.3g}")


def _judgement(history: History, objective: Objective | None, ax: Axes) -> None:
    """Accuracies where zero means something, else the gap between the two mean scores."""
    scores = any("D_real" in record for record in history)
    counted = any("D_accuracy_real" in record for record in history)
    critic = not objective.probabilistic if objective else scores and not counted
    if critic:
        gaps = [
            {"step": record["step"], "gap": record["D_real"] - record["D_fake"]}
            for record in history
            if "D_real" in record and "D_fake" in record
        ]
        if _draw(gaps, ax, "D(real) − D(fake)", {"gap": style.D}):
            _reference(ax, 0.0, "cannot tell: 0")
        return
    keys = {"D_accuracy_real": style.REAL, "D_accuracy_fake": style.FAKE}
    if _draw(history, ax, "D is right on …", keys, ("real", "fake")):
        _reference(ax, 0.5, "")
        ax.set_ylim(-0.3, 1.03)  # the legend has the strip below 0 to itself
        ax.set_yticks([0, 0.5, 1])
        ax.yaxis.set_major_formatter(PercentFormatter(1.0))
        ax.legend(ncols=2, loc="lower center", borderaxespad=0.1, columnspacing=1.0)


def _gradient(history: History, ax: Axes) -> None:
    drawn = _draw(history, ax, "G's gradient norm", {"G_gradient": style.G})
    norms = [record["G_gradient"] for record in history if record.get("G_gradient", 0) > 0]
    if drawn and norms:
        ax.set_yscale("log")
        few_decades = max(norms) < 1e3 * min(norms)
        ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if few_decades else (1,), numticks=6))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda norm, _: f"{norm:g}"))
        ax.yaxis.set_minor_formatter(NullFormatter())


def _coverage(history: History, key: str, total: float | None, ax: Axes) -> None:
    title = f"{label_of(key)} covered" if key == "modes" else label_of(key)
    if _draw(history, ax, title, {key: style.FAKE}, missing=f"record {key!r}\nor pass samples"):
        if total is not None:
            _reference(ax, total, f"all: {total:g}")
        top = max(ax.get_ylim()[1], 1)
        ax.set_ylim(-0.03 * top, top)  # a line at 0 is seen whole


def _samples(samples: Samples, ax: Axes) -> None:
    if isinstance(samples, Mapping):
        rows = {step: images[:6] for step, images in samples.items()}
        image_grid(torch.cat(list(rows.values())), 6, row_labels=list(map(short, rows)), ax=ax)
    elif samples.ndim == 2:
        points(fake=samples, ax=ax)
    else:
        image_grid(samples[:36], 6, ax=ax)
    ax.set_title("samples")
    ax.set_anchor("N")


def _draw(
    history: History,
    ax: Axes,
    title: str,
    colors: dict[str, str],
    labels: tuple[str, ...] = ("",),
    missing: str = "",
) -> bool:
    """Draw these entries; where one was never recorded, say so instead and return False."""
    ax.set_title(title)
    absent = [key for key in colors if not any(key in record for record in history)]
    if absent:
        ax.text(
            0.5,
            0.5,
            missing or "not recorded:\n" + "\n".join(absent),
            color=style.QUIET,
            ha="center",
            va="center",
            transform=ax.transAxes,
        )
        ax.set_axis_off()
        return False
    for (key, color), label in zip(colors.items(), labels, strict=True):
        steps, values = series(history, key)
        ax.plot(steps, values, color=color, label=label, marker="o" if len(steps) == 1 else "")
    steps_axis(ax)
    return True


def _reference(ax: Axes, value: float, text: str) -> None:
    """Draw a dashed line at what theory predicts, with its value in words."""
    ax.axhline(value, color=THEORY, linestyle="--", linewidth=1.2)
    ax.margins(y=0.12)
    where = {"xy": (1, value), "xycoords": ("axes fraction", "data"), "ha": "right"}
    halo = [withStroke(linewidth=3, foreground="white")]  # keeps the words legible on a curve
    look = {"fontsize": 9, "path_effects": halo, "zorder": 5}
    ax.annotate(text, **where, xytext=(0, 3), textcoords="offset points", **look)
