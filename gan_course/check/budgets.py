"""An exercise of chapter 11: what growing saves, in multiply-adds."""

from __future__ import annotations

import torch
from torch import Tensor

from .core import exercise
from .expect import close, expect, expect_close, number

WIDTHS = ([64, 64, 32, 16], [6, 5], [512, 512, 256], [3], [5, 7, 11, 2, 1])


@exercise(stars=3)
def budget(stage_costs, speedup, most_at_last):
    """Count the work of a growing generator, and what growing saves of it."""
    for widths in WIDTHS:
        _check_work(stage_costs, widths)
    plans = [([1.0, 4, 16], [10, 10, 10]), ([1.0, 3], [0, 5]), ([2.0, 3, 50, 60], [7, 1, 0, 2])]
    for costs, images in [*plans, ([5.0], [3]), ([1.0, 10], [9, 1])]:
        _check_speedup(speedup, torch.tensor(costs).double(), torch.tensor(images).double())
    lasts = [([1.0, 4, 16], [10, 10], 2.0), ([1.0, 10], [6], 5.4), ([2.0, 3, 50], [7, 1], 1.3)]
    for costs, before, factor in [*lasts, ([1.0, 2], [5], 3.0), ([1.0, 1.5, 2], [4, 4], 1.9)]:
        _check_last(
            most_at_last, torch.tensor(costs).double(), torch.tensor(before).double(), factor
        )
    return "What growing saves is all saved before the last size, and melts while that is trained."


def _layers(widths: list[int]) -> list[float]:
    """Return the multiply-adds of what each stage adds."""
    first = 9 * widths[0] ** 2 * 16
    later = [
        9 * b * (a + b) * (4 << k) ** 2
        for k, (a, b) in enumerate(zip(widths[:-1], widths[1:], strict=True), start=1)
    ]
    return [float(first), *map(float, later)]


def _check_work(stage_costs, widths: list[int]) -> None:
    own = torch.tensor(_layers(widths), dtype=torch.float64)
    want = own.cumsum(0)
    got = number(stage_costs(list(widths)))
    expect(
        list(got.shape) == [len(widths)],
        f"For {len(widths)} stages {len(widths)} numbers should come, and yours has the shape {list(got.shape)}.",
        "One number for each stage: the work of one image there.",
    )
    sizes = torch.tensor([float((4 << k) ** 2) for k in range(len(widths))]).double()
    pairs = [*zip(widths[:-1], widths[1:], strict=True)]
    only_one = torch.tensor(
        [
            9.0 * 16 * widths[0] ** 2,
            *(9.0 * a * b * (8 << k) ** 2 for k, (a, b) in enumerate(pairs)),
        ]
    ).double()
    both_out = torch.tensor(
        [
            9.0 * 16 * widths[0] ** 2,
            *(18.0 * b * b * (8 << k) ** 2 for k, (_, b) in enumerate(pairs)),
        ]
    ).double()
    expect_close(
        got,
        want,
        f"This is not the work at each stage, for the widths {widths}.",
        "A 3x3 convolution from a to b channels takes 9 a b multiply-adds at each pixel. Stage k adds "
        "two, at 4 * 2^k pixels a side, and keeps those below.",
        mistakes=[
            (
                own,
                "This is what each stage adds.",
                "A G at stage k also runs all the layers below: add them up.",
            ),
            (want / 9, "The 9 is missing.", "A 3x3 kernel has nine places."),
            (
                (own / sizes).cumsum(0),
                "The pixels are missing.",
                "The kernel is put down at every pixel: times side squared.",
            ),
            (
                (own / sizes.sqrt()).cumsum(0),
                "The side is not squared.",
                "An image has side x side pixels.",
            ),
            (
                only_one.cumsum(0),
                "Each later stage has two convolutions.",
                "From a to b channels, then from b to b.",
            ),
            (
                both_out.cumsum(0),
                "The first convolution of a stage begins at the width before.",
                "From a to b channels, then from b to b.",
            ),
            (own.flip(0).cumsum(0).flip(0), "This adds from the top.", "Keep those below."),
        ],
        tolerance=1e-6,
    )


def _check_speedup(speedup, costs: Tensor, images: Tensor) -> None:
    full, grown = images.sum() * costs[-1], (images * costs).sum()
    got = number(speedup(costs, images))
    expect(got.numel() == 1, "Return one number.", "It is a ratio of two sums.")
    expect_close(
        got,
        full / grown,
        f"This is not the ratio for the costs {costs.tolist()} and the images {images.tolist()}.",
        "At full size all these images cost costs[-1] each; growing, those of each stage what it costs.",
        mistakes=[
            (grown / full, "It is upside down.", "How many times *more* the full size takes."),
            (
                costs[-1] / costs.mean(),
                "You forgot how many images each stage sees.",
                "Weigh the costs by the images.",
            ),
            (full - grown, "This is the difference.", "Divide."),
            (1 - grown / full, "This is the share that is saved.", "The ratio is asked for."),
        ],
        tolerance=1e-6,
    )


def _most(costs: Tensor, before: Tensor, factor: float) -> Tensor:
    return (before.sum() * costs[-1] - factor * (before * costs[:-1]).sum()) / (
        (factor - 1) * costs[-1]
    )


def _check_last(most_at_last, costs: Tensor, before: Tensor, factor: float) -> None:
    raw = _most(costs, before, factor)
    want = raw.clamp(min=0)
    got = number(most_at_last(costs, before, factor))
    expect(got.numel() == 1, "Return one number, of images.", "Solve one equation in one unknown.")
    told = (
        f"costs {costs.tolist()}, images {before.tolist()} before the last stage, factor {factor}"
    )
    if raw < 0:
        expect(
            not close(got, raw),
            f"You return {got.item():.4g} images: {told}.",
            "Where even none at the last stage is too many, return 0.",
        )
    wrong = (before.sum() * costs[-1] - factor * (before * costs[:-1]).sum()) / (factor * costs[-1])
    expect_close(
        got,
        want,
        f"This many images at the last stage do not give the factor: {told}.",
        "Call them n. Set (all images + n) costs[-1] equal to factor times (the work before + n costs[-1]), "
        "and solve for n; a negative n means 0.",
        mistakes=[
            (
                wrong,
                "The images at the last stage count on one side only.",
                "At full size they would cost costs[-1], too: they stand on both sides.",
            ),
            (
                want + before.sum(),
                "These are the images in all.",
                "Those before the last stage are not asked for.",
            ),
        ],
        tolerance=1e-6,
    )
