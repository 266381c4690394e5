"""Checks of the exercises of chapter 7, on evaluation."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

from ..metrics import (
    density_coverage,
    inception_score,
    precision_recall,
)
from .core import exercise
from .expect import close, expect, expect_close, number
from .impostors import impostor as impostor
from .rescored import score as score

DISEASES = MappingProxyType({"A": 4, "B": 1, "C": 3, "D": 2})  # of the table's generators
SIZES = ((5, 0.1), (10, 0.07), (64, 0.5), (1, 2))  # in the last, the bias can equal the tolerance


@exercise(stars=1)
def inception(inception):
    """Write the inception score from a classifier's probabilities."""
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.linspace(0.1, 0.8, 5), 40)
    expect_close(
        inception(p),
        inception_score(p),
        "This is not the inception score.",
        "Work from the inside of (7.1): a KL for each row, which sums over its classes; then one "
        "mean over the rows; then the exponential.",
        mistakes=_other_scores(p),
        tolerance=1e-6,
    )
    expect_close(
        inception(np.eye(5)),
        5,
        "It goes wrong where a probability is 0.",
        "0 log 0 counts as 0: scipy.special.rel_entr does this, or np.where. Do not add a "
        "constant to p.",
        tolerance=1e-4,
    )
    for rows, classes in ((1, 3), (300, 2), (7, 12)):
        p = rng.dirichlet(np.full(classes, 0.3), rows)
        expect_close(
            inception(p),
            inception_score(p),
            f"It is right for [40, 5] and wrong for [{rows}, {classes}].",
            "Take the numbers of rows and of classes from p.",
            tolerance=1e-6,
        )
    return "It is right for several numbers of rows and classes, and with zeros too."


def _other_scores(p: np.ndarray) -> list[tuple[float, str, str]]:
    """Return what known mistakes make of p, with their hints."""
    mean, classes = p.mean(axis=0), p.shape[1]
    terms = p * np.log(p / mean)
    log_score = terms.sum(axis=1).mean()
    variety, doubt = -np.sum(mean * np.log(mean)), -np.sum(p * np.log(p), axis=1).mean()
    uniform = np.exp(np.sum(p * np.log(p * classes), axis=1).mean())
    reverse = np.exp(np.sum(mean * np.log(mean / p), axis=1).mean())
    turned = inception_score(p.T / p.T.sum(axis=1)[:, None])
    base = "The logarithm and the exponential have different bases: one of them is base 2."
    return [
        (log_score, "This is its logarithm.", "Take the exponential at the end."),
        (uniform, "You compared with the uniform distribution.", "Use the mean of the rows."),
        (reverse, "The two arguments of KL are exchanged.", "The row comes first."),
        (np.exp(terms.sum(axis=1)).mean(), "You averaged after the exponential.", "Mean first."),
        (np.exp(terms.mean()), "You averaged over the classes.", "KL is a sum over classes."),
        (np.exp(terms.sum()), "You summed over the rows.", "KL is a sum, over rows take the mean."),
        (np.exp(log_score / np.log(2)), base, "Use np.log together with np.exp."),
        (2**log_score, base, "Use np.log together with np.exp."),
        (
            turned,
            "You worked along the wrong axis.",
            "p[j] belongs to image j: the mean is axis 0.",
        ),
        (np.exp(variety), "This is the entropy of the mean without the doubt.", "Subtract H(p_j)."),
        (np.exp(-doubt), "This is the doubt without the variety.", "Add the entropy of the mean."),
        (np.exp(-log_score), "The sign is wrong: the score is never below 1.", "KL has no minus."),
        *_with_a_constant(p),
    ]


def _with_a_constant(p: np.ndarray) -> list[tuple[float, str, str]]:
    """Return the score of those who fear log 0 and add a constant, with its hint."""
    told = "You added a constant to the probabilities, and it changes the score."
    hint = "Only p = 0 needs care: 0 log 0 is 0, as in scipy.special.rel_entr."
    values, mean = [], p.mean(axis=0)
    for constant in 10.0 ** -np.arange(2, 8):
        q = p + constant
        logs = np.log(q / q.mean(axis=0))
        values += [np.sum(q * logs, axis=1), np.sum(p * logs, axis=1)]
        values.append(np.sum(p * np.log(q / mean), axis=1))
    return [(np.exp(value.mean()), told, hint) for value in values]


def _bias(d: int, n: int) -> float:
    return 2 * d / n + d * (d + 1) / (2 * (n - 1))


@exercise(stars=1)
def samples_needed(samples_needed):
    """Find how many samples keep the bias of the Fréchet distance below a tolerance."""
    for d, tolerance in SIZES:
        want = next(n for n in range(2, 100_000) if _bias(d, n) <= tolerance)
        got = number(samples_needed(d, tolerance))
        short = np.ceil(d * d / 2 / tolerance)
        means, covariances = 2 * d / tolerance, d * (d + 1) / 2 / tolerance + 1
        expect(
            not close(got, want - 1, 1e-9),
            f"N = {want - 1} is one too few for d = {d} and tolerance {tolerance}.",
            "Did you round down, or write N where (7.8) has N - 1?",
        )
        expect_close(
            got,
            want,
            f"This is not the smallest N for d = {d} and tolerance {tolerance}.",
            "Try N = 2, 4, 8, ... and then halve the gap, or solve the quadratic equation in N. A "
            "bias equal to the tolerance is allowed.",
            mistakes=[
                (short, "This is the rule of thumb d^2 / 2N.", "Both parts of (7.8) count."),
                (np.ceil(means), "This keeps the part of the means only.", "Add both parts."),
                (np.ceil(covariances), "The part of the means is missing.", "Add 2 d / N."),
                (np.ceil(covariances) - 1, "The part of the means is missing.", "Add 2 d / N."),
            ],
            tolerance=1e-9,
        )
    return "At d = 2048 a bias of 1 takes about 2.1 million samples, in white features."


@exercise(stars=1)
def diagnosis(A, B, C, D):
    """Name the disease of each of four generators from their scores."""
    hints = {
        "A": "Its samples look real (precision) and are sure of all classes; what is missing?",
        "B": "Its samples lie outside the real region: precision is low.",
        "C": "Its memorisation score is far above one half.",
        "D": "Its inception score has fallen, but each sample looks real.",
    }
    stronger = {
        "A": "Variety is gone inside the classes: recall is low, the inception score is not.",
        "B": "Of the five diseases, only one harms single images.",
        "C": "What lies nearer to the training set than held-out images do?",
        "D": "Low recall: part of the data is never made. Low inception score: that part is classes.",
    }
    for name, answer in (("A", A), ("B", B), ("C", C), ("D", D)):
        got = number(answer)
        expect(
            got.numel() == 1 and 1 <= float(got) <= 5 and float(got) == round(float(got)),
            f"Give {name} one of the numbers 1 to 5.",
            "They are the numbers of the list of diseases.",
        )
        expect(float(got) == DISEASES[name], f"Look at {name} again. {hints[name]}", stronger[name])
    return "No single score names the disease; together they do."


INDEX = (
    "Of the sorted distances, index 0 is the sample itself, so use index k; if you left it out (inf "
    "on the diagonal), index k - 1."
)


def _coverage(x: np.ndarray, y: np.ndarray, k: int, first: int = 1) -> float:
    """Coverage with the ball out to the k-th neighbour; first=0 counts the sample itself."""
    own = np.linalg.norm(x[:, None] - x[None], axis=-1)
    radii = np.sort(own, axis=1)[:, k - 1 + first]
    nearest = np.linalg.norm(x[:, None] - y[None], axis=-1).min(axis=1)
    return float(np.mean(nearest <= radii))


@exercise(stars=2)
def coverage(coverage):
    """Write coverage from its definition."""
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((60, 3)), rng.standard_normal((45, 3)) * 0.6 + 0.5
    inside = density_coverage(x, y, 3)
    expect_close(
        coverage(x, y, 3),
        inside.coverage,
        "This is not the share of real balls that hold a generated sample.",
        "Distances x to x, sorted in each row, find the k-th other one. Then compare with "
        "the smallest distance of each x to y.",
        tolerance=1e-6,
        mistakes=[
            (_coverage(x, y, 3, 0), "A sample counts as its own neighbour.", INDEX),
            (_coverage(x, y, 3, 2), "The balls reach one neighbour too far.", INDEX),
            (_coverage(y, x, 3), "Balls and samples are exchanged.", "The balls belong to x."),
            (precision_recall(x, y, 3).recall, "This is recall.", "The balls belong to x."),
            (precision_recall(x, y, 3).precision, "This is precision.", "Average over x, not y."),
            (inside.density, "This is density.", "Ask whether a ball holds any, not how many."),
            (1 - inside.coverage, "This is the share of empty balls.", "Subtract it from 1."),
        ],
    )
    expect_close(
        coverage(x, y, 1),
        _coverage(x, y, 1),
        "It is wrong for another k.",
        "Is k used, or a fixed number?",
        tolerance=1e-6,
    )
    _check_ties(coverage)
    return "Neighbours exclude the sample itself, the boundary counts, near coincidences are exact."


def _check_ties(coverage) -> None:
    twins = np.repeat(np.arange(4.0)[:, None], 3, axis=0)  # every sample three times
    expect_close(
        coverage(twins, twins[:6], 2),
        0.5,
        "It goes wrong where samples coincide.",
        "A ball of radius 0 holds what lies at distance 0: compare with <=.",
        tolerance=1e-6,
    )
    rng = np.random.default_rng(1)
    far = 1000 + 1e-9 * rng.standard_normal((30, 2))
    expect_close(
        coverage(far, far[:10] + 1e-9, 2),
        _coverage(far, far[:10] + 1e-9, 2),
        "It loses its digits where samples nearly coincide far from 0.",
        "Compute distances from differences x[:, None] - y[None], in float64.",
        tolerance=1e-6,
    )
