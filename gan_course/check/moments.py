"""The Gaussian with the moments of p: an exercise of chapter 2."""

from __future__ import annotations

import math

import numpy as np
from torch import Tensor

from .core import exercise
from .expect import expect, expect_close, number


@exercise(stars=2)
def forward_fit(forward_fit):
    """Find mean and standard deviation of the Gaussian with the smallest KL(p || q)."""
    x = np.linspace(-8, 8, 1601)
    p = 0.3 * _normal(x, -1.0, 0.5) + 0.7 * _normal(x, 2.0, 0.8)
    mean = -0.3 + 1.4
    variance = 0.3 * 0.25 + 0.7 * 0.64 + 0.21 * 9
    got = number(forward_fit(x, p))
    expect(
        got.shape == (2,),
        f"Return two numbers, mean and std; yours has the shape {list(got.shape)}.",
        "Write `return mean, std`.",
    )
    _check_mean(got[0], x, p, mean)
    _check_std(got[1], x, mean, variance)
    fine = np.linspace(-6, 6, 4801)
    expect_close(
        forward_fit(fine, _normal(fine, 0.5, 0.9)),
        [0.5, 0.9],
        "It fails on another grid.",
        "p is a density: every sum needs the step of its own grid, dx = x[1] - x[0].",
    )
    return "It has the mean and the standard deviation of p: maximum likelihood matches moments."


def _check_mean(got: Tensor, x: np.ndarray, p: np.ndarray, mean: float) -> None:
    expect_close(
        got,
        mean,
        "The mean is not the best one.",
        "The derivative of KL in the mean is zero where the mean of q is that of p.",
        mistakes=[
            (x[p.argmax()], "This is the highest point of p.", "KL(p || q) covers both humps."),
            (mean / (x[1] - x[0]), "A factor dx is missing.", "An integral is sum(f(x)) * dx."),
            (x.mean(), "This is the mean of the grid.", "Weigh every x by p(x) dx."),
        ],
    )


def _check_std(got: Tensor, x: np.ndarray, mean: float, variance: float) -> None:
    expect_close(
        got,
        math.sqrt(variance),
        "The std is not the best one.",
        "The derivative in the std is zero where std^2 = E_p (x - mean)^2.",
        mistakes=[
            (variance, "This is the variance.", "Take its square root."),
            (math.sqrt(variance + mean**2), "This is the root of E x^2.", "Subtract the mean."),
            (x.std(), "This is the std of the grid.", "Weigh every x by p(x) dx."),
        ],
    )


def _normal(x: np.ndarray, mean: float, std: float) -> np.ndarray:
    return np.exp(-(((x - mean) / std) ** 2) / 2) / (std * math.sqrt(2 * math.pi))
