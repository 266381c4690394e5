"""Checks of the exercises of chapter 9, on tricks of the trade."""

from __future__ import annotations

import math
from functools import reduce

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import softplus

from .augmented import augmented as augmented
from .augmented import translation as translation
from .batch_spread import deviation as deviation
from .core import exercise
from .expect import expect, expect_close, gradients, number
from .imagined import unrolled as unrolled


@exercise(stars=1)
def smoothed(d_loss, at_rest):
    """Write D's loss with one-sided label smoothing, and where D is at rest once q = p."""
    for n, m, alpha in ((64, 64, 0.9), (40, 9, 0.7), (5, 30, 1.0)):
        _check_smoothed_loss(d_loss, torch.randn(n) + 1, 2 * torch.randn(m, 1) - 1, alpha)
    _check_slopes(d_loss)
    for alpha in (0.9, 0.7, 1.0, 0.51):
        _check_rest(at_rest, alpha)
    return "At 0.9 a D that cannot tell q from p has the logit -0.2 and the loss 1.376, not 0 and 1.386."


def _smoothed_loss(real: Tensor, fake: Tensor, a: float, b: float = 0.0) -> Tensor:
    """Return the cross entropy with the targets a for real samples and b for fakes."""
    on_real = a * softplus(-real) + (1 - a) * softplus(real)
    return on_real.mean() + (b * softplus(-fake) + (1 - b) * softplus(fake)).mean()


def _check_smoothed_loss(d_loss, real: Tensor, fake: Tensor, alpha: float) -> None:
    want = _smoothed_loss(real, fake, alpha)
    weighed = alpha * softplus(-real).mean() + softplus(fake).mean()
    expect_close(
        d_loss(real, fake, alpha),
        want,
        f"This is not the cross entropy with the target {alpha} for real samples and 0 for fakes.",
        "A target t costs -t log sigma(a) - (1 - t) log(1 - sigma(a)) at the logit a, and softplus "
        "writes both logarithms. Then one mean for each side, and their sum.",
        mistakes=[
            (
                _smoothed_loss(real, fake, alpha, 1 - alpha),
                "Your fakes have the target 1 - alpha.",
                "One-sided means that the target of the fakes stays 0.",
            ),
            (
                _smoothed_loss(real, fake, 1),
                "alpha has no effect.",
                "It is the target of the reals.",
            ),
            (
                weighed,
                "The real samples only weigh less: nothing says that a logit can be too high.",
                "The target alpha has a second term, with the weight 1 - alpha.",
            ),
            (
                _smoothed_loss(real, fake, 1 - alpha),
                "Here real samples have the target 1 - alpha.",
                "The target of the real samples is alpha, near 1.",
            ),
            (want / 2, "This is half of the loss.", "Add the two means."),
            (-want, "This is its negative.", "D minimises it: every term is at least 0."),
        ],
    )


def _check_slopes(d_loss) -> None:
    """Expect the right value and slope at logits of any size: no exp that overflows, no clamp."""
    real = torch.tensor([-1000.0, -3.0, 0.0, 1000.0])
    for alpha in (0.9, 0.75):
        want = _smoothed_loss(real, real, alpha)
        expect_close(
            d_loss(real, real, alpha),
            want,
            "It goes wrong where logits are huge.",
            "softplus is exact at any logit: no exp, no sigmoid before a logarithm, no clamp.",
        )
        expect_close(
            torch.cat(gradients(lambda a, b: d_loss(a, b, alpha), real, real)),  # noqa: B023
            torch.cat([real.sigmoid() - alpha, real.sigmoid()]) / 4,
            "The value is right at huge logits, but a slope is not.",
            "At the logit a the slope is sigma(a) - alpha for a real sample and sigma(a) for a fake.",
        )


def _check_rest(at_rest, alpha: float) -> None:
    """Expect D's best logit at q = p, and its loss there."""
    got = at_rest(alpha)
    expect(
        isinstance(got, tuple | list) and len(got) == 2,
        "Return two numbers, the logit and the loss.",
        "return logit, loss",
    )
    s = alpha / 2  # D's best probability
    logit, odds = math.log(s / (1 - s)), alpha / max(1 - alpha, 1e-9)
    expect_close(
        got[0],
        logit,
        f"This is not D's best logit at q = p, for alpha = {alpha}.",
        "Both kinds of samples lie at x equally often: the mean target there is what sigma(a) should be.",
        mistakes=[
            (s, "This is the probability.", "The logit of s is log(s / (1 - s))."),
            (-logit, "The sign is wrong.", "Below one half the logit is negative."),
            (0.0, "A plain D would be at 0.", "Half of the targets are alpha < 1, half are 0."),
            (
                math.log(odds),
                "This is right for a D that sees real samples only.",
                "Fakes count, too.",
            ),
        ],
        tolerance=1e-6,
    )
    loss = -alpha * math.log(s) - (2 - alpha) * math.log(1 - s)
    plain = -math.log(s) - math.log(1 - s)
    expect_close(
        got[1],
        loss,
        f"The logit is right, but not the loss, for alpha = {alpha}.",
        "Put one real and one fake sample with this logit into your d_loss.",
        mistakes=[
            (
                2 * math.log(2),
                "This is the loss at the logit 0.",
                "D does better at its best logit.",
            ),
            (
                plain,
                "This is the loss without smoothing, at that logit.",
                "Real ones have two terms.",
            ),
            (loss / 2, "This is half of it.", "d_loss adds the means of both sides."),
        ],
        tolerance=1e-6,
    )


@exercise(stars=2)
def packs(pack_distance):
    """Compute the total variation between packs of m samples."""
    p, q = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.35, 0.45])
    many, few = np.full(10, 0.1), np.array([0.125] * 8 + [0.0] * 2)
    uneven = np.array([0.14] * 5 + [0.06] * 5)
    for a, b, m in ((p, q, 2), (p, q, 1), (q, p, 4), (p, q, 7), (many, uneven, 3), (many, few, 4)):
        _check_pack(pack_distance, a, b, m)
    expect_close(
        pack_distance(q, q.copy(), 3),
        0.0,
        "Packs of one distribution are at the distance 0 from each other.",
        "Every row of m has the same probability under both.",
        tolerance=1e-9,
    )
    return "It is exact. At equal total variation, missing modes gain most by packing."


def _product(p: np.ndarray, m: int) -> np.ndarray:
    return reduce(np.multiply.outer, [p] * m)


def _check_pack(pack_distance, p: np.ndarray, q: np.ndarray, m: int) -> None:
    one = np.abs(p - q).sum() / 2
    want = np.abs(_product(p, m) - _product(q, m)).sum() / 2
    powers = np.abs(p**m - q**m).sum() / 2
    rescaled = np.abs(p**m / (p**m).sum() - q**m / (q**m).sum()).sum() / 2
    got = number(pack_distance(p, q, m))
    expect(
        got.numel() == 1,
        f"Return one number; yours has {got.numel()}.",
        "The total variation is a sum over all packs.",
    )
    expect_close(
        got,
        want,
        f"This is not the total variation of packs of {m} samples from {len(p)} bins.",
        f"There are {len(p)}^{m} packs. The probability of a pack is the product of the "
        "probabilities of its samples: np.multiply.outer, or itertools.product.",
        mistakes=[
            (one, "This is the distance of single samples.", "A D that is shown packs sees more."),
            (m * one, "This grows with m without end.", "A total variation is at most 1."),
            (one**m, "This falls with m.", "Two packs differ as soon as one sample does."),
            (
                1 - (1 - one) ** m,
                "This formula holds only where q is p without some modes, rescaled.",
                "In general, sum |p(x1) p(x2) ... - q(x1) q(x2) ...| over all packs.",
            ),
            (
                powers,
                "You took the packs of m equal samples only.",
                "The samples of a pack are drawn independently: all combinations occur.",
            ),
            (rescaled, "These are packs of m equal samples.", "All combinations occur."),
            (2 * want, "The half is missing.", "TV is half the sum of absolute differences."),
        ],
        tolerance=1e-6,
    )
