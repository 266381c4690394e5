"""A draw that learns, and a loss for the right player: the bug clinic of chapter 15."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import softplus

from .core import exercise
from .expect import close, expect, expect_close, gradients, number


@exercise(stars=2)
def drawing(draw, eg_loss):
    """Repair how an encoder draws its codes, and what E and G minimise."""
    _check_spread(draw)
    for shape in ((6, 3), (1, 5), (40, 1)):
        _check_path(draw, 2 * torch.randn(*shape), torch.randn(*shape))
    _check_fresh(draw)
    for n, size in ((5, 1.0), (64, 3.0), (1, 1.0), (8, 300.0)):
        _check_loss(eg_loss, size * torch.randn(n, 1), size * torch.randn(n, 1) + 0.3 * size)
    return "Codes have the spread that was asked for, gradients reach both numbers, E and G move."


def _check_spread(answer) -> None:
    """Look at many draws: their means and spreads."""
    mu = torch.tensor([[0.0, 5.0, -2.0, 1.0]])
    log_variance = torch.tensor([[0.0, -2.0, 1.5, 3.0]])
    n = 40_000
    z = number(answer(mu.expand(n, 4), log_variance.expand(n, 4)))
    expect(
        z.shape == (n, 4),
        f"`draw` should return codes [{n}, 4] for means of that shape, and yours are "
        f"{list(z.shape)}.",
        "One code for each row.",
    )
    expect_close(
        z.mean(0),
        mu[0],
        "The codes do not lie about mu.",
        "z = mu + something whose mean is zero.",
        mistakes=[(torch.zeros(4), "mu is missing.", "Add it at the end.")],
        tolerance=0.1,
    )
    deviation = (log_variance[0] / 2).exp()
    expect_close(
        z.std(0) / deviation,
        torch.ones(4),
        "The codes do not have the variance exp(log_variance).",
        "The standard deviation is the root of the variance: exp(log_variance / 2).",
        mistakes=[
            (
                deviation,
                "The variance is taken for the standard deviation.",
                "exp(log_variance / 2) is the root of exp(log_variance).",
            ),
            (1 / deviation, "All codes have the spread 1.", "Multiply the noise by the deviation."),
            (
                log_variance[0].abs() / deviation,
                "The logarithm is taken for the spread.",
                "exp(log_variance / 2).",
            ),
            (torch.zeros(4), "Nothing is drawn: the codes are mu.", "Add noise."),
            (
                (torch.tensor(1.0 / 12)).sqrt().expand(4),
                "This noise is uniform, not normal.",
                "torch.randn_like(mu).",
            ),
        ],
        tolerance=0.04,
    )
    tails = ((z - mu[0].double()).abs() > 2 * deviation.double()).double().mean(0)
    expect(
        close(tails, torch.full((4,), 0.0455), 0.01),
        "Mean and spread are right, but the codes are not normal.",
        "torch.randn_like(mu).",
    )


def _check_path(answer, mu: Tensor, log_variance: Tensor) -> None:
    """Demand that a code follows its mean and its spread: one for one, and by half of its noise."""
    kept: list[Tensor] = []

    def through(mu: Tensor, log_variance: Tensor) -> Tensor:
        kept.append(answer(mu, log_variance))
        return kept[-1]

    of_mu, of_spread = gradients(through, mu, log_variance)
    z = number(kept[-1]) - mu
    expect(
        of_mu.any() or of_spread.any(),
        "The codes are right, but the gradient that comes back to E is zero everywhere.",
        "torch.normal(mu, sigma) draws, and its slope is defined as zero. Draw the noise from "
        "N(0, 1), which depends on nothing, and build z from it: mu + sigma * noise.",
    )
    expect_close(
        of_mu,
        torch.ones_like(mu),
        "A code should move with its mean, one for one.",
        "z = mu + sigma * noise, inside the graph: neither mu nor z is detached.",
        mistakes=[(torch.zeros_like(mu), "No gradient reaches mu.", "Look for a detach.")],
    )
    expect_close(
        of_spread,
        z / 2,
        "The gradient in log_variance is not right.",
        "z = mu + exp(log_variance / 2) * noise has the slope (z - mu) / 2 there.",
        mistakes=[
            (
                torch.zeros_like(mu),
                "No gradient reaches log_variance: E can never learn how sure it is.",
                "Look for a detach, .data or torch.no_grad on the way of sigma.",
            ),
        ],
    )


def _check_fresh(answer) -> None:
    first, second = (number(answer(torch.zeros(9, 2), torch.zeros(9, 2))) for _ in range(2))
    expect(
        not close(first, second, 1e-6),
        "Two calls draw the same codes.",
        "The noise is new at every call: no fixed seed inside.",
    )
    rows = first - first.mean(0)
    expect(
        rows.abs().max() > 1e-6,
        "All rows of a batch have the same noise.",
        "One noise for each entry: randn_like(mu).",
    )


def _check_loss(answer, encoded: Tensor, decoded: Tensor) -> None:
    of_d = softplus(-encoded).mean() + softplus(decoded).mean()
    right = softplus(encoded).mean() + softplus(-decoded).mean()
    got = answer(encoded, decoded)
    expect(
        number(got).isfinite().all(),
        "For large logits the loss is not finite.",
        "log(sigmoid(x)) underflows: softplus(-x) is its negative, and does not.",
    )
    expect_close(
        got,
        right,
        "This is not the loss of E and G.",
        "D's loss is softplus(-encoded) + softplus(decoded). E and G want both called by the "
        "other's name: swap the signs.",
        mistakes=[
            (of_d, "This is D's own loss: E and G would help it.", "Turn both signs round."),
            (-of_d, "This is the minimax loss, which saturates.", "softplus with other signs."),
            (
                softplus(-decoded).mean(),
                "Only G hears of it: the encoder's pairs are missing.",
                "E wants its pairs called generated: softplus(encoded).",
            ),
            (
                softplus(encoded).mean(),
                "Only E hears of it: the decoder's pairs are missing.",
                "G wants its pairs called real: softplus(-decoded).",
            ),
            (right * len(encoded), "You summed over the batch.", "Take means."),
            (right / 2, "You took the mean of both terms.", "Their sum."),
        ],
    )
    of_encoded, of_decoded = gradients(answer, encoded, decoded)
    n = len(encoded)
    expect_close(
        torch.cat([of_encoded, of_decoded]),
        torch.cat([encoded.sigmoid(), -(-decoded).sigmoid()]) / n,
        "The value is right, its gradient is not.",
        "Compute with the logits as they come: no detach, no clamp.",
    )
