"""Checks of the exercises of chapter 8, on objectives."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from .best_of import best_of as best_of
from .core import exercise
from .discrepancy import mmd as mmd
from .expect import close, expect, expect_close, gradients, number
from .le_cam import le_cam as le_cam
from .pulls import pull as pull

TARGETS = ((-0.5, 1.2, 0.3), (0.0, 1.0, 1.0), (-1.0, 1.0, 0.0), (2.0, -3.0, 0.5))  # a, b, c


@exercise(stars=1)
def targets(value):
    """Find what G minimises with the targets a, b, c of least squares."""
    rng = np.random.default_rng(0)
    for size, (a, b, c) in zip((6, 40, 3, 11), TARGETS, strict=True):
        p, q = rng.dirichlet(np.full(size, 0.5), 2)
        _check_targets(value, p, q, a, b, c)
    p, q = np.array([0.5, 0.0, 0.5, 0.0]), np.array([0.25, 0.75, 0.0, 0.0])
    expect_close(
        value(p, q, -0.5, 1.2, 0.3),
        _value(p, q, -0.5, 1.2, 0.3),
        "It goes wrong where bins are empty.",
        "If p and q are both 0, D is never asked there: leave such a bin out. If only one of them "
        "is 0, the bin counts.",
        tolerance=1e-6,
    )
    return (
        "It is (c - (a + b)/2)^2 plus (b - a)^2/8 times the sum of (p - q)^2/(p + q): all targets "
        "measure the same divergence, which exercise 3 is about. (Exchange a and b in D, and the "
        "sum stays as it is: this does not test which of them is for the data.)"
    )


def _check_targets(value, p: np.ndarray, q: np.ndarray, a: float, b: float, c: float) -> None:
    where = f" (a = {a}, b = {b}, c = {c})"
    expect_close(
        value(p, q, a, b, c),
        _value(p, q, a, b, c),
        f"This is not the sum of the two terms at the best D{where}.",
        "First minimise p (D - b)^2 + q (D - a)^2 in D, for one bin: a weighted mean of a and b.",
        mistakes=[
            (wrong, f"{told}{where}.", hint) for wrong, told, hint in _other_values(p, q, a, b, c)
        ],
        tolerance=1e-6,
    )


def _other_values(
    p: np.ndarray, q: np.ndarray, a: float, b: float, c: float
) -> list[tuple[float, str, str]]:
    """Return what known mistakes make of the sum, with their hints."""
    right, best = _value(p, q, a, b, c), (a * q + b * p) / (p + q)
    of_d = (np.sum(p * (best - b) ** 2) + np.sum(q * (best - a) ** 2)) / 2
    minimise = "Minimise D's loss in one bin."
    return [
        (np.sum(q * (best - c) ** 2) / 2, "This is the loss of G alone", "Add a mean over p."),
        (np.sum(p * (best - c) ** 2) / 2, "This is the second term alone", "Add the loss of G."),
        (2 * right, "It is twice as large", "Both terms have a half."),
        (of_d, "This is the loss of D", "The distances in G's terms are from c."),
        (
            np.sum((p + q) * (p / (p + q) - c) ** 2) / 2,
            "This takes D = p/(p + q)",
            f"That is the best output for a = 0 and b = 1. {minimise}",
        ),
        (
            np.sum((p + q) * (np.log(p / q) - c) ** 2) / 2,
            "This takes D = log p/q",
            f"That is the best logit of the logistic loss. {minimise}",
        ),
        (np.sum((best - c) ** 2), "The bins are not weighed", "Weigh them by p and by q."),
        (right / len(p), "This is a mean over the bins", "p and q are masses: sum up."),
    ]


def _value(p: np.ndarray, q: np.ndarray, a: float, b: float, c: float) -> float:
    some = p + q > 0
    p, q = p[some], q[some]
    return float(np.sum((p + q) * ((a * q + b * p) / (p + q) - c) ** 2) / 2)


@exercise(stars=1)
def information(information):
    """Bound the mutual information from logits, codes and the probabilities of the codes."""
    for size, prior in ((64, [0.1] * 10), (7, [0.6, 0.3, 0.1]), (1, [0.5, 0.5])):
        logits = 2 * torch.randn(size, len(prior), dtype=torch.float64)
        weights = torch.tensor(prior, dtype=torch.float64)
        codes = torch.multinomial(weights, size, replacement=True)
        _check_information(information, logits, codes, weights)
    prior = torch.tensor([0.5, 0.5, 0.0], dtype=torch.float64)
    logits = torch.tensor([[1.0, -1.0, 0.0], [0.3, 0.5, -2.0]], dtype=torch.float64)
    expect_close(
        information(logits, torch.tensor([0, 1]), prior),
        _information(logits, torch.tensor([0, 1]), prior),
        "It goes wrong where a code has the probability 0.",
        "0 log 0 counts as 0 in an entropy: torch.special.entr(prior) does so. Add no constant.",
        tolerance=1e-6,
    )
    _check_large_logits(information)
    return "It is right for even and uneven codes and for huge logits, and so is its slope."


def _check_information(information, logits: Tensor, codes: Tensor, prior: Tensor) -> None:
    where = f" (N = {len(codes)}, K = {len(prior)})"
    expect_close(
        information(logits, codes, prior),
        _information(logits, codes, prior),
        f"This is not the bound{where}.",
        "The entropy of the prior, plus the mean log probability that Q gives to the right code.",
        mistakes=[
            (wrong, f"{told}{where}.", hint)
            for wrong, told, hint in (
                *_other_entropies(logits, codes, prior),
                *_other_means(logits, codes, prior),
            )
        ],
        tolerance=1e-6,
    )


def _other_entropies(logits: Tensor, codes: Tensor, prior: Tensor) -> list[tuple]:
    """Return what comes out if the two parts are put together wrongly, with hints."""
    named, entropy = _named(logits, codes), torch.special.entr(prior).sum()
    known = "The prior is known, and so is its entropy: minus the sum of p log p over all K codes."
    drawn = "This takes the entropy from the codes that happened to be drawn"
    shares = torch.bincount(codes, minlength=len(prior)).to(prior.dtype) / len(codes)
    return [
        (math.log(len(prior)) + named, "This is right only if all codes are equally likely", known),
        (named - prior[codes].log().mean(), drawn, known),
        (named + torch.special.entr(shares).sum(), drawn, known),
        (named, "The entropy of the code is missing", "L_I = H(c) + E log Q(c|x)."),
        (-named, "This is the code loss", "The bound is the entropy minus this loss."),
        (-named - entropy, "This is minus the bound", "What is maximised here is not a loss."),
        (entropy - named, "The cross-entropy is added", "The worse Q reads, the less."),
        ((entropy + named) / math.log(2), "This is in bits", "Natural logarithms give nats."),
    ]


def _other_means(logits: Tensor, codes: Tensor, prior: Tensor) -> list[tuple]:
    """Return what other means than that of log Q lead to, with hints."""
    named, entropy = _named(logits, codes), torch.special.entr(prior).sum()
    likely = logits.softmax(1).gather(1, codes[:, None]).mean()
    return [
        (
            entropy + _named(logits.softmax(1), codes),
            "A softmax stands before a loss that takes one itself",
            "cross_entropy and log_softmax want logits.",
        ),
        (
            entropy + logits.log_softmax(0).gather(1, codes[:, None]).mean(),
            "The softmax is taken over the samples",
            "The probabilities of the codes of *one* sample add up to 1: dimension 1.",
        ),
        (entropy + len(codes) * named, "You summed over the samples", "Take their mean."),
        (
            entropy + named / len(prior),
            "The mean runs over the classes, too",
            "Of each row, take the one log probability of its own code.",
        ),
        (
            entropy + likely.log(),
            "The logarithm comes after the mean",
            "E log Q, not log E Q: the logarithm of each row first.",
        ),
        (entropy + likely, "The logarithm of Q is missing", "The bound has E log Q(c|x)."),
    ]


def _check_large_logits(information) -> None:
    prior = torch.tensor([0.2, 0.3, 0.5], dtype=torch.float64)
    sure = torch.tensor([[900.0, -900.0, 0.0], [500.0, 0.0, 499.0], [-1e3, 1e3, -1e3]])
    torn = torch.tensor([[400.0, -400.0, 0.0], [0.0, -30.0, 3.0]])
    for rows, codes in ((sure, [0, 2, 1]), (torn, [1, 1])):
        for logits in (rows, rows.double()):
            _check_large(information, logits, torch.tensor(codes), prior.to(logits.dtype))


def _check_large(information, logits: Tensor, codes: Tensor, prior: Tensor) -> None:
    expect_close(
        information(logits, codes, prior),
        _information(logits, codes, prior),
        "It goes wrong with logits of several hundred.",
        "exp(-800) is 0, and its logarithm -inf: log_softmax or cross_entropy stay finite.",
    )
    (slope,) = gradients(lambda x: information(x, codes, prior), logits)
    known = torch.nn.functional.one_hot(codes, 3) - logits.softmax(1)
    expect(
        close(slope, known / len(codes), 1e-5),
        "Its values are right, but not its slope in the logits.",
        "Stay in torch, and clamp nothing: a clamp has the slope 0.",
    )


def _information(logits: Tensor, codes: Tensor, prior: Tensor) -> Tensor:
    return number(torch.special.entr(prior).sum() + _named(logits, codes))


def _named(logits: Tensor, codes: Tensor) -> Tensor:
    """Return the mean log probability of the right code."""
    return logits.log_softmax(1).gather(1, codes[:, None]).mean()
