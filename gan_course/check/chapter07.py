"""Checks of the exercises of chapter 7, on evaluation."""

from __future__ import annotations

import copy

import numpy as np
import torch
from torch import Tensor, nn

from gan_course.metrics import (
    density_coverage,
    frechet_distance,
    inception_score,
    one_nearest_neighbour,
    precision_recall,
)

from .core import exercise
from .expect import close, expect, expect_close, number

DISEASES = {"A": 4, "B": 1, "C": 3, "D": 2}  # which generator of the table has which
SIZES = ((5, 0.1), (10, 0.07), (64, 0.5), (1, 2))  # in the last, the bias can equal the tolerance


@exercise(stars=1)
def inception(inception):
    """Write the inception score from a classifier's probabilities."""
    p = np.random.default_rng(0).dirichlet(np.linspace(0.1, 0.8, 5), 40)
    mean = p.mean(axis=0)
    want = inception_score(p)
    uniform = np.exp(np.sum(p * np.log(p * 5), axis=1).mean())
    reverse = np.exp(np.sum(mean * np.log(mean / p), axis=1).mean())
    each = np.exp(np.sum(p * np.log(p / mean), axis=1)).mean()
    flat = np.exp((p * np.log(p / mean)).mean())
    expect_close(
        inception(p),
        want,
        "This is not the inception score.",
        "The exponential of the mean over rows of sum_c p log(p / mean of the rows).",
        mistakes=[
            (np.log(want), "This is its logarithm.", "Take the exponential at the end."),
            (uniform, "You compared with the uniform distribution.", "Use the mean of the rows."),
            (reverse, "The two arguments of KL are exchanged.", "The row comes first."),
            (each, "You averaged after the exponential.", "Mean first, then exp."),
            (flat, "You averaged over the classes.", "KL is a sum over classes."),
        ],
        tolerance=1e-6,
    )
    expect_close(
        inception(np.eye(5)),
        5,
        "It goes wrong where a probability is 0.",
        "0 log 0 counts as 0: scipy.special.rel_entr does this, or np.where.",
        tolerance=1e-4,
    )
    return "It is right, with zeros too: between 1 and the number of classes."


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
            "Round up, not down.",
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
        "Distances x to x, sorted in each row: index k is the k-th other one. Then compare with "
        "the smallest distance of each x to y.",
        tolerance=1e-6,
        mistakes=[
            (_coverage(x, y, 3, 0), "A sample counts as its own neighbour.", "Use index k."),
            (_coverage(x, y, 3, 2), "The balls reach one neighbour too far.", "Use index k."),
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


def _patient() -> tuple[nn.Module, Tensor, Tensor]:
    """A small G with batch norm whose running statistics differ from any batch, z, and images."""
    G = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Tanh())
    G[1].running_mean.copy_(torch.linspace(-1, 1, 6))
    G[1].running_var.copy_(torch.linspace(0.2, 2, 6))
    return G.train(), torch.randn(60, 4), torch.rand(80, 6) * 2 - 1


@torch.no_grad()
def _images(G: nn.Module, z: Tensor, training: bool, batch: int = 60) -> Tensor:
    twin = copy.deepcopy(G).train(training)
    return torch.cat([twin(part) for part in z.split(batch)])


@exercise(stars=2)
def score(score):
    """Repair an evaluation that works in train mode and in another range."""
    G, z, real = _patient()
    state = copy.deepcopy(G.state_dict())
    right = _images(G, z, training=False)
    wrong = [_images(G, z, True, batch) for batch in (60, 10)]

    def distance(images: Tensor) -> float:
        return frechet_distance(real, images)

    got = score(G, z, real, lambda images: images)
    expect_close(
        got,
        distance(right),
        "This is not the Fréchet distance of G's samples in eval mode.",
        "G.eval(), then G(z) as it is, then frechet_distance(features(real), features(images)).",
        mistakes=[
            *((distance(w), "G was in train mode.", "Call G.eval() first.") for w in wrong),
            (distance((right + 1) / 2), "The range is still wrong.", "Features expect [-1, 1]."),
            *((distance((w + 1) / 2), "Both bugs are alive.", "See the diagnosis.") for w in wrong),
        ],
    )
    unchanged = all(torch.equal(value, state[name]) for name, value in G.state_dict().items())
    expect(unchanged, "G has been changed by being scored.", "Every pass must be in eval mode.")
    expect(
        all(module.training for module in G.modules()),
        "G came in train mode and left in eval mode.",
        "Keep G.training in a variable and call G.train(variable) at the end.",
    )
    score(G.eval(), z, real, lambda images: images)
    expect(not G.training, "G came in eval mode and left in train mode.", "Restore what was.")
    _check_features(score, G, z, real)
    return "The number is right, and G is as it was: same weights, statistics and mode."


def _check_features(score, G: nn.Module, z: Tensor, real: Tensor) -> None:
    def cubes(images: Tensor) -> Tensor:
        return images[:, :4] ** 3

    expect_close(
        score(G, z, real, cubes),
        frechet_distance(cubes(real), cubes(_images(G, z, training=False))),
        "It goes wrong with other features.",
        "Pass both the real images and the samples through `features`.",
    )


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
            "Signs +1 and -1 have only 2^d places, so generated samples have generated neighbours.",
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
