"""The best logit when labels are smoothed: an exercise of chapter 2."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from .core import exercise
from .expect import expect, expect_close, gradients, number

Logit = Callable[[Tensor, Tensor, float, float], Tensor]


@exercise(stars=2)
def smoothed_logit(smoothed_logit):
    """Find the best logit when real samples are labelled alpha and fake ones beta."""
    log_p, log_q = 2 * torch.randn(2, 64, dtype=torch.float64)
    _check_value(smoothed_logit, log_p, log_q, 0.9, 0.2)
    for size, alpha, beta in ((1, 0.7, 0.3), (5, 0.9, 0.0), (200, 1.0, 0.1), (9, 1.0, 0.0)):
        one, other = 3 * torch.randn(2, size, dtype=torch.float64)
        expect_close(
            smoothed_logit(one, other, alpha, beta),
            _logit(one, other, alpha, beta),
            f"It is wrong at alpha = {alpha}, beta = {beta}.",
            "Both are arguments, beta may be 0 and alpha may be 1: a term with the weight 0 is "
            "missing, and the others stay.",
            tolerance=1e-5,
        )
    _check_extremes(smoothed_logit)
    return (
        "Where log p is a thousand below log q, its slope in log p is 1 with beta = 0, and 0 with "
        "beta = 0.1: there G would learn nothing about where the data are."
    )


def _check_value(
    smoothed_logit: Logit, log_p: Tensor, log_q: Tensor, alpha: float, beta: float
) -> None:
    want = _logit(log_p, log_q, alpha, beta)
    plain = log_p - log_q
    expect_close(
        smoothed_logit(log_p, log_q, alpha, beta),
        want,
        "This is not the best logit.",
        "With d = sigma(D) one place adds p (alpha log d + (1 - alpha) log(1 - d)) and the same "
        "with q and beta. Collect what stands before log d and before log(1 - d).",
        tolerance=1e-5,
        mistakes=[
            (plain, "This is D* of plain labels.", "Where do alpha and beta enter the proof?"),
            (want.sigmoid(), "This is the probability.", "The logit is log(d / (1 - d))."),
            (want.exp(), "These are the odds.", "The logit is their logarithm."),
            (logsigmoid(want), "This is log sigma(D).", "The logit is log d - log(1 - d)."),
            (-want, "This is the logit of being fake.", "Turn the fraction over."),
            (
                _logit(log_p, log_q, beta, alpha),
                "alpha and beta have changed places.",
                "alpha is the label of real samples.",
            ),
            (
                _logit(log_p, log_q, alpha, 0.0),
                "Only the real labels are smoothed.",
                "Fakes count as real with the weight beta.",
            ),
            (
                _logit(log_p, log_q, 1.0, beta),
                "Only the fake labels are smoothed.",
                "Reals count as fake with the weight 1 - alpha.",
            ),
            (
                plain + math.log(alpha / (1 - alpha)),
                "This is an uneven diet.",
                "Here the labels are mixed, not the samples: each side has both logarithms.",
            ),
            (
                plain + math.log(alpha / (1 - beta)),
                "Each side has lost its second logarithm.",
                "A real sample also counts as fake, with the weight 1 - alpha, and a fake as real.",
            ),
        ],
    )


def _check_extremes(smoothed_logit: Logit) -> None:
    log_p = torch.tensor([-1000.0, 0.0, -3000.0, 5.0, -2.0], dtype=torch.float64)
    log_q = torch.tensor([0.0, -1000.0, -2000.0, -995.0, 1.0], dtype=torch.float64)
    for alpha, beta in ((0.9, 0.1), (0.9, 0.0), (1.0, 0.0)):
        got = number(smoothed_logit(log_p, log_q, alpha, beta))
        expect_close(
            got,
            _logit(log_p, log_q, alpha, beta),
            "It fails where log p and log q differ by a thousand.",
            "exp(-1000) is 0, and its logarithm -inf: stay with logarithms, and add two numbers "
            "given by their logarithms with torch.logaddexp.",
            tolerance=1e-5,
        )
        (slope,) = gradients(lambda x, a=alpha, b=beta: smoothed_logit(x, log_q, a, b), log_p)
        leaf = log_p.clone().requires_grad_()
        (want,) = torch.autograd.grad(_logit(leaf, log_q, alpha, beta).sum(), leaf)
        expect(
            torch.allclose(slope, want, rtol=1e-5, atol=1e-5),
            "Its values are right, but not its slope in log p.",
            "Stay in torch, and clamp nothing: a clamp has the slope 0.",
        )


def _logit(log_p: Tensor, log_q: Tensor, alpha: float, beta: float) -> Tensor:
    """log((alpha p + beta q) / ((1 - alpha) p + (1 - beta) q)), in logarithms throughout."""
    a, b, not_a, not_b = torch.tensor([alpha, beta, 1 - alpha, 1 - beta], dtype=torch.float64).log()
    return torch.logaddexp(log_p + a, log_q + b) - torch.logaddexp(log_p + not_a, log_q + not_b)
