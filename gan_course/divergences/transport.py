"""Wasserstein distances on the line, and optimal transport by linear programme."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import as_floats, exponent, is_real, shown
from .discrete import probabilities, probability

ORDINARY = 10  # powers of two
# Of a mass and of a cost: the least that the solver takes, in place of 1e-7.
TOLERANCES = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}


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

    `W_p = (integral over u in [0, 1] of |F^-1(u) - G^-1(u)|^p)^(1/p)`: on the line the optimal
    plan keeps the order, so sorting solves it (Villani, 2003, theorem 2.18).

    Args:
        x: sample [n], in the unit of the result.
        y: sample [m].
        p: order of the distance, at least 1.
        x_weights: probabilities [n] of the points of `x`; None for equal ones.
        y_weights: probabilities [m] of the points of `y`; None for equal ones.

    Returns:
        The distance, in the unit of `x`, at least 0.

    Raises:
        ValueError: if a sample is empty, not one-dimensional or not finite, weights do not fit
            their sample or do not sum to 1, or `p` is below 1.
    """
    if not is_real(p) or not 1 <= p < math.inf:
        raise ValueError(f"The order p must be a finite number of at least 1, got {shown(p)}.")
    x, x_levels = _quantiles(x, x_weights)
    y, y_levels = _quantiles(y, y_weights)
    levels = np.sort(np.concatenate([x_levels, y_levels]))
    mass = np.diff(levels, prepend=0.0)
    # two levels that should be one differ by rounding; a high p would magnify that sliver of mass
    real = mass > np.finfo(float).eps * _rounding(x_weights, y_weights)
    at_x, at_y = (np.searchsorted(each, levels[real]) for each in (x_levels, y_levels))
    halves = np.abs(x[at_x] / 2 - y[at_y] / 2)  # the difference itself may overflow
    return 2 * power_mean(halves, mass[real], p)


def power_mean(values: NDArray, weights: NDArray | float, p: float) -> float:
    """Return `(sum of weights values^p)^(1/p)`, for values of any size and any p.

    Args:
        values: float64 [n], at least 0.
        weights: of the values, [n] or one for all.
        p: the power, at least 1.
    """
    largest = values.max()
    if largest == 0:
        return 0.0
    return float(largest * np.sum(weights * (values / largest) ** p) ** (1 / p))


def wasserstein_on_grid(p: ArrayLike, q: ArrayLike, dx: float = 1.0) -> float:
    """W1 of two densities on one evenly spaced grid of the line: the area between their CDFs.

    `W1(p, q) = integral of |F_p(x) - F_q(x)| dx` (Vallender, 1974).

    Args:
        p: densities [n] on a grid of step `dx`, or probabilities of the integers if `dx=1`.
        q: the same shape as `p`.
        dx: step of the grid.

    Returns:
        The distance, in the unit of `dx`, at least 0.

    Raises:
        ValueError: as `kl`, or if `p` is not one-dimensional.
    """
    p, q = probabilities(p, q, dx)
    if p.ndim != 1:
        raise ValueError(f"Expected densities on a grid of the line, [n], got shape {p.shape}.")
    return float(np.abs(np.cumsum(p - q)).sum() * dx)


def wasserstein_lp(p: ArrayLike, q: ArrayLike, cost: ArrayLike) -> Transport:
    """Optimal transport between two discrete distributions, as a linear programme.

    `min <plan, cost>` over plans >= 0 with row sums p and column sums q; its dual is
    `max <f, p> + <g, q>` over `f_i + g_j <= cost_ij` (Kantorovich, 1942). If both live on the
    same points and the cost is a distance, then g = -f, f is the 1-Lipschitz function that a
    Wasserstein critic looks for, and the value is W1. Meant for n m of a few thousand.

    Args:
        p: probabilities [n].
        q: probabilities [m].
        cost: cost [n, m] of moving a unit of mass from i to j.

    Returns:
        `Transport(value, plan, potentials)`: the optimal cost in the unit of `cost`, the plan
        [n, m], and the potentials `(f, g)`, [n] and [m], tight also where there is no mass and
        shifted so that f starts at 0 (only f + g is determined).

    Raises:
        ValueError: if `p` or `q` is not a distribution, or `cost` does not fit or is not finite.
        RuntimeError: if the solver fails.
    """
    from scipy.optimize import linprog
    from scipy.sparse import identity, kron, vstack

    p, q = probability(p, 1.0), probability(q, 1.0)
    cost = as_floats(cost, "cost")
    if p.ndim != 1 or q.ndim != 1 or cost.shape != (p.size, q.size):
        raise ValueError(
            f"Expected p [n], q [m] and cost [n, m], got {p.shape}, {q.shape} and {cost.shape}."
        )
    if not np.all(np.isfinite(cost)):
        raise ValueError("cost must be finite everywhere.")
    # The solver's tolerance is absolute: in small units any plan would do. Ordinary costs stay as
    # they are, since their size decides which of many best plans is found.
    power = exponent(cost)
    power = 0 if abs(power) <= ORDINARY else power
    cost = np.ldexp(cost, -power)
    rows = kron(identity(p.size), np.ones((1, q.size)))
    columns = kron(np.ones((1, p.size)), identity(q.size))
    # The last sum follows from the others but for rounding. That, or a mass near 0, makes HiGHS'
    # presolve call a programme infeasible that is not: leave out both.
    result = linprog(
        cost.ravel(),
        A_eq=vstack([rows, columns]).tocsr()[:-1],
        b_eq=np.concatenate([p, q[:-1]]),
        method="highs",
        options={"presolve": False, **TOLERANCES},
    )
    if not result.success:
        raise RuntimeError(f"The linear programme was not solved: {result.message}")
    # c-transforms: the solver leaves a potential loose where its distribution has no mass
    f = (cost - np.append(result.eqlin.marginals[p.size :], 0.0)).min(axis=1)
    f -= f[0]
    g = (cost - f[:, None]).min(axis=0)
    value, f, g = (np.ldexp(each, power) for each in (result.fun, f, g))
    return Transport(float(value), result.x.reshape(cost.shape).clip(min=0), (f, g))


def _quantiles(x: ArrayLike, weights: ArrayLike | None) -> tuple[NDArray, NDArray]:
    """Return the sorted sample and the level up to which each of its points is the quantile."""
    x = as_floats(x, "the sample")
    if x.ndim != 1 or x.size == 0 or not np.all(np.isfinite(x)):
        raise ValueError(f"Expected a finite, non-empty sample of shape [n], got shape {x.shape}.")
    if weights is None:
        return np.sort(x), np.arange(1, x.size + 1) / x.size
    weights = probability(weights, 1.0)
    if weights.shape != x.shape:
        raise ValueError(f"Expected one weight per point, {x.shape}, got {weights.shape}.")
    x, weights = x[weights > 0], weights[weights > 0]  # a point without weight is none
    order = np.argsort(x)
    levels = np.minimum(np.cumsum(weights[order]), 1.0)
    levels[-1] = 1.0  # rounding must not leave the last levels without a point
    return x[order], levels


def _rounding(*weights: ArrayLike | None) -> int:
    """How many units in the last place two levels can be apart: sums of n weights have n."""
    return 2 + sum(np.size(each) for each in weights if each is not None)
