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
        "measure the same divergence, which exercise 3 is about."
    )


def _check_targets(value, p: np.ndarray, q: np.ndarray, a: float, b: float, c: float) -> None:
    where = f" (a = {a}, b = {b}, c = {c})"
    best = (a * q + b * p) / (p + q)
    plain, logit = p / (p + q), np.log(p / q)
    generator = np.sum(q * (best - c) ** 2) / 2
    mistakes = [
        (generator, f"This is the loss of G alone{where}.", "Add the same mean over p."),
        (2 * _value(p, q, a, b, c), f"It is twice as large{where}.", "Both terms have a half."),
        (
            (np.sum(p * (best - b) ** 2) + np.sum(q * (best - a) ** 2)) / 2,
            f"This is the loss of D{where}.",
            "The distances in G's terms are from c.",
        ),
        (
            np.sum((p + q) * (plain - c) ** 2) / 2,
            f"This takes D = p/(p + q){where}.",
            "That is the best output for a = 0 and b = 1. Minimise D's loss in one bin.",
        ),
        (
            np.sum((p + q) * (logit - c) ** 2) / 2,
            f"This takes D = log p/q{where}.",
            "That is the best logit of the logistic loss. Minimise D's loss in one bin.",
        ),
        (np.sum((best - c) ** 2), f"The bins are not weighed{where}.", "By p and by q."),
        (
            _value(p, q, a, b, c) / len(p),
            f"This is a mean over the bins{where}.",
            "p and q are masses already: sum over the bins.",
        ),
    ]
    expect_close(
        value(p, q, a, b, c),
        _value(p, q, a, b, c),
        f"This is not the sum of the two terms at the best D{where}.",
        "First minimise p (D - b)^2 + q (D - a)^2 in D, for one bin: a weighted mean of a and b.",
        mistakes=[one for one in mistakes if not close(one[0], _value(p, q, a, b, c), 1e-3)],
        tolerance=1e-6,
    )


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
    K = len(prior)
    right, entropy = _information(logits, codes, prior), torch.special.entr(prior).sum()
    where = f" (N = {len(codes)}, K = {K})"
    named = logits.log_softmax(1).gather(1, codes[:, None]).mean()
    squashed = torch.nn.functional.cross_entropy(logits.softmax(1), codes)
    likely = logits.softmax(1).gather(1, codes[:, None]).mean()
    mistakes = [
        (
            entropy - squashed,
            f"A softmax stands before a loss that takes one itself{where}.",
            "cross_entropy and log_softmax want logits.",
        ),
        (
            math.log(K) + named,
            f"This is right only if all codes are equally likely{where}.",
            "The entropy is that of the prior: minus the sum of p log p.",
        ),
        (named, f"The entropy of the code is missing{where}.", "L_I = H(c) + E log Q(c|x)."),
        (-named, f"This is the code loss{where}.", "The bound is the entropy minus this loss."),
        (-right, f"This is minus the bound{where}.", "What is maximised here is not a loss."),
        (entropy - named, f"The cross-entropy is added{where}.", "The worse Q reads, the less."),
        (right / math.log(2), f"This is in bits{where}.", "Natural logarithms give nats."),
        (entropy + len(codes) * named, f"You summed over the samples{where}.", "Take their mean."),
        (
            entropy + named / K,
            f"The mean runs over the classes, too{where}.",
            "Of each row, take the one log probability of its own code.",
        ),
        (
            entropy + likely.log(),
            f"The logarithm comes after the mean{where}.",
            "E log Q, not log E Q: the logarithm of each row first.",
        ),
        (entropy + likely, f"The logarithm of Q is missing{where}.", "E log Q(c|x)."),
    ]
    expect_close(
        information(logits, codes, prior),
        right,
        f"This is not the bound{where}.",
        "The entropy of the prior, plus the mean log probability that Q gives to the right code.",
        mistakes=[one for one in mistakes if not close(one[0], right, 1e-3)],
        tolerance=1e-6,
    )


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
    named = logits.log_softmax(1).gather(1, codes[:, None]).mean()
    return number(torch.special.entr(prior).sum() + named)
