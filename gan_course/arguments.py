"""What a caller hands in, checked at the door: counts, numbers and arrays."""

from __future__ import annotations

import math
from numbers import Integral, Real

import numpy as np
import torch
from torch import Tensor


def is_whole(value: object) -> bool:
    """Return whether a value is a whole number of at most 64 bits; True is none."""
    return isinstance(value, Integral) and not isinstance(value, bool) and abs(value) < 2**63


def is_real(value: object) -> bool:
    """Return whether a value is a real number of at most 64 bits; True is none."""
    if isinstance(value, Integral):
        return is_whole(value)
    return isinstance(value, Real)


def whole_number(value: object, name: str, at_least: int = 1) -> int:
    """Return a count as an int; 3.7, 3.0, True, "5" and NaN are none.

    Args:
        value: Python's or NumPy's whole number.
        name: what an error message calls it.
        at_least: the smallest one allowed.

    Raises:
        ValueError: it is no whole number, or too small.
    """
    if not is_whole(value) or value < at_least:
        raise ValueError(
            f"{name} must be a whole number of at least {at_least}, got {shown(value)}."
        )
    return int(value)


def real_number(
    value: object, name: str, above: float = -math.inf, at_least: float = -math.inf
) -> float:
    """Return a finite number as a float.

    Args:
        value: Python's or NumPy's number.
        name: what an error message calls it.
        above: what it must exceed.
        at_least: the smallest one allowed.

    Raises:
        ValueError: it is no number, not finite, or too small.
    """
    if not (is_real(value) and at_least <= value < math.inf and value > above):
        least = f" above {above:g}" if above > -math.inf else ""
        least = f" of at least {at_least:g}" if at_least > -math.inf else least
        raise ValueError(f"{name} must be a finite number{least}, got {shown(value)}.")
    return float(value)


def random_generator(seed: object) -> np.random.Generator:
    """Return NumPy's generator for a seed; a generator comes back as it is.

    Args:
        seed: a generator, or a whole number of at least 0.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(seed, np.random.Generator):
        return seed
    return np.random.default_rng(whole_number(seed, "The seed (or a numpy Generator)", at_least=0))


def torch_generator(seed: object) -> torch.Generator:
    """Return torch's generator on the CPU for a seed, a whole number of at least 0.

    Raises:
        ValueError: it is no such number.
    """
    return torch.Generator().manual_seed(whole_number(seed, "The seed", at_least=0))


def as_floats(x: object, name: str = "x") -> np.ndarray:
    """Return `x` as a float64 array, whatever device or dtype it came in.

    Args:
        x: array, tensor or nested list of numbers, of any shape.
        name: what an error message calls it.

    Returns:
        Float64 array of the same shape.

    Raises:
        TypeError: it holds something else than real numbers.
    """
    if isinstance(x, Tensor) and not x.is_complex():
        x = x.detach().cpu().to(torch.float64).numpy()
    try:
        array = np.asarray(x)
        if array.dtype.kind not in "biuf" and array.size:
            raise TypeError
        return array.astype(np.float64, copy=False)
    except (TypeError, ValueError):  # NumPy's words for text and for rows of unequal length
        raise TypeError(
            f"{name} must hold numbers in rows of one length, got {shown(x)}."
        ) from None


def as_float64(x: object, name: str = "x") -> np.ndarray:
    """Return `x` as `as_floats` does, after a check that all numbers are finite.

    Raises:
        TypeError: it holds something else than real numbers.
        ValueError: a value is NaN or infinite.
    """
    array = as_floats(x, name)
    bad = array.size - np.count_nonzero(np.isfinite(array))
    if bad:
        raise ValueError(
            f"{name} holds {bad} NaN or infinite values: a metric needs finite numbers."
        )
    return array


def exponent(*arrays: np.ndarray) -> int:
    """Return e such that all numbers divided by 2^e lie in [-1, 1], and the largest near 1.

    Squares and powers of such numbers neither overflow nor vanish, and a power of two costs no
    digit.
    """
    return int(np.frexp(max(np.abs(array).max(initial=0.0) for array in arrays))[1])


def shown(value: object) -> str:
    """Return what an error message shows of a value: short, however long the value is."""
    text = repr(value)
    return text if len(text) <= 40 else f"a {type(value).__name__}"
