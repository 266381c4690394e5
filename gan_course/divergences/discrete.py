"""Divergences of probabilities and of densities on a grid; the optimal discriminator."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import as_floats, is_real, shown

MASS_TOLERANCE = 1e-3  # of a density that its grid cuts off a little


def kl(p: ArrayLike, q: ArrayLike, dx: float = 1.0) -> float:
    """Kullback-Leibler divergence: how surprised q is by samples of p.

    `KL(p || q) = sum p log(p / q)`, with 0 log 0 = 0 (Kullback and Leibler, 1951).

    Args:
        p: probabilities, or densities on a grid, of any shape; total mass 1.
        q: the same shape as `p`.
        dx: volume of a grid cell; 1 for probabilities.

    Returns:
        Nats in [0, inf]; infinite where p > 0 = q, which includes densities that underflow to 0.

    Raises:
        ValueError: if shapes differ, an entry is negative or not finite, or the mass is not 1.
    """
    p, q = probabilities(p, q, dx)
    support = p > 0
    if np.any(q[support] == 0):
        return math.inf
    return max(0.0, float(np.sum(p[support] * (np.log(p[support]) - np.log(q[support])))))


def js(p: ArrayLike, q: ArrayLike, dx: float = 1.0) -> float:
    """Jensen-Shannon divergence: the mean KL divergence to the mixture m = (p + q) / 2.

    `JS(p, q) = KL(p || m) / 2 + KL(q || m) / 2` (Lin, 1991). Its square root is a distance.

    Args:
        p: probabilities, or densities on a grid, of any shape; total mass 1.
        q: the same shape as `p`.
        dx: volume of a grid cell; 1 for probabilities.

    Returns:
        Nats in [0, log 2]; log 2 if and only if the supports are disjoint.

    Raises:
        ValueError: as `kl`.

    Example:
        >>> js([0.5, 0.5], [0.5, 0.5]), round(js([1, 0], [0, 1]), 4)
        (0.0, 0.6931)
    """
    p, q = probabilities(p, q, dx)
    both = p + q

    def to_mixture(r: NDArray) -> float:
        support = r > 0
        return float(np.sum(r[support] * np.log(2 * r[support] / both[support])))

    return min(max(0.0, (to_mixture(p) + to_mixture(q)) / 2), math.log(2))


def total_variation(p: ArrayLike, q: ArrayLike, dx: float = 1.0) -> float:
    """Total variation distance: the largest difference in the probability of any event.

    `TV(p, q) = sum |p - q| / 2 = 1 - sum min(p, q)`.

    Args:
        p: probabilities, or densities on a grid, of any shape; total mass 1.
        q: the same shape as `p`.
        dx: volume of a grid cell; 1 for probabilities.

    Returns:
        A number in [0, 1]; 1 if and only if the supports are disjoint.

    Raises:
        ValueError: as `kl`.
    """
    p, q = probabilities(p, q, dx)
    return min(float(np.abs(p - q).sum() / 2), 1.0)


def optimal_discriminator(p: ArrayLike, q: ArrayLike) -> NDArray:
    """Return the probabilities of the discriminator that maximises the value function.

    Real is p and fake is q: `sigma(D*(x)) = p(x) / (p(x) + q(x))`, whose logit is
    `D*(x) = log p(x)/q(x)` (Goodfellow et al., 2014, proposition 1, who write D for sigma(D)).

    Args:
        p: probabilities or densities of the real samples, of any shape.
        q: the same for the fake ones, the same shape.

    Returns:
        Probabilities in [0, 1] of the shape of `p`. Where p = q = 0 any value is optimal, since
        no sample ever falls there; 0.5 is returned.

    Raises:
        ValueError: if shapes differ or an entry is negative or not finite.
    """
    p, q = non_negative(p, q)
    power = np.frexp(np.maximum(p, q))[1]  # densities without bound: their sum may overflow
    p, q = np.ldexp(p, -power), np.ldexp(q, -power)
    both = p + q
    return np.divide(p, both, out=np.full_like(both, 0.5), where=both > 0)


def value(p: ArrayLike, q: ArrayLike, D: ArrayLike, dx: float = 1.0) -> float:
    """Return the value function of the game, for a discriminator given by its probabilities.

    With `s = sigma(D(x))`, `V = sum p log s + q log(1 - s)` (Goodfellow et al., 2014, equation
    1), whose maximum over D is `2 JS(p, q) - 2 log 2`. Both logarithms are cut off at -100, as in
    torch's `BCELoss`: an s that rounds to 1 where q is not quite 0 would otherwise give minus
    infinity.

    Args:
        p: probabilities, or densities on a grid, of the real samples, of any shape; mass 1.
        q: the same for the fake ones, the same shape.
        D: the probabilities s, in [0, 1], not logits; the shape of `p`, or one number.
        dx: volume of a grid cell; 1 for probabilities.

    Returns:
        Nats in [-200, 0].

    Raises:
        ValueError: as `kl`, or if `D` leaves [0, 1] or does not fit the shape of `p`.
    """
    p, q = probabilities(p, q, dx)
    D = as_floats(D, "D")
    if D.shape not in ((), p.shape):
        raise ValueError(f"D must be one number or of shape {p.shape} like p, got {D.shape}.")
    if not np.all((D >= 0) & (D <= 1)):  # NaN fails as well
        raise ValueError("D must hold probabilities in [0, 1]: apply a sigmoid to logits first.")
    with np.errstate(divide="ignore"):
        log_real = np.maximum(np.log(D), -100)
        log_fake = np.maximum(np.log1p(-D), -100)
    return float(np.sum(p * log_real + q * log_fake))


def non_negative(*arrays: ArrayLike) -> list[NDArray]:
    """Return the arrays in float64, checked to be of one shape, finite and not negative."""
    arrays = [as_floats(array, "a distribution") for array in arrays]
    if len({array.shape for array in arrays}) > 1:
        raise ValueError(
            f"p and q must have the same shape, got {' and '.join(str(a.shape) for a in arrays)}."
        )
    for array in arrays:
        if not np.all(np.isfinite(array) & (array >= 0)):
            raise ValueError("Probabilities and densities must be finite and non-negative.")
    return arrays


def probability(p: ArrayLike, dx: float) -> NDArray:
    """Return the probabilities of the cells, [..., K], of densities p on cells of volume dx."""
    (p,) = non_negative(p)
    if not is_real(dx) or not 0 < dx < math.inf:
        raise ValueError(f"The cell volume dx must be positive and finite, got {shown(dx)}.")
    mass = p.sum() * dx
    if not abs(mass - 1) <= MASS_TOLERANCE:
        raise ValueError(
            f"The total mass must be 1, got {mass:.6g}: normalise, widen the grid, or pass its dx."
        )
    return p / p.sum()


def probabilities(p: ArrayLike, q: ArrayLike, dx: float) -> tuple[NDArray, NDArray]:
    """Return the probabilities of both distributions, which must share their cells, [..., K]."""
    p, q = non_negative(p, q)
    return probability(p, dx), probability(q, dx)
