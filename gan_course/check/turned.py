"""From x back to z on a line, and the best D on pairs: an exercise of chapter 15."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .core import exercise
from .expect import expect, expect_close, number

CASES = ((1.5, 0.8), (-0.7, 2.0), (0.3, 0.1), (4.0, 1.0), (2.0, 25.0), (-3.0, 0.02))  # a, v
NORMALISER = math.log(2 * math.pi) / 2


@exercise(stars=1)
def turned(posterior, best_logit):
    """Turn a decoder round by Bayes' rule, and write the best D between its pairs and E's."""
    for a, v in CASES:
        _check_posterior(posterior, a, v)
    _check_deaf(posterior)
    for i, (a, v) in enumerate(CASES):
        b, t = (0.4, 0.9) if i % 2 else (-0.2, 1.5)
        _check_logit(best_logit, 5 + i, a, v, b, t)
    _check_equal(posterior, best_logit)
    return "E is the decoder's other half, and D sees nothing between them."


def _check_posterior(answer, a: float, v: float) -> None:
    got = answer(a, v)
    expect(
        isinstance(got, tuple | list | Tensor) and len(got) == 2,
        "`posterior` should return two numbers, b and t.",
        "`return b, t`.",
    )
    variance = a * a + v * v
    b, t = a / variance, abs(v) / math.sqrt(variance)
    expect_close(
        got[0],
        b,
        f"For a = {a} and v = {v} this is not the slope b of the mean of z given x.",
        "Complete the square in z of z^2 / 2 + (x - a z)^2 / (2 v^2).",
        mistakes=[
            (1 / a, "You divided x by a.", "z is drawn near 0: the prior pulls the mean there."),
            (a / math.sqrt(variance), "This is the correlation of x and z.", "Divide once more."),
            (a, "This is the decoder's own slope.", "Turn it round: which z made x?"),
            (a / (a * a + v), "v is the standard deviation.", "Square it."),
            (v * v / variance, "This is the variance of z given x.", "Return b first, then t."),
            (a / (1 + v * v), "a is missing in the variance of x.", "x = a z + v eps: what is it?"),
        ],
    )
    expect_close(
        got[1],
        t,
        f"For a = {a} and v = {v} this is not the standard deviation t of z given x.",
        "What stands before z^2 / 2 in the completed square is 1 / t^2.",
        mistakes=[
            (t * t, "This is the variance of z given x.", "t is its root."),
            (v, "This is the decoder's noise.", "z has another unit than x."),
            (1.0, "This is the spread of all z.", "Knowing x leaves less of it."),
            (abs(a) / math.sqrt(variance), "This is the spread of the means.", "What is left?"),
            (abs(v / a), "This forgets the prior.", "1 / t^2 = 1 + a^2 / v^2."),
        ],
    )


def _check_deaf(answer) -> None:
    b, t = answer(0.0, 1.3)
    expect_close(
        torch.stack([number(b).reshape(()), number(t).reshape(())]),
        [0.0, 1.0],
        "With a = 0 the sample x says nothing of z, and what is left is the prior.",
        "Try a = 0: b should be 0 and t should be 1.",
    )


def _log_normal(x: Tensor, mean: Tensor | float, deviation: float) -> Tensor:
    return -(((x - mean) / deviation) ** 2) / 2 - math.log(deviation) - NORMALISER


def _check_logit(answer, n: int, a: float, v: float, b: float, t: float) -> None:
    x, z = 2 * torch.randn(n, dtype=torch.float64), torch.randn(n, dtype=torch.float64)
    deviation = math.hypot(a, v)
    of_x, of_code = _log_normal(x, 0.0, deviation), _log_normal(z, b * x, t)
    of_z, of_sample = _log_normal(z, 0.0, 1.0), _log_normal(x, a * z, v)
    right = of_x + of_code - of_z - of_sample
    expect_close(
        number(answer(x, z, a, v, b, t)),
        right,
        "This is not the logit of the best D on these pairs.",
        "ln p(x) + ln e(z | x) - ln p_z(z) - ln q(x | z): four Gaussians, p(x) = N(0, a^2 + v^2).",
        mistakes=[
            (-right, "The two kinds of pairs are swapped.", "The real ones are the encoder's."),
            (right.sigmoid(), "This is the probability.", "D(x, z) is the logit."),
            (right.exp(), "This is the ratio.", "The logit is its logarithm."),
            (
                torch.nn.functional.logsigmoid(right),
                "This is the logarithm of the probability.",
                "The logit is a difference of logarithms of densities.",
            ),
            (of_code - of_sample, "The two marginals are missing.", "A pair's density has both."),
            (
                of_code - of_z - of_sample,
                "The density of the data, p(x), is missing.",
                "x has the variance a^2 + v^2.",
            ),
            (
                of_code + of_x - of_sample,
                "The density of the prior, p_z(z), is missing.",
                "z ~ N(0, 1).",
            ),
            (
                of_code - of_z,
                "The densities of x are missing.",
                "p(x) on one side, q(x | z) on the other.",
            ),
            (
                right + math.log(deviation * t / v),
                "The widths in front of the exponentials are missing.",
                "Each Gaussian has -ln(standard deviation).",
            ),
            (
                of_x + _log_normal(z, b * x, math.sqrt(t)) - of_z - of_sample,
                "t is a standard deviation, and taken for a variance here.",
                "Square it in the exponent.",
            ),
        ],
        tolerance=1e-5,
    )


def _check_equal(posterior, best_logit) -> None:
    x, z = torch.randn(2, 50, dtype=torch.float64)
    b, t = posterior(1.2, 0.5)
    expect_close(
        number(best_logit(x, z, 1.2, 0.5, float(b), float(t))),
        torch.zeros(50),
        "With your own posterior D should not be able to tell the pairs apart.",
        "Then both joint densities are one, and their ratio is 1 everywhere.",
    )
