"""Checks of the exercises of chapter 6, on Wasserstein GANs."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from .. import divergences
from .core import exercise
from .expect import expect, expect_close, gradients, number
from .potentials import potential as potential
from .slopes import check_graph, check_mean, check_places, check_shapes, check_value


@exercise(stars=1)
def losses(critic_loss, generator_loss):
    """Write the two losses of a Wasserstein GAN."""
    real, fake = 2 * torch.randn(64) + 1, 3 * torch.randn(64) - 0.5
    want = fake.mean() - real.mean()
    hinge = (1 - real).relu().mean() + (1 + fake).relu().mean()
    expect_close(
        critic_loss(real, fake),
        want,
        "The critic's loss is not E D(G(z)) - E D(x).",
        "The critic wants D(real) high and D(fake) low, and minimises: mean of fake minus real.",
        mistakes=[
            (-want, "This is the gap itself, which the critic maximises.", "Change the sign."),
            (hinge, "This is the hinge loss.", "A Wasserstein loss is linear: no relu, no 1."),
            (fake.mean() + real.mean(), "Both scores are pushed down.", "D(real) should go up."),
            (64 * want, "You summed over the batch.", "Take means."),
        ],
    )
    expect_close(
        critic_loss(fake, real),
        -want,
        "It is wrong for a critic that prefers the fakes.",
        "Then the gap is negative and the loss positive: no absolute value, no relu.",
    )
    expect_close(
        generator_loss(fake),
        -fake.mean(),
        "The generator's loss is not -E D(G(z)).",
        "G moves its samples to where the critic's score is high.",
        mistakes=[
            (fake.mean(), "This sends G downhill.", "G wants D(fake) high, and minimises."),
            ((1 - fake).relu().mean(), "This is a hinge.", "G's loss is linear in D(fake)."),
        ],
    )
    expect_close(
        generator_loss(real[:50]),
        -real[:50].mean(),
        "For 50 other scores the generator's loss is not minus their mean.",
        "Neither the scores nor their number may be fixed inside.",
    )
    far = torch.tensor([-1000.0, -3.0, 0.0, 1000.0])  # scores of any size, right or wrong
    for scores, others in ((real, fake), (far, far.flip(0)), (1000 + far, far)):
        _check_linearity(critic_loss, generator_loss, scores, others)
    return "Value and slope are right for small and huge scores: both losses are linear."


def _check_linearity(critic_loss, generator_loss, real: Tensor, fake: Tensor) -> None:
    """Expect the same slope at every score, however large."""
    each = torch.ones(len(real)) / len(real)
    expect_close(
        torch.cat(gradients(critic_loss, real, fake)),
        torch.cat([-each, each]),
        "The critic's slopes are not the same for every sample.",
        "Every real score should have the slope -1/N and every fake one 1/N.",
    )
    expect_close(
        torch.cat(gradients(generator_loss, fake)),
        -each,
        "The generator's slopes are not the same for every sample.",
        "Every score should have the slope -1/N, also one of 1,000: nothing is cut off.",
    )


@exercise(stars=2)
def linear_critic(linear_critic):
    """Find the largest gap of a linear critic with clipped weights."""
    for c, means in ((0.1, [1.0, -2.0, 0.5]), (0.3, [-1.0, 0.5, 2.0, -0.5]), (0.01, 10 * [-3.0])):
        x, y = torch.randn(40, len(means)) + torch.tensor(means), torch.randn(30, len(means))
        _check_linear(linear_critic, x, y, c)
    return (
        "It is c |E real - E fake|_1, with every weight at a bound: no distance of distributions."
    )


def _check_linear(linear_critic, x: Tensor, y: Tensor, c: float) -> None:
    shift = x.mean(0) - y.mean(0)
    want = c * shift.abs().sum()
    euclidean = c * shift.norm()
    expect_close(
        linear_critic(x, y, c),
        want,
        "This is not the largest gap of w . x + b with |w_i| <= c.",
        "The gap is w . (E real - E fake): choose each w_i alone, inside [-c, c].",
        mistakes=[
            (euclidean, "This bounds the length of w, not its entries.", "Each |w_i| may be c."),
            (want / c, "The bound c is missing.", "Twice the bound, twice the gap."),
            (c * shift.sum(), "Here every w_i is +c.", "Where E real < E fake, -c is better."),
            (c * shift.abs().max(), "Only one weight is used.", "All weights may be at the bound."),
            (want / len(shift), "You averaged over the coordinates.", "A scalar product is a sum."),
            (-want, "This is the smallest gap.", "The critic wants the largest."),
        ],
    )
    expect_close(
        linear_critic(x, x.flip(0), c),
        0.0,
        "Two samples of one mean should leave the critic nothing.",
        "A linear critic sees means only.",
    )


@exercise(stars=2)
def exact_w1(exact_w1):
    """Compute the exact W1 of two samples of different sizes."""
    for n, m, d in ((12, 9, 2), (5, 8, 3)):
        widths = torch.tensor([2.0, 0.5, 1.0])[:d]
        x, y = torch.randn(n, d) * widths, torch.randn(m, d) + torch.tensor([1.0, 0.0, 0.5])[:d]
        _check_w1(exact_w1, x, y)
    x = torch.randn(7, 2) + 3
    expect_close(
        exact_w1(x, x.flip(0).repeat(2, 1)),
        0.0,
        "The same points, each of them twice, should be at the distance 0.",
        "Neither the order nor the number of the points is part of a distribution.",
    )
    return "It is exact for 12 points against 9 and 5 against 8, and sees neither order nor copies."


def _check_w1(exact_w1, x: Tensor, y: Tensor) -> None:
    n, m = len(x), len(y)
    cost, blocks = torch.cdist(x, y), (x[:, None] - y[None]).abs().sum(2)
    want, squared = _transport(cost), _transport(cost**2)
    by_axis = sum(divergences.wasserstein(x[:, i], y[:, i]) for i in range(x.shape[1]))
    every = "Every real point has the mass 1/n, and all of it has to arrive."
    both = "A plan has both sums: 1/n leaves each real point, and 1/m arrives at each fake."
    got = exact_w1(x, y)
    expect(
        not isinstance(got, divergences.Transport),
        "Return a number; yours is a Transport, with the value, the plan and the potentials.",
        "Take its value: transport.value.",
    )
    expect_close(
        got,
        want,
        f"This is not W1 of {n} points against {m}.",
        "Distances of all pairs [n, m], masses 1/n and 1/m, then the linear programme.",
        mistakes=[
            (cost.mean(), "This is the mean over all pairs.", "That plan is not the cheapest."),
            (_matched(cost), f"{abs(n - m)} points are left out.", every),
            (
                cost.min(1).values.mean(),
                "Some fakes get too much: every real point went to its nearest.",
                both,
            ),
            (
                cost.min(0).values.mean(),
                "Some real points give too much: every fake took from its nearest.",
                both,
            ),
            (squared, "This is the mean squared distance.", "W1 charges the distance itself."),
            (math.sqrt(squared), "This is W2.", "W1 charges the distance, not its square."),
            (by_axis, "You transported each coordinate alone.", "A point moves as a whole."),
            (_transport(blocks), "This is the distance by blocks.", "Use Euclid's distance."),
        ],
    )


def _transport(cost: Tensor) -> float:
    n, m = cost.shape
    return divergences.wasserstein_lp(np.full(n, 1 / n), np.full(m, 1 / m), cost.numpy()).value


def _matched(cost: Tensor) -> float:
    """Return the mean over the pairs of a matching; the rest of the larger sample is left out."""
    from scipy.optimize import linear_sum_assignment

    return cost.numpy()[linear_sum_assignment(cost.numpy())].mean().item()


@exercise(stars=2)
def penalty(penalty):
    """Repair the gradient penalty of the bug clinic."""
    check_value(penalty)
    check_mean(penalty)
    check_graph(penalty)
    check_places(penalty)
    check_shapes(penalty)
    return "It is right in value, in place and on images, and its gradient reaches the weights."


@exercise(stars=3)
def multiplier(multiplier):
    """Find by how much one simultaneous step multiplies the distance of the Dirac-WGAN with R1."""
    cases = ((0.2, 0.0), (0.2, 0.1), (0.2, 0.2), (0.2, 0.7), (0.1, 1.0), (0.5, 3.0), (0.2, 12.0))
    cases += ((0.2, 10.0), (0.2, 10.2), (1.5, 1.7), (1.0, 4.0))
    got = torch.stack([_one_number(multiplier(h, gamma)) for h, gamma in cases])

    def of(best) -> Tensor:
        return torch.tensor([best(h, gamma) for h, gamma in cases], dtype=torch.float64)

    expect_close(
        got,
        of(_radius),
        "This is not the largest modulus of an eigenvalue of one step.",
        "One step is the matrix [[1, h], [-h, 1 - h gamma]] on (theta, psi).",
        tolerance=1e-4,
        mistakes=[
            (of(lambda h, g: _radius(h, 2 * g)), "The half of R1 is missing.", "R1 is psi^2 / 2."),
            (of(lambda h, g: _radius(h, g / 2)), "R1 is halved twice.", "Its slope is gamma psi."),
            (of(lambda h, g: _radius(h, 0)), "gamma is not used.", "R1 is a part of L_D."),
            (of(lambda h, g: _radius(h, -g)), "The penalty pushes psi away.", "D minimises it."),
            (of(_alternating), "This is the alternating game.", "Both gradients come first."),
            (of(lambda h, g: _radius(h, g) ** 2), "This is its square.", "Take the root."),
            (of(lambda h, g: _radius(h, g) ** 500), "This is for 500 steps.", "For one step."),
            (
                of(_one_root),
                "This is the modulus of one of the two eigenvalues.",
                "Where they are real and gamma is large, the other one is the larger: take both.",
            ),
            (
                of(lambda h, g: np.linalg.eigvals(_step(h, g)).real.max()),
                "This is the largest real part.",
                "A complex eigenvalue turns, too; and -1.4 stretches more than 0.9: take moduli.",
            ),
            (
                of(lambda h, g: math.sqrt(abs(1 - h * g + h * h))),
                "This is the root of the determinant.",
                "It is right only while the eigenvalues are complex.",
            ),
        ],
    )
    return "Below 1 it comes home. For h < 2 that is h < gamma < 2/h + h/2: too much R1 overshoots."


def _one_number(value) -> Tensor:
    given = number(value)
    expect(
        given.numel() == 1,
        f"Return one number; yours has {given.numel()}.",
        "A step has two eigenvalues: the larger modulus decides, so take the max.",
    )
    return given.reshape(())


def _step(h: float, gamma: float) -> np.ndarray:
    return np.array([[1.0, h], [-h, 1.0 - h * gamma]])


def _radius(h: float, gamma: float) -> float:
    return float(np.abs(np.linalg.eigvals(_step(h, gamma))).max())


def _one_root(h: float, gamma: float) -> float:
    return abs(1 - h * gamma / 2 + h * complex(gamma**2 / 4 - 1) ** 0.5)


def _alternating(h: float, gamma: float) -> float:
    first, then = np.array([[1.0, 0.0], [-h, 1.0 - h * gamma]]), np.array([[1.0, h], [0.0, 1.0]])
    return float(np.abs(np.linalg.eigvals(then @ first)).max())
