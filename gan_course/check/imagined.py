"""An exercise of chapter 9: G's slope through steps that D has not made yet."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from .core import exercise
from .expect import expect, expect_close, number

Value = Callable[[Tensor, Tensor], Tensor]


def _ascended(
    value: Value, theta: Tensor, psi: Tensor, steps: int, rate: float, through: bool = True
) -> Tensor:
    """Return D's weights after some steps of ascent, as a function of theta or as plain numbers."""
    for _ in range(steps):
        (slope,) = torch.autograd.grad(value(theta, psi), psi, create_graph=through)
        psi = psi + rate * slope if through else (psi + rate * slope).detach().requires_grad_()
    return psi


def unrolled_slope(
    value: Value, theta: Tensor, psi: Tensor, steps: int, rate: float, through: bool = True
) -> Tensor:
    """Return the slope in theta, `[n]`, of the value after D's steps; without those steps' own
    slope unless `through`."""
    with torch.enable_grad():
        theta, psi = (x.detach().clone().requires_grad_() for x in (theta, psi))
        ahead = _ascended(value, theta, psi, steps, rate, through)
        return torch.autograd.grad(value(theta, ahead), theta)[0].detach()


def _repeated(value: Value, theta: Tensor, psi: Tensor, steps: int, rate: float) -> Tensor:
    """Return the slope if all of D's steps are the first one over again."""
    return unrolled_slope(value, theta, psi, min(steps, 1), rate * steps)


@exercise(stars=3)
def unrolled(unrolled):
    """Find G's slope through steps of D that are only imagined."""
    A, B = torch.randn(3, 2), torch.randn(4, 4)

    def bilinear(theta: Tensor, psi: Tensor) -> Tensor:
        return theta @ A @ psi

    def curved(theta: Tensor, psi: Tensor) -> Tensor:
        return theta.sin() @ B @ psi.tanh() - 0.3 * (psi - theta.mean()).square().sum()

    for steps, rate in ((3, 0.1), (1, 0.4), (0, 0.1)):
        _check_slope(unrolled, bilinear, torch.randn(3), torch.randn(2), steps, rate)
    for steps, rate in ((4, 0.2), (2, 0.05), (6, 0.2)):
        _check_slope(unrolled, curved, torch.randn(4), torch.randn(4), steps, rate)
    return "It is right with 0 to 6 steps, in a bilinear game and in a curved one."


def _check_slope(
    unrolled, value: Value, theta: Tensor, psi: Tensor, steps: int, rate: float
) -> None:
    want = unrolled_slope(value, theta, psi, steps, rate)
    got = number(unrolled(value, theta, psi, steps, rate))
    expect(
        got.shape == want.shape,
        f"For theta {list(theta.shape)} the slope has its shape; yours is {list(got.shape)}.",
        "torch.autograd.grad(value, theta) returns a tuple of one tensor: take [0].",
    )
    plain = unrolled_slope(value, theta, psi, 0, rate)
    expect_close(
        got,
        want,
        f"This is not the slope of V(theta, psi_{steps}) in theta, with psi_{steps} as a function of "
        "theta.",
        "Start with psi.requires_grad_(), step by psi = psi + rate * slope, and keep the graph of "
        "every slope (create_graph=True) until the end.",
        mistakes=[
            (
                unrolled_slope(value, theta, psi, steps, rate, through=False),
                "You looked ahead, but G does not feel how it moves D's answer.",
                "D's steps depend on theta: keep their graph (create_graph=True, and no detach).",
            ),
            (plain, "Here D does not move at all.", "Use psi after its steps in the value."),
            (
                unrolled_slope(value, theta, psi, steps, -rate),
                "D steps downhill.",
                "D wants the value large: it adds rate times the slope.",
            ),
            (
                _repeated(value, theta, psi, steps, rate),
                "Every step of D is taken from the same place.",
                "Each step begins where the one before has ended: psi is used again and again.",
            ),
            (unrolled_slope(value, theta, psi, 1, rate), "Only one step is made.", "Loop."),
            (unrolled_slope(value, theta, psi, steps + 1, rate), "One step too many.", "Count."),
            (-want, "This is minus the slope.", "Return the slope; G's step is another matter."),
            (theta - rate * want, "This is G's next place.", "Return the slope alone."),
        ],
        tolerance=1e-3,
    )
