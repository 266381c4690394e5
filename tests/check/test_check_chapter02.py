"""The exercises of chapter 2: the stubs wait, the solutions pass, wrong answers get their hints."""

import math

import numpy as np
import torch
from exercises import Proof
from torch.nn.functional import logsigmoid, softplus

from gan_course import divergences
from gan_course.check import chapter02


def stub(*answers):
    """Your code here."""
    ...


def one_sided(p, m):
    on = p > 0
    return float(np.sum(p[on] * np.log(p[on] / m[on])))


def right_js(p, q):
    m = (p + q) / 2
    return (one_sided(p, m) + one_sided(q, m)) / 2


def js_without_care(p, q):
    m = (p + q) / 2
    with np.errstate(all="ignore"):
        return 0.5 * np.sum(p * np.log(p / m) + q * np.log(q / m))


def js_with_epsilon(p, q):
    return right_js(p + 1e-8, q + 1e-8)


def js_in_place(p, q):
    p /= p.max()
    q /= q.max()
    return right_js(p, q)


def accuracy_in_place(p, q):
    p -= q
    return 0.5 + np.abs(p).sum() / 2


JS = Proof(
    chapter02.js,
    stub=(stub,),
    solution=(right_js,),
    wrong=[
        ((lambda p, q: 2 * right_js(p, q),), "twice JS"),
        ((lambda p, q: right_js(p, q) / math.log(2),), "in bits"),
        ((lambda p, q: math.sqrt(right_js(p, q)),), "root of JS"),
        ((lambda p, q: one_sided(p, (p + q) / 2),), "alone"),
        ((lambda p, q: (one_sided(p, q) + one_sided(q, p)) / 2,), "mean of the two KL"),
        ((lambda p, q: -right_js(p, q),), "negative of JS"),
        ((js_without_care,), "bin is empty"),
        ((js_with_epsilon,), "bin is empty"),
        ((js_in_place,), "not JS"),
    ],
    unforeseen=[
        (lambda p, q: one_sided(p, q),),
        (lambda p, q: np.abs(p - q).sum() / 2,),
        (lambda p, q: 0.0,),
        (lambda p, q: "JS",),
    ],
    never=[((js_with_epsilon,), r"here is (\S+), and yours is \1\.")],
)


def right_accuracy(p, q):
    return np.maximum(p, q).sum() / 2


BEST_ACCURACY = Proof(
    chapter02.best_accuracy,
    stub=(stub,),
    solution=(right_accuracy,),
    wrong=[
        ((lambda p, q: np.maximum(p, q).sum(),), "above 1"),
        ((lambda p, q: np.abs(p - q).sum() / 2,), "total variation"),
        ((lambda p, q: 1 - right_accuracy(p, q),), "is wrong"),
        ((lambda p, q: (p * p / (p + q)).sum(),), "says on average"),
        ((lambda p, q: p[p > q].sum(),), "real samples only"),
        ((lambda p, q: (p[p > q].sum() + q[p < q].sum()) / 2,), "If q = p"),
        ((accuracy_in_place,), "not how often"),
    ],
    unforeseen=[
        (lambda p, q: 1.0,),
        (lambda p, q: divergences.js(p, q),),
        (lambda p, q: (p > q).mean(),),
    ],
)


def right_uneven(p, q, s):
    return s * p / (s * p + (1 - s) * q)


def uneven_of_known_bins(p, q, s):
    return right_uneven(chapter02.P, chapter02.Q, s)


UNEVEN = Proof(
    chapter02.uneven_discriminator,
    stub=(stub,),
    solution=(right_uneven,),
    wrong=[
        ((lambda p, q, s: p / (p + q),), "even diet"),
        ((lambda p, q, s: right_uneven(p, q, 1 - s),), "share of fakes"),
        ((lambda p, q, s: 1 - right_uneven(p, q, s),), "probability of being fake"),
        ((lambda p, q, s: s * p / (p + q),), "scaled D"),
        ((uneven_of_known_bins,), "other p and q"),
        ((lambda p, q, s: right_uneven(p.fill(0.25) or p, q, s),), "does not maximise"),
        ((lambda p, q, s: (p / (p + q)) / (p / (p + q)).sum(),), "sum to 1"),
    ],
    unforeseen=[
        (lambda p, q, s: s * p / (p + (1 - s) * q),),
        (lambda p, q, s: np.full_like(p, s),),
        (lambda p, q, s: right_uneven(p, q, s).mean(),),
        (lambda p, q, s: right_uneven(p, q, 0.8),),
    ],
)


def right_fit(x, p):
    dx = x[1] - x[0]
    mean = (x * p).sum() * dx
    return mean, math.sqrt(((x - mean) ** 2 * p).sum() * dx)


def reverse_fit(x, p):
    return x[p.argmax()], 0.8


FIT = Proof(
    chapter02.forward_fit,
    stub=(stub,),
    solution=(right_fit,),
    wrong=[
        ((reverse_fit,), "highest point"),
        ((lambda x, p: (right_fit(x, p)[0], right_fit(x, p)[1] ** 2),), "variance"),
        ((lambda x, p: ((x * p).sum(), 1.0),), "factor dx"),
        ((lambda x, p: (x.mean(), x.std()),), "mean of the grid"),
        ((lambda x, p: (right_fit(x, p)[0], math.hypot(*right_fit(x, p))),), r"root of E x\^2"),
        ((lambda x, p: (right_fit(x, p)[0], x.std()),), "std of the grid"),
        ((lambda x, p: ((x * p).sum() * 0.01, 1.553383),), "another grid"),
        ((lambda x, p: right_fit(x, p)[0],), "two numbers"),
    ],
    unforeseen=[
        (lambda x, p: right_fit(x, p)[::-1],),
        (lambda x, p: (np.median(x), 1.0),),
        (lambda x, p: (1.1, 1.55338),),
    ],
)


def right_d(real, fake):
    return softplus(-real).mean() + softplus(fake).mean()


def unstable_d(real, fake):
    return -torch.log(torch.sigmoid(real)).mean() - torch.log(1 - torch.sigmoid(fake)).mean()


def with_epsilon(real, fake):
    right = -torch.log(torch.sigmoid(real) + 1e-8).mean()
    return right - torch.log(1 - torch.sigmoid(fake) + 1e-8).mean()


def clamped_probability(real, fake):
    p, q = (torch.sigmoid(a).clamp(1e-7, 1 - 1e-7) for a in (real, fake))
    return -p.log().mean() - (1 - q).log().mean()


D_LOSS = Proof(
    chapter02.d_loss,
    stub=(stub,),
    solution=(right_d,),
    wrong=[
        ((lambda r, f: logsigmoid(-r).mean() + logsigmoid(f).mean(),), "no bottom"),
        ((lambda r, f: -right_d(r, f),), "V itself"),
        ((lambda r, f: right_d(f, r),), "takes real for fake"),
        ((lambda r, f: right_d(r, f) / 2,), "half of it"),
        ((lambda r, f: softplus(-r).mean(),), "real samples only"),
        ((lambda r, f: 64 * right_d(r, f),), "summed"),
        ((lambda r, f: right_d(torch.sigmoid(r), torch.sigmoid(f)),), "sigmoid too many"),
        ((unstable_d,), "not finite|push hard"),
        ((lambda r, f: right_d(r, f).detach(),), "No gradient"),
        ((with_epsilon,), "At logits of 1000"),
        ((lambda r, f: right_d(r.clamp(-50, 50), f.clamp(-50, 50)),), "At logits of 1000"),
        ((lambda r, f: right_d(r.clamp_(-50, 50), f.clamp_(-50, 50)),), "At logits of 1000"),
        ((clamped_probability,), "At logits of 1000"),
    ],
    unforeseen=[
        (lambda r, f: (r - 1).square().mean() + f.square().mean(),),
        (lambda r, f: f.mean() - r.mean(),),
        (lambda r, f: torch.log(1 - right_d(r, f)),),
        (lambda r, f: right_d(r.clamp(-5, 5), f.clamp(-5, 5)),),
    ],
    never=[((with_epsilon,), "not finite"), ((clamped_probability,), "not finite")],
)


def right_gradient(p, theta):
    theta = theta.detach().requires_grad_()
    q = theta.softmax(0)
    best = (p / (p + q)).detach()
    return torch.autograd.grad(-(q * best.log()).sum(), theta)[0]


def through_d(p, theta):
    theta = theta.detach().requires_grad_()
    q = theta.softmax(0)
    return torch.autograd.grad(-(q * (p / (p + q)).log()).sum(), theta)[0]


def saturating(p, theta):
    theta = theta.detach().requires_grad_()
    q = theta.softmax(0)
    best = (p / (p + q)).detach()
    return torch.autograd.grad((q * (1 - best).log()).sum(), theta)[0]


def in_q(p, theta):
    q = theta.softmax(0)
    return -(p / (p + q)).log()


def by_hand(p, theta):
    q, w = theta.softmax(0), in_q(p, theta)
    return q * (w - (q * w).sum())


def without_leaf(p, theta):
    q = theta.softmax(0)
    return torch.autograd.grad(-(q * (p / (p + q)).log()).sum(), theta)[0]


GRADIENT = Proof(
    chapter02.non_saturating_gradient,
    stub=(stub,),
    solution=(right_gradient,),
    wrong=[
        ((through_d,), "through D"),
        ((saturating,), "saturating loss"),
        ((lambda p, theta: -right_gradient(p, theta),), "its negative"),
        ((in_q,), "gradient in q"),
        ((lambda p, theta: theta.softmax(0) * in_q(p, theta),), "normaliser"),
        ((without_leaf,), r"requires_grad_\(\)"),
    ],
    unforeseen=[
        (lambda p, theta: torch.zeros(4),),
        (lambda p, theta: right_gradient(p, theta).sum(),),
        (lambda p, theta: theta.softmax(0) - p,),
        (lambda p, theta: 2 * right_gradient(p, theta),),
    ],
)

PROOFS = [JS, BEST_ACCURACY, UNEVEN, FIT, D_LOSS, GRADIENT]


def test_the_gradient_by_hand_is_an_answer_too():
    assert chapter02.non_saturating_gradient(by_hand)


def test_the_gradient_is_that_of_reverse_kl_minus_two_js():
    p = torch.tensor(chapter02.P)
    theta = torch.randn(4, dtype=torch.float64, requires_grad=True)
    q = theta.softmax(0)
    kl = (q * (q / p).log()).sum()
    two_js = (p * (2 * p / (p + q)).log() + q * (2 * q / (p + q)).log()).sum()
    want = torch.autograd.grad(kl - two_js, theta)[0]
    torch.testing.assert_close(right_gradient(p, theta), want, rtol=0, atol=1e-12)
