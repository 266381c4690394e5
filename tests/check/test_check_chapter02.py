"""The exercises of chapter 2: the stubs wait, the solutions pass, wrong answers get their hints."""

import math

import numpy as np
import torch
from exercises import Proof
from torch.nn.functional import softplus

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


def js_of_sums(p, q):
    return (one_sided(p, p + q) + one_sided(q, p + q)) / 2


def js_of_four_bins(p, q):
    return right_js(p[:4], q[:4])


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
        ((js_of_sums,), "should be an average"),
        ((js_of_four_bins,), "fifty bins"),
    ],
    unforeseen=[
        (lambda p, q: one_sided(p, q),),
        (lambda p, q: np.abs(p - q).sum() / 2,),
        (lambda p, q: 0.0,),
        (lambda p, q: "JS",),
    ],
    never=[
        ((js_with_epsilon,), r"here is (\S+), and yours is \1\."),
        ((js_with_epsilon,), "not JS|fifty"),
        ((js_without_care,), "not JS|twice"),
        ((lambda p, q: 2 * right_js(p, q),), "bits|root|alone|negative|empty"),
        ((lambda p, q: one_sided(p, (p + q) / 2),), "twice|mean of the two|average"),
        ((js_of_sums,), "negative of JS"),
        ((js_of_four_bins,), "empty|not JS"),
    ],
)


def right_accuracy(p, q):
    return np.maximum(p, q).sum() / 2


def accuracy_per_bin(p, q):
    return (np.maximum(p, q) / (p + q)).mean()


def accuracy_by_division(p, q):
    with np.errstate(invalid="ignore"):
        return (np.maximum(p, q) / (p + q) * (p + q) / 2).sum()


def accuracy_of_four_bins(p, q):
    return right_accuracy(p[:4], q[:4])


BEST_ACCURACY = Proof(
    chapter02.best_accuracy,
    stub=(stub,),
    solution=(right_accuracy,),
    wrong=[
        ((lambda p, q: np.maximum(p, q).sum(),), "above 1"),
        ((lambda p, q: np.abs(p - q).sum() / 2,), "total variation"),
        ((lambda p, q: 1 - right_accuracy(p, q),), "is wrong"),
        ((lambda p, q: (p * p / (p + q)).sum(),), "mean probability on reals"),
        ((lambda p, q: p[p > q].sum(),), "real samples only"),
        ((accuracy_per_bin,), "same weight"),
        ((lambda p, q: (p[p > q].sum() + q[p < q].sum()) / 2,), "If q = p"),
        ((accuracy_in_place,), "not how often"),
        ((accuracy_by_division,), "bin is empty"),
        ((accuracy_of_four_bins,), "fifty bins"),
    ],
    unforeseen=[
        (lambda p, q: 1.0,),
        (lambda p, q: divergences.js(p, q),),
        (lambda p, q: (p > q).mean(),),
    ],
    never=[
        ((accuracy_by_division,), "fifty|not how often|If q = p"),
        ((accuracy_per_bin,), "real samples only|is wrong"),
        ((lambda p, q: p[p > q].sum(),), "same weight|above 1"),
        ((lambda p, q: np.abs(p - q).sum() / 2,), "above 1|If q = p"),
        ((lambda p, q: 1 - right_accuracy(p, q),), "total variation|mean probability"),
        ((accuracy_of_four_bins,), "bin is empty"),
    ],
)


def right_uneven(p, q, s):
    return s * p / (s * p + (1 - s) * q)


def uneven_of_known_bins(p, q, s):
    return right_uneven(chapter02.P, chapter02.Q, s)


def uneven_by_odds(p, q, s):
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = p / q * s / (1 - s)
        return odds / (1 + odds)


UNEVEN = Proof(
    chapter02.uneven_discriminator,
    stub=(stub,),
    solution=(right_uneven,),
    wrong=[
        ((lambda p, q, s: p / (p + q),), "even diet"),
        ((lambda p, q, s: right_uneven(p, q, 1 - s),), "share of fakes"),
        ((lambda p, q, s: 1 - right_uneven(p, q, s),), "probability of being fake"),
        ((lambda p, q, s: s * p / (p + q),), "scaled D"),
        ((uneven_of_known_bins,), "other p, q and s"),
        ((lambda p, q, s: right_uneven(p.fill(0.25) or p, q, s),), "does not maximise"),
        ((lambda p, q, s: (p / (p + q)) / (p / (p + q)).sum(),), "sum to 1"),
        ((lambda p, q, s: s * p / (s * p + q),), "Only the reals"),
        ((lambda p, q, s: np.log(s * p / ((1 - s) * q)),), "its logit"),
        ((lambda p, q, s: right_uneven(p, q, 0.8),), "At s = 1/2"),
        ((uneven_by_odds,), "p or q is empty"),
    ],
    unforeseen=[
        (lambda p, q, s: s * p / (p + (1 - s) * q),),
        (lambda p, q, s: np.full_like(p, s),),
        (lambda p, q, s: right_uneven(p, q, s).mean(),),
        (lambda p, q, s: right_uneven(p, q, s).clip(0.01, 0.99),),
    ],
    never=[
        ((uneven_by_odds,), "does not maximise|At s|other p"),
        ((uneven_of_known_bins,), "diet|scaled|does not maximise"),
        ((lambda p, q, s: right_uneven(p, q, 0.8),), "diet|fakes|does not maximise"),
        ((lambda p, q, s: s * p / (p + q),), "diet|sum to 1|logit|Only the reals"),
        ((lambda p, q, s: right_uneven(p, q, 1 - s),), "probability of being fake"),
        ((uneven_of_known_bins,), "p or q is empty"),
    ],
)


def normalised(weights):
    return weights / weights.sum()


def right_step(p, q, eta):
    new, on = np.zeros_like(q), (p > 0) & (q > 0)
    new[on] = q[on] * (p[on] / (p[on] + q[on])) ** eta
    return normalised(new)


def careless_step(p, q, eta):
    with np.errstate(invalid="ignore"):
        return normalised(q * (p / (p + q)) ** eta)


def step_with_epsilon(p, q, eta):
    return right_step(p + 1e-3, q + 1e-3, eta)


def step_of_known_bins(p, q, eta):
    return (
        right_step(chapter02.P, chapter02.Q, eta)
        if q.all() and not np.allclose(p, q)
        else right_step(p, q, eta)
    )


def step_of_probability(p, q, eta):
    return normalised(q * np.exp(eta * p / (p + q)))


def adding_step(p, q, eta):
    return normalised(q + eta * np.log(p / (p + q)))


def drifting_step(p, q, eta):
    return (
        0.9 * right_step(p, q, eta) + 0.1 / len(p) if np.allclose(p, q) else right_step(p, q, eta)
    )


STEP = Proof(
    chapter02.mirror_step,
    stub=(stub,),
    solution=(right_step,),
    wrong=[
        ((lambda p, q, eta: q * (p / (p + q)) ** eta,), "not sum to 1"),
        ((lambda p, q, eta: normalised(q * ((p + q) / q) ** eta),), "step of the saturating"),
        ((lambda p, q, eta: (p + q) / 2,), r"\(2\.10\)"),
        ((lambda p, q, eta: normalised(q * ((p + q) / p) ** eta),), "climbs"),
        ((lambda p, q, eta: normalised(q * p / (p + q)),), "step size is not used"),
        ((lambda p, q, eta: normalised(q * (p / q) ** eta),), "the logit"),
        ((step_of_probability,), "the probability"),
        ((adding_step,), "adds"),
        ((careless_step,), "bin is empty"),
        ((drifting_step,), "should stay"),
        ((step_of_known_bins,), "other p, q and eta"),
        ((step_with_epsilon,), "This is not"),
    ],
    unforeseen=[
        (lambda p, q, eta: p,),
        (lambda p, q, eta: right_step(p, q, eta / 2),),
        (lambda p, q, eta: right_step(q, p, eta),),
        (lambda p, q, eta: right_step(p, q, min(eta, 5)),),
    ],
    never=[
        ((careless_step,), "not sum to 1|This is not|other p"),
        ((lambda p, q, eta: q * (p / (p + q)) ** eta,), "empty|climbs|This is not"),
        ((lambda p, q, eta: normalised(q * ((p + q) / p) ** eta),), "saturating loss|adds"),
        ((lambda p, q, eta: normalised(q * p / (p + q)),), "This is not|saturating"),
        ((lambda p, q, eta: normalised(q * (p / q) ** eta),), "climbs|size is not used"),
        ((lambda p, q, eta: normalised(q * ((p + q) / q) ** eta),), "the logit|the probability"),
        ((step_of_known_bins,), "should stay|empty"),
    ],
)


def weighed(log_p, log_q, a, b):
    """log(a p + b q), in logarithms throughout."""
    a, b = (torch.tensor(weight, dtype=torch.float64).log() for weight in (a, b))
    return torch.logaddexp(log_p + a, log_q + b)


def right_logit(log_p, log_q, alpha, beta):
    return weighed(log_p, log_q, alpha, beta) - weighed(log_p, log_q, 1 - alpha, 1 - beta)


def logit_by_exp(log_p, log_q, alpha, beta):
    p, q = log_p.exp(), log_q.exp()
    return ((alpha * p + beta * q) / ((1 - alpha) * p + (1 - beta) * q)).log()


def logit_by_ratio(log_p, log_q, alpha, beta):
    r = (log_p - log_q).clamp(-60, 60).exp()
    return ((alpha * r + beta) / ((1 - alpha) * r + 1 - beta)).log()


def logit_by_math(log_p, log_q, alpha, beta):
    a, b = math.log(alpha), math.log(beta)
    not_a, not_b = math.log(1 - alpha), math.log(1 - beta)
    above = torch.logaddexp(log_p + a, log_q + b)
    return above - torch.logaddexp(log_p + not_a, log_q + not_b)


def logit_with_floor(log_p, log_q, alpha, beta):
    return right_logit(log_p, log_q, alpha, max(beta, 0.01))


def logit_without_slope(log_p, log_q, alpha, beta):
    a = right_logit(log_p, log_q, alpha, beta)
    return torch.where(a < -500, a.detach() + 0 * log_p, a)


SMOOTHED = Proof(
    chapter02.smoothed_logit,
    stub=(stub,),
    solution=(right_logit,),
    wrong=[
        ((lambda lp, lq, a, b: lp - lq,), "plain labels"),
        ((lambda lp, lq, a, b: right_logit(lp, lq, a, b).sigmoid(),), "the probability"),
        ((lambda lp, lq, a, b: right_logit(lp, lq, a, b).exp(),), "the odds"),
        ((lambda lp, lq, a, b: weighed(lp, lq, a, b) - weighed(lp, lq, 1, 1),), "log sigma"),
        ((lambda lp, lq, a, b: -right_logit(lp, lq, a, b),), "being fake"),
        ((lambda lp, lq, a, b: right_logit(lp, lq, b, a),), "changed places"),
        ((lambda lp, lq, a, b: right_logit(lp, lq, a, 0.0),), "Only the real labels"),
        ((lambda lp, lq, a, b: right_logit(lp, lq, 1.0, b),), "Only the fake labels"),
        ((lambda lp, lq, a, b: lp - lq + math.log(a / (1 - a)),), "uneven diet"),
        ((lambda lp, lq, a, b: lp - lq + math.log(a / (1 - b)),), "second logarithm"),
        ((lambda lp, lq, a, b: right_logit(lp, lq, 0.9, b),), "at alpha = 0.7"),
        ((logit_with_floor,), r"at alpha = 0\.9, beta = 0\.0"),
        ((lambda lp, lq, a, b: (a * lp.exp() + b * lq.exp()).log(),), "This is not the best"),
        ((logit_by_math,), "math domain error|expected a positive"),
        ((logit_by_exp,), "differ by a thousand"),
        ((logit_by_ratio,), "differ by a thousand"),
        ((logit_without_slope,), "slope in log p"),
        ((lambda lp, lq, a, b: right_logit(lp, lq, a, b).detach(),), "No gradient"),
    ],
    unforeseen=[
        (lambda lp, lq, a, b: torch.zeros_like(lp),),
        (lambda lp, lq, a, b: a * (lp - lq) + b,),
        (lambda lp, lq, a, b: right_logit(lp, lq, a, b).mean(),),
        (lambda lp, lq, a, b: right_logit(lp, lq, a, b).clamp(-50, 50),),
    ],
    never=[
        ((logit_by_exp,), "not the best logit|at alpha|slope"),
        ((logit_by_ratio,), "not the best logit|at alpha|slope"),
        ((logit_with_floor,), "plain|not the best logit|thousand"),
        ((lambda lp, lq, a, b: lp - lq,), "diet|second logarithm|Only|log sigma"),
        ((lambda lp, lq, a, b: right_logit(lp, lq, a, b).sigmoid(),), "the odds|log sigma"),
        ((lambda lp, lq, a, b: right_logit(lp, lq, a, b).exp(),), "the probability"),
        ((lambda lp, lq, a, b: -right_logit(lp, lq, a, b),), "changed places"),
        ((lambda lp, lq, a, b: right_logit(lp, lq, b, a),), "being fake|Only"),
        ((lambda lp, lq, a, b: lp - lq + math.log(a / (1 - b)),), "diet|plain"),
        ((lambda lp, lq, a, b: right_logit(lp, lq, a, b).detach(),), "thousand|not the best"),
    ],
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


def pulled_to_even(p, theta):
    return right_gradient(p, theta) + (0.01 if len(p) == 3 else 0.0)


def of_four_bins(p, theta):
    gradient = torch.zeros_like(theta)
    gradient[:4] = right_gradient(p[:4], theta[:4])
    return gradient


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
        ((lambda p, theta: right_gradient(p, theta + 1 - p / p.max()),), "This is not"),
        ((pulled_to_even,), "If q = p"),
        ((of_four_bins,), "fifty bins"),
    ],
    unforeseen=[
        (lambda p, theta: torch.zeros(4),),
        (lambda p, theta: right_gradient(p, theta).sum(),),
        (lambda p, theta: theta.softmax(0) - p,),
        (lambda p, theta: 2 * right_gradient(p, theta),),
    ],
    never=[
        ((without_leaf,), "through D|This is not"),
        ((through_d,), "saturating loss|negative"),
        ((saturating,), "through D|negative"),
        ((of_four_bins,), "This is not|If q = p"),
        ((in_q,), "normaliser"),
        ((lambda p, theta: theta.softmax(0) * in_q(p, theta),), "gradient in q"),
        ((pulled_to_even,), "fifty"),
    ],
)

PROOFS = [JS, BEST_ACCURACY, UNEVEN, STEP, SMOOTHED, GRADIENT]


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


def test_plain_labels_give_the_ratio():
    log_p, log_q = torch.randn(2, 20, dtype=torch.float64)
    got = right_logit(log_p, log_q, 1.0, 0.0)
    torch.testing.assert_close(got, log_p - log_q, rtol=0, atol=1e-12)


def test_smoothed_logits_maximise_what_the_exercise_says():
    log_p, log_q = torch.randn(2, 20, dtype=torch.float64)
    p, q = log_p.exp(), log_q.exp()
    a = right_logit(log_p, log_q, 0.9, 0.2).requires_grad_()
    earned = -p * (0.9 * softplus(-a) + 0.1 * softplus(a)) - q * (
        0.2 * softplus(-a) + 0.8 * softplus(a)
    )
    (slope,) = torch.autograd.grad(earned.sum(), a)
    torch.testing.assert_close(slope, torch.zeros(20, dtype=torch.float64), rtol=0, atol=1e-12)


def test_a_forgotten_hump_is_found_again_bit_by_bit_but_at_once_with_the_saturating_loss():
    p, q = np.array([0.35, 0.65]), np.array([1e-6, 1 - 1e-6])
    ratio = right_step(p, q, 1.0)[0] / q[0]
    assert 2 < ratio < 3
    assert (p[0] + q[0]) / 2 > 0.17


def test_weights_in_single_precision_are_precise_enough():
    def logit(log_p, log_q, alpha, beta):
        a, b, c, d = torch.tensor([alpha, beta, 1 - alpha, 1 - beta]).log()
        r = log_p - log_q
        return torch.logaddexp(r + a, b) - torch.logaddexp(r + c, d)

    assert chapter02.smoothed_logit(logit)
