"""Records of training over steps: one run, or the band of several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from ..arguments import as_floats
from . import style
from .style import axes_or_new, steps_axis

History = Sequence[Mapping[str, float]]  # the records that `train` yields, or the same from JSON


def curves(history: History, *keys: str, ax: Axes | None = None) -> Axes:
    """Draw entries of the records over the steps; records that lack an entry are left out.

    Args:
        history: records, dicts with `step` and other numbers.
        keys: which entries, for example `"D_loss", "G_loss"`.
        ax: axes to draw into; a new figure by default.

    Returns:
        The axes.

    Raises:
        ValueError: if the history is empty or no record has an entry; it says which there are.
    """
    require_keys(history, *keys)
    if not keys:
        raise ValueError("curves needs at least one entry to draw, for example 'D_loss'.")
    ax = axes_or_new(ax)
    for key in keys:
        steps, values = series(history, key)
        look = {"marker": "o", "markersize": 4} if len(steps) == 1 else {}
        ax.plot(steps, values, label=label_of(key), color=color_of(key, keys), **look)
    steps_axis(ax)
    if len(keys) > 1:
        ax.legend()
    else:
        ax.set_title(label_of(keys[0]))
    return ax


def band(
    histories: Sequence[History],
    key: str,
    ax: Axes | None = None,
    label: str = "",
    color: str | None = None,
) -> Axes:
    """Draw the mean over several runs as a line, and their range, lowest to highest, as a band.

    Args:
        histories: one history per seed, all recorded at the same steps.
        key: which entry of the records.
        ax: axes to draw into; a new figure by default.
        label: for the legend; the number of runs is added.
        color: of line and band; by default what the entry's name stands for.

    Returns:
        The axes.

    Raises:
        ValueError: if there is no run, or runs were recorded at different steps.
    """
    if not histories:
        raise ValueError("band needs at least one history, and got none.")
    for history in histories:
        require_keys(history, key)
    runs = [series(history, key) for history in histories]
    steps = runs[0][0]
    if any(not np.array_equal(other, steps) for other, _ in runs):
        raise ValueError(f"band needs runs recorded at the same steps, and those of {key} differ.")
    values = np.stack([values for _, values in runs])  # [runs, records]
    ax = axes_or_new(ax)
    color = color or color_of(key, (key,)) or style.G
    ax.fill_between(steps, values.min(0), values.max(0), color=color, alpha=0.2, linewidth=0)
    name = f"{label or label_of(key)} ({len(runs)} runs)"
    ax.plot(steps, values.mean(0), color=color, label=name)
    steps_axis(ax)
    ax.legend()
    return ax


def series(history: History, key: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the steps at which an entry was recorded, and its values.

    Args:
        history: records.
        key: which entry.

    Returns:
        Steps `[n]` and values `[n]`.
    """
    chosen = [record for record in history if key in record]
    steps, values = (np.array([as_floats(r[k]) for r in chosen]) for k in ("step", key))
    return steps, values


def require_keys(history: History, *keys: str) -> None:
    """Refuse an empty history, or one that lacks an entry.

    Args:
        history: records.
        keys: entries that at least one record must have.

    Raises:
        ValueError: in one sentence.
    """
    if not len(history):
        raise ValueError("the history is empty: play some steps and keep the records of `train`.")
    known = sorted({name for record in history for name in record})
    for key in ("step", *keys):
        if key not in known:
            raise ValueError(f"no record has an entry {key!r}; there are {', '.join(known)}.")


def label_of(key: str) -> str:
    """Return what a reader calls an entry: `D_loss` is "D's loss".

    Args:
        key: name of the entry.

    Returns:
        Words for a legend.
    """
    known = {
        "D_real": "D(real)",
        "D_fake": "D(fake)",
        "D_accuracy_real": "D right on real",
        "D_accuracy_fake": "D right on fake",
        "D_gradient": "D's gradient norm",
        "G_gradient": "G's gradient norm",
    }
    player, _, rest = key.partition("_")
    plain = f"{player}'s {rest}" if player in ("D", "G") and rest else key
    return known.get(key, plain.replace("_", " "))


def color_of(key: str, among: Sequence[str]) -> str | None:
    """Return the colour that an entry's name stands for, or None (the next of the cycle).

    Args:
        key: name of the entry.
        among: all entries of the figure; a player's colour is used for one entry only.

    Returns:
        A colour, or None.
    """
    for end, color in (("_real", style.REAL), ("_fake", style.FAKE)):
        if key.endswith(end):
            return color
    player = key[:2]
    alone = sum(other.startswith(player) for other in among) == 1
    return {"D_": style.D, "G_": style.G}.get(player) if alone else None
