"""The exercises of chapter 1: generative models and the idea of a GAN."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid, softplus

from .core import exercise
from .expect import close, expect, expect_close, gradients, number
from .resampling import resample as resample


def _log_normal(x: Tensor, mean: Tensor, spread: Tensor) -> Tensor:
    """Log-density of a one-dimensional Gaussian, [N], [K], [K] -> [N, K]."""
    scaled = (x[:, None] - mean) / spread
    return -scaled.square() / 2 - spread.log() - math.log(2 * math.pi) / 2


@exercise(stars=1)
def responsibilities(responsibilities):
    """Find out which Gaussian of a mixture made each point, by Bayes' rule."""
    x = 2 * torch.randn(7)
    weights = torch.tensor([0.2, 0.5, 0.3])
    means, spreads = torch.tensor([-1.0, 0.5, 2.0]), torch.tensor([0.5, 1.0, 2.0])
    log_normal = _log_normal(x, means, spreads)
    log_joint = log_normal + weights.log()
    expect_close(
        responsibilities(x, weights, means, spreads),
        log_joint.softmax(1),
        "These are not the posterior probabilities of the components.",
        "Multiply each component's density at x by its weight, then divide by the sum over k.",
        mistakes=[
            (log_normal.softmax(1), "The weights are missing.", "Rare Gaussians make few points."),
            (log_joint.exp(), "You have not divided by the sum.", "Each row must sum to 1."),
            (log_joint, "These are logarithms.", "softmax takes them to probabilities."),
            (log_joint.softmax(0), "You divided by the sum over points.", "Each row sums to 1."),
            (log_joint.softmax(1).T, "This is the transpose.", "One row for each point: [N, K]."),
            (
                (log_joint + spreads.log()).softmax(1),
                "The densities lack their normalisation.",
                "A wide Gaussian is low: its density has a factor 1 / spread.",
            ),
            *(
                (
                    (_log_normal(x, means, spreads**power) + weights.log()).softmax(1),
                    "The spreads have been taken for another measure of width.",
                    "They are standard deviations: divide x - mean by them, and square that.",
                )
                for power in (0.5, 2)
            ),
        ],
    )
    _check_far(responsibilities)
    return "Each row is a posterior, also a thousand units away from every mean."


def _check_far(responsibilities) -> None:
    """Two Gaussians, near and a thousand units away, where the wide one takes all."""
    weights, means = torch.tensor([0.6, 0.4]), torch.tensor([1.0, -2.0])
    spreads = torch.tensor([3.0, 1.0])
    near = torch.randn(5)
    expect_close(
        responsibilities(near, weights, means, spreads),
        (_log_normal(near, means, spreads) + weights.log()).softmax(1),
        "It is wrong for another mixture.",
        "Points, weights, means and spreads are all arguments, and so is their number.",
    )
    got = number(responsibilities(torch.tensor([-1e3, 1e3]), weights, means, spreads))
    expect(
        close(got, torch.tensor([[1.0, 0.0], [1.0, 0.0]])),
        "Far from all means every density underflows to zero, and 0 / 0 is NaN.",
        "Stay with logarithms until the end: softmax subtracts the largest one first.",
    )


@exercise(stars=1)
def kl_to_prior(kl_to_prior):
    """Write the divergence from a diagonal Gaussian to the standard normal."""
    for shape in ((5, 3), (2, 6)):
        _check_kl(kl_to_prior, torch.randn(shape), torch.randn(shape))
    return "It equals the closed form, and is zero for a standard normal."


def _check_kl(kl_to_prior, mean: Tensor, log_variance: Tensor) -> None:
    terms = (mean.square() + log_variance.exp() - log_variance - 1) / 2
    as_spread = (mean.square() + log_variance.exp().square() - 2 * log_variance - 1) / 2
    swapped = ((mean.square() + 1) / log_variance.exp() + log_variance - 1) / 2
    expect_close(
        kl_to_prior(mean, log_variance),
        terms.sum(1),
        "This is not the divergence.",
        "Per coordinate it is half of mu^2 + s^2 - log s^2 - 1.",
        mistakes=[
            (-terms.sum(1), "The sign is wrong.", "A divergence is never negative."),
            (2 * terms.sum(1), "This is twice the divergence.", "A Gaussian's exponent has 1/2."),
            (terms.mean(1), "You averaged over coordinates.", "Divergences of a product add up."),
            (terms, "One number for each row is asked for.", "Sum over the coordinates."),
            (terms.sum(1).mean(), "You averaged over the rows.", "The result is [N]."),
            (as_spread.sum(1), "You read the log-variance as log s.", "s^2 = exp(log_variance)."),
            (swapped.sum(1), "This is KL(prior || proposal).", "Average under N(mu, s^2)."),
            (
                (terms + 0.5).sum(1),
                "It is not zero where the two are equal.",
                "The constant of each coordinate is -1/2.",
            ),
        ],
    )


@exercise(stars=2)
def importance_bound(importance_bound):
    """Bound the log-likelihood by an average of weights, computed from their logarithms."""
    log_w = 3 * torch.randn(6, 4)
    per_point = log_w.logsumexp(0) - math.log(6)
    expect_close(
        importance_bound(log_w),
        per_point.mean(),
        "This is not the mean over points of log (1/m) sum_i w_i.",
        "For each column: the logarithm of the mean weight. Then the mean over columns.",
        mistakes=[
            (log_w.mean(), "This is the ELBO: the mean of logarithms.", "Average, then log."),
            (log_w.logsumexp(0).mean(), "You summed the weights.", "The mean takes off log m."),
            (
                (log_w.logsumexp(1) - math.log(4)).mean(),
                "You averaged over points inside the logarithm.",
                "Proposals are dimension 0.",
            ),
            (per_point, "One number is asked for.", "Average over the points."),
            (per_point.sum(), "You summed over the points.", "Take the mean."),
            (
                log_w.flatten().logsumexp(0) - math.log(24),
                "You averaged everything inside the logarithm.",
                "The logarithm comes before the mean over points.",
            ),
        ],
    )
    few = torch.randn(3, 5)
    expect_close(
        importance_bound(few),
        (few.logsumexp(0) - math.log(3)).mean(),
        "For three proposals and five points it is wrong.",
        "Their numbers are those of the rows and the columns.",
    )
    expect_close(
        importance_bound(log_w - 5_000),
        per_point.mean() - 5_000,
        "With log-weights around -5000 the bound fails: exp underflows.",
        "logsumexp takes the largest one out before it exponentiates.",
    )
    apart = few - torch.tensor([0.0, 5_000.0, 20.0, 0.0, 300.0])
    got = number(importance_bound(apart))
    expect(
        close(got, (apart.logsumexp(0) - math.log(3)).mean()),
        "For points whose log-weights are of very different size, one near 0 and another near "
        f"-5000, the bound fails: yours is {got.item():.4g}.",
        "One number taken out of all columns leaves exp(-5000) = 0 in some: take the largest out of "
        "each column, as logsumexp(0) does.",
    )
    return "It is the bound of m proposals, and it survives weights of e^-5000 beside those of 1."


@exercise(stars=2)
def d_loss(d_loss):
    """Balance D's loss, so that D's best answer is log p/q for batches of any sizes."""
    real, fake = torch.randn(32) + 0.5, torch.randn(32) - 0.5
    one, zero = softplus(-real).mean(), softplus(fake).mean()
    _expect_no_pool(d_loss, real, fake)
    expect_close(
        d_loss(real, fake),
        one + zero,
        "With as many fakes as real samples this is not the usual loss.",
        "The mean of -log sigma over real, plus the mean of -log(1 - sigma) over fakes.",
        mistakes=[
            (
                (one + zero) / 2,
                "This is half of the usual loss, which is a sum of two means.",
                "Add the mean over real and the mean over fakes, without a half.",
            ),
            (-(one + zero), "This is the negative: D would learn the opposite.", "D minimises."),
            (
                softplus(real).mean() + softplus(-fake).mean(),
                "Real and fake are swapped.",
                "-log sigma(a) is softplus(-a).",
            ),
            (32 * (one + zero), "You summed over the batch.", "Take means."),
        ],
    )
    _expect_balance(d_loss, real)
    for n, m in ((32, 96), (96, 32), (3, 1)):
        some, others = torch.randn(n, 1) + 0.5, torch.randn(m, 1) - 0.5
        expect_close(
            d_loss(some, others),
            softplus(-some).mean() + softplus(others).mean(),
            f"With real logits [{n}, 1] and fake ones [{m}, 1] the loss is off.",
            "One mean over all real logits, one over all fake ones, then their sum.",
        )
    _expect_no_cap(d_loss)
    return (
        "Repeating the fakes changes nothing, D's best answer to a perfect G is 0, and at logits of "
        "1000 the loss and its slope are right."
    )


def _expect_no_cap(d_loss) -> None:
    """Demand value and slope where D is as wrong, and as right, as can be."""
    for real, fake, value in ((-1000.0, 1000.0, 2000.0), (1000.0, -1000.0, 0.0)):
        logits = torch.full((4,), real), torch.full((2,), fake)
        got = number(d_loss(*logits))
        slopes = gradients(d_loss, *logits)
        wrong = float(real < 0)  # a D that is wrong is pushed fully, one that is right not at all
        expect(
            close(got, value),
            f"With real logits of {real:.0f} and fake ones of {fake:.0f} the loss is {value:.0f}; "
            f"yours is {got.item():.4g}.",
            "sigmoid(a) underflows to 0 there, whose logarithm is -inf, and a clamp or a small "
            "number added caps the loss, so that D is no longer pushed where it is most wrong; "
            "softplus(-a) is -log sigma(a) for every a.",
        )
        expect(
            close(slopes[0], torch.full((4,), -wrong / 4))
            and close(slopes[1], torch.full((2,), wrong / 2)),
            f"With real logits of {real:.0f} and fake ones of {fake:.0f} the value is right, but "
            "its slope is not.",
            "Every logit that is wrong should be pushed by one over the number of its side: "
            "compute the loss from the logits as they are, without clamp or detach.",
        )


def _expect_no_pool(d_loss, real: Tensor, fake: Tensor) -> None:
    """Refuse the colleague's loss, which takes one mean over all samples, real and fake."""

    def pooled(real: Tensor, fake: Tensor) -> Tensor:
        return torch.cat([softplus(-real), softplus(fake)]).mean()

    few = real[:8]
    expect(
        not close(d_loss(real, fake), pooled(real, fake))
        or not close(d_loss(few, few), pooled(few, few))
        or not close(d_loss(few, fake), pooled(few, fake)),
        "Every sample weighs the same here, so that many fakes outvote few real ones (and with "
        "N = M it is half of the usual loss).",
        "Take a mean over real and a mean over fakes, and add them: twice one mean over both will "
        "not do.",
    )


def _expect_balance(d_loss, real: Tensor) -> None:
    """At a D that cannot tell, pulls from real and fake cancel, whatever the numbers of each."""
    few, many = torch.zeros(8), torch.zeros(24)
    pull = sum(slope.sum() for slope in gradients(d_loss, few, many))
    expect(
        close(pull, 0.0),
        "Three fakes for each real sample pull D away from 0 against a perfect G.",
        "Each side should weigh the same, so take a mean on each side before you add.",
    )
    fake = logsigmoid(torch.randn(16))
    fives = fake.repeat(5)
    n, m = len(real), len(fives)
    shift = math.log(n / m)
    shifted = 2 * torch.cat([softplus(-real - shift), softplus(fives + shift)]).mean()
    weighted = 2 * torch.cat([m / n * softplus(-real), softplus(fives)]).mean()
    reweighted = 2 * torch.cat([softplus(-real), n / m * softplus(fives)]).mean()
    remedy = "Take a mean on each side and add them: then no number of samples is left in the loss."
    expect_close(
        d_loss(real, fives),
        d_loss(real, fake),
        "Showing the same fakes five times changes the loss.",
        "The loss should depend on the average fake, not on how many there are.",
        mistakes=[
            (
                shifted,
                "D's best answer is right, since you shift the logits by log(N / M), but showing "
                "the same fakes five times still changes the loss.",
                remedy,
            ),
            *(
                (
                    value,
                    "D's best answer is right, since you weigh the sides against each other, but "
                    "the mean over all samples still changes when the same fakes come five times.",
                    remedy,
                )
                for value in (weighted, reweighted)
            ),
        ],
    )
