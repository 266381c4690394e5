"""Checks of the exercises of chapter 5, on conditional GANs."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from .core import exercise
from .expect import expect, expect_close, gradients, number
from .hearing import label_share as label_share
from .pairs import pair_losses as pair_losses
from .watch import fixed

P = fixed([[0.4, 0.3, 0.2, 0.1], [0.1, 0.5, 0.1, 0.3], [0.2, 0.1, 0.6, 0.1]])  # p(x | y)
Q = fixed([[0.1, 0.2, 0.3, 0.4], [0.3, 0.3, 0.2, 0.2], [0.25, 0.25, 0.25, 0.25]])
# Two labels, six places; there are some that only the data reach, and one that only G reaches.
WIDE = (
    fixed([[0.5, 0.2, 0.1, 0.1, 0.1, 0.0], [0.1, 0.1, 0.1, 0.2, 0.2, 0.3]]),
    fixed([[0.3, 0.3, 0.2, 0.1, 0.0, 0.1], [0.2, 0.0, 0.2, 0.2, 0.2, 0.2]]),
)


def _pair_means(features: Tensor, y: Tensor, power: int = 1) -> Tensor:
    """Return for each class the mean distance of two samples, each to a power."""
    return torch.stack([torch.pdist(features[y == k]).pow(power).mean() for k in y.unique()])


def _pool(features: Tensor, y: Tensor) -> Tensor:
    """Return the distances of all pairs that share a class."""
    return torch.cat([torch.pdist(features[y == k]) for k in y.unique()])


@exercise(stars=1)
def diversity(diversity):
    """Compare the distances within classes, generated over real."""
    real_y, fake_y = torch.arange(18) % 3, torch.tensor([0] * 9 + [1] * 4 + [2] * 2)
    real, fake = torch.randn(18, 5), 0.4 * torch.randn(15, 5)
    real, fake = real + 4 * real_y[:, None], fake + 4 * fake_y[:, None]
    real_pairs, fake_pairs = _pair_means(real, real_y), _pair_means(fake, fake_y)
    want = fake_pairs.mean() / real_pairs.mean()
    sizes = torch.tensor([9.0, 4.0, 2.0])
    with_self = (fake_pairs * (sizes - 1) / sizes).mean() / (real_pairs * 5 / 6).mean()
    got = number(diversity(real, real_y, fake, fake_y))
    expect(
        not got.isnan().any(),
        "The result is nan, not a number.",
        "A mean over no pairs is nan: go through the classes that occur, y.unique().",
    )
    expect_close(
        got,
        want,
        "This is not the ratio of the mean distances within classes.",
        "For each class: all pairs of two different samples; then the mean over the classes.",
        mistakes=[
            (1 / want, "It is upside down.", "Generated over real: 0 means one image a class."),
            (fake_pairs.mean(), "Divide by the same for real.", "A distance has a unit."),
            (
                torch.pdist(fake).mean() / torch.pdist(real).mean(),
                "You compared samples of different classes too.",
                "Take distances class by class: the labels must be used.",
            ),
            (with_self, "You counted each sample with itself.", "Its distance is 0: leave it out."),
            (
                (fake_pairs / real_pairs).mean(),
                "This is the mean of the ratios.",
                "First the mean over classes, for fake and real, then one ratio.",
            ),
            (
                _pool(fake, fake_y).mean() / _pool(real, real_y).mean(),
                "One mean over all pairs is not the ratio asked for: large classes have more pairs.",
                "First the mean of each class, then the mean of these, so that each counts once.",
            ),
            (want**2, "This is the square of the ratio.", "Compare distances, not their squares."),
            (
                _pair_means(fake, fake_y, 2).mean() / _pair_means(real, real_y, 2).mean(),
                "You averaged squared distances.",
                "The distance of two samples is Euclidean: take the root before the mean.",
            ),
        ],
    )
    few, few_y = torch.randn(8, 4), torch.arange(8) % 2
    half = few / 2 + few_y[:, None]
    expect_close(
        diversity(few, few_y, half, few_y),
        0.5,
        "For two classes of four samples, half as wide, it should be one half.",
        "Samples, labels and the number of classes come from the arguments.",
    )
    stamp = torch.ones(6, 4) * torch.tensor([0, 0, 0, 1, 1, 1])[:, None]
    expect_close(
        diversity(few, few_y, stamp, stamp[:, 0].long()),
        0.0,
        "One image per class should have diversity 0.",
        "Distances between classes must not count.",
    )
    return "It is 0 for one stamp per class, and does not care how classes lie to each other."


@exercise(stars=1)
def fair_accuracy(fair_accuracy):
    """Return the share of real samples that the best classifier names right."""
    want = P.max(0).sum() / len(P)
    posterior = P / P.sum(0)
    expect_close(
        fair_accuracy(P),
        want,
        "This is not the share that the best classifier names right.",
        "At each x it is right on the most probable class: the mean over y of those masses.",
        mistakes=[
            (1.0, "No: classes that overlap cannot all be named right.", "What happens where two rows are positive?"),
            (P.max(0).sum(), "This is K times too large.", "Each class holds 1/K of the samples."),
            (P.max(0).mean(), "You averaged over the bins.", "Masses of bins are added; only over the classes is it a mean."),
            (P.max(1).mean(), "You took the largest bin of each class.", "The maximum is over the labels, at each x."),
            (posterior.max(0).mean(), "You counted every x alike.", "Bins are visited with p(x) = mean over y of p(x | y)."),
            (1 - want, "This is how often it is wrong.", "Subtract it from 1."),
            (
                (posterior * P).sum() / len(P),
                "This classifier guesses in proportion to its belief.",
                "The best one always names the most probable class.",
            ),
        ],
    )  # fmt: skip
    expect_close(fair_accuracy(np.eye(4)), 1.0, "Without overlap it is 1.", "Try p = eye(4).")
    same = np.full((5, 4), 0.25)
    expect_close(fair_accuracy(same), 0.2, "Equal classes leave a guess, 1/K.", "Try equal rows.")
    return "A conditional generator that scores more than this is not better: it is too narrow."


@exercise(stars=2)
def pair_discriminator(pair_discriminator):
    """Find the best D when real and fake labels have different frequencies."""
    real_labels, fake_labels = fixed([0.5, 0.3, 0.2]), fixed([0.2, 0.2, 0.6])
    _check_pairs(pair_discriminator, P, Q, real_labels, fake_labels)
    _check_pairs(pair_discriminator, *WIDE, fixed([0.9, 0.1]), fixed([0.25, 0.75]))
    same = Q[::-1].copy()
    names = pair_discriminator(same, same, fake_labels, real_labels)
    expect_close(
        names,
        np.tile((fake_labels / (real_labels + fake_labels))[:, None], P.shape[1]),
        "Even if G is perfect, D should know a fake by its label.",
        "With q = p what is left is p(y) / (p(y) + r(y)).",
    )
    return "With q = p it is p(y) / (p(y) + r(y)), not 1/2: labels must be drawn as in the data."


def _check_pairs(pair_discriminator, p, q, real_labels, fake_labels) -> None:
    """Try conditionals p, q [K, n] under two frequencies of labels [K]."""
    r, f = real_labels[:, None], fake_labels[:, None]
    want = r * p / (r * p + f * q)
    even = p / (p + q)
    with np.errstate(divide="ignore"):
        logit = np.log(r * p) - np.log(f * q)
    blind = np.tile((r * p).sum(0) / ((r * p).sum(0) + (f * q).sum(0)), (len(p), 1))
    expect_close(
        pair_discriminator(p, q, real_labels, fake_labels),
        want,
        "This is not the probability of the best D(x, y).",
        "Compare the joint densities: p(y) p(x | y) against r(y) q(x | y), real over their sum.",
        tolerance=1e-7,
        mistakes=[
            (logit, "This is the logit D*.", "Its probability is asked for, sigma(D*): real over the sum of both."),
            (r * p / np.where(f * q > 0, f * q, 1), "This is the ratio of the joint densities.", "sigma(D*) is real over the sum of both."),
            (even, "This is D* for equal label frequencies.", "Here p(y) and r(y) do not cancel."),
            (f * p / (f * p + r * q), "The frequencies are exchanged.", "p(y) goes with p(x | y)."),
            (1 - want, "This is how likely the pair is fake.", "D says how likely it is real."),
            (r * p / (r * p + r * q), "Fakes have their own labels.", "Use r(y) beside q(x | y)."),
            (blind, "This D does not look at the label.", "Do not sum over y: each pair (x, y) is settled alone."),
            (r * even, "You multiplied D by a frequency.", "Frequencies change the odds."),
        ],
    )  # fmt: skip


@exercise(stars=2)
def project(project):
    """Write the logits of a projection critic."""
    for n, d, classes in ((7, 4, 3), (9, 5, 4)):
        _check_projection(project, torch.randn(n, d), torch.arange(n) * 2 % classes)
    return "Row k of v learns from samples of class k alone, and psi from all."


def _check_projection(project, phi: Tensor, y: Tensor) -> None:
    """Try features [N, d] with labels [N] that name every class."""
    d, classes = phi.shape[1], int(y.max()) + 1
    w, b, v = torch.randn(d), torch.randn(()), torch.randn(classes, d)
    psi, match = phi @ w + b, (phi * v[y]).sum(1)
    want = psi + match
    expect_close(
        project(phi, y, w, b, v),
        want,
        "These are not the logits of (5.4).",
        "v[y] picks a row for each sample; then one inner product per sample.",
        mistakes=[
            (
                match,
                "psi(x) is missing.",
                "Add w . phi(x) + b: it is learned from all classes together.",
            ),
            (psi, "The label is not used.", "Add v_y . phi(x)."),
            (want - b, "The constant b is missing.", "psi(x) = w . phi(x) + b."),
            (psi + phi @ v.sum(0), "You summed over all classes.", "Only the row of y counts."),
            (phi @ v[y].T, "Every sample met every label.", "Multiply row by row and sum."),
            (psi[:, None] + phi @ v.T, "These are logits for all labels.", "Pick the one of y."),
            (psi + (phi @ v.T).max(1).values, "You took the best label.", "y is given: use it."),
            (psi + phi.sum(1) * v[y].sum(1), "Sum after the product.", "(phi * v[y]).sum(1)."),
        ],
    )
    slope = gradients(lambda v: project(phi, y, w, b, v), v)[0]
    rows = torch.stack([phi[y == k].sum(0) for k in range(classes)])
    expect_close(
        slope,
        rows,
        "Its gradient in v is not right.",
        "Row k of v learns from the samples of class k, and from no others.",
    )
