"""Samples with the right moments and the wrong shape: an exercise of chapter 7."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..metrics import one_nearest_neighbour
from .core import exercise
from .expect import expect, number

ROWS = (
    "With L1 and L2 the Cholesky factors of your sample's covariance and of that of x, samples in "
    "rows are moved by y @ inv(L1).T @ L2.T."
)


@exercise(stars=3)
def impostor(impostor):
    """Build samples with the mean and covariance of the data that are easily told from them."""
    for x in _clouds():
        n, d = x.shape
        y = np.asarray(number(impostor(x.copy())).numpy())
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
            "Start from few places, each taken many times, and move them by the affine map that "
            "sets mean and covariance.",
        )
        _check_told_apart(y, n, d, accuracy)
    return (
        "On clouds of 1, 3, 6, 20 and 64 dimensions with n of at least 15 (d + 1) the Fréchet "
        "distance is 0, and a 1-NN test is right more than nine times out of ten."
    )


def _clouds() -> Iterator[np.ndarray]:
    rng = np.random.default_rng(0)
    tilt = rng.standard_normal((6, 6))
    yield rng.standard_normal((500, 6)) @ tilt + 3
    yield rng.laplace(size=(400, 3)) * [1, 5, 0.2]
    yield rng.standard_normal((60, 1)) * 2 + 1
    yield rng.uniform(size=(320, 20)) + rng.integers(0, 2, (320, 1))
    wide = rng.standard_normal((1000, 64))
    yield wide + np.roll(wide, 1, axis=1) / 2 - 1


def _check_told_apart(y: np.ndarray, n: int, d: int, accuracy: float) -> None:
    places = len(np.unique((y / y.std(axis=0, ddof=1)).round(6), axis=0))
    told = (
        f"With n = {n} and d = {d} a 1-NN test tells them apart with accuracy {accuracy:.2f} only."
    )
    expect(
        accuracy > 0.9 or places < n / 2,
        told,
        f"Your {n} rows lie at {places} different places, so that few have a twin. (Signs +1 and -1 "
        "have 2^d places: few for d = 6, and more than rows for d = 64.) Take few places, each of "
        "them many times.",
    )
    expect(
        accuracy > 0.9,
        told,
        f"Your rows lie at {places} different places. By the race of section 5 a real sample meets "
        "one of them first with a probability of about places / (n + places): take fewer. A "
        f"covariance of {d} dimensions needs {d + 1}.",
    )


def _check_moments(x: np.ndarray, y: np.ndarray) -> None:
    width = x.std(axis=0, ddof=1)
    expect(
        np.abs((y.mean(axis=0) - x.mean(axis=0)) / width).max() < 1e-6,
        "The mean is not exactly that of x.",
        "Subtract the mean of your own sample, whatever it should be in theory, then add that of x.",
    )
    S, T = (np.atleast_2d(np.cov(each, rowvar=False)) for each in (x, y))
    n = len(x)
    for factor in ((n - 1) / n, n / (n - 1)):
        expect(
            np.abs((factor * S - T) / np.outer(width, width)).max() > 1e-6,
            f"Your covariance is that of x times {factor:.6f}: you divide by n once, and by n - 1 "
            "once.",
            "np.cov divides by n - 1, and so does torch.cov; np.std divides by n. Use the same "
            "divisor for x and for your sample.",
        )
    variances = np.abs(np.diag(S - T) / np.diag(S)).max() < 1e-6
    expect(
        variances,
        "The variances are not exactly those of x.",
        "Whiten your sample by its own covariance, then colour it by that of x. Both numpy and "
        f"torch take variables as rows: np.cov(y, rowvar=False), torch.cov(y.T). {ROWS}",
    )
    expect(
        np.abs((S - T) / np.outer(width, width)).max() < 1e-6,
        "The variances agree with those of x, but not the covariances.",
        f"Multiply by a matrix, not by one number per column: np.linalg.cholesky(S). {ROWS}",
    )
