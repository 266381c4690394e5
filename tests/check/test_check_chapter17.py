"""What the checks of chapter 17 have to tell apart; test_check_chapters.py proves it."""

import math

import pytest
import torch
from exercises import Proof
from torch.nn.functional import cross_entropy, log_softmax, nll_loss, softplus
from torch.special import ndtr, ndtri

from gan_course.check import chapter17


def stub(*answers):
    return ...


def real_logit(logits):
    return logits[:, :-1].logsumexp(1) - logits[:, -1]


def by_probabilities(logits):
    p = logits.softmax(1)
    return (p[:, :-1].sum(1) / p[:, -1]).log()


def by_two_logs(logits):
    logs = log_softmax(logits, 1)
    return logs[:, :-1].logsumexp(1) - logs[:, -1]


REAL_LOGIT = Proof(
    chapter17.real_logit,
    stub=(stub,),
    solution=(real_logit,),
    wrong=[
        ((lambda x: -real_logit(x),), 'logit of "generated"'),
        ((lambda x: x[:, :-1].logsumexp(1),), "no part in this"),
        ((lambda x: x.logsumexp(1) - x[:, -1],), "-log P.generated"),
        ((lambda x: x[:, :-1].logsumexp(1) - x.logsumexp(1),), "This is log P.real"),
        ((lambda x: real_logit(x).sigmoid(),), "probability of real"),
        ((lambda x: x[:, :-1].amax(1) - x[:, -1],), "likeliest class"),
        ((lambda x: x[:, :-1].sum(1) - x[:, -1],), "added logits"),
        ((lambda x: x[:, :-1].mean(1) - x[:, -1],), "mean of the K"),
        ((lambda x: x[:, 1:].logsumexp(1) - x[:, 0],), "first"),
        ((by_probabilities,), "not finite"),
        ((lambda x: x[:, :-1].exp().sum(1).log() - x[:, -1],), "not finite"),
        ((lambda x: real_logit(x).detach(),), "No gradient"),
    ],
    unforeseen=[
        (lambda x: real_logit(x).clamp(-5, 5),),
        (lambda x: real_logit(x[:1]).expand(len(x)),),
        (lambda x: real_logit(x) + 0 * x.detach().sum() + 0.01,),
        (lambda x: x[:, :-1].logsumexp(1) - x[:, -1].detach(),),
    ],
    never=[
        ((lambda x: 2 * real_logit(x),), 'logit of "generated"|likeliest|mean|first|probability'),
        ((by_probabilities,), "generated class|likeliest|sign"),
    ],
)


def one_side(logits, sign, share=None, axis=1):
    D = logits.logsumexp(1, keepdim=True).sigmoid()
    weight = (D if sign > 0 else 1 - D) if share is None else share(D)
    return sign * weight * logits.softmax(axis) / len(logits)


def slopes(l_u, l_fake):
    return one_side(l_u, -1), one_side(l_fake, 1)


def by_autograd(l_u, l_fake):
    leaves = [t.clone().requires_grad_() for t in (l_u, l_fake)]
    loss = softplus(-leaves[0].logsumexp(1)).mean() + softplus(leaves[1].logsumexp(1)).mean()
    return torch.autograd.grad(loss, leaves)


def overflowing(l_u, l_fake):
    Z, Y = l_u.exp().sum(1, True), l_fake.exp().sum(1, True)
    return -(1 - Z / (Z + 1)) * l_u.exp() / Z / len(l_u), Y / (Y + 1) * l_fake.exp() / Y / len(
        l_fake
    )


SLOPES = Proof(
    chapter17.slopes,
    stub=(stub,),
    solution=(slopes,),
    wrong=[
        ((lambda a, b: (-slopes(a, b)[0], slopes(a, b)[1]),), "l_u have the wrong sign"),
        ((lambda a, b: (slopes(a, b)[0], -slopes(a, b)[1]),), "l_fake have the wrong sign"),
        ((lambda a, b: tuple(len(t) * s for t, s in zip((a, b), slopes(a, b), strict=True)),), "a \\*sum\\*"),
        ((lambda a, b: (one_side(a, -1, lambda D: D), one_side(b, 1)),), "In l_u the weight is that of the other"),
        ((lambda a, b: (one_side(a, -1), one_side(b, 1, lambda D: 1 - D)),), "In l_fake the weight is that of the other"),
        ((lambda a, b: (one_side(a, -1, torch.ones_like), one_side(b, 1)),), "same weight"),
        ((lambda a, b: (one_side(a, -1, axis=0), one_side(b, 1, axis=0)),), "over the samples"),
        ((lambda a, b: ((a.logsumexp(1, True).sigmoid() - 1).expand_as(a) / len(a), one_side(b, 1)),), "pulled alike"),
        ((lambda a, b: ((a.logsumexp(1, True).sigmoid() - 1) / len(a), one_side(b, 1)),), "one number per sample"),
        ((overflowing,), "not finite"),
        ((lambda a, b: slopes(a, b)[0],), "Return two tensors"),
    ],
    unforeseen=[
        (lambda a, b: (0.5 * slopes(a, b)[0], 0.5 * slopes(a, b)[1]),),
        (lambda a, b: (one_side(a, -1, lambda D: (1 - D) ** 2), one_side(b, 1)),),
        (lambda a, b: (slopes(a, b)[0], one_side(b, 1) * len(b) / len(a)),),
        (lambda a, b: (slopes(a.clamp(-3, 3), b)[0], slopes(a, b)[1]),),
    ],
    never=[
        ((lambda a, b: (0.5 * slopes(a, b)[0], slopes(a, b)[1]),), "sign|sum|other kind|alike|samples, dim"),
        ((lambda a, b: (slopes(a, b)[0], 3 * slopes(a, b)[1]),), "l_u|sign|alike"),
    ],
)  # fmt: skip


def circulant(w):
    return torch.stack([w.roll(j) for j in range(len(w))], 1)


def seen(p, w):
    return sum(w[k] * p.roll(k) for k in range(len(p)))


def by_matrix(p, w):
    return circulant(w) @ p


def weakest(w):
    return torch.linalg.eigvals(circulant(w)).abs().min()


def with_weakest(function):
    return (seen, function)


TURNED = Proof(
    chapter17.turned,
    stub=(stub, stub),
    solution=(seen, weakest),
    wrong=[
        ((lambda p, w: sum(w[k] * p.roll(-k) for k in range(len(p))), weakest), "other way round"),
        ((lambda p, w: p * w, weakest), "number by number"),
        ((lambda p, w: p, weakest), "no effect"),
        (with_weakest(lambda w: torch.linalg.eigvals(circulant(w)).real.min()), "real part"),
        (
            with_weakest(
                lambda w: torch.linalg.eigvalsh((circulant(w) + circulant(w).T) / 2).abs().min()
            ),
            "symmetric part",
        ),
        (with_weakest(lambda w: torch.linalg.eigvals(circulant(w)).abs().max()), "always 1"),
        (with_weakest(lambda w: weakest(w) ** 2), "square"),
        (with_weakest(lambda w: torch.linalg.det(circulant(w)).abs()), "determinant"),
        (with_weakest(lambda w: w[0]), "no turn"),
        (with_weakest(lambda w: torch.linalg.eigvals(circulant(w)).abs()), "One number"),
    ],
    unforeseen=[
        (lambda p, w: seen(p, w).flip(0), weakest),
        with_weakest(lambda w: 1 - (1 - w[0]) * len(w) / (len(w) - 1)),  # of even turns only
        with_weakest(lambda w: w[0] - w[1:].max()),
        with_weakest(lambda w: torch.linalg.svdvals(circulant(w)).min() + 0.001),
    ],
    never=[
        (with_weakest(lambda w: 2 * weakest(w)), "real part|symmetric|square|determinant"),
        ((lambda p, w: seen(p, w) * 0.9, weakest), "other way|number by number"),
    ],
)


def compare(a, b):
    d, n = a - b, len(a)
    return d.mean(), d.std() / n**0.5, ((a.var() + b.var()) / n).sqrt()


def splits(a, b, target):
    return math.ceil((a - b).var().item() / target**2)


def part(k, function):
    def changed(a, b):
        values = [*compare(a, b)]
        values[k] = function(a, b)
        return values

    return (changed, splits)


SAME_SPLITS = Proof(
    chapter17.same_splits,
    stub=(stub, stub),
    solution=(compare, splits),
    wrong=[
        ((lambda a, b: compare(a, b)[:2], splits), "three numbers"),
        (part(0, lambda a, b: (b - a).mean()), "mean of b - a"),
        (part(1, lambda a, b: (a - b).std()), "spread of one difference"),
        (part(1, lambda a, b: (a - b).std() / len(a)), "\\*root\\* of n"),
        (part(1, lambda a, b: (a - b).std(correction=0) / len(a) ** 0.5), "divided the squares by n"),
        (part(1, lambda a, b: compare(a, b)[2]), "unpaired one"),
        (part(1, lambda a, b: (a - b).var() / len(a)), "a variance"),
        (part(2, lambda a, b: (a.std() + b.std()) / len(a) ** 0.5), "added standard errors"),
        (part(2, lambda a, b: ((a.var() + b.var()) / (2 * len(a))).sqrt()), "2n"),
        (part(2, lambda a, b: compare(a, b)[1]), "paired one"),
        ((compare, lambda a, b, t: math.ceil((a.var() + b.var()).item() / t**2)), "unpaired splits"),
        ((compare, lambda a, b, t: (a - b).var().item() / t**2), "whole"),
        ((compare, lambda a, b, t: math.floor((a - b).var().item() / t**2)), "still larger"),
        ((compare, lambda a, b, t: math.ceil((a - b).std().item() / t)), "root"),
    ],
    unforeseen=[
        part(1, lambda a, b: (a.var() + b.var()).sub((a - b).var()).abs().sqrt()),
        part(2, lambda a, b: (2 * a.var() / len(a)).sqrt()),
        (compare, lambda a, b, t: splits(a, b, t) + 1),
        part(0, lambda a, b: (a - b).median()),
    ],
    never=[
        (part(1, lambda a, b: 2 * compare(a, b)[1]), "unpaired|variance|divided"),
        (part(2, lambda a, b: 2 * compare(a, b)[2]), "paired one|2n|subtracted"),
    ],
)  # fmt: skip


def signal(m, s):
    return 2 * ndtr(m / (2 * (1 + s**2).sqrt())) - 1


def strength(m, target):
    reach = 2 * ndtri(torch.tensor((1 + target) / 2, dtype=torch.float64))
    return ((m / reach) ** 2 - 1).clamp(min=0).sqrt()


def reach(target):
    return 2 * ndtri(torch.tensor((1 + target) / 2, dtype=torch.float64))


HELD_BACK = Proof(
    chapter17.held_back,
    stub=(stub, stub),
    solution=(signal, strength),
    wrong=[
        ((lambda m, s: ndtr(m / (2 * (1 + s**2).sqrt())), strength), "calls real"),
        ((lambda m, s: 2 * ndtr(m / (1 + s**2).sqrt()) - 1, strength), "mean of G's"),
        ((lambda m, s: 2 * ndtr(m / 2) - 1, strength), "no effect"),
        ((lambda m, s: 2 * ndtr(m / (2 * (1 + s**2))) - 1, strength), "variance"),
        ((lambda m, s: 2 * ndtr(m / (2 * (1 + s))) - 1, strength), "do not add up"),
        ((lambda m, s: -signal(m, s), strength), "turned round"),
        ((signal, lambda m, t: strength(m, t) ** 2), "variance of the noise"),
        ((signal, lambda m, t: m / reach(t)), "together"),
        ((signal, lambda m, t: m / reach(t) - 1), "do not subtract"),
        ((signal, lambda m, t: ((m / reach(2 * t - 1)) ** 2 - 1).clamp(min=0).sqrt()), "Phi itself|it should be"),
        ((signal, lambda m, t: ((m / reach(t)) ** 2 - 1).sqrt()), "nan"),
        ((signal, lambda m, t: ((m / reach(t)) ** 2 - 1).abs().sqrt()), "there should be none"),
        ((signal, lambda m, t: strength(m, t)[0]), "numbers are expected"),
    ],
    unforeseen=[
        (signal, lambda m, t: strength(m, 0.6)),
        (signal, lambda m, t: strength(m, t) if (m > 3).all() else 0 * m),
        (lambda m, s: signal(m, s.clamp(max=1)), strength),
        (lambda m, s: signal(m.clamp(max=3), s), strength),
    ],
    never=[
        ((lambda m, s: signal(m, s) / 2, strength), "boundary|variance|turned|calls"),
        ((signal, lambda m, t: 2 * strength(m, t)), "variance|together|Phi itself"),
    ],
)  # fmt: skip


def d_loss(D, x, y, u, fake):
    on_u, on_fake = D(u).logsumexp(1), D(fake).logsumexp(1)
    return cross_entropy(D(x), y) + (softplus(-on_u).mean() + softplus(on_fake).mean()) / 2


def unlabelled(D, u, fake):
    return (softplus(-D(u).logsumexp(1)).mean() + softplus(D(fake).logsumexp(1)).mean()) / 2


def clinic(D, x, y, u, fake):
    return d_loss(lambda t: D(t).softmax(1), x, y, u, fake)


def by_log_softmax_twice(D, x, y, u, fake):  # log_softmax of log_softmax is log_softmax
    return cross_entropy(log_softmax(D(x), 1), y) + unlabelled(D, u, fake)


D_LOSS = Proof(
    chapter17.d_loss,
    stub=(stub,),
    solution=(d_loss,),
    wrong=[
        ((clinic,), "still the loss of the clinic"),
        ((lambda D, x, y, u, f: cross_entropy(D(x).softmax(1), y) + unlabelled(D, u, f),), "labelled one is still"),
        ((lambda D, x, y, u, f: cross_entropy(D(x), y) + unlabelled(lambda t: D(t).softmax(1), u, f),), "log Z is still"),
        ((lambda D, x, y, u, f: cross_entropy(D(x), y) + 2 * unlabelled(D, u, f),), "counts twice"),
        ((lambda D, x, y, u, f: cross_entropy(D(x), y),), "missing"),
        ((lambda D, x, y, u, f: cross_entropy(D(x), y) + unlabelled(D, f, u),), "exchanged"),
        ((lambda D, x, y, u, f: nll_loss(D(x).softmax(1), y) + unlabelled(D, u, f),), "log of the labelled part"),
        ((lambda D, x, y, u, f: nll_loss(D(x).softmax(1).log(), y) + unlabelled(D, u, f),), "not finite"),
        ((lambda D, x, y, u, f: d_loss(D, x, y, u, f).detach(),), "No gradient"),
    ],
    unforeseen=[
        (lambda D, x, y, u, f: d_loss(lambda t: D(t).clamp(-10, 10), x, y, u, f),),
        (lambda D, x, y, u, f: d_loss(D, x, y, u, f) + 0.02,),
        (lambda D, x, y, u, f: cross_entropy(D(x), y) + unlabelled(D, u.detach(), f),),
        (lambda D, x, y, u, f: d_loss(lambda t: D(t) / 2, x, y, u, f),),
    ],
    never=[
        ((lambda D, x, y, u, f: 2 * d_loss(D, x, y, u, f),), "clinic|twice|missing|exchanged|log of"),
    ],
)  # fmt: skip


@pytest.mark.parametrize(
    ("check", "answers"),
    [
        (chapter17.real_logit, (by_two_logs,)),
        (chapter17.slopes, (by_autograd,)),
        (chapter17.turned, (by_matrix, lambda w: torch.fft.fft(w).abs().min())),
        (chapter17.d_loss, (by_log_softmax_twice,)),
    ],
)
def test_other_ways_are_right_too(check, answers):
    assert check(*answers)


PROOFS = [REAL_LOGIT, SLOPES, TURNED, SAME_SPLITS, HELD_BACK, D_LOSS]
