"""Statistics of one picture lent to another: an exercise of chapter 13."""

from __future__ import annotations

import torch
from torch import Tensor

from .core import exercise
from .expect import expect, expect_close, gradients, number


@exercise(stars=1)
def borrowed(borrowed):
    """Give each channel of a picture the mean and the deviation of another picture's channel."""
    for x, y in _pairs():
        _check_one(borrowed, x, y)
    _check_constant(borrowed)
    _check_gradient(borrowed)
    return (
        "Each channel of each picture has the other's mean and deviation, and a flat one its mean."
    )


def _pairs() -> list[tuple[Tensor, Tensor]]:
    """Return pictures and those that they borrow from, of other sizes."""

    def maps(n: int, c: int, h: int, w: int) -> Tensor:
        spread, level = 0.2 + 3 * torch.rand(n, c, 1, 1), 4 * torch.randn(n, c, 1, 1)
        return level + spread * torch.randn(n, c, h, w)

    return [
        (maps(3, 4, 6, 5), maps(3, 4, 6, 5)),
        (maps(2, 3, 8, 8), maps(2, 3, 4, 6)),
        (maps(1, 5, 3, 4), maps(1, 5, 7, 2)),
        (maps(4, 1, 5, 5), maps(4, 1, 5, 5)),
    ]


def _lent(x: Tensor, y: Tensor, over: tuple[int, ...] = (2, 3), correction: int = 0) -> Tensor:
    """Return x normalised over some axes, with y's statistics over the same axes."""
    (vx, mx), (vy, my) = (
        torch.var_mean(t, over, correction=correction, keepdim=True) for t in (x, y)
    )
    return (x - mx) / (vx + 1e-12).sqrt() * vy.sqrt() + my


def _check_one(answer, x: Tensor, y: Tensor) -> None:
    got = number(answer(x, y))
    expect(
        got.shape == x.shape,
        f"The result should have the shape of x, {list(x.shape)}, and yours has {list(got.shape)}.",
        "Only numbers come from y, two for each channel: its size plays no part.",
    )
    (vx, mx), (vy, my) = (torch.var_mean(t, (2, 3), correction=0, keepdim=True) for t in (x, y))
    plain = (x - mx) / vx.sqrt()
    expect_close(
        got,
        plain * vy.sqrt() + my,
        "The channels do not have y's means and deviations.",
        "Subtract x's mean and divide by its deviation, multiply by y's deviation and add its "
        "mean: each over the pixels of one channel of one picture.",
        mistakes=[
            (x, "This is x as it came.", "x's statistics have to go before y's can come."),
            (plain, "Nothing of y has arrived yet.", "Multiply by its deviation, add its mean."),
            (_lent(y, x), "x and y are the wrong way round.", "The *picture* is x."),
            (plain * my + vy.sqrt(), "Mean and deviation are swapped.", "The deviation scales."),
            (plain * vy + my, "This scales by y's variance.", "The deviation is its root."),
            ((x - mx) / vx * vy.sqrt() + my, "This divides by x's variance.", "Take its root."),
            (x * vy.sqrt() + my, "x keeps its own statistics under y's.", "Normalise x first."),
            ((x - mx) / vx.sqrt() + my, "y's deviation is missing.", "Multiply by it."),
            (plain * vy.sqrt(), "y's mean is missing.", "Add it at the end."),
            (
                _lent(x, y, correction=1),
                "These deviations divide by n - 1.",
                "Divide by the number of pixels: torch's std does with correction=0.",
            ),
            (
                _lent(x, y, (0, 2, 3)),
                "These are statistics over the whole batch.",
                "In AdaIN each picture has its own: axes 2 and 3 only.",
            ),
            (
                _lent(x, y, (1, 2, 3)),
                "These are statistics over all channels together.",
                "In AdaIN each channel has its own: axes 2 and 3 only.",
            ),
        ],
        tolerance=1e-3,
    )


def _check_constant(answer) -> None:
    """Demand that a channel without contrast, which has nothing to scale, becomes y's mean."""
    x, y = torch.randn(2, 3, 4, 4), torch.randn(2, 3, 4, 4)
    x[0, 1] = 5.0
    got = number(answer(x, y))
    expect(
        got.isfinite().all(),
        "A channel of x that is the same everywhere gives values that are not finite.",
        "Its deviation is 0: add something small, such as 1e-8, under the root.",
    )
    expect_close(
        got[0, 1],
        y[0, 1].mean().expand(4, 4),
        "A channel of x that is the same everywhere should become the mean of y's channel.",
        "x minus its mean is 0 there, and 0 divided by a small number stays 0.",
        tolerance=1e-2,
    )


def _check_gradient(answer) -> None:
    """Look at what is learned through it: a push on the output's mean reaches y, and nothing of x."""
    x, y = torch.randn(2, 3, 5, 5), 1 + torch.randn(2, 3, 4, 4)
    of_x, of_y = gradients(lambda x, y: answer(x, y).mean((2, 3)).sum(), x, y)
    expect_close(
        of_y,
        torch.full_like(y, 1 / 16),
        "The gradient that reaches y is not right.",
        "The output's mean is y's mean, so each of y's pixels has its share in it. Compute y's "
        "statistics inside the graph, without detach or item.",
    )
    expect_close(
        of_x,
        torch.zeros_like(x),
        "The output's mean should not depend on x.",
        "x's own mean is subtracted, so a brighter x gives the same.",
    )
