"""The best of k of n scores, exactly: an exercise of chapter 8."""

from __future__ import annotations

import itertools
from math import comb

import numpy as np

from .core import exercise
from .expect import expect, expect_close, number

SEARCHES = ((8, 3), (10, 1), (10, 10), (5, 4), (14, 5))  # n, k


@exercise(stars=3)
def best_of(best_of):
    """Find mean and spread of the best of k scores, drawn without replacement."""
    rng = np.random.default_rng(0)
    for n, k in SEARCHES:
        scores = rng.gamma(2.0, 3.0, n) - 2  # some below 0, in no order
        _check_best_of(best_of, scores, k)
    scores = np.array([3.0, 1.0, 2.0, 1.0, 3.0, 1.0])
    _check_best_of(best_of, scores, 2, "with equal scores, ")
    _check_best_of(best_of, np.array([5.0, 5.0, 5.0]), 2, "with equal scores, ")
    _check_many(best_of, rng)
    return (
        "It agrees with all subsets, listed one by one, and holds for 1,500 scores. At k = n the "
        "spread is 0: there is one subset, and that says nothing about another search."
    )


def _moments(weights: np.ndarray, values: np.ndarray) -> tuple[float, float]:
    mean = float(np.sum(weights * values))
    return mean, float(np.sqrt(max(np.sum(weights * (values - mean) ** 2), 0.0)))


def _exact(scores: np.ndarray, k: int) -> tuple[float, float]:
    """Weigh the i-th smallest by C(n - i, k - 1) / C(n, k), the share of subsets that it wins."""
    n = len(scores)
    others = np.arange(n - 1, 0, -1)  # n - i
    ratios = np.maximum(others - k + 1, 0) / others
    return _moments(np.cumprod([k / n, *ratios]), np.sort(scores))


def _with_replacement(scores: np.ndarray, k: int) -> tuple[float, float]:
    n = len(scores)
    above = (np.arange(n, -1, -1) / n) ** k
    return _moments(above[:-1] - above[1:], np.sort(scores))


def _check_best_of(best_of, scores: np.ndarray, k: int, what: str = "") -> None:
    where = f" ({what}n = {len(scores)}, k = {k})"
    mean, spread = _two(best_of(scores, k))
    right, deviation = _exact(scores, k)
    expect_close(
        mean,
        right,
        f"This is not the mean of the best of k{where}.",
        "Sort the scores. In how many of the C(n, k) subsets is the i-th smallest the best? Then "
        "the other k - 1 lie among those that are worse.",
        mistakes=[(wrong, f"{told}{where}.", hint) for wrong, told, hint in _means(scores, k)],
        tolerance=1e-6,
    )
    expect_close(
        spread,
        deviation,
        f"The mean is right, and the standard deviation is not{where}.",
        "With the same weights: the mean squared distance of the best score from its mean, and its "
        "root. Nothing is estimated, so there is no n - 1.",
        mistakes=[(wrong, f"{told}{where}.", hint) for wrong, told, hint in _spreads(scores, k)],
        tolerance=1e-6,
    )


def _means(scores: np.ndarray, k: int) -> list[tuple[float, str, str]]:
    """Return what known mistakes make of the mean, with their hints."""
    n, ordered = len(scores), np.sort(scores)
    late = sum(comb(n - 1 - i, k - 1) * one for i, one in enumerate(ordered[:-1], 1))
    without = sum(comb(n - i, k) * one for i, one in enumerate(ordered, 1))
    worst = [max(group) for group in itertools.combinations(scores, k)]
    mean, drawn = "A mean over all draws of k is asked for.", "The k are drawn at random."
    return [
        (late / comb(n, k), "The weights are one place off", "Do they add up to 1?"),
        (
            without / comb(n, k),
            "The weights are those of subsets without the i-th score",
            "It must be among the k, so the others are k - 1. The weights add up to 1.",
        ),
        (
            _with_replacement(scores, k)[0],
            "This draws with replacement",
            "A setting that is drawn is gone.",
        ),
        (
            sum(comb(n - i, k - 1) * one for i, one in enumerate(scores, 1)) / comb(n, k),
            "The weights belong to sorted scores",
            "Sort the scores first.",
        ),
        (np.mean(worst), "This is the worst of k", "Lower is better."),
        (scores.mean(), "This is the mean of all scores", "Of k scores, take the best."),
        (scores.min(), "This is the best of all n", "Only k of them are drawn."),
        (scores[:k].min(), "This is the best of the first k", drawn),
        (ordered[:k].mean(), "This is the mean of the k best", drawn + " One of them is kept."),
        (np.quantile(scores, 1 / (k + 1)), "This is a quantile", mean),
        (np.quantile(scores, 1 / k), "This is a quantile", mean),
        (ordered[-k], "This is the k-th worst score", mean),
        (ordered[k - 1], "This is the k-th best score", mean),
    ]


def _spreads(scores: np.ndarray, k: int) -> list[tuple[float, str, str]]:
    """Return what known mistakes make of the standard deviation, with their hints."""
    right, of_all = _exact(scores, k)[1], scores.std()
    return [
        (right**2, "This is the variance", "Take its root."),
        (of_all, "This is the spread of all scores", "That of the best of k is asked for."),
        (scores.std(ddof=1), "This is the spread of all scores", "Of the best of k, please."),
        (
            _with_replacement(scores, k)[1],
            "This is the spread with replacement",
            "Use the weights of the mean.",
        ),
        (of_all / k**0.5, "This is the error of a mean", "It is the spread of a best."),
        (right / k**0.5, "The spread is divided by a root", "It is no error of a mean."),
        (
            right / len(scores) ** 0.5,
            "The spread is divided by a root",
            "It is no error of a mean.",
        ),
    ]


def _two(result) -> tuple[float, float]:
    expect(
        isinstance(result, (tuple, list, np.ndarray)) and len(result) == 2,
        "Two numbers are expected: the mean and the standard deviation.",
        "return mean, deviation",
    )
    return number(result[0]), number(result[1])


def _check_many(best_of, rng: np.random.Generator) -> None:
    """Where binomial coefficients are larger than any float, and where a spread is tiny."""
    scores = rng.standard_normal(1500)
    for k in (2, 750, 1499):
        try:
            got = [float(one) for one in _two(best_of(scores, k))]
        except OverflowError:  # float(math.comb(1500, 750))
            got = [float("nan")] * 2
        expect_close(
            got,
            list(_exact(scores, k)),
            f"It goes wrong for n = 1500 and k = {k}.",
            "C(1500, 750) is larger than any float. Divide whole numbers (math.comb), or go from "
            "one weight to the next by a ratio.",
            tolerance=1e-6,
        )
    far = 1e6 + scores[:50]
    expect_close(
        _two(best_of(far, 7))[1],
        _exact(far, 7)[1],
        "The spread loses its digits for scores near a million.",
        "Average the squared distances from the mean. A mean of squares minus a squared mean "
        "cancels nearly all digits.",
        tolerance=1e-5,
    )
