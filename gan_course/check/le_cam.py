"""Conjugate and activation of Le Cam's divergence: an exercise of chapter 8."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from .core import exercise
from .expect import close, expect, expect_close, gradients, number

Function = Callable[[Tensor], Tensor]


@exercise(stars=2)
def le_cam(conjugate, activation):
    """Find the conjugate of (u - 1)^2 / (u + 1), and an activation for it."""
    _check_conjugate(conjugate)
    _check_below(conjugate)
    _check_slopes(conjugate)
    _check_range(activation)
    _check_bound(conjugate, activation)
    return (
        "The bound that D maximises with them is Le Cam's divergence for four pairs of p and q, "
        "with bins where one of the two is empty."
    )


def _conjugate(t: Tensor) -> Tensor:
    return torch.where(t < -3, -1.0, 4 - t - 4 * (1 - t.clamp(min=-3)).sqrt())


def _check_conjugate(conjugate: Function) -> None:
    """Ask where the supremum lies at some u > 0."""
    for t in (
        torch.linspace(-2.9, 0.99, 12, dtype=torch.float64),
        torch.tensor(0.5, dtype=torch.float64),
        torch.tensor([[-1.0, 0.3], [0.0, -2.0], [0.9999, -0.5]]),
    ):
        root = (1 - t).sqrt()
        u = 2 / root - 1  # where f'(u) = t
        expect_close(
            conjugate(t),
            _conjugate(t),
            "This is not the conjugate, between -3 and 1.",
            "Solve f'(u) = t for u; f'(u) is 1 - 4/(u + 1)^2. Then insert that u into t u - f(u).",
            mistakes=[
                (-_conjugate(t), "The sign is turned round.", "It is t u - f(u), at its largest."),
                (u, "This is the u at which the supremum lies.", "Insert it into t u - f(u)."),
                ((u - 1) ** 2 / (u + 1), "This is f at that u.", "It is t u minus this."),
                (t * u, "This is t u alone.", "Subtract f(u)."),
                (
                    4 - 4 * root,
                    "The term -t is missing.",
                    "With u + 1 = 2/root, t u = t (u + 1) - t.",
                ),
                ((t - 1) ** 2 / (t + 1), "This is f itself, at t.", "Solve f'(u) = t first."),
                (1 - 4 / (t + 1) ** 2, "This is f' at t.", "Solve f'(u) = t for u first."),
                (
                    t + t**2 / 4,
                    "This is the conjugate of Pearson's (u - 1)^2.",
                    "Here the square is divided by u + 1.",
                ),
            ],
            tolerance=1e-5,
        )


def _check_below(conjugate: Function) -> None:
    """Ask where it lies at u = 0."""
    t = torch.tensor([-3.5, -5.0, -1e3, -3.01], dtype=torch.float64)
    expect_close(
        conjugate(t),
        torch.full_like(t, -1),
        "Below -3 it is something else.",
        "There t u - f(u) falls from u = 0 on, and u cannot be negative. What is its value at 0?",
        mistakes=[
            (
                4 - t - 4 * (1 - t).sqrt(),
                "Below -3 the formula belongs to a negative u.",
                "f'(u) is never below -3: there t u - f(u) is largest at u = 0.",
            ),
            (torch.ones_like(t), "Below -3 the sign is turned round.", "At u = 0: t 0 - f(0)."),
            (torch.zeros_like(t), "Below -3 it is not 0.", "At u = 0: t 0 - f(0), and f(0) = 1."),
        ],
        tolerance=1e-5,
    )


def _check_slopes(conjugate: Function) -> None:
    """Expect at t the slope u, the place at which the supremum lies."""
    t = torch.tensor([-1e4, -7.0, -3.001, -2.9, -1.0, 0.0, 0.5, 0.9999], dtype=torch.float64)
    (slope,) = gradients(conjugate, t)
    expect_close(
        slope,
        (2 / (1 - t).sqrt() - 1).clamp(min=0),
        "Its values are right, but not its slope.",
        "Stay in torch, so that D and G can learn from it. Where one branch of torch.where is not "
        "finite, its slope spoils the other's.",
    )


def _check_range(activation: Function) -> None:
    """Expect it to increase, below 1, and to come as near as one likes to -3 and 1."""
    v = torch.linspace(-6, 6, 97, dtype=torch.float64)
    value = number(activation(v))
    expect(
        value.shape == v.shape and activation(v[:6].view(3, 2)).shape == (3, 2),
        "The activation should return a tensor of v's shape.",
        "It acts on each number alone: no sum, no softmax.",
    )
    expect(value.isfinite().all(), "The activation is not finite everywhere.", "Try v = -6 and 6.")
    expect(
        (value < 1).all(),
        "The activation reaches or passes 1, where the conjugate ends.",
        "f'(u) = 1 - 4/(u + 1)^2 is always below 1. What can be subtracted from 1, and never is 0?",
    )
    expect(
        not (value.diff() < 0).all(),
        "The activation falls.",
        "A higher output of D shall mean a higher T, and so more real: turn v round.",
    )
    expect(
        (value.diff() > 0).all() and (gradients(activation, v)[0] > 0).all(),
        "The activation does not rise everywhere.",
        "Where it is flat, D learns nothing: no clamp, no relu.",
    )
    far = number(activation(torch.tensor([-100.0, 100.0], dtype=torch.float64)))
    expect(
        far[0] < -3 + 1e-3,
        f"The activation does not come near -3: at v = -100 it is {far[0]:.3f}.",
        "Where there are no real samples the best T is -3. Shift, stretch, or let it fall for ever.",
    )
    expect(
        far[1] > 1 - 1e-3,
        f"The activation does not come near 1: at v = 100 it is {far[1]:.3f}.",
        "The more real samples there are for each fake, the nearer to 1 is the best T.",
    )


def _check_bound(conjugate: Function, activation: Function) -> None:
    """Let D's outputs climb, for masses p and q, and compare the bound with the divergence."""
    worlds = (
        ([0.5, 0.3, 0.2], [0.2, 0.3, 0.5]),
        ([0.9, 0.1], [0.1, 0.9]),
        ([0.0, 0.4, 0.6], [0.7, 0.2, 0.1]),
        ([0.25] * 4, [0.25] * 4),
    )
    grid = torch.linspace(-100, 100, 100_001, dtype=torch.float64)
    T, below = (number(one) for one in (activation(grid), conjugate(activation(grid))))
    for p, q in (torch.tensor(world, dtype=torch.float64) for world in worlds):
        bound = (p[:, None] * T - q[:, None] * below).amax(1).sum()
        expect(
            close(bound, ((p - q) ** 2 / (p + q)).sum(), 1e-3),
            "The largest value of E_p T - E_q f*(T) is not Le Cam's divergence.",
            "Every T between -3 and 1 must be some D's output.",
        )
