"""ADA's signal of overfitting on Gaussians, and the noise that holds it: an exercise of chapter 17."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.special import ndtr, ndtri

from .core import exercise
from .expect import expect, expect_close, number


def _signal(m: Tensor, s: Tensor) -> Tensor:
    return 2 * ndtr(m / (2 * (1 + s**2).sqrt())) - 1


@exercise(stars=3)
def held_back(signal, strength):
    """Compute ADA's signal under noise, and the noise with which it stays at its target."""
    kind = {"dtype": torch.float64}
    for n in (6, 1):
        m = 4 * torch.rand(n, **kind)
        _check_signal(signal, m, torch.zeros(n, **kind))
        _check_signal(signal, m, 3 * torch.rand(n, **kind))
    _check_signal(signal, torch.tensor([0.0, 40.0, 1e-4], **kind), torch.ones(3, **kind))
    for target in (0.6, 0.3, 0.9):
        _check_strength(
            strength, torch.tensor([2.1, 3.5, 8.0, 30.0], **kind) / (1 - target), target
        )
        _check_weak(strength, torch.tensor([0.0, 0.01, 0.3], **kind), target)
    mixed = torch.tensor([0.2, 6.0, 0.0], **kind)
    want = _right(mixed, 0.6)
    expect_close(
        strength(mixed, 0.6),
        want,
        "Where some distances need noise and others do not, the result is off.",
        "clamp(min=0) before the root, number by number.",
    )
    return "The signal is right with and without noise, and so is the noise that holds it."


def _right(m: Tensor, target: float) -> Tensor:
    reach = 2 * ndtri(torch.tensor((1 + target) / 2, dtype=torch.float64))
    return ((m / reach) ** 2 - 1).clamp(min=0).sqrt()


def _check_signal(answer, m: Tensor, s: Tensor) -> None:
    wide = (1 + s**2).sqrt()
    noisy = "with noise" if s.any() else "without noise"
    expect_close(
        answer(m, s),
        _signal(m, s),
        f"Even {noisy} this is not E sign D*(x) over the data, [N]." if not s.any()
        else f"{noisy.capitalize()} this is not E sign D*(x) over the data, [N].",
        "Where does the best D change its sign? The share of the data on the right side of it, "
        "minus the share on the other.",
        mistakes=[
            (ndtr(m / (2 * wide)), "This is the share of the data that D calls real.", "The mean of a *sign*: that share minus the other."),
            (2 * ndtr(m / wide) - 1, "This puts the boundary at the mean of G's samples.", "It lies where both densities are equal: halfway."),
            (2 * ndtr(m / 2) - 1, "The noise has no effect here.", "With noise both have the variance 1 + s^2."),
            (2 * ndtr(m / (2 * (1 + s**2))) - 1, "You divided by the variance.", "By the standard deviation, sqrt(1 + s^2)."),
            (2 * ndtr(m / (2 * (1 + s))) - 1, "Standard deviations do not add up.", "Variances do: 1 + s^2."),
            (-_signal(m, s), "The sign is turned round.", "D* is positive on the data's side."),
            ((m / (2 * wide)).erf(), "erf counts in units of sqrt(2) deviations.", "2 Phi(a) - 1 = erf(a / sqrt(2))."),
        ],
        tolerance=1e-6,
    )  # fmt: skip


def _check_strength(answer, m: Tensor, target: float) -> None:
    got = number(answer(m, target))
    reach = 2 * ndtri(torch.tensor((1 + target) / 2, dtype=torch.float64))
    naive = 2 * ndtri(torch.tensor(target, dtype=torch.float64))
    right = _right(m, target)
    expect(
        got.shape == m.shape,
        f"For {len(m)} distances {len(m)} numbers are expected, and yours have the shape {list(got.shape)}.",
        "One s for each m.",
    )
    held = _signal(m, got).tolist()
    expect_close(
        got,
        right,
        f"With your noise the signal is {', '.join(f'{r:.3g}' for r in held)}, and it should be {target}.",
        "Solve 2 Phi(m / (2 sqrt(1 + s^2))) - 1 = target for s.",
        mistakes=[
            (right**2, "This is the variance of the noise.", "Its standard deviation is asked."),
            (m / reach, "This is the deviation of data and noise *together*.", "The data have variance 1 already."),
            (m / reach - 1, "Standard deviations do not subtract.", "Variances do: s^2 = (...)^2 - 1."),
            (((m / naive) ** 2 - 1).clamp(min=0).sqrt(), "You set Phi itself to the target.", "2 Phi - 1 = target, so Phi = (1 + target) / 2."),
            (((2 * m / reach) ** 2 - 1).clamp(min=0).sqrt(), "This puts the boundary at the mean of G's samples.", "Halfway."),
        ],
        tolerance=1e-6,
    )  # fmt: skip


def _check_weak(answer, m: Tensor, target: float) -> None:
    weak = m * target  # far below what the target allows
    got = number(answer(weak, target))
    expect(
        not got.isnan().any(),
        "Where the signal is below its target without noise, nan comes out.",
        "No noise makes it larger: the least that there is, is 0.",
    )
    expect_close(
        got,
        torch.zeros_like(got),
        "Where the signal is below its target without noise, there should be none.",
        "clamp(min=0) before the root.",
    )
