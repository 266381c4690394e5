"""Samples with the right moments and the wrong shape: an exercise of chapter 7."""

from __future__ import annotations

import numpy as np

from ..metrics import one_nearest_neighbour
from .core import exercise
from .expect import expect, number


@exercise(stars=3)
def impostor(impostor):
    """Build samples with the mean and covariance of the data that are easily told from them."""
    rng = np.random.default_rng(0)
    tilt = rng.standard_normal((6, 6))
    for x in (rng.standard_normal((500, 6)) @ tilt + 3, rng.laplace(size=(400, 3)) * [1, 5, 0.2]):
        y = number(impostor(x.copy())).numpy()
        expect(
            y.shape == x.shape,
            f"Return as many rows and columns as x has, {list(x.shape)}; yours: {list(y.shape)}.",
            "One generated row for each real one.",
        )
        _check_moments(x, y)
        accuracy = one_nearest_neighbour(x, y).overall
        expect(
            accuracy >= 0.25,
            "These are copies of x: the 1-NN accuracy is near 0.",
            "Start from something else than x, such as random signs.",
        )
        expect(
            accuracy > 0.9,
            f"A 1-NN test tells them apart with accuracy {accuracy:.2f} only.",
            "Signs +1 and -1 have only 2^d places: with d as small as here, generated samples have "
            "generated neighbours.",
        )
    return "The Fréchet distance is 0 and a 1-NN test is nearly always right: two moments are few."


def _check_moments(x: np.ndarray, y: np.ndarray) -> None:
    width = x.std(axis=0, ddof=1)
    expect(
        np.abs((y.mean(axis=0) - x.mean(axis=0)) / width).max() < 1e-6,
        "The mean is not exactly that of x.",
        "Subtract the mean of your own sample, whatever it should be in theory, then add that of x.",
    )
    S, T = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    variances = np.abs(np.diag(S - T) / np.diag(S)).max() < 1e-6
    expect(
        variances,
        "The variances are not exactly those of x.",
        "Whiten your sample by its own covariance, then colour it by that of x.",
    )
    expect(
        np.abs((S - T) / np.outer(width, width)).max() < 1e-6,
        "The variances agree with those of x, but not the covariances.",
        "Multiply by a matrix, not by one number per column: np.linalg.cholesky(S).",
    )
