"""The exercises of chapter 3: training a vanilla GAN."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from .best_guess import collapsed as collapsed
from .best_guess import width_or_threads as width_or_threads
from .core import exercise
from .expect import expect, expect_close
from .one_step import repaired_step as repaired_step
from .six_runs import diagnosis as diagnosis

_DISTANCES = (0.5, 0.9, 1.5, 2.5, 2.9, 3.1, 3.5, 5, 6, 8, 9.5, 15)  # in standard deviations


def _reference_covered(x: Tensor, modes: Tensor, spread: float) -> int:
    distance, nearest = torch.cdist(x.double(), modes.double()).min(dim=1)
    return len(nearest[distance < 3 * spread].unique())


@exercise(stars=2)
def covered(answer: Callable) -> str:
    """Count the modes that are nearest to a sample within three standard deviations."""
    modes = 2 * torch.randn(7, 2)

    def check(x: Tensor, spread: float, hint: str, stronger: str, mistakes: tuple = ()) -> None:
        got, want = answer(x, modes, spread), _reference_covered(x, modes, spread)
        expect(
            not isinstance(got, (list, tuple, set)),
            "Return one number; yours is a list of several.",
            "len(...) says how many modes it holds.",
        )
        expect(
            getattr(got, "ndim", 0) == 0,
            f"Return one number; yours has the shape {list(getattr(got, 'shape', ()))}.",
            "len(...) says how many modes your list holds.",
        )
        expect_close(got, want, hint, stronger, mistakes=mistakes)

    check(
        torch.cat([modes[:1], modes + 30]),
        0.1,
        "A mode counts although no sample lies within 3 standard deviations of it.",
        "Compare the distance with 3 * spread before you count the nearest mode.",
    )
    check(
        modes[2] + 0.01 * torch.randn(50, 2),
        0.1,
        "Fifty samples around one mode, and your count is not 1.",
        "Two things decide: which mode is the nearest, and whether it is within 3 * spread.",
        mistakes=(
            (
                50,
                "Fifty samples of one mode should count as one mode.",
                "Count different modes, not samples: unique() helps.",
            ),
        ),
    )
    counted = [
        c for c in _DISTANCES if answer(modes[2:3] + torch.tensor([[c / 10, 0]]), modes, 0.1)
    ]
    for c in _DISTANCES:
        expect(
            (c in counted) == (c < 3),
            f"A sample {c:g} standard deviations away should {'' if c < 3 else 'not '}count.",
            f"Yours counts samples up to about {max(counted, default=0):g} standard deviations, "
            "not up to 3. Compare two lengths: the distance with 3 * spread.",
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
                    "Take the smaller of the decay and (1 + t) / (10 + t).",
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
