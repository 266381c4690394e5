"""Where a gradient penalty is measured, and what it says: the parts of an exercise of chapter 6."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from ..networks import mlp
from .expect import expect, expect_close, number

Penalty = Callable[[nn.Module, Tensor, Tensor], Tensor]


class Bowl(nn.Module):
    """D(x) = w |x|^2 / 2, whose slope at x has the length w |x|.

    Where the coordinates of x differ from each other it is far steeper, if a `ridge` is wanted.
    """

    def __init__(self, w: float, ridge: float = 0.0) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.tensor(w))
        self.ridge = ridge

    def forward(self, x: Tensor) -> Tensor:
        x = x.flatten(1)
        apart = x - x.mean(1, keepdim=True)
        height = self.w * x.square() + self.ridge * apart.square()
        return height.sum(1, keepdim=True) / 2


class Steep(nn.Module):
    """D(x) rises with the slope 1 as |x| grows, and far steeper from `low` to `high`, or elsewhere."""

    def __init__(self, low: float, high: float, inside: bool) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.tensor(50.0))
        self.low, self.high, self.inside = low, high, inside

    def forward(self, x: Tensor) -> Tensor:
        length = torch.linalg.vector_norm(x.flatten(1), dim=1, keepdim=True)
        within = length.clamp(self.low, self.high)
        return length + self.w * (within if self.inside else length - within)


def check_value(penalty: Penalty) -> None:
    """Return a plane of slope 3, where every point says the same."""
    D = mlp(2, 1, ())
    with torch.no_grad():
        D[0].weight.copy_(torch.tensor([[1.8, -2.4]]))
    expect_close(
        penalty(D, torch.randn(50, 2), torch.randn(50, 2)),
        4.0,
        "For a critic that is a plane of slope 3, it is not (3 - 1)^2.",
        "One norm for each sample, minus 1, squared, then the mean.",
        mistakes=[
            (9.0, "The target slope is missing.", "Subtract 1 before you square."),
            (64.0, "The norm is squared too early.", "It is (|grad| - 1)^2."),
            (200.0, "You summed over the batch.", "Take the mean."),
            ((3 / 50 - 1) ** 2, "You took D's mean.", "Differentiate D(x).sum()."),
            ((3 * math.sqrt(50) - 1) ** 2, "One norm for the batch.", "One for each sample."),
        ],
    )


def check_mean(penalty: Penalty) -> None:
    """Where real and fake are one point, it is known where the slope is measured: 1 to 7."""
    x = torch.linspace(1, 7, 40)[:, None]
    excess = x - 1
    expect_close(
        penalty(Bowl(1.0), x, x),
        excess.square().mean(),
        "For slopes from 1 to 7 it is not the mean of (slope - 1)^2.",
        "One norm for each sample, minus 1, squared, then the mean.",
        mistakes=[
            (
                excess.mean().square(),
                "The mean was taken before the square.",
                "Square first: slopes above and below 1 must not make up for each other.",
            ),
            (excess.abs().mean(), "The excess is not squared.", "It is (|grad| - 1)^2."),
        ],
    )


def check_graph(penalty: Penalty) -> None:
    """Expect the penalty to push on the critic's weights."""
    bowl = Bowl(2.0)
    value = penalty(bowl, torch.randn(50, 2), torch.randn(50, 2))
    flows = isinstance(value, Tensor) and value.requires_grad
    slope = torch.autograd.grad(value, bowl.w, allow_unused=True)[0] if flows else None
    expect(
        slope is not None and slope.abs() > 1e-3,
        "The penalty does not reach the critic's weights.",
        "The slope is part of the loss: ask for its graph with create_graph=True, and do not cut "
        "it with .item() or .detach().",
    )


def check_places(penalty: Penalty) -> None:
    """On D = |x|^2 / 2 the slope is |x|: the value tells where it was measured."""
    bowl = Bowl(1.0, ridge=1000.0)
    real, fake = (torch.full((4000, 2), length / math.sqrt(2)) for length in (3.0, 9.0))
    got = number(penalty(bowl, real, fake))
    expect(
        got < 1000,
        "The slope is measured beside the lines that join a real and a fake.",
        "Draw one u for each sample, torch.rand(N, 1), which all of its coordinates share.",
    )
    want = torch.tensor((8**3 - 2**3) / 18)  # mean of (x - 1)^2 over [3, 9]
    expect(
        (got - 4).abs() > 0.01 and (got - 64).abs() > 0.01,
        "The slope is measured on one side only, at the reals or at the fakes.",
        "Take points between a real and a fake, u real + (1 - u) fake.",
    )
    expect(
        (got - 25).abs() > 0.01,
        "The slope is measured half-way, always.",
        "Draw u uniformly from [0, 1].",
    )
    several = torch.stack([number(penalty(bowl, real, fake)) for _ in range(5)])
    expect(
        several.max() - several.min() < 6,
        "All samples of a batch share one u: right on average, and far noisier than it need be.",
        "Draw one u for each sample: torch.rand(N, 1), not torch.rand(1).",
    )
    expect(
        number(penalty(Steep(4.0, 8.0, inside=True), real, fake)) > 0.01,
        "The slope is measured at the ends only, at reals and at fakes, and never between them.",
        "Take points between a real and a fake, u real + (1 - u) fake, with u from torch.rand.",
    )
    expect(
        number(penalty(Steep(2.9, 9.1, inside=False), real, fake)) < 0.01,
        "The slope is also measured beyond the real or beyond the fake.",
        "u lies in [0, 1]: torch.rand draws such numbers, torch.randn does not.",
    )
    expect(
        (got - want).abs() < 1.2,
        "The points are not spread evenly between real and fake.",
        "Every u in [0, 1] should be equally likely: take what torch.rand draws as it is.",
    )


def check_shapes(penalty: Penalty) -> None:
    """Return a flat critic, and samples that are images."""
    flat, line = mlp(2, 1, ()), nn.Linear(3, 1)
    with torch.no_grad():
        flat[0].weight.zero_()
    value = penalty(flat, torch.randn(9, 2), torch.randn(9, 2))
    expect(
        torch.autograd.grad(value, flat[0].weight)[0].isfinite().all(),
        "Its gradient is not finite at a flat critic.",
        "The square root of a sum of squares has no slope at 0: use torch.linalg.vector_norm.",
    )
    images = torch.randn(9, 1, 1, 3), torch.rand(9, 1, 1, 3)
    excess = line.weight.norm() - 1  # below 0
    expect_close(
        penalty(nn.Sequential(nn.Flatten(), line), *images),
        excess.square(),
        "It fails on samples that are not vectors.",
        "u needs one number for each sample, [N, 1, 1, 1] for images; norm over all the rest.",
        mistakes=[
            (excess.relu(), "This is the one-sided penalty.", "Slopes below 1 are charged too."),
        ],
    )
