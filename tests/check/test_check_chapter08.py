"""What the checks of chapter 8 have to tell apart; test_check_chapters.py proves it."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from exercises import Proof
from torch.nn.functional import cross_entropy, log_softmax, softplus

from gan_course.check import chapter08


def stub(*answers):
    """Your code here."""
    ...


def two_terms(best, p, q, c):
    return np.sum((p + q) * (best - c) ** 2) / 2


def right_targets(p, q, a, b, c):
    p, q = p[p + q > 0], q[p + q > 0]
    return two_terms((a * q + b * p) / (p + q), p, q, c)


def with_nan(p, q, a, b, c):
    return two_terms((a * q + b * p) / (p + q), p, q, c)


def only_g(p, q, a, b, c):
    return np.sum(q * ((a * q + b * p) / (p + q) - c) ** 2) / 2


def loss_of_d(p, q, a, b, c):
    best = (a * q + b * p) / (p + q)
    return (np.sum(p * (best - b) ** 2) + np.sum(q * (best - a) ** 2)) / 2


def where_both(p, q, a, b, c):
    both = (p > 0) & (q > 0)
    return right_targets(p[both], q[both], a, b, c)


TARGETS = Proof(
    chapter08.targets,
    stub=(stub,),
    solution=(right_targets,),
    wrong=[
        ((only_g,), "loss of G alone"),
        (
            (lambda p, q, a, b, c: right_targets(p, q, a, b, c) - only_g(p, q, a, b, c),),
            "second term",
        ),
        ((lambda p, q, a, b, c: 2 * right_targets(p, q, a, b, c),), "twice as large"),
        ((loss_of_d,), "loss of D"),
        ((lambda p, q, a, b, c: two_terms(p / (p + q), p, q, c),), r"takes D = p/\(p \+ q\)"),
        ((lambda p, q, a, b, c: two_terms(np.log(p / q), p, q, c),), "takes D = log"),
        ((lambda p, q, a, b, c: np.sum(((a * q + b * p) / (p + q) - c) ** 2),), "not weighed"),
        ((lambda p, q, a, b, c: right_targets(p, q, a, b, c) / len(p),), "mean over the bins"),
        ((with_nan,), "bins are empty"),
        ((where_both,), "bins are empty"),
        ((lambda p, q, a, b, c: right_targets(p, q, -1, 1, 0),), "not the sum"),
    ],
    unforeseen=[
        (lambda p, q, a, b, c: np.sum((p - q) ** 2 / (p + q)) / 2,),
        (lambda p, q, a, b, c: right_targets(p, q, a, b, c) if len(p) == 6 else 0.25,),
        (lambda p, q, a, b, c: two_terms((a + b) / 2, p, q, c),),
        (lambda p, q, a, b, c: np.sum((p + q) * abs((a * q + b * p) / (p + q) - c)) / 2,),
    ],
    never=[
        ((only_g,), "twice|weighed|mean over the bins"),
        ((with_nan,), "alone|takes D|twice"),
        ((lambda p, q, a, b, c: np.sum((p - q) ** 2 / (p + q)) / 2,), "takes D|alone|twice"),
    ],
)


def right_information(logits, codes, prior):
    return torch.special.entr(prior).sum() - cross_entropy(logits, codes)


def entropy(prior):
    return -(prior * prior.log()).sum()


def squashed(logits, codes, prior):
    return entropy(prior) - cross_entropy(logits.softmax(1), codes)


def unstable(logits, codes, prior):
    rows = logits.softmax(1)[torch.arange(len(codes)), codes]
    return torch.special.entr(prior).sum() + rows.log().mean()


def counted(logits, codes, prior):
    shares = torch.bincount(codes, minlength=len(prior)) / len(codes)
    return torch.special.entr(shares).sum() - cross_entropy(logits, codes)


def likely(logits, codes, prior):
    return entropy(prior) + unstable_mean(logits, codes).log()


def unstable_mean(logits, codes):
    return logits.softmax(1)[torch.arange(len(codes)), codes].mean()


def over_classes(logits, codes, prior):
    one_hot = torch.nn.functional.one_hot(codes, len(prior))
    return entropy(prior) + (log_softmax(logits, 1) * one_hot).mean()


def clamped(logits, codes, prior):
    return right_information(logits.clamp(-2000, 499.5), codes, prior)


INFORMATION = Proof(
    chapter08.information,
    stub=(stub,),
    solution=(right_information,),
    wrong=[
        ((squashed,), "softmax stands before"),
        ((lambda a, c, p: math.log(len(p)) - cross_entropy(a, c),), "equally likely"),
        ((lambda a, c, p: -cross_entropy(a, c) - p[c].log().mean(),), "happened to be drawn"),
        ((counted,), "happened to be drawn"),
        ((lambda a, c, p: -cross_entropy(a, c),), "entropy of the code is missing"),
        ((lambda a, c, p: cross_entropy(a, c),), "code loss"),
        ((lambda a, c, p: cross_entropy(a, c) - entropy(p),), "minus the bound"),
        ((lambda a, c, p: entropy(p) + cross_entropy(a, c),), "is added"),
        ((lambda a, c, p: right_information(a, c, p) / math.log(2),), "in bits"),
        ((lambda a, c, p: entropy(p) - cross_entropy(a, c, reduction="sum"),), "summed"),
        (
            (lambda a, c, p: entropy(p) + a.log_softmax(0)[range(len(c)), c].mean(),),
            "over the samples",
        ),
        ((over_classes,), "over the classes"),
        ((likely,), "after the mean"),
        ((lambda a, c, p: entropy(p) + unstable_mean(a, c),), "logarithm of Q is missing"),
        ((lambda a, c, p: entropy(p) - cross_entropy(a, c),), "probability 0"),
        ((lambda a, c, p: entropy(p + 1e-3) - cross_entropy(a, c),), "not the bound"),
        ((unstable,), "several hundred"),
        ((lambda a, c, p: right_information(a.clamp(-50, 50), c, p),), "several hundred"),
        ((lambda a, c, p: right_information(a.detach(), c, p),), "No gradient"),
    ],
    unforeseen=[
        (lambda a, c, p: entropy(p),),
        (lambda a, c, p: (a.argmax(1) == c).double().mean(),),
        (lambda a, c, p: entropy(p) + a[torch.arange(len(c)), c].mean(),),
        (lambda a, c, p: entropy(p) - cross_entropy(a, a.argmax(1)),),
        (lambda a, c, p: right_information(torch.where(a > 899, a.detach(), a), c, p) + 1e-3,),
    ],
    never=[
        ((squashed,), "equally|missing|summed|bits"),
        ((lambda a, c, p: math.log(len(p)) - cross_entropy(a, c),), "softmax stands|missing|drawn"),
        ((unstable,), "clamp|softmax stands|missing"),
    ],
)


def right_conjugate(t):
    t = t.clamp(min=-3)
    return 4 - t - 4 * (1 - t).sqrt()


def right_activation(v):
    return 1 - (-v).exp()


def maximiser(t):
    return 2 / (1 - t).sqrt() - 1


def le_cam(u):
    return (u - 1) ** 2 / (u + 1)


def without_branch(t):
    return 4 - t - 4 * (1 - t).sqrt()


def flat_branch(value):
    return lambda t: torch.where(t < -3, value, right_conjugate(t))


LE_CAM = Proof(
    chapter08.le_cam,
    stub=(stub, stub),
    solution=(right_conjugate, right_activation),
    wrong=[
        ((lambda t: -right_conjugate(t), right_activation), "sign is turned round"),
        ((maximiser, right_activation), "u at which"),
        ((lambda t: le_cam(maximiser(t)), right_activation), "f at that u"),
        ((lambda t: t * maximiser(t), right_activation), "t u alone"),
        ((lambda t: 4 - 4 * (1 - t).sqrt(), right_activation), "-t is missing"),
        ((le_cam, right_activation), "f itself"),
        ((lambda t: 1 - 4 / (t + 1) ** 2, right_activation), "f' at t"),
        ((lambda t: t + t**2 / 4, right_activation), "Pearson"),
        ((without_branch, right_activation), "negative u"),
        ((flat_branch(0.0), right_activation), "not 0"),
        ((flat_branch(1.0), right_activation), "Below -3 the sign"),
        ((lambda t: torch.nan_to_num(t * math.nan), right_activation), "not the conjugate"),
        ((lambda t: right_conjugate(t) + (t - t.detach()), right_activation), "not its slope"),
        ((right_conjugate, lambda v: v), "reaches or passes 1"),
        ((right_conjugate, lambda v: v.exp()), "reaches or passes 1"),
        ((right_conjugate, lambda v: v.clamp(max=0.99)), "does not rise everywhere"),
        ((right_conjugate, lambda v: 1 - v.exp()), "falls"),
        ((right_conjugate, torch.tanh), "near -3"),
        ((right_conjugate, torch.sigmoid), "near -3"),
        ((right_conjugate, lambda v: -softplus(-v)), "near 1"),
        ((right_conjugate, lambda v: v.softmax(0)), "near -3|does not rise"),
        ((right_conjugate, lambda v: 1 - (-v).exp().sum()), "v's shape"),
        ((right_conjugate, lambda v: 1 / (v / 0)), "not finite|does not rise"),
    ],
    unforeseen=[
        (lambda t: t, right_activation),
        (lambda t: (t - 1).exp(), right_activation),
        (lambda t: 2 - 2 * (1 - t).sqrt(), right_activation),
        (right_conjugate, lambda v: 1 - 4 / (v + 1) ** 2),
        (right_conjugate, lambda v: -v.abs()),
        (right_conjugate, lambda v: 1 - 3.5 * torch.sigmoid(-v)),
    ],
    never=[
        ((without_branch, right_activation), "missing|slope"),
        ((right_conjugate, torch.tanh), "passes 1|flat|falls|conjugate"),
        ((right_conjugate, lambda v: 1 - v.exp()), "passes 1,|near"),
    ],
)


def gone(k):
    return (k.sum() - k.trace()) / (len(k) * (len(k) - 1))


def right_mmd2(x, y, kernel):
    return gone(kernel(x, x)) + gone(kernel(y, y)) - 2 * kernel(x, y).mean()


def biased(x, y, kernel):
    return kernel(x, x).mean() + kernel(y, y).mean() - 2 * kernel(x, y).mean()


def inside(x, y, kernel):
    return gone(kernel(x, x)) + gone(kernel(y, y))


def wrong_count(x, y, kernel):
    left = [(k.sum() - k.trace()) / len(k) ** 2 for k in (kernel(x, x), kernel(y, y))]
    return sum(left) - 2 * kernel(x, y).mean()


def ones_on_the_diagonal(x, y, kernel):
    left = [(k.sum() - len(k)) / (len(k) * (len(k) - 1)) for k in (kernel(x, x), kernel(y, y))]
    return sum(left) - 2 * kernel(x, y).mean()


def no_diagonal_across(x, y, kernel):
    k, n = kernel(x, y), min(len(x), len(y))
    return inside(x, y, kernel) - 2 * (k.sum() - k.diagonal().sum()) / (k.numel() - n)


def gaussian(x, y):
    return torch.exp(-(torch.cdist(x, y) ** 2) / 2)


MMD = Proof(
    chapter08.mmd,
    stub=(stub,),
    solution=(right_mmd2,),
    wrong=[
        ((biased,), "biased estimate"),
        ((lambda x, y, k: biased(x, y, k).abs().sqrt(),), "biased MMD, not its square"),
        ((lambda x, y, k: right_mmd2(x, y, k).abs().sqrt(),), "root"),
        ((lambda x, y, k: right_mmd2(x, y, k).clamp(min=0),), "cut off|should be -"),
        ((lambda x, y, k: right_mmd2(x, y, k).abs(),), "sign is taken|should be -"),
        ((wrong_count,), "not of the count"),
        ((ones_on_the_diagonal,), r"k\(x, x\) = 1"),
        ((no_diagonal_across,), "between the samples, too"),
        ((lambda x, y, k: inside(x, y, k) - k(x, y).mean(),), "counts once"),
        ((lambda x, y, k: inside(x, y, k) / 2 - 2 * k(x, y).mean(),), "are halved"),
        ((lambda x, y, k: inside(x, y, k) + 2 * k(x, y).mean(),), "is added"),
        ((lambda x, y, k: gone(k(x, x)) - 2 * k(x, y).mean(),), "inside y"),
        ((lambda x, y, k: gone(k(y, y)) - 2 * k(x, y).mean(),), "inside x"),
        ((lambda x, y, k: -right_mmd2(x, y, k),), "turned round"),
        ((lambda x, y, k: right_mmd2(x, y, gaussian),), "not the unbiased"),
        ((lambda x, y, k: right_mmd2(x, y.detach(), k),), "gradient in y"),
        ((lambda x, y, k: right_mmd2(x.detach(), y, k),), "gradient in x"),
        ((lambda x, y, k: right_mmd2(x, y, k).item(),), "No gradient"),
    ],
    unforeseen=[
        (lambda x, y, k: (x.mean(0) - y.mean(0)).square().sum(),),
        (lambda x, y, k: inside(x, y, k),),
        (lambda x, y, k: right_mmd2(x, y[: len(x)], k),),
        (lambda x, y, k: right_mmd2(x.float(), y.float(), k).round(decimals=2),),
        (lambda x, y, k: k(x, x).triu(1).mean() + k(y, y).triu(1).mean() - 2 * k(x, y).mean(),),
    ],
    never=[
        ((wrong_count,), r"k\(x, x\) = 1|biased|once"),
        ((biased,), "root|diagonal|count"),
        ((lambda x, y, k: right_mmd2(x, y.detach(), k),), "in x"),
    ],
)


def right_pull(objective, best, s):
    s = s.detach().requires_grad_()
    (slope,) = torch.autograd.grad(objective.g(best(s), None), s)
    return -len(s) * slope


def in_the_output(objective, best, s):
    out = best(s).detach().requires_grad_()
    return -len(s) * torch.autograd.grad(objective.g(out, None), out)[0]


def differences(objective, best, s):
    step = 1e-4
    return -torch.stack(
        [(objective.g(best(one + step)) - objective.g(best(one - step))) / 2 / step for one in s]
    )


def of_all(number):
    return lambda objective, best, s: getattr(right_pull(objective, best, s), number)()


PULL = Proof(
    chapter08.pull,
    stub=(stub,),
    solution=(right_pull,),
    wrong=[
        ((lambda o, b, s: -right_pull(o, b, s),), "sign is turned round"),
        ((lambda o, b, s: right_pull(o, b, s) / len(s),), "depends on how many"),
        ((lambda o, b, s: -right_pull(o, b, s) / len(s),), "sign is turned round, and"),
        ((in_the_output,), r"slope in D's output \(least"),
        ((lambda o, b, s: in_the_output(o, b, s) / len(s),), "depends on how many"),
        ((lambda o, b, s: right_pull(o, b, s).abs(),), r"least_squares\(a=-1"),
        ((lambda o, b, s: right_pull(o, b, s) / s.exp(),), "slope in p/q"),
        ((of_all("mean"),), "mean over the fakes"),
        ((of_all("sum"),), "sum over the fakes"),
        ((lambda o, b, s: right_pull(o, lambda s: b(s).sigmoid(), s),), "sigmoid stands before"),
        ((lambda o, b, s: right_pull(o, lambda s: s, s),), r"`best` is not used \(least"),
        ((lambda o, b, s: b(s),), "D's output"),
        ((lambda o, b, s: torch.sigmoid(-s),), r"pull of the non-saturating loss \(minimax"),
        ((lambda o, b, s: right_pull(o, b, s.clamp(-50, 50)),), "-60 or 20"),
        ((differences,), "-60 or 20"),
    ],
    unforeseen=[
        (lambda o, b, s: s,),
        (lambda o, b, s: torch.ones_like(s),),
        (lambda o, b, s: right_pull(o, b, s).abs() + 1e-3,),
        (lambda o, b, s: right_pull(o, b, s)[:9],),
        (lambda o, b, s: right_pull(o, b, s.mean().expand(len(s))),),
    ],
    never=[
        ((lambda o, b, s: -right_pull(o, b, s),), "N-th|how many|mean"),
        ((in_the_output,), "sign|how many|not used"),
        ((differences,), "sign|N-th|not used"),
    ],
)


def moments(weights, values):
    mean = np.sum(weights * values)
    return mean, np.sqrt(np.sum(weights * (values - mean) ** 2))


def right_best_of(scores, k):
    scores, n = np.sort(scores), len(scores)
    ways = [math.comb(n - 1 - i, k - 1) for i in range(n)]
    return moments(np.array([way / math.comb(n, k) for way in ways]), scores)


def unsorted(scores, k):
    n = len(scores)
    weights = [math.comb(n - i, k - 1) / math.comb(n, k) for i in range(1, n + 1)]
    return moments(np.array(weights), scores)


def by_ratios(scores, k):
    scores, n = np.sort(scores), len(scores)
    weights, weight = np.zeros(n), k / n
    for i in range(n - k + 1):
        weights[i] = weight
        weight *= (n - k - i) / (n - 1 - i) if n - 1 - i else 0
    return moments(weights, scores)


def with_replacement(scores, k):
    above = (np.arange(len(scores), -1, -1) / len(scores)) ** k
    return moments(above[:-1] - above[1:], np.sort(scores))


def listed(scores, k, best=min):
    if math.comb(len(scores), k) > 5000:
        return right_best_of(scores, k)
    found = [best(group) for group in itertools.combinations(scores, k)]
    return np.mean(found), np.std(found)


def drawn(scores, k):
    random = np.random.default_rng(1)
    found = [random.choice(scores, k, replace=False).min() for _ in range(2000)]
    return np.mean(found), np.std(found)


def in_floats(scores, k):
    scores, n = np.sort(scores), len(scores)
    ways = [float(math.comb(n - 1 - i, k - 1)) for i in range(n)]
    return moments(np.array(ways) / math.comb(n, k), scores)


def cancelling(scores, k):
    scores, n = np.sort(scores), len(scores)
    ways = np.array([math.comb(n - 1 - i, k - 1) / math.comb(n, k) for i in range(n)])
    mean = np.sum(ways * scores)
    return mean, np.sqrt(np.abs(np.sum(ways * scores**2) - mean**2))


def distinct(scores, k):
    return right_best_of(np.unique(scores), min(k, len(np.unique(scores))))


def weighted(ways):
    def best(scores, k):
        n = len(scores)
        weights = [ways(n, k, i) / math.comb(n, k) for i in range(1, n + 1)]
        return moments(np.array(weights), np.sort(scores))

    return best


def spread(change):
    return lambda scores, k: (right_best_of(scores, k)[0], change(scores, k))


BEST_OF = Proof(
    chapter08.best_of,
    stub=(stub,),
    solution=(right_best_of,),
    wrong=[
        ((with_replacement,), "with replacement"),
        ((unsorted,), "sorted scores"),
        ((lambda scores, k: listed(scores, k, max),), "worst of k"),
        ((lambda scores, k: (scores.mean(), scores.std()),), "mean of all scores"),
        ((lambda scores, k: (scores.min(), 0.0),), "best of all n"),
        ((lambda scores, k: (scores[:k].min(), 0.0),), "first k"),
        ((lambda scores, k: (np.sort(scores)[:k].mean(), 0.0),), "mean of the k best"),
        ((lambda scores, k: (np.quantile(scores, 1 / (k + 1)), 0.0),), "quantile"),
        ((lambda scores, k: (np.sort(scores)[k - 1], 0.0),), "k-th best"),
        ((weighted(lambda n, k, i: math.comb(n - 1 - i, k - 1) if i < n else 0),), "one place off"),
        ((weighted(lambda n, k, i: math.comb(n - i, k)),), "without the i-th"),
        ((drawn,), "not the mean of the best"),
        ((lambda scores, k: right_best_of(scores, k)[0],), "Two numbers"),
        ((lambda scores, k: right_best_of(scores[::-1][:7], min(k, 7)),), "not the mean"),
        ((spread(lambda scores, k: right_best_of(scores, k)[1] ** 2),), "variance"),
        ((spread(lambda scores, k: scores.std()),), "spread of all scores"),
        ((spread(lambda scores, k: with_replacement(scores, k)[1]),), "spread with replacement"),
        ((spread(lambda scores, k: scores.std() / k**0.5),), "error of a mean"),
        ((spread(lambda scores, k: right_best_of(scores, k)[1] / k**0.5),), "divided by a root"),
        ((distinct,), "equal scores"),
        ((in_floats,), "n = 1500"),
        ((cancelling,), "loses its digits"),
    ],
    unforeseen=[
        (lambda scores, k: (0.0, 0.0),),
        (lambda scores, k: right_best_of(np.abs(scores), k),),
        (lambda scores, k: right_best_of(scores, 3),),
        (lambda scores, k: (right_best_of(scores, k)[1], right_best_of(scores, k)[0]),),
        (spread(lambda scores, k: 0.0),),
    ],
    never=[
        ((with_replacement,), "worst|quantile|first"),
        ((cancelling,), "replacement|equal|1500"),
        ((drawn,), "replacement|worst|quantile|first"),
        ((spread(lambda scores, k: 0.0),), "variance|replacement|error"),
    ],
)

PROOFS = [TARGETS, INFORMATION, LE_CAM, MMD, PULL, BEST_OF]

ACTIVATIONS = (
    lambda v: 1 - 4 * torch.sigmoid(-v) ** 2,
    lambda v: 4 * torch.sigmoid(v) - 3,
    lambda v: 1 - softplus(-v),
    lambda v: 1 - (-5 * v).exp(),
)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_other_activations_are_as_right(activation):
    assert chapter08.le_cam(flat_branch(-1.0), activation)


def test_other_ways_to_the_same_answers_pass():
    assert chapter08.best_of(by_ratios)
    assert chapter08.best_of(listed)

    def by_masks(x, y, kernel):
        def off(k):
            return k[~torch.eye(len(k), dtype=torch.bool)].mean()

        return off(kernel(x, x)) + off(kernel(y, y)) - 2 * kernel(x, y).mean()

    def by_each(objective, best, s):
        return -torch.func.vmap(torch.func.grad(lambda one: objective.g(best(one[None]))))(s)

    assert chapter08.mmd(by_masks)
    assert chapter08.pull(by_each)


def test_exchanged_targets_and_the_closed_form_are_right_too():
    def by_le_cam(p, q, a, b, c):
        p, q = p[p + q > 0], q[p + q > 0]
        return (c - (a + b) / 2) ** 2 + (b - a) ** 2 / 8 * np.sum((p - q) ** 2 / (p + q))

    assert chapter08.targets(by_le_cam)
    assert chapter08.targets(lambda p, q, a, b, c: right_targets(p, q, b, a, c))


def test_the_exact_weights_are_those_of_all_subsets():
    scores = np.array([4.0, 1.0, 3.0, 2.0])
    pairs = [Fraction(int(min(pair))) for pair in itertools.combinations(scores, 2)]
    assert right_best_of(scores, 2)[0] == pytest.approx(float(sum(pairs) / 6))
