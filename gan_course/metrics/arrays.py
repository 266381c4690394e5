"""What every metric shares: checks of shapes, finite numbers and sizes; blocks of rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from scipy.spatial.distance import cdist

Array = np.ndarray
Samples = np.ndarray | torch.Tensor
Seed = int | np.random.Generator


def as_float64(x: Samples, name: str = "x") -> Array:
    """Return `x` as a finite float64 array, whatever device or dtype it came in.

    Args:
        x: array or tensor of any shape.
        name: what an error message calls it.

    Returns:
        Float64 array of the same shape.

    Raises:
        ValueError: a value is NaN or infinite.
    """
    x = x.detach().cpu().double() if isinstance(x, torch.Tensor) else x
    array = np.asarray(x, dtype=np.float64)
    bad = array.size - np.count_nonzero(np.isfinite(array))
    if bad:
        raise ValueError(
            f"{name} holds {bad} NaN or infinite values: a metric needs finite numbers."
        )
    return array


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
        p: probabilities [n, K], non-negative, each row summing to one.
        name: what an error message calls them.

    Returns:
        Float64 array [n, K].

    Raises:
        ValueError: a value is negative, or a row does not sum to one (to 1e-4).
    """
    p = one_sample(p, name, at_least=1)
    sums = p.sum(axis=1)
    worst = int(np.argmax(np.abs(sums - 1)))
    if p.min() < 0 or abs(sums[worst] - 1) > 1e-4:
        raise ValueError(
            f"{name} must be non-negative with rows that sum to one, got minimum {p.min():.4g} and "
            f"a row that sums to {sums[worst]:.4g}: apply softmax to logits first."
        )
    return p


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

    The shortcut ``|a|^2 + |b|^2 - 2 a.b`` loses all digits there, as in a collapsed generator.

    Args:
        a: float64 [n, d].
        b: float64 [m, d].

    Returns:
        Distances [n, m].
    """
    return cdist(a, b)
