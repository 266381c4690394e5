"""Moments in place of ratios: kernels, the distances they make, and the games played on those.

A kernel k(x, y) says how alike two samples are. It is a function of two tensors `[n, d]` and
`[m, d]` that returns all pairs, `[n, m]`. The squared maximum mean discrepancy compares how alike
samples are within p, within q, and across:

    MMD^2(p, q) = E k(x, x') + E k(y, y') - 2 E k(x, y),     x, x' ~ p and y, y' ~ q.

It is the square of the largest gap E_p f - E_q f that a critic f of norm 1 in the kernel's own
space can reach (Gretton et al., 2012, JMLR 13), and the best critic is known: no training.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ..game.describe import name_of
from .base import Objective

__all__ = ["GaussianMixture", "Kernel", "energy_distance", "minus_distance", "mmd", "mmd2"]

Kernel = Callable[[Tensor, Tensor], Tensor]


def _differences(x: Tensor, y: Tensor) -> Tensor:
    """Return x_i - y_j for all pairs, `[n, m, d]`, in float32 or better."""
    if x.dim() != 2 or y.dim() != 2 or x.shape[1] != y.shape[1] or x.shape[1] == 0:
        raise ValueError(
            "a kernel compares rows of one length, [n, d] and [m, d]: "
            f"got {list(x.shape)} and {list(y.shape)}."
        )
    wide = torch.promote_types(x.dtype, torch.float32)
    return x.to(wide)[:, None] - y.to(wide)[None]


@dataclass(frozen=True)
class GaussianMixture:
    """k(x, y) = mean over b of exp(-|x - y|^2 / (2 b^2)): Gaussians of several bandwidths b.

    A single bandwidth sees nothing of what is much farther apart: its slope there is zero in
    floating point. MMD-GAN (Li et al., 2017, arXiv:1705.08584) sums five of them.

    Args:
        bandwidths: each positive, in the unit of x.

    Raises:
        ValueError: none is given, or one is not positive; when called, rows of unequal length.

    Example:
        >>> kernel = GaussianMixture((1.0, 2.0))
        >>> kernel(torch.zeros(3, 2), torch.zeros(4, 2)).shape
        torch.Size([3, 4])
    """

    bandwidths: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.bandwidths or not all(0 < b < math.inf for b in self.bandwidths):
            raise ValueError(f"bandwidths must be positive numbers, got {self.bandwidths}.")

    def __call__(self, x: Tensor, y: Tensor) -> Tensor:
        square = _differences(x, y).square().sum(2)  # [n, m]
        bells = [(-square / (2 * b * b)).exp() for b in self.bandwidths]
        return torch.stack(bells).mean(0)


def minus_distance(x: Tensor, y: Tensor) -> Tensor:
    """Return k(x, y) = -|x - y|: the kernel whose MMD^2 is the energy distance.

    Args:
        x: samples `[n, d]`.
        y: samples `[m, d]`.

    Returns:
        Minus the Euclidean distances `[n, m]`; the slope between equal rows is 0.

    Raises:
        ValueError: rows of unequal length.
    """
    return -torch.linalg.vector_norm(_differences(x, y), dim=2)


def mmd2(x: Tensor, y: Tensor, kernel: Kernel, unbiased: bool = False) -> Tensor:
    """Estimate the squared maximum mean discrepancy of two samples (Gretton et al., 2012).

        mean_ij k(x_i, x_j) + mean_ij k(y_i, y_j) - 2 mean_ij k(x_i, y_j).

    Args:
        x: samples of p, `[n, d]`.
        y: samples of q, `[m, d]`.
        kernel: returns k of all pairs of rows.
        unbiased: leaves out the pairs i = j of a sample with itself, which belong to the biased
            estimate: that one is never negative, and too large by about (1/n + 1/m) times what
            k loses between a sample and another one. This one is right on average, and negative
            about half of the time where p = q.

    Returns:
        A scalar, in units of k.

    Raises:
        ValueError: a sample is empty, or unbiased and there is only one.
    """
    least = 2 if unbiased else 1
    if min(len(x), len(y)) < least:
        raise ValueError(f"mmd2 needs {least} or more rows of each, got {len(x)} and {len(y)}.")

    def within(x: Tensor) -> Tensor:
        k, n = kernel(x, x), len(x)
        return (k.sum() - k.diagonal().sum()) / (n * (n - 1)) if unbiased else k.mean()

    return within(x) + within(y) - 2 * kernel(x, y).mean()


def energy_distance(x: Tensor, y: Tensor, unbiased: bool = False) -> Tensor:
    """Estimate the energy distance of two samples (Székely and Rizzo, 2013).

        2 E |x - y| - E |x - x'| - E |y - y'|.

    On the line it is 2 times the integral of (F_p - F_q)^2, twice the Cramér distance (Bellemare
    et al., 2017, arXiv:1705.10743).

    Args:
        x: samples of p, `[n, d]`.
        y: samples of q, `[m, d]`.
        unbiased: as in `mmd2`.

    Returns:
        A scalar, in the unit of x.

    Raises:
        ValueError: as in `mmd2`.
    """
    return mmd2(x, y, minus_distance, unbiased)


def mmd(kernel: Kernel) -> Objective:
    """Make the objective of MMD-GAN: D returns codes, and a kernel compares them (Li et al., 2017).

        d = -MMD^2(D(x), D(G(z))),     g = MMD^2(D(x), D(G(z))),

    arXiv:1705.08584, with the biased estimate. D does not judge samples one by one: it learns in
    which code `[N, k]` the two kinds differ most. Without a leash (R1, say) codes fly apart until
    the kernel is flat. A kernel on the samples themselves, without D, is `moment_matching`.

    Args:
        kernel: compares codes, such as `GaussianMixture((1, 2, 4, 8, 16))`.

    Returns:
        An objective whose losses take codes `[N]` or `[N, ...]`, flattened; G's looks at D(real).
    """

    def between(real: Tensor, fake: Tensor) -> Tensor:
        return mmd2(real.reshape(len(real), -1), fake.reshape(len(fake), -1), kernel)

    def g(fake: Tensor, real: Tensor | None = None) -> Tensor:
        if real is None:
            raise ValueError("the kernel compares fake with real: pass D(real) to G's loss too.")
        return between(real, fake)

    return Objective(
        f"mmd({name_of(kernel)})",
        lambda real, fake: -between(real, fake),
        g,
        paired=True,
        probabilistic=False,
    )
