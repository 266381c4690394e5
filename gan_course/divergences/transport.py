"""Wasserstein distances on the line, and optimal transport by linear programme."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gan_course.device import to_numpy
from gan_course.divergences.discrete import probabilities, probability


class Transport(NamedTuple):
    """An optimal transport: its cost, the plan [n, m], and the two potentials ([n], [m])."""

    value: float
    plan: NDArray
    potentials: tuple[NDArray, NDArray]


def wasserstein(
    x: ArrayLike,
    y: ArrayLike,
    p: float = 1,
    *,
    x_weights: ArrayLike | None = None,
    y_weights: ArrayLike | None = None,
) -> float:
    """Exact Wasserstein distance of two (weighted) samples on the line.

    ``W_p = (integral over u in [0, 1] of |F^-1(u) - G^-1(u)|^p)^(1/p)``: on the line the optimal
    plan keeps the order, so sorting solves it (Villani, 2003, theorem 2.18).

    Args:
        x: sample [n], in the unit of the result.
        y: sample [m].
        p: order of the distance, at least 1.
        x_weights: probabilities [n] of the points of ``x``; None for equal ones.
        y_weights: probabilities [m] of the points of ``y``; None for equal ones.

    Returns:
        The distance, in the unit of ``x``, at least 0.

    Raises:
        ValueError: if a sample is empty, not one-dimensional or not finite, weights do not fit
            their sample or do not sum to 1, or ``p`` is below 1.
    """
    if not 1 <= p < math.inf:
        raise ValueError(f"The order p must be a finite number of at least 1, got {p}.")
    x, x_levels = _quantiles(x, x_weights)
    y, y_levels = _quantiles(y, y_weights)
    levels = np.sort(np.concatenate([x_levels, y_levels]))
    distances = np.abs(x[np.searchsorted(x_levels, levels)] - y[np.searchsorted(y_levels, levels)])
    return float(np.sum(np.diff(levels, prepend=0.0) * distances**p) ** (1 / p))


def wasserstein_on_grid(p: ArrayLike, q: ArrayLike, dx: float = 1.0) -> float:
    """W1 of two densities on one evenly spaced grid of the line: the area between their CDFs.

    ``W1(p, q) = integral of |F_p(x) - F_q(x)| dx`` (Vallender, 1974).

    Args:
        p: densities [n] on a grid of step ``dx``, or probabilities of the integers if ``dx=1``.
        q: the same shape as ``p``.
        dx: step of the grid.

    Returns:
        The distance, in the unit of ``dx``, at least 0.

    Raises:
        ValueError: as ``kl``, or if ``p`` is not one-dimensional.
    """
    p, q = probabilities(p, q, dx)
    if p.ndim != 1:
        raise ValueError(f"Expected densities on a grid of the line, [n], got shape {p.shape}.")
    return float(np.abs(np.cumsum(p - q)).sum() * dx)


def wasserstein_lp(p: ArrayLike, q: ArrayLike, cost: ArrayLike) -> Transport:
    """Optimal transport between two discrete distributions, as a linear programme.

    ``min <plan, cost>`` over plans >= 0 with row sums p and column sums q; its dual is
    ``max <f, p> + <g, q>`` over ``f_i + g_j <= cost_ij`` (Kantorovich, 1942). If both live on the
    same points and the cost is a distance, then g = -f, f is the 1-Lipschitz function that a
    Wasserstein critic looks for, and the value is W1. Meant for n m of a few thousand.

    Args:
        p: probabilities [n].
        q: probabilities [m].
        cost: cost [n, m] of moving a unit of mass from i to j.

    Returns:
        ``Transport(value, plan, potentials)``: the optimal cost in the unit of ``cost``, the plan
        [n, m], and the potentials ``(f, g)``, [n] and [m], tight also where there is no mass and
        shifted so that f starts at 0 (only f + g is determined).

    Raises:
        ValueError: if ``p`` or ``q`` is not a distribution, or ``cost`` does not fit or is not finite.
        RuntimeError: if the solver fails.
    """
    from scipy.optimize import linprog
    from scipy.sparse import identity, kron, vstack

    p, q = probability(p, 1.0), probability(q, 1.0)
    cost = to_numpy(cost)
    if p.ndim != 1 or q.ndim != 1 or cost.shape != (p.size, q.size):
        raise ValueError(
            f"Expected p [n], q [m] and cost [n, m], got {p.shape}, {q.shape} and {cost.shape}."
        )
    if not np.all(np.isfinite(cost)):
        raise ValueError("cost must be finite everywhere.")
    rows = kron(identity(p.size), np.ones((1, q.size)))
    columns = kron(np.ones((1, p.size)), identity(q.size))
    result = linprog(
        cost.ravel(), A_eq=vstack([rows, columns]), b_eq=np.concatenate([p, q]), method="highs"
    )
    if not result.success:
        raise RuntimeError(f"The linear programme was not solved: {result.message}")
    # c-transforms: the solver leaves a potential loose where its distribution has no mass
    f = (cost - result.eqlin.marginals[p.size :]).min(axis=1)
    f -= f[0]
    g = (cost - f[:, None]).min(axis=0)
    return Transport(float(result.fun), result.x.reshape(cost.shape), (f, g))


def _quantiles(x: ArrayLike, weights: ArrayLike | None) -> tuple[NDArray, NDArray]:
    """The sorted sample and the level up to which each of its points is the quantile."""
    x = to_numpy(x)
    if x.ndim != 1 or x.size == 0 or not np.all(np.isfinite(x)):
        raise ValueError(f"Expected a finite, non-empty sample of shape [n], got shape {x.shape}.")
    weights = np.full(x.size, 1 / x.size) if weights is None else probability(weights, 1.0)
    if weights.shape != x.shape:
        raise ValueError(f"Expected one weight per point, {x.shape}, got {weights.shape}.")
    order = np.argsort(x)
    levels = np.minimum(np.cumsum(weights[order]), 1.0)
    levels[-1] = 1.0  # rounding must not leave the last levels without a point
    return x[order], levels
