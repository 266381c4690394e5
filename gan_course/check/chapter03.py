"""The exercises of chapter 3: training a vanilla GAN."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import softplus

from .core import exercise
from .expect import expect, expect_close, gradients
from .one_step import repaired_step as repaired_step
from .six_runs import diagnosis as diagnosis


@exercise(stars=1)
def losses(d_loss: Callable, g_loss: Callable) -> str:
    """Write the losses of D and of the non-saturating G as functions of logits [N]."""
    real, fake = 2 * torch.randn(63) + 1, 2 * torch.randn(63) - 1
    up, down = softplus(-real).mean(), softplus(fake).mean()
    expect_close(
        d_loss(real, fake),
        up + down,
        "D's loss is not the mean of softplus(-real) plus the mean of softplus(fake).",
        "-log sigma(a) is softplus(-a), and -log(1 - sigma(a)) is softplus(a).",
        mistakes=[
            (-(up + down), "This is V, which D maximises.", "D minimises: change the sign."),
            (
                softplus(real).mean() + softplus(-fake).mean(),
                "This pushes real logits down and generated ones up.",
                "Swap the signs of the two arguments.",
            ),
            (
                (up + down) / 2,
                "This is half of the loss.",
                "Add the two means; do not average them.",
            ),
            (
                63 * (up + down),
                "This grows with the size of the batch.",
                "Take means, not sums, over the batch.",
            ),
            (
                softplus(-real.sigmoid()).mean() + softplus(fake.sigmoid()).mean(),
                "There is a sigmoid too many.",
                "softplus takes the logits as they are.",
            ),
        ],
    )
    expect_close(
        g_loss(fake),
        softplus(-fake).mean(),
        "G's loss is not the mean of softplus(-fake).",
        "G wants D to say real: the loss is -log sigma(a), averaged.",
        mistakes=[
            (
                -softplus(fake).mean(),
                "This is the saturating loss: its slope dies where D is sure of a fake.",
                "Minimise -log sigma(a), not log(1 - sigma(a)).",
            ),
            (
                softplus(fake).mean(),
                "This loss rewards G when D recognises its samples.",
                "Change the sign inside softplus.",
            ),
        ],
    )
    slope = gradients(g_loss, torch.tensor([-1000.0]))[0]
    expect(
        bool(slope.isfinite().all()) and slope.abs().item() > 0.9,
        "G's loss has lost its slope at a logit of -1,000.",
        "A sigmoid there is exactly 0 in float32: stay with logits and use softplus.",
    )
    ends = d_loss(torch.tensor([-1000.0]), torch.tensor([1000.0]))
    expect_close(
        ends,
        2000.0,
        "D's loss is wrong at logits of 1,000.",
        "log(1 + exp(a)) overflows for large a; softplus does not.",
    )
    return "Both losses equal (3.1), and neither breaks down at logits of 1,000."


@exercise(stars=1)
def share_within(share: Callable) -> str:
    """Give the share of a perfect sampler's points within k standard deviations, in the plane."""
    for k in (3.0, 1.0, 0.5):
        square = 1 - math.exp(-k * k / 2)
        expect_close(
            share(k),
            square,
            f"In the plane the share within {k:g} standard deviations is another number.",
            "The squared distance of two standard normals exceeds s with probability exp(-s/2).",
            mistakes=[
                (
                    math.erf(k / 2**0.5),
                    "This is the share on a line, in one dimension.",
                    "In the plane both coordinates count: look at the distance from the centre.",
                ),
                (
                    math.exp(-k * k / 2),
                    "This is the share that lies outside.",
                    "Take one minus it.",
                ),
                (
                    math.erf(k / 2**0.5) ** 2,
                    "This is the share in a square of side 2k, not in a circle.",
                    "Coordinates within k each is not a distance within k.",
                ),
                (
                    1 - math.exp(-k * k),
                    "The exponent is twice as large as it should be.",
                    "A Gaussian's density falls like exp(-r^2 / 2): keep the half.",
                ),
                (
                    1 - math.exp(-k / 2),
                    "The exponent needs the square of the distance.",
                    "k counts standard deviations: use k squared.",
                ),
            ],
            tolerance=1e-5,
        )
    return "A perfect sampler scores 1 - exp(-k^2/2): 0.9889 at three standard deviations."


def _reference_covered(x: Tensor, modes: Tensor, spread: float) -> int:
    distance, nearest = torch.cdist(x.double(), modes.double()).min(dim=1)
    return len(nearest[distance < 3 * spread].unique())


@exercise(stars=2)
def covered(answer: Callable) -> str:
    """Count the modes that are nearest to a sample within three standard deviations."""
    modes = 2 * torch.randn(7, 2)

    def check(x: Tensor, spread: float, hint: str, stronger: str) -> None:
        got, want = answer(x, modes, spread), _reference_covered(x, modes, spread)
        expect(
            getattr(got, "ndim", 0) == 0,
            f"Return one number; yours has the shape {list(getattr(got, 'shape', ()))}.",
            "len(...) says how many modes your list holds.",
        )
        expect_close(got, want, hint, stronger)

    check(
        torch.cat([modes[:1], modes + 30]),
        0.1,
        "A mode counts although no sample lies within 3 standard deviations of it.",
        "Compare the distance with 3 * spread before you count the nearest mode.",
    )
    check(
        modes[2] + 0.01 * torch.randn(50, 2),
        0.1,
        "Fifty samples of one mode should count as one mode.",
        "Count different modes, not samples: unique() helps.",
    )
    check(
        modes + torch.tensor([[0.28, 0.0]]),
        0.1,
        "Samples 2.8 standard deviations away should count.",
        "They lie within three: compare the distance with 3 * spread, not with spread.",
    )
    check(
        modes + torch.tensor([[0.35, 0.0]]),
        0.1,
        "Samples 3.5 standard deviations away should not count.",
        "Compare the distance, not its square, with 3 * spread.",
    )
    check(
        modes + torch.tensor([[0.2, 0.2]]),
        0.1,
        "Samples 2.8 standard deviations away, along the diagonal, should count.",
        "Use the Euclidean distance: 0.2 to the right and 0.2 up is 0.28 away.",
    )
    check(
        modes + torch.tensor([[0.25, 0.25]]),
        0.1,
        "Samples 3.5 standard deviations away, along the diagonal, should not count.",
        "Use the Euclidean distance, not the largest coordinate.",
    )
    crowded = torch.tensor([[0.0, 0.0], [0.25, 0.0]])
    expect(
        int(answer(torch.tensor([[0.02, 0.0]]), crowded, 0.1)) == 1,
        "One sample within reach of two modes covers only the nearest of them.",
        "Find the nearest mode of each sample first, and then ask how near it is.",
    )
    check(
        torch.randn(300, 2),
        0.2,
        "On a cloud of 300 samples your count differs from the definition.",
        "For each sample: nearest mode, within 3 * spread or not; then count different modes.",
    )
    return "Your count follows the protocol, for one sample and for a cloud."


@exercise(stars=3)
def averaged(average: Callable, share_left: float) -> str:
    """Write the update of the running average with its ramp, and see why the ramp is there."""
    for t, decay in ((10_000, 0.9), (0, 0.999), (90, 0.999), (3, 0.2)):
        a, w = torch.randn(2, 5)
        d = min(decay, (1 + t) / (10 + t))
        expect_close(
            average(a.clone(), w.clone(), t, decay),
            d * a + (1 - d) * w,
            f"At t = {t} with decay {decay} the new average is not the one of (3.2).",
            "First d = min(decay, (1 + t) / (10 + t)), then d * average + (1 - d) * weight.",
            mistakes=[
                (
                    d * w + (1 - d) * a,
                    "The new weight counts as much as the average should.",
                    "Most of the average stays: it gets d, the new weight gets 1 - d.",
                ),
                (
                    decay * a + (1 - decay) * w,
                    f"At t = {t} the ramp should still hold the decay down.",
                    "Take the smaller of the decay and (1 + t) / (10 + t).",
                ),
                (
                    (1 + t) / (10 + t) * a + 9 / (10 + t) * w,
                    f"At t = {t} the ramp has passed the decay.",
                    "Take the smaller of the two, not always the ramp.",
                ),
            ],
        )
    expect_close(
        share_left,
        0.999**1000,
        "Another share of the first weight is left after 1,000 steps without a ramp.",
        "Each step multiplies what is there by the decay: a product of 1,000 factors of 0.999.",
        mistakes=[
            (
                1 - 0.999**1000,
                "This is the share of everything but the first weight.",
                "The first weight's share is the product of the decays itself.",
            )
        ],
        tolerance=0.01,
    )
    return "The update is (3.2); without the ramp 37 % of the average would still be random."
