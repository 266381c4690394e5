"""Checks of the exercises of chapter 5, on conditional GANs."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import softplus

from .core import exercise
from .expect import close, expect, expect_close, gradients, number

P = np.array([[0.4, 0.3, 0.2, 0.1], [0.1, 0.5, 0.1, 0.3], [0.2, 0.1, 0.6, 0.1]])  # p(x | y)
Q = np.array([[0.1, 0.2, 0.3, 0.4], [0.3, 0.3, 0.2, 0.2], [0.25, 0.25, 0.25, 0.25]])


def _pair_means(features: Tensor, y: Tensor) -> Tensor:
    return torch.stack([torch.pdist(features[y == k]).mean() for k in y.unique()])


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
    expect_close(
        diversity(real, real_y, fake, fake_y),
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
        ],
    )
    stamp = torch.ones(6, 5) * torch.tensor([0, 0, 1, 1, 2, 2])[:, None]
    expect_close(
        diversity(real, real_y, stamp, torch.tensor([0, 0, 1, 1, 2, 2])),
        0.0,
        "One image per class should have diversity 0.",
        "Distances between classes must not count.",
    )
    return "It is 0 for one stamp per class, and does not care how classes lie to each other."


@exercise(stars=1)
def fair_accuracy(fair_accuracy):
    """The share of real samples that the best classifier names right."""
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
    real_labels, fake_labels = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.2, 0.6])
    r, f = real_labels[:, None], fake_labels[:, None]
    want = r * P / (r * P + f * Q)
    even = P / (P + Q)
    expect_close(
        pair_discriminator(P, Q, real_labels, fake_labels),
        want,
        "This is not the best D(x, y).",
        "D* is the ratio of joint densities: p(y) p(x | y) against r(y) q(x | y).",
        tolerance=1e-7,
        mistakes=[
            (even, "This is D* for equal label frequencies.", "Here p(y) and r(y) do not cancel."),
            (f * P / (f * P + r * Q), "The frequencies are exchanged.", "p(y) goes with p(x | y)."),
            (1 - want, "This is how likely the pair is fake.", "D says how likely it is real."),
            (r * P / (r * P + r * Q), "Fakes have their own labels.", "Use r(y) beside q(x | y)."),
            (
                np.tile((r * P).sum(0) / ((r * P).sum(0) + (f * Q).sum(0)), (3, 1)),
                "This D does not look at the label.",
                "Do not sum over y: each pair (x, y) is settled alone.",
            ),
            (r * even, "You multiplied D by a frequency.", "Frequencies change the odds."),
        ],
    )
    names = pair_discriminator(P, P, real_labels, fake_labels)
    expect_close(
        names,
        np.tile(r / (r + f), P.shape[1]),
        "Even if G is perfect, D should know a fake by its label.",
        "With q = p what is left is p(y) / (p(y) + r(y)).",
    )
    return "With q = p it is p(y) / (p(y) + r(y)), not 1/2: labels must be drawn as in the data."


@exercise(stars=2)
def project(project):
    """Write the logits of a projection critic."""
    phi, y = torch.randn(7, 4), torch.tensor([2, 0, 1, 1, 0, 2, 2])
    w, b, v = torch.randn(4), torch.tensor(0.7), torch.randn(3, 4)
    psi, match = phi @ w + b, (phi * v[y]).sum(1)
    want = psi + match
    expect_close(
        project(phi, y, w, b, v),
        want,
        "These are not the logits of (5.4).",
        "v[y] picks a row for each sample; then one inner product per sample.",
        mistakes=[
            (match, "psi(x) is missing.", "Without it D cannot say how real x is."),
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
    rows = torch.stack([phi[y == k].sum(0) for k in range(3)])
    expect_close(
        slope,
        rows,
        "Its gradient in v is not right.",
        "Row k of v learns from the samples of class k, and from no others.",
    )
    return "Row k of v learns from samples of class k alone, and psi from all."


def _generator(z: Tensor, y: Tensor) -> Tensor:
    """Makes [N, 3]: noise, and the label as a number that a judge can read."""
    return torch.stack([z[:, 0], z[:, 1] * y, y.to(z.dtype)], 1)


class _Judge:
    """D(x, y), cold to wrong names; remembers the largest gap between name and request."""

    def __init__(self) -> None:
        self.calls = 0
        self.gap = 0.0

    def __call__(self, x: Tensor, y: Tensor) -> Tensor:
        self.calls += 1
        gap = x[:, 2] - y
        self.gap = max(self.gap, gap.abs().max().item())
        return 0.8 * x[:, 0] - 0.3 * x[:, 1] * y - gap.square()


@exercise(stars=2)
def pair_losses(pair_losses):
    """Write both losses of the game on pairs."""
    y, z, D = torch.randint(5, (32,)), torch.randn(32, 2, requires_grad=True), _Judge()
    x = _generator(torch.randn(32, 2) + 1.5, y)
    real, fake = D(x, y), D(_generator(z, y), y)
    got = pair_losses(_generator, D, x, y, z)
    expect(
        isinstance(got, tuple | list) and len(got) == 2,
        "Return two losses, that of D and that of G.",
        "Write `return d_loss, g_loss`.",
    )
    expect(
        D.gap == 0,
        "D was shown a sample under another label than G was asked for.",
        "One y serves both: fake = G(z, y), then D(fake, y).",
    )
    _check_d(got[0], real, fake)
    expect_close(
        got[1],
        softplus(-fake).mean(),
        "G's loss is not -E log sigma(D(G(z, y), y)).",
        "It is softplus(-D(fake, y)), averaged.",
        mistakes=[
            (-softplus(fake).mean(), "This is the saturating loss.", "Use softplus(-a)."),
            (softplus(fake).mean(), "This pushes D's logits on fakes down.", "G wants them up."),
            (-fake.mean(), "This is the loss against a critic.", "Put the logit in softplus."),
        ],
    )
    expect(
        isinstance(got[1], Tensor) and got[1].requires_grad,
        "No gradient flows from G's loss back to G.",
        "A fake may be detached in D's loss, but not in G's.",
    )
    return "Every fake is judged under the label that it was made for."


def _check_d(got: Tensor, real: Tensor, fake: Tensor) -> None:
    want = softplus(-real).mean() + softplus(fake).mean()
    expect_close(
        got,
        want,
        "D's loss is not -E log D(x, y) - E log(1 - D(G(z, y), y)).",
        "It is softplus(-a) on real pairs plus softplus(a) on fake pairs, each averaged.",
        mistakes=[
            (-want, "This is V, which D maximises.", "A loss is minimised: change the sign."),
            (want / 2, "This is half of it.", "V adds the two means."),
            (softplus(real).mean() + softplus(-fake).mean(), "Real and fake are swapped.", "Which logits should be high?"),
            (softplus(-real).mean(), "It looks at real pairs only.", "Add the fake pairs."),
            (softplus(fake).mean(), "It looks at fake pairs only.", "Add the real pairs."),
        ],
    )  # fmt: skip


@exercise(stars=3)
def label_share(label_share):
    """Measure how much of a generator's variance is due to its label."""
    z, codes = torch.randn(40, 2), torch.randn(4, 3)

    def both(z: Tensor, y: Tensor) -> Tensor:
        return torch.cat([z[:, :1] * (1 + y[:, None]), codes[y][:, :2] + z[:, 1:]], 1)

    def deaf(z: Tensor, y: Tensor) -> Tensor:
        return torch.cat([z, z.square()], 1)

    got = number(label_share(both, z, 4))
    expect(got.numel() == 1, "Return one number.", "Sum the variances over the outputs first.")
    made = torch.stack([both(z, torch.full((40,), k)) for k in range(4)])  # [K, N, 3]
    _check_share(got, made)
    expect_close(label_share(deaf, z, 4), 0.0, "A deaf G should score 0.", "Keep z fixed.")
    stamps = label_share(lambda z, y: codes[y].view(-1, 3, 1), z, 4)
    expect_close(stamps, 1.0, "A G that ignores z should score 1.", "Outputs may be [N, ...].")
    return "It is 0 for a deaf generator, 1 for one stamp per label, and shares in between."


def _check_share(got: Tensor, made: Tensor) -> None:
    flat = made.flatten(0, 1)
    total = flat.var(0, correction=0).sum()
    within = made.var(0, correction=0).mean(0).sum()
    of_means = made.mean(1).var(0, correction=0).sum()
    over_z = made.var(1, correction=0).mean(0).sum()
    less_one = made.var(0).mean(0).sum() / flat.var(0).sum()
    ratios = (made.var(0, correction=0).mean(0) / flat.var(0, correction=0)).mean()
    share = within / total
    if close(got, share):
        return
    expect_close(
        got,
        share,
        "This is not the variance over y at fixed z, over the whole variance.",
        "Stack G(z, k) for k = 0..K-1 with one z: [K, N, ...]. Variance over the first axis.",
        mistakes=[
            (of_means / total, "You averaged over z too early.", "Variance over y first, for each z; then the mean over z."),
            (over_z / total, "This is the share of z at fixed y.", "Exchange the axes."),
            (less_one, "You divided by one less than the number of values.", "Use correction=0."),
            (within, "Divide by the whole variance.", "A share has no unit."),
            (total / within, "It is upside down.", "The label's variance over the whole one."),
            (ratios, "You averaged the ratios of the outputs.", "Sum both variances over the outputs, then divide."),
            (share.sqrt(), "This is the ratio of standard deviations.", "Variances, not their roots."),
        ],
    )  # fmt: skip
