"""Equal pairs with any amount of information in the code: an exercise of chapter 15."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .core import exercise
from .expect import expect, expect_close, number

CASES = ((1, 1, 0.8), (3, 2, 0.5), (2, 4, 2.0), (6, 3, 0.05))  # d, k, noise
TARGETS = ((2.89, 0.7), (0.5, 0.05), (4.0, 3.0), (1.0, 1.5))  # variance, information


@exercise(stars=3)
def equilibria(mismatch, equilibrium, error):
    """Price an encoder that ignores x; then build equal pairs whose codes say as much as asked."""
    for d, k, noise in CASES:
        _check_mismatch(mismatch, torch.randn(d, k, dtype=torch.float64), noise)
    for variance, information in TARGETS:
        _check_equilibrium(equilibrium, variance, information)
        _check_error(error, variance, information)
    _check_nothing(equilibrium, error)
    return "The game is content with every one of them: it never asked what a code says."


def _check_mismatch(answer, A: Tensor, noise: float) -> None:
    d, _ = A.shape
    signal = A @ A.T / noise**2
    one = torch.eye(d, dtype=A.dtype)
    right = torch.logdet(one + signal) / 2
    mistakes = [
        (2 * right, "The half is missing.", "ln det of a *covariance* counts once in two."),
        (-right, "The sign is turned round.", "A divergence is not negative."),
        (right / math.log(2), "These are bits.", "Nats are asked for."),
        (
            torch.logdet(one + A @ A.T / noise) / 2,
            "v is a standard deviation.",
            "Divide by its square.",
        ),
        (
            torch.logdet(A @ A.T + noise**2 * one) / 2,
            "The unit of x is left in it.",
            "Divide the covariance of x by that of its noise.",
        ),
    ]
    if d > 1:
        mistakes.append(
            (
                torch.log1p(signal.diagonal()).sum() / 2,
                "You took the coordinates of x one by one.",
                "They are correlated: a determinant, not a product of its diagonal.",
            )
        )
        mistakes.append(
            (torch.log1p(signal.trace()) / 2, "The trace stands for a determinant here.", "ln det.")
        )
    expect_close(
        number(answer(A, noise)),
        right,
        "This is not KL(q || p) for an encoder that draws from the prior whatever x is.",
        "Then p(x, z) = p(x) p_z(z), and the divergence is the mutual information of x and z: "
        "ln of |A A' + v^2 I| over |v^2 I|, halved.",
        mistakes=mistakes,
        tolerance=1e-5,
    )


def _four(answer, variance: float, information: float) -> list[float]:
    got = answer(variance, information)
    expect(
        isinstance(got, tuple | list | Tensor) and len(got) == 4,
        "`equilibrium` should return four numbers: a, v, b, t.",
        "`return a, v, b, t`.",
    )
    numbers = [number(each) for each in got]
    expect(
        all(each.numel() == 1 and each.isfinite() for each in numbers),
        "a, v, b and t should be finite numbers.",
        "`return a, v, b, t`, four floats.",
    )
    return [each.item() for each in numbers]


def _check_equilibrium(answer, variance: float, information: float) -> None:
    a, v, b, t = _four(answer, variance, information)
    what = f"For the variance {variance} and {information} nats"
    left = math.exp(-2 * information)  # share of the variance that is noise
    expect(v >= 0 and t >= 0, f"{what}, a spread is negative.", "v and t are roots of variances.")
    expect_close(
        a * a + v * v,
        variance,
        f"{what}, the decoder's x does not have the variance of the data.",
        "x = a z + v eps has the variance a^2 + v^2.",
    )
    expect_close(
        v * v / variance,
        left,
        f"{what}, a code of your decoder does not say this much of x.",
        "I = 1/2 ln(1 + a^2 / v^2) = -1/2 ln(1 - rho^2). Solve for the share of noise.",
        mistakes=[
            (math.exp(-information), "The half in I is missing.", "e^(-2 I), not e^(-I)."),
            (1 - left, "Signal and noise are swapped.", "Much information means little noise."),
            (
                1 - math.exp(-information),
                "Signal and noise are swapped, and a factor 2 is missing.",
                "The share of noise is e^(-2 I).",
            ),
            (
                2 ** (-2 * information),
                "You counted in bits.",
                "Nats: powers of e.",
            ),
        ],
    )
    expect_close(
        b * variance,
        a,
        f"{what}, x and z do not vary together in the encoder's pairs as in the decoder's.",
        "The covariance of x and z is a in the decoder's pairs and b times the variance of x in "
        "the encoder's.",
        mistakes=[
            (variance / a, "You divided by the slope.", "b = a / variance."),
            (-a, "The encoder has the wrong sign.", "a and b have one sign."),
        ],
    )
    expect_close(
        t * t,
        left,
        f"{what}, the encoder's codes do not have the variance 1.",
        "b^2 times the variance of x, plus t^2, is the variance of its codes.",
        mistakes=[
            (left * left, "t is a variance here.", "Take its root."),
            (1.0, "t is the spread of all codes here.", "That of the code of *one* x is smaller."),
            (v * v, "t is the decoder's noise here.", "z has another unit than x."),
        ],
    )


def _check_error(answer, variance: float, information: float) -> None:
    left = math.exp(-2 * information)
    right = 2 * variance * left
    once = variance * left
    rho2 = 1 - left
    expect_close(
        number(answer(variance, information)),
        right,
        "This is not E (x - x')^2 with x' drawn from the code that was drawn from x.",
        "x' has the variance of x, and its correlation with x is rho^2, with rho that of x and z.",
        mistakes=[
            (once, "This is the error of the best guess of x from z.", "x' is drawn as well."),
            (
                2 * variance * (1 - math.sqrt(rho2)),
                "x' has the correlation rho with x here.",
                "It went there and back: rho^2.",
            ),
            (right / variance, "The unit of x is missing.", "Multiply by its variance."),
            (math.sqrt(right), "This is the root of the error.", "A mean square is asked for."),
            (
                variance * (1 - rho2**2),
                "This is the error of guessing x' by its mean given x.",
                "Nobody guesses: compare x' with x itself.",
            ),
            (variance * left**2, "Both are taken at their means here.", "z and x' are drawn."),
            (
                variance * left * (1 + left),
                "The code is taken at its mean here.",
                "z is drawn from E, and then x' from G.",
            ),
            (
                2 * variance * math.exp(-information),
                "The half in I is missing.",
                "1 - rho^2 = e^(-2 I).",
            ),
        ],
    )


def _check_nothing(equilibrium, error) -> None:
    """Demand that no information leaves prior and data alone, and an x' of its own."""
    a, v, b, t = _four(equilibrium, 2.25, 0.0)
    expect_close(
        [a, v, b, t],
        [0.0, 1.5, 0.0, 1.0],
        "With no information the decoder ignores z and the encoder ignores x.",
        "a = b = 0, v is the spread of the data and t that of the prior.",
    )
    expect_close(
        number(error(2.25, 0.0)),
        4.5,
        "With no information x' is another sample, independent of x.",
        "The difference of two independent numbers has twice their variance.",
    )
