"""Where the KL term of an encoder goes: an exercise of chapter 15."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .core import exercise
from .expect import expect, expect_close, number

CASES = ((4, 1, 1.0), (7, 3, 1.0), (50, 2, 4.0), (2, 5, 0.3))  # n, d, how far apart


@exercise(stars=2)
def accounts(accounts):
    """Split an encoder's distance from the prior into what a code tells of x and what it need not."""
    for n, d, far in CASES:
        mu, log_sigma = far * torch.randn(n, d), 0.5 * torch.randn(n, d) - 0.5
        _check_one(accounts, mu, log_sigma, mu + log_sigma.exp() * torch.randn(n, d))
    _check_far(accounts)
    _check_deaf(accounts)
    return "The three add up, and only the last one is the codes' distance from the prior."


def _log_density(z: Tensor, mu: Tensor, log_sigma: Tensor) -> Tensor:
    """Return ln N(z_i; mu_j, sigma_j), [n, n]."""
    gap = (z[:, None] - mu[None]) / log_sigma[None].exp()
    return (-(gap**2) / 2 - log_sigma[None] - math.log(2 * math.pi) / 2).sum(2)


def _three(answer, *given: Tensor) -> Tensor:
    got = answer(*given)
    expect(
        isinstance(got, tuple | list | Tensor) and len(got) == 3,
        "Return three numbers: total, information, distance.",
        "`return total, information, distance`, each a mean over the n codes.",
    )
    numbers = [number(each) for each in got]
    expect(
        all(each.numel() == 1 for each in numbers),
        f"Each of the three is one number, a mean over the codes; yours have the shapes "
        f"{[list(each.shape) for each in numbers]}.",
        "Take the mean over the n codes at the end, and the sum over coordinates before.",
    )
    return torch.stack([each.reshape(()) for each in numbers])


def _parts(z: Tensor, mu: Tensor, log_sigma: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return ln e(z_i | x_i), ln e(z_i) and ln p_z(z_i), [n] each."""
    each = _log_density(z, mu, log_sigma)
    prior = (-(z**2) / 2 - math.log(2 * math.pi) / 2).sum(1)
    return each.diagonal(), each.logsumexp(1) - math.log(len(z)), prior


def _split(own: Tensor, mixed: Tensor, prior: Tensor) -> Tensor:
    return torch.stack([(own - prior).mean(), (own - mixed).mean(), (mixed - prior).mean()])


def _check_one(answer, mu: Tensor, log_sigma: Tensor, z: Tensor) -> None:
    n, d = mu.shape
    given = mu.double(), log_sigma.double(), z.double()
    got = _three(answer, mu, log_sigma, z)
    own, mixed, prior = _parts(given[2], *given[:2])
    right = _split(own, mixed, prior)
    each = _log_density(given[2], *given[:2])
    closed = ((given[0] ** 2 + (2 * given[1]).exp() - 1) / 2 - given[1]).sum(1).mean()
    narrow = _parts(given[2], given[0], given[1] / 2)
    expect_close(
        got,
        right,
        "These are not the three means.",
        "ln e(z_i | x_i) from row i, ln e(z_i) by logsumexp over all rows minus ln n, ln p_z(z_i) of "
        "N(0, I): total is the first minus the third, and the second splits it.",
        mistakes=[
            (
                _split(own, mixed + math.log(n), prior),
                "The mixture e(z) is not divided by n.",
                "It is the *mean* of n densities: subtract ln n.",
            ),
            (
                _split(own, each.mean(1), prior),
                "You took the mean of logarithms.",
                "The density of a mixture is a mean of densities: logsumexp, then minus ln n.",
            ),
            (
                right[[0, 2, 1]],
                "Information and distance are swapped.",
                "Information compares e(z | x) with e(z), the distance e(z) with p_z(z).",
            ),
            (
                torch.stack([closed, right[1], right[2]]),
                "Your total is the closed form of the KL divergence.",
                "It is right on average; here the same codes z are to be used in all three, so "
                "that they add up exactly.",
            ),
            (-right, "All signs are turned round.", "ln e(z | x) - ln p_z(z), and so on."),
            (right / d, "You took means over the coordinates.", "Logarithms of densities add."),
            (right / math.log(2), "These are bits.", "Nats are asked for: natural logarithms."),
            (right * n, "You summed over the codes.", "Take the mean."),
            (
                _split(*narrow),
                "log_sigma is taken for the logarithm of the variance.",
                "sigma = exp(log_sigma).",
            ),
        ],
        tolerance=1e-3,
    )


def _check_far(answer) -> None:
    """Demand finite numbers where all densities underflow, and the information ln n of codes far apart."""
    mu = torch.arange(6.0)[:, None] + torch.zeros(6, 300)
    log_sigma = torch.full((6, 300), -0.5)
    z = mu + log_sigma.exp() * torch.randn(6, 300)
    got = _three(answer, mu, log_sigma, z)
    expect(
        got.isfinite().all(),
        "Codes of 300 numbers give values that are not finite.",
        "Densities underflow: stay with logarithms, and add the densities by torch.logsumexp.",
    )
    expect_close(
        got[1],
        math.log(6),
        "Six codes that no one can confuse should tell ln 6 nats of x.",
        "There ln e(z_i) is ln e(z_i | x_i) - ln n.",
    )


def _check_deaf(answer) -> None:
    """Demand that an encoder which ignores x tells nothing of it."""
    z = torch.randn(9, 3)
    got = _three(answer, torch.zeros(9, 3), torch.zeros(9, 3), z)
    expect_close(
        got,
        torch.zeros(3),
        "An encoder that always draws from the prior should have three zeros.",
        "All three densities are one and the same there.",
    )
