"""How much of an f-divergence a D sees that knows log p/q badly: the numbers of a demo."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from ..objectives import FDivergence

FIRST, DX, CELLS = -6.0, 0.01, 1600  # both densities end where the grid does
X = FIRST + (np.arange(CELLS) + 0.5) * DX
FARTHEST = 4.0
SURE = 20.0  # the largest |log p/q| that is blurred
# What may be wrong with D's idea of log p/q: how much at least and at most, in which steps, at first.
SPOILT = {
    "best": (0.0, 1.0, 0.1, 0.0),
    "blurred": (0.1, 1.5, 0.1, 0.5),
    "clipped": (0.0, 5.0, 0.1, 1.0),
    "line": (0.0, 4.0, 0.1, 0.5),
}
# u f''(u): how fast T* rises with log u. It is G's pull along log p/q if G maximises T; in the
# zero-sum game the pull is u times as strong.
RISE: dict[str, Callable[[NDArray], NDArray]] = {
    "kl": np.ones_like,
    "reverse_kl": lambda u: 1 / u,
    "pearson": lambda u: 2 * u,
    "neyman": lambda u: 2 / u**2,
    "squared_hellinger": lambda u: 1 / (2 * np.sqrt(u)),
    "jensen_shannon": lambda u: 1 / (1 + u),
    "gan": lambda u: 1 / (1 + u),
    "total_variation": np.zeros_like,
}


class Pair(NamedTuple):
    """Two densities on the grid, [CELLS] each, that sum to 1/DX; their logarithms; their distance."""

    p: NDArray
    q: NDArray
    log_p: NDArray
    log_q: NDArray
    distance: float

    def log_ratio(self) -> NDArray:
        """Return log p/q, [CELLS]; 0 where both are 0."""
        nowhere = np.isinf(self.log_p) & np.isinf(self.log_q)
        return np.where(nowhere, 0, self.log_p - np.where(nowhere, 0, self.log_q))


def pair(
    shape: Callable, width: float, other: Callable, other_width: float, distance: float
) -> Pair:
    """Put p at 0 and q at a distance.

    Args:
        shape: `gaussian`, `humps` or `box` of `gan_course.widgets.divergences`, of p.
        width: of p.
        other: the shape of q.
        other_width: of q.
        distance: of q's centre from p's.

    Returns:
        Both densities.
    """
    logs = [shape(width, 0.0, X), other(other_width, distance, X)]
    logs = [log - np.log(np.exp(log).sum() * DX) for log in logs]
    return Pair(*map(np.exp, logs), *logs, distance)


def spoilt(log_ratio: NDArray, how: str, much: float, distance: float) -> NDArray:
    """Return D's idea of log p/q.

    Args:
        log_ratio: the truth, [CELLS].
        how: a key of `SPOILT`: "best" leaves it, "blurred" averages it by a Gaussian, "clipped"
            keeps its size below a bound, "line" is a falling line that is 0 half-way to q.
        much: the width of the blur, the bound, or the slope.
        distance: of q from p.

    Returns:
        Logarithms, [CELLS].
    """
    if how == "blurred":
        reach = round(4 * much / DX)
        weights = np.exp(-((np.arange(-reach, reach + 1) * DX / much) ** 2) / 2)
        total = np.convolve(np.ones(CELLS), weights, "same")
        return np.convolve(log_ratio.clip(-SURE, SURE), weights, "same") / total
    if how == "clipped":
        return log_ratio.clip(-much, much)
    return -much * (X - distance / 2) if how == "line" else log_ratio


class Seen(NamedTuple):
    """What a D shows of a divergence, and how it pulls a fake sample at a place."""

    bound: float
    T: float
    zero_sum: float
    non_saturating: float


def at_place(log_ratio: NDArray, x: float) -> tuple[float, float]:
    """Return the value and the slope of D's idea of log p/q at the edge of cells next to x.

    Args:
        log_ratio: [CELLS].
        x: within the grid.

    Returns:
        The mean of the two cells there, and their difference over DX; NaN if both are infinite.
    """
    edge = min(max(round((x - FIRST) / DX), 1), CELLS - 1)
    with np.errstate(invalid="ignore"):
        left, right = log_ratio[edge - 1], log_ratio[edge]
        return float((left + right) / 2), float((right - left) / DX)


def seen(divergence: FDivergence, densities: Pair, log_ratio: NDArray, x: float) -> Seen:
    """Compute the bound of a D, and its pull at x: how fast G's loss falls there along x.

    Args:
        divergence: one of the family.
        densities: p and q.
        log_ratio: D's idea of log p/q, [CELLS]; its logits are the best ones if it were true.
        x: where the sample is.

    Returns:
        The bound, T, and the pull to the right in both games of G; NaN where D jumps.
    """
    D = divergence.best_logit(torch.from_numpy(log_ratio))
    here, slope = at_place(log_ratio, x)
    with np.errstate(all="ignore"):
        u = np.exp(np.array([here]))
        rise = RISE[divergence.name](u).item() * (slope if np.isfinite(slope) else np.nan)
    T = divergence.activation(divergence.best_logit(torch.tensor(here, dtype=torch.float64)))
    shown = divergence.bound(densities.p, densities.q, D, DX)
    return Seen(shown, T.item(), u.item() * rise, rise)
