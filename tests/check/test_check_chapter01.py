"""The exercises of chapter 1 can be trusted."""

import math

import torch
from exercises import Proof
from torch.nn.functional import binary_cross_entropy_with_logits, softplus

from gan_course.check import chapter01


def stub(*answers): ...


def log_joint(x, weights, means, spreads):
    return -(((x[:, None] - means) / spreads) ** 2) / 2 - spreads.log() + weights.log()


def density(x, weights, means, spreads):
    """The logarithm of each component's density times its weight."""
    return log_joint(x, weights, means, spreads) - math.log(2 * math.pi) / 2


def responsibilities(x, weights, means, spreads):
    return log_joint(x, weights, means, spreads).softmax(1)


def underflowing(*mixture):
    joint = log_joint(*mixture).exp()
    return joint / joint.sum(1, keepdim=True)


def with_known_weights(x, weights, means, spreads):
    return responsibilities(x, torch.tensor([0.2, 0.5, 0.3])[: len(weights)], means, spreads)


def kl_to_prior(mean, log_variance):
    return ((mean**2 + log_variance.exp() - log_variance - 1) / 2).sum(1)


def reversed_kl(mean, log_variance):
    return (((mean**2 + 1) / log_variance.exp() + log_variance - 1) / 2).sum(1)


def importance_bound(log_w):
    return (log_w.logsumexp(0) - math.log(len(log_w))).mean()


def pooled_bound(log_w):
    return log_w.flatten().logsumexp(0) - math.log(log_w.numel())


def with_one_maximum(log_w):
    c = log_w.max()
    return (c + (log_w - c).exp().mean(0).log()).mean()


def d_loss(real, fake):
    return softplus(-real).mean() + softplus(fake).mean()


def colleagues_loss(real, fake):
    return torch.cat([softplus(-real).flatten(), softplus(fake).flatten()]).mean()


def with_epsilon(real, fake):
    right = -torch.log(torch.sigmoid(real) + 1e-8).mean()
    return right - torch.log(1 - torch.sigmoid(fake) + 1e-8).mean()


def summed(real, fake):
    return softplus(-real).sum() + softplus(fake).sum()


def clamped(real, fake):
    return d_loss(real.clamp(-50, 50), fake.clamp(-50, 50))


def with_flat_ends(real, fake):
    """The right value everywhere, but no slope where a logit is extreme."""
    return d_loss(*(torch.where(a.abs() > 50, a.detach(), a) for a in (real, fake)))


def one_sided(real, fake):
    """Right as long as there are no more real samples than fakes."""
    return softplus(-real).sum() / min(len(real), len(fake)) + softplus(fake).mean()


def shifted(real, fake):
    """D's best answer is ln p/q, but the number of fakes stays in the loss."""
    shift = math.log(len(real) / len(fake))
    return 2 * colleagues_loss(real + shift, fake + shift)


def with_pos_weight(real, fake):
    logits = torch.cat([real, fake])
    labels = torch.cat([torch.ones_like(real), torch.zeros_like(fake)])
    weight = torch.tensor(len(fake) / len(real))
    return 2 * binary_cross_entropy_with_logits(logits, labels, pos_weight=weight)


def with_weighted_fakes(real, fake):
    weighted = softplus(-real), len(real) / len(fake) * softplus(fake)
    return 2 * torch.cat(weighted).mean()


def resample(x, logits, n):
    return x[torch.multinomial(logits.flatten().softmax(0), n, replacement=True)]


def without_replacement(x, logits, n):
    return x[torch.multinomial(logits.flatten().softmax(0), n)]


def unflattened(x, logits, n):
    return x[torch.multinomial(logits.softmax(0), n, replacement=True)]


def choose(x, weights, n):
    return x[torch.multinomial(weights.flatten(), n, replacement=True)]


def with_capped_weights(x, logits, n):
    return choose(x, (logits - logits.mean()).clamp(max=50).exp(), n)


PROOFS = [
    Proof(
        chapter01.responsibilities,
        stub=(stub,),
        solution=(responsibilities,),
        wrong=[
            ((lambda x, w, m, s: log_joint(x, w / w, m, s).softmax(1),), "weights are missing"),
            ((lambda *mixture: log_joint(*mixture).softmax(0),), "sum over points"),
            ((underflowing,), "underflows"),
            ((lambda x, w, m, s: (log_joint(x, w, m, s) + s.log()).softmax(1),), "normalisation"),
            ((lambda x, w, m, s: responsibilities(x, w, m, s**2),), "another measure of width"),
            ((lambda x, w, m, s: responsibilities(x, w, m, s.sqrt()),), "another measure of width"),
            ((with_known_weights,), "another mixture"),
            ((lambda *mixture: density(*mixture).exp(),), "not divided by the sum"),
            ((density,), "These are logarithms"),
            ((lambda *mixture: responsibilities(*mixture).T,), "transpose"),
        ],
        unforeseen=[
            (lambda x, w, m, s: log_joint(x, w, m, s**2).softmax(1),),
            (lambda x, w, m, s: responsibilities(x, w.fill_(1 / len(w)), m, s),),
        ],
        never=[
            ((underflowing,), "weights are missing|sum over points|another mixture"),
            ((lambda *mixture: log_joint(*mixture).softmax(0),), "transpose|Rare"),
            ((lambda x, w, m, s: responsibilities(x, w, m, s**2),), "normalisation|weights"),
            ((with_known_weights,), "weights are missing|underflows"),
        ],
    ),
    Proof(
        chapter01.kl_to_prior,
        stub=(stub,),
        solution=(kl_to_prior,),
        wrong=[
            ((lambda m, v: -kl_to_prior(m, v),), "sign"),
            ((lambda m, v: kl_to_prior(m, 2 * v),), "log-variance as log s"),
            ((lambda m, v: kl_to_prior(m, v) / 3,), "averaged over coordinates"),
            ((lambda m, v: ((m**2 + v.exp() - v) / 2).sum(1),), "not zero where the two are equal"),
            ((lambda m, v: kl_to_prior(m, v.mul_(2)),), "log-variance as log s"),
            ((lambda m, v: 2 * kl_to_prior(m, v),), "twice the divergence"),
            ((lambda m, v: (m**2 + v.exp() - v - 1) / 2,), "One number for each row"),
            ((lambda m, v: kl_to_prior(m, v).mean(),), "averaged over the rows"),
            ((reversed_kl,), r"KL\(prior \|\| proposal\)"),
        ],
        unforeseen=[(lambda m, v: ((m.abs() + v.exp() - v - 1) / 2).sum(1),)],
        never=[
            ((lambda m, v: -kl_to_prior(m, v),), "averaged|log-variance"),
            ((reversed_kl,), "sign|log-variance as log s"),
            ((lambda m, v: kl_to_prior(m, v).mean(),), "coordinates"),
        ],
    ),
    Proof(
        chapter01.importance_bound,
        stub=(stub,),
        solution=(importance_bound,),
        wrong=[
            ((lambda log_w: log_w.mean(),), "ELBO"),
            ((lambda log_w: log_w.logsumexp(0).mean(),), "summed the weights"),
            ((lambda log_w: importance_bound(log_w.T),), "inside the logarithm"),
            ((lambda log_w: log_w.exp().mean(0).log().mean(),), "underflows"),
            ((lambda log_w: log_w.logsumexp(0).mean() - math.log(6),), "three proposals"),
            ((lambda log_w: log_w.exp_().mean(0).log_().mean(),), "underflows"),
            ((lambda log_w: log_w.logsumexp(0) - math.log(len(log_w)),), "One number is asked for"),
            ((lambda log_w: importance_bound(log_w) * log_w.shape[1],), "summed over the points"),
            ((pooled_bound,), "averaged everything inside"),
            ((with_one_maximum,), "of very different size"),
        ],
        unforeseen=[(lambda log_w: log_w.max(0).values.mean(),)],
        never=[
            ((lambda log_w: log_w.mean(),), "underflows|summed"),
            ((lambda log_w: log_w.exp().mean(0).log().mean(),), "ELBO|three proposals"),
            ((pooled_bound,), "underflows|ELBO"),
            ((with_one_maximum,), "around -5000|ELBO|three proposals|summed"),
        ],
    ),
    Proof(
        chapter01.d_loss,
        stub=(stub,),
        solution=(d_loss,),
        wrong=[
            ((colleagues_loss,), "Every sample weighs the same"),
            ((lambda real, fake: d_loss(real, fake) / 2,), "half of the usual loss"),
            ((with_epsilon,), "the loss is 2000; yours is 36.84"),
            ((clamped,), "the loss is 2000; yours is 100"),
            (
                (lambda real, fake: d_loss(real.clamp_(-50, 50), fake.clamp_(-50, 50)),),
                "the loss is 2000; yours is 100",
            ),
            ((with_flat_ends,), "the value is right, but its slope is not"),
            ((one_sided,), "Showing the same fakes five times"),
            ((shifted,), "right, since you shift the logits"),
            ((with_pos_weight,), "right, since you weigh the sides"),
            ((with_weighted_fakes,), "right, since you weigh the sides"),
            ((lambda real, fake: 2 * colleagues_loss(real, fake),), "pull D away from 0"),
            ((lambda real, fake: d_loss(-real, -fake),), "swapped"),
            ((lambda real, fake: -d_loss(real, fake),), "negative"),
            ((summed,), "summed over the batch"),
        ],
        unforeseen=[
            (lambda real, fake: (real - 1).square().mean() + fake.square().mean(),),
            (lambda real, fake: d_loss(real, fake[: len(real)]),),
        ],
        never=[
            ((lambda real, fake: d_loss(real, fake) / 2,), "weighs the same|outvote"),
            ((with_epsilon,), "not finite|slope is not"),
            ((clamped,), "slope is not"),
            ((with_flat_ends,), "the loss is"),
            ((one_sided,), "of 1000|weighs the same|answer is right"),
            ((shifted,), "away from 0|weighs the same|you weigh|of 1000"),
            ((with_pos_weight,), "away from 0|weighs the same|you shift|of 1000"),
            ((with_weighted_fakes,), "away from 0|weighs the same|you shift|of 1000"),
        ],
    ),
    Proof(
        chapter01.resample,
        stub=(stub,),
        solution=(resample,),
        wrong=[
            ((lambda x, logits, n: choose(x, logits.sigmoid(), n),), "probability sigma"),
            ((lambda x, logits, n: resample(x, -logits, n),), "q / p"),
            ((lambda x, logits, n: resample(x, 0 * logits, n),), "still the fakes"),
            ((lambda x, logits, n: choose(x, (logits > 0).float(), n),), "that D calls real"),
            ((lambda x, logits, n: torch.randn(n, 1) + 1,), "not among the fakes"),
            ((lambda x, logits, n: choose(x, logits.exp(), n),), "constant added to all logits"),
            ((without_replacement,), "each has come back once"),
            (
                (lambda x, logits, n: x[logits.flatten().topk(n).indices],),
                "each has come back once",
            ),
            ((unflattened,), r"logits \[8, 1\] and n = 5"),
            ((lambda x, logits, n: resample(x, logits, len(x)),), r"should be \[5, 1\]"),
            ((lambda x, logits, n: resample(x[:, :1], logits, n),), "not made of its rows"),
            ((lambda x, logits, n: resample(x, logits.sigmoid_(), n),), "not the data's"),
            ((lambda x, a, n: choose(x, a.softmax(-1), n),), "dimension of length 1"),
            ((lambda x, a, n: choose(x, (a - a.mean()).exp(), n),), "300 should take all draws"),
            ((with_capped_weights,), "300 should take all draws"),
        ],
        unforeseen=[
            (lambda x, logits, n: resample(x, logits / 2, n),),
            (lambda x, logits, n: choose(x, logits.flatten().exp().square(), n),),
        ],
        never=[
            ((without_replacement,), "still the fakes|Use the logits"),
            ((lambda x, logits, n: resample(x, 0 * logits, n),), "replacement"),
            ((unflattened,), "still the fakes"),
            ((lambda x, a, n: choose(x, (a - a.mean()).exp(), n),), "constant added|replacement"),
            ((with_capped_weights,), "constant added|replacement"),
            ((lambda x, a, n: choose(x, a.softmax(-1), n),), "Use the logits|replacement"),
        ],
    ),
]
