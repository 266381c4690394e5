"""How much of what is seen in images is linear in what they were made from."""

from __future__ import annotations

import numpy as np

from ..arguments import is_real, shown
from .arrays import Array, Samples, one_sample


def linear_r2(x: Samples, y: Samples, held_out: float = 0.2) -> Array:
    """Say how well a linear map from x foretells each column of y, on rows it has not seen.

        R^2 = 1 - sum (y - B^T x - c)^2 / sum (y - mean y)^2,

    B and c by least squares on the first rows, both sums over the last ones. At 1 the column is
    linear in x; at 0 the map is no better than a constant, below 0 worse.

    Args:
        x: latents `[n, d]`, such as w.
        y: what was read in the images made from them, `[n, C]`.
        held_out: share of the rows, the last ones, on which the sums are taken.

    Returns:
        Float64 `[C]`; nan for a column that does not vary there.

    Raises:
        ValueError: x and y have not as many rows, there are too few for the map, or held_out is no
            share between 0 and 1.
    """
    x, y = one_sample(x, "x"), one_sample(y, "y")
    if not (is_real(held_out) and 0 < held_out < 1):
        raise ValueError(f"Expected a share held_out between 0 and 1, got {shown(held_out)}.")
    n = round(len(x) * (1 - held_out))
    if len(x) != len(y) or n <= x.shape[1] + 1 or n > len(x) - 2:
        raise ValueError(
            "Expected as many rows in x and y, more than d + 1 to fit and 2 held out, got "
            f"x {list(x.shape)}, y {list(y.shape)} and held_out = {held_out}."
        )
    x = np.column_stack([x, np.ones(len(x))])
    B = np.linalg.lstsq(x[:n], y[:n], rcond=None)[0]
    rest = ((y[n:] - x[n:] @ B) ** 2).sum(axis=0)
    total = ((y[n:] - y[n:].mean(axis=0)) ** 2).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(total > 0, 1 - rest / total, np.nan)
