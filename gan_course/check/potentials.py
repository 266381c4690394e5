"""The best 1-Lipschitz function on the line: an exercise of chapter 6."""

from __future__ import annotations

import numpy as np

from .. import divergences
from .core import exercise
from .expect import expect, expect_close, number


@exercise(stars=2)
def potential(potential):
    """Find the best 1-Lipschitz function on the line, without a linear programme."""
    for power, n in ((1.2, 41), (0.8, 41), (1.5, 18)):
        _check_grid(potential, 8 * np.linspace(0, 1, n) ** power - 3)  # uneven steps
    return "It is nowhere steeper than 1, and its gap is the exact W1, on three grids."


def _check_grid(potential, x: np.ndarray) -> None:
    """Try places x [n] from -3 to 5 that need not be evenly spaced."""
    humps, hump = np.exp(-((np.abs(x - 1) - 2) ** 2)), np.exp(-((x - 0.6) ** 2))
    p, q = humps / humps.sum(), hump / hump.sum()
    f = number(potential(x, p, q)).numpy()
    expect(
        f.shape == x.shape,
        f"Return one value for each point of the grid; yours has the shape {list(f.shape)}.",
        "Sum up the slopes, and begin with f = 0 at the first point.",
    )
    _check_potential(f, x, p, q)
    shifted = number(potential(x, q, p)).numpy()
    expect_close(
        shifted @ (q - p),
        divergences.wasserstein(x, x, x_weights=q, y_weights=p),
        "It fails when p and q change places.",
        "The sign of the slope has to follow from p and q.",
    )


def _check_potential(f: np.ndarray, x: np.ndarray, p: np.ndarray, q: np.ndarray) -> None:
    slopes, want = np.diff(f) / np.diff(x), divergences.wasserstein(x, x, x_weights=p, y_weights=q)
    gap, moves = f @ (p - q), np.abs(np.diff(f))[:-1]  # the last one has a free sign, or none
    expect(
        moves[0] == 0 or not np.allclose(moves, moves[0]),
        "Your f changes by the same amount between all neighbours, but the places are not evenly "
        "spaced.",
        "The steps differ: np.diff(x) has one for each pair of neighbours.",
    )
    expect(
        np.isfinite(f).all() and np.abs(slopes).max() < 1 + 1e-4,
        f"Your f is too steep: its largest slope is {np.abs(slopes).max():.3g}.",
        "Between neighbours f may change by the distance of the two points and no more.",
    )
    expect(
        gap > -0.999 * want,
        "Your f is upside down: it is high where the fakes are.",
        "f should rise where F_q > F_p, with F the running sum.",
    )
    late = np.sign(np.cumsum(q - p)[1:-1])  # the last sum is 0 but for rounding
    expect(
        gap > 0.999 * want or not np.allclose(slopes[:-1], late),
        "Its slopes are one place off.",
        "Between x[i] and x[i + 1] the slope is the sign of F_q - F_p at x[i]; f[0] is free.",
    )
    expect(
        gap > 0.999 * want,
        f"A 1-Lipschitz function with a larger gap exists: yours has {gap:.4f} of {want:.4f}.",
        "The gap is the sum of slope * (F_q - F_p) * step: choose each slope alone.",
    )
