"""The unbiased estimate of the squared MMD, for any kernel: an exercise of chapter 8."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from .core import exercise
from .expect import close, expect, expect_close, gradients

Kernel = Callable[[Tensor, Tensor], Tensor]


def _gaussian(x: Tensor, y: Tensor) -> Tensor:
    return torch.exp(-(x[:, None] - y[None]).square().sum(2) / 2)


def _cubic(x: Tensor, y: Tensor) -> Tensor:
    return (x @ y.T / x.shape[1] + 1) ** 3


def _minus_distance(x: Tensor, y: Tensor) -> Tensor:
    return -torch.cdist(x, y)


@exercise(stars=2)
def mmd(mmd2):
    """Estimate the squared MMD without bias."""
    for n, m, d, kernel in (
        (12, 9, 2, _gaussian),
        (5, 8, 3, _cubic),
        (2, 2, 1, _minus_distance),
        (30, 7, 4, _minus_distance),
    ):
        x = torch.randn(n, d, dtype=torch.float64)
        y = 1.5 * torch.randn(m, d, dtype=torch.float64) + 0.5
        _check_mmd(mmd2, x, y, kernel)
    _check_negative(mmd2)
    _check_gradients(mmd2)
    return (
        "It is right for three kernels and six pairs of sizes, and may be negative, as it has to."
    )


def _mmd2(x: Tensor, y: Tensor, kernel: Kernel) -> Tensor:
    return _pairs(kernel(x, x)) + _pairs(kernel(y, y)) - 2 * kernel(x, y).mean()


def _pairs(k: Tensor) -> Tensor:
    """Return the mean over all pairs of two different points."""
    n = len(k)
    return (k.sum() - k.trace()) / (n * (n - 1))


def _check_mmd(mmd2, x: Tensor, y: Tensor, kernel: Kernel) -> None:
    sizes = f"n = {len(x)}, m = {len(y)}, d = {x.shape[1]}"
    where = f" ({sizes}, the kernel {kernel.__name__.strip('_')})"
    expect_close(
        mmd2(x, y, kernel),
        _mmd2(x, y, kernel),
        f"This is not the unbiased estimate{where}.",
        "Three means: over pairs of two different points of x, the same of y, and minus twice that "
        "over all pairs of one x with one y. For the first two, leave the diagonal out.",
        mistakes=[
            (wrong, f"{told}{where}.", hint)
            for wrong, told, hint in (*_other_pairs(x, y, kernel), *_other_sums(x, y, kernel))
        ],
        tolerance=1e-6,
    )


def _other_pairs(x: Tensor, y: Tensor, kernel: Kernel) -> list[tuple[Tensor, str, str]]:
    """Return what comes out if other pairs are left out or counted, with hints."""
    n, m = len(x), len(y)
    k, own, other = kernel(x, y), kernel(x, x), kernel(y, y)
    biased = own.mean() + other.mean() - 2 * k.mean()
    without = (own.sum() - own.trace()) / n**2 + (other.sum() - other.trace()) / m**2
    ones = (own.sum() - n) / (n * (n - 1)) + (other.sum() - m) / (m * (m - 1))
    across = (k.sum() - k.diagonal().sum()) / (n * m - min(n, m))
    return [
        (biased, "This is the biased estimate", "Leave out each point's pair with itself."),
        (biased.abs().sqrt(), "This is the biased MMD, not its square", "Take no root."),
        (
            without - 2 * k.mean(),
            "The pairs of a point with itself are left out of the sum, not of the count",
            "A sample of n has n (n - 1) pairs of two different points.",
        ),
        (
            ones - 2 * k.mean(),
            "This is right only if k(x, x) = 1",
            "Subtract what really stands on the diagonal, or mask it.",
        ),
        (
            _pairs(own) + _pairs(other) - 2 * across,
            "The diagonal is left out between the samples, too",
            "x_1 and y_1 are two independent points, like any others: all n m pairs count.",
        ),
    ]


def _other_sums(x: Tensor, y: Tensor, kernel: Kernel) -> list[tuple[Tensor, str, str]]:
    """Return what comes out if the right means are put together wrongly, with hints."""
    right, between = _mmd2(x, y, kernel), kernel(x, y).mean()
    in_x, in_y = _pairs(kernel(x, x)), _pairs(kernel(y, y))
    return [
        (right.abs().sqrt(), "This is the root of it", "The square is asked for."),
        (right.clamp(min=0), "Negative values are cut off", "Then it is biased."),
        (right.abs(), "The sign is taken away", "Then it is biased."),
        (
            (in_x + in_y) / 2 - 2 * between,
            "The means inside the samples are halved",
            "x_1 with x_2 and x_2 with x_1 are two of the n (n - 1) pairs.",
        ),
        (
            in_x + in_y - between,
            "The mean between the samples counts once",
            "The square of a difference has twice the mixed term.",
        ),
        (
            in_x + in_y + 2 * between,
            "The mixed term is added",
            "Two equal distributions must be at 0.",
        ),
        (in_x - 2 * between, "The pairs inside y are missing", "Add E k(y, y')."),
        (in_y - 2 * between, "The pairs inside x are missing", "Add E k(x, x')."),
        (-right, "The sign is turned round", "Inside plus inside minus twice between."),
    ]


def _check_negative(mmd2) -> None:
    """Ask where the right value is below 0, in both orders."""
    x, y = torch.tensor([[0.0], [2.0], [4.0]]), torch.tensor([[1.0], [3.0]])
    for one, other in ((x, y), (y, x)):
        want = _mmd2(one, other, _minus_distance)
        expect_close(
            mmd2(one, other, _minus_distance),
            want,
            f"It should be {want:.3f} for 0, 2, 4 against 1, 3, with minus the distance as kernel.",
            "An unbiased estimate of 0 must sometimes be negative.",
        )


def _check_gradients(mmd2) -> None:
    x, y = torch.randn(6, 2, dtype=torch.float64), torch.randn(4, 2, dtype=torch.float64)
    for kernel in (_gaussian, _cubic):
        got = gradients(lambda one, other, k=kernel: mmd2(one, other, k), x, y)
        want = gradients(lambda one, other, k=kernel: _mmd2(one, other, k), x, y)
        for sample, slope, right in zip("xy", got, want, strict=True):
            expect(
                close(slope, right, 1e-6),
                f"Its value is right, but not its gradient in {sample}.",
                "Let gradients pass through all three means: no detach, no numpy, no item.",
            )
