"""What every metric shares: checks of shapes, finite numbers and sizes; blocks of rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from scipy.spatial.distance import cdist

from ..arguments import as_float64, exponent

Array = np.ndarray
Samples = np.ndarray | torch.Tensor
Seed = int | np.random.Generator


def one_sample(x: Samples, name: str = "x", at_least: int = 2) -> Array:
    """Return the sample `x` as a float64 array [n, d] with n >= `at_least` rows.

    Args:
        x: features [n, d], one row per sample.
        name: what an error message calls it.
        at_least: smallest number of rows that the metric is defined for.

    Returns:
        Float64 array [n, d].

    Raises:
        ValueError: `x` is not two-dimensional, too small, or not finite.
    """
    array = as_float64(x, name)
    if array.ndim != 2 or array.shape[1] == 0:
        raise ValueError(
            f"{name} must be features [n, d], one row per sample, got shape {array.shape}: "
            "flatten images with x.flatten(1) or pass them through a feature extractor first."
        )
    if len(array) < at_least:
        raise ValueError(f"{name} has {len(array)} samples: this metric needs at least {at_least}.")
    return array


def two_samples(x: Samples, y: Samples, at_least: int = 2) -> tuple[Array, Array]:
    """Return real features `x` [n, d] and generated features `y` [m, d] as float64 arrays.

    Args:
        x: real features [n, d].
        y: generated features [m, d].
        at_least: smallest number of rows in either.

    Returns:
        The two float64 arrays.

    Raises:
        ValueError: either is not a sample, or their feature dimensions differ.
    """
    x, y = one_sample(x, "x (real)", at_least), one_sample(y, "y (generated)", at_least)
    if x.shape[1] != y.shape[1]:
        raise ValueError(
            f"x (real) has {x.shape[1]} features per sample and y (generated) {y.shape[1]}: "
            "both must come from the same feature extractor."
        )
    return x, y


def class_probabilities(p: Samples, name: str = "probabilities") -> Array:
    """Return a classifier's probabilities [n, K] as float64, after a check that rows sum to one.

    Args:
        p: probabilities [n, K], non-negative, each row summing to one as far as its dtype can
            say: to 1e-4, in float16 to 0.002 and in bfloat16 to 0.016. Rows of these two are then
            divided by their sums.
        name: what an error message calls them.

    Returns:
        Float64 array [n, K].

    Raises:
        ValueError: a value is negative, or a row does not sum to one.
    """
    tolerance = max(1e-4, 2 * _spacing(p))
    p = one_sample(p, name, at_least=1)
    sums = p.sum(axis=1)
    worst = int(np.argmax(np.abs(sums - 1)))
    if p.min() < 0 or abs(sums[worst] - 1) > tolerance:
        raise ValueError(
            f"{name} must be non-negative with rows that sum to one, got minimum {p.min():.4g} and "
            f"a row that sums to {sums[worst]:.7g}: apply softmax to logits first."
        )
    return p / sums[:, None] if tolerance > 1e-4 else p


def _spacing(x: Samples) -> float:
    """Return the distance from 1 to the next number that `x` can hold; 0 for whole numbers."""
    if isinstance(x, torch.Tensor):
        return torch.finfo(x.dtype).eps if x.is_floating_point() else 0.0
    kind = getattr(x, "dtype", np.dtype(float))
    return float(np.finfo(kind).eps) if kind.kind == "f" else 0.0


def row_blocks(n: int, m: int) -> Iterator[slice]:
    """Cut the rows of an [n, m] matrix into blocks of about 16 MB, so that it never exists whole.

    Args:
        n: number of rows.
        m: number of columns.

    Yields:
        Slices that cover range(n).
    """
    rows = max(1, 2_000_000 // m)
    yield from (slice(start, min(start + rows, n)) for start in range(0, n, rows))


def euclidean(a: Array, b: Array) -> Array:
    """Return the distances between all rows, from differences: exact also where rows nearly agree.

    The shortcut `|a|^2 + |b|^2 - 2 a.b` loses all digits there, as in a collapsed generator.

    Args:
        a: float64 [n, d].
        b: float64 [m, d].

    Returns:
        Distances [n, m].
    """
    power = exponent(a, b)  # squares of very large or very small numbers are none
    return np.ldexp(cdist(np.ldexp(a, -power), np.ldexp(b, -power)), power)


def finite(value: float, name: str) -> float:
    """Return the value of a metric, unless numbers became too large on the way to it.

    Raises:
        ValueError: it is infinite or NaN.
    """
    if not np.isfinite(value):
        raise ValueError(
            f"{name} is too large for a number of 64 bits, since features enter it by their "
            "powers: divide all features by their size first, or look for a network that diverged."
        )
    return value
