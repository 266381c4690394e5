"""Paired and unpaired standard errors over splits: an exercise of chapter 17."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .core import exercise
from .expect import expect, expect_close, number


@exercise(stars=2)
def same_splits(compare, splits):
    """Compare two methods on the same splits, and say how many splits it takes."""
    for n, shared in ((10, 0.05), (5, 0.0), (23, 0.3)):
        hard = shared * torch.randn(n).double()  # some splits are harder, for both
        a, b = (0.2 + hard + 0.02 * torch.randn(n).double() for _ in range(2))
        _check_compare(compare, a, b - 0.01)
        _check_compare(compare, a, -b)  # one gains where the other loses
        for target in (0.008, 0.004):
            _check_splits(splits, a, b, target)
    return "Paired, the difficulty of a split drops out, whichever way the two lean."


def _check_compare(answer, a: Tensor, b: Tensor) -> None:
    got = answer(a, b)
    expect(
        isinstance(got, (tuple, list)) and len(got) == 3,
        "Return three numbers: the mean difference and its two standard errors.",
        "Write `return difference, paired, unpaired`.",
    )
    n, d = len(a), a - b
    both = a.var() + b.var()
    expect_close(
        got[0],
        d.mean(),
        "The first number is not the mean of a - b.",
        "Split by split, then the mean.",
        mistakes=[(-d.mean(), "This is the mean of b - a.", "The first minus the second.")],
    )
    expect_close(
        got[1],
        d.std() / n**0.5,
        f"This is not the standard error of the mean difference over {n} splits.",
        "The standard deviation of the n differences (divide by n - 1), over sqrt(n).",
        mistakes=[
            (d.std(), "This is the spread of one difference.", "A mean of n spreads less."),
            (d.std() / n, "The spread of a mean falls with the *root* of n.", "/ n ** 0.5"),
            (
                d.std(correction=0) / n**0.5,
                "You divided the squares by n.",
                "The mean is estimated from the same n: divide by n - 1.",
            ),
            (d.var() / n, "This is a variance.", "Its root."),
            ((both / n).sqrt(), "This is the unpaired one.", "First the differences."),
        ],
        tolerance=1e-6,
    )
    expect_close(
        got[2],
        (both / n).sqrt(),
        f"This is not the standard error that two separate sets of {n} splits would have.",
        "Independent means: their variances, var(a) / n and var(b) / n, add up.",
        mistakes=[
            (
                (a.std() + b.std()) / n**0.5,
                "You added standard errors.",
                "Variances add up, not their roots.",
            ),
            ((both / (2 * n)).sqrt(), "You divided by 2n.", "Each mean is over n splits."),
            (
                (a.std() - b.std()).abs() / n**0.5,
                "You subtracted standard errors.",
                "Also of a difference the variances add up.",
            ),
            (d.std() / n**0.5, "This is the paired one.", "As if a and b came of other splits."),
            (
                ((a.var(correction=0) + b.var(correction=0)) / n).sqrt(),
                "You divided the squares by n.",
                "Divide by n - 1.",
            ),
        ],
        tolerance=1e-6,
    )


def _check_splits(answer, a: Tensor, b: Tensor, target: float) -> None:
    needed = (a - b).var().item() / target**2
    got = number(answer(a, b, target))
    expect(got.numel() == 1, "One number of splits is asked for.", "A whole number.")
    separate = (a.var() + b.var()).item() / target**2
    expect_close(
        got.reshape(()),
        float(math.ceil(needed)),
        f"To bring the paired standard error to {target} this is not the number of splits.",
        "var(a - b) / n <= target^2, and the smallest whole n that does it.",
        mistakes=[
            (float(math.ceil(separate)), "This is for unpaired splits.", "var(a - b)."),
            (needed, "Splits come whole.", "math.ceil"),
            (float(math.floor(needed)), "With these the error is still larger.", "Round up."),
            (
                float(math.ceil((a - b).std().item() / target)),
                "The error falls with the *root* of n.",
                "Half the error takes four times as many.",
            ),
            (
                float(math.ceil(needed / len(a))),
                "This counts by how much more is needed than there are.",
                "How many splits in all?",
            ),
        ],
        tolerance=1e-9,
    )
