"""Fakes drawn anew with D's weights: an exercise of chapter 1."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .core import exercise
from .expect import close, expect, expect_close, number


@exercise(stars=3)
def resample(resample):
    """Turn fakes into samples of the data with D's log-ratio."""
    _expect_rows(resample)
    x, log_ratio = _fakes(1.0)
    drawn = resample(x, log_ratio, 20_000)
    expect(
        len(drawn.unique()) < 0.9 * len(x),
        "Of the 20,000 fakes each has come back once, so the weights had no say.",
        "Draw with replacement (torch.multinomial(..., replacement=True)): a fake may come twice, "
        "another one never.",
    )
    _expect_moments((drawn.mean(), drawn.std()), x, log_ratio[:, 0])
    try:
        shifted_mean = resample(x, log_ratio + 500, 20_000).mean()
    except RuntimeError:  # torch.multinomial refuses infinite weights
        shifted_mean = x.new_tensor(float("nan"))
    expect(
        close(shifted_mean, 1.0, 0.05),
        "A constant added to all logits should change nothing.",
        "exp overflows. Normalise with softmax, which takes the largest one out.",
    )
    _expect_wide_range(resample)
    x, log_ratio = _fakes(-1.0)
    drawn = number(resample(torch.cat([x, 2 * x], 1), log_ratio, 15_000))
    expect(
        drawn.shape == (15_000, 2) and close(drawn[:, 1], 2 * drawn[:, 0]),
        "For x [20000, 2] the result is not made of its rows.",
        "A fake is a whole row: one index picks all of its columns, x[indices].",
    )
    expect_close(
        drawn[:, 0].mean(),
        -1.0,
        "For other fakes and other data the mean is not the data's.",
        "Both x and the logits are arguments, and they belong together row by row.",
        tolerance=0.025,
    )
    return "Mean and spread are the data's, 1 and 1, though the fakes had 0 and 1.5."


def _fakes(mean: float) -> tuple[Tensor, Tensor]:
    """Sample x [20000, 1] of q = N(0, 1.5^2), and log p/q [20000, 1] for p = N(mean, 1)."""
    x = torch.randn(20_000, 1) * 1.5
    return x, -(x - mean).square() / 2 + x.square() / 4.5 + math.log(1.5)


def _expect_rows(resample) -> None:
    """Demand n rows of x [8, 1], for logits [8] and [8, 1]."""
    x, logits = torch.randn(8, 1), torch.linspace(-2, 2, 8)
    for shape in ([8], [8, 1]):
        drawn = resample(x, logits.view(shape), 5)
        expect(
            isinstance(drawn, Tensor) and drawn.shape == (5, 1),
            f"For x [8, 1], logits {shape} and n = 5 the result should be [5, 1], n rows of x; "
            f"yours is {list(getattr(drawn, 'shape', ['no tensor']))}.",
            "Flatten the logits, draw n indices (torch.multinomial), and return x[indices].",
        )
        expect(
            torch.isin(drawn, x).all(),
            "Some of the rows are not among the fakes.",
            "Only choose among the rows of x; do not move them.",
        )


def _expect_wide_range(resample) -> None:
    """Demand that a logit of 300 takes all beside 200 and -500, where exp(300) overflows."""
    x, logits = torch.tensor([[1.0], [2.0], [3.0]]), torch.tensor([200.0, 300.0, -500.0])
    try:
        drawn = resample(x, logits, 50)
    except RuntimeError:  # torch.multinomial refuses infinite weights
        drawn = torch.full((50, 1), float("nan"))
    expect(
        close(drawn, torch.full((50, 1), 2.0)),
        "With logits of 200, 300 and -500 the one of 300 should take all draws.",
        "Take the largest logit out before exp, not the mean or the median, and clamp nothing: "
        "softmax does it.",
    )


def _expect_moments(moments: tuple[Tensor, Tensor], x: Tensor, log_ratio: Tensor) -> None:
    """Compare with the data's mean 1 and spread 1, and with what other weights would give."""

    def weighted(weights: Tensor) -> Tensor:
        share = weights / weights.sum()
        mean = (share * x[:, 0]).sum()
        return torch.stack([mean, (share * (x[:, 0] - mean).square()).sum().sqrt()])

    expect_close(
        torch.stack(moments),
        torch.ones(2),
        "Mean and spread (here of 20,000 samples) are not the data's.",
        "A fake at x should appear p(x) / q(x) times as often as it does.",
        mistakes=[
            (
                weighted(log_ratio.sigmoid()),
                "You used the probability sigma(a) as weight.",
                "That is p / (p + q), not p / q.",
            ),
            (
                weighted((-log_ratio).exp()),
                "You used q / p: the sign of the logit is the other way.",
                "A high logit means that G makes too few of these.",
            ),
            (
                weighted(torch.ones_like(log_ratio)),
                "These are still the fakes: all have the same weight. (So it is, too, after a "
                "softmax over a dimension of length 1.)",
                "A weight should grow with its logit, compared with the other N - 1 logits.",
            ),
            (
                weighted((log_ratio > 0).float()),
                "You kept the fakes that D calls real.",
                "Nothing should be forbidden: use graded weights.",
            ),
        ],
        tolerance=0.025,
    )
