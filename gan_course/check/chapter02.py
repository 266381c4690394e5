"""Checks of the exercises of chapter 2, on the value function and the JS divergence."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from .. import divergences
from .core import exercise
from .expect import expect_close
from .smoothing import smoothed_logit as smoothed_logit
from .watch import fixed

P = fixed([0.1, 0.4, 0.3, 0.2])
Q = fixed([0.25, 0.15, 0.2, 0.4])
P_HOLES = fixed([0.5, 0.5, 0.0, 0.0])  # bins that are empty in p, in q, in both
Q_HOLES = fixed([0.0, 0.5, 0.5, 0.0])


def _many() -> tuple[np.ndarray, np.ndarray]:
    """Two densities on 50 bins, some of them tiny."""
    return tuple(np.random.default_rng(1).dirichlet(np.full(50, 0.3), size=2))


@exercise(stars=1)
def js(js):
    """Write the Jensen-Shannon divergence of two arrays of probabilities."""
    want = divergences.js(P, Q)
    one_sided = divergences.kl(P, (P + Q) / 2)
    jeffreys = (divergences.kl(P, Q) + divergences.kl(Q, P)) / 2
    tripled = (divergences.kl(P, (P + Q) / 2) + divergences.kl(Q, (P + Q) / 2)) / 2 - math.log(2)
    expect_close(
        js(P, Q),
        want,
        "This is not JS(p, q).",
        "Compute m = (p + q) / 2, then half of KL(p, m) plus half of KL(q, m).",
        tolerance=1e-7,
        mistakes=[
            (2 * want, "This is twice JS.", "The two halves in (2.4) are part of its name."),
            (want / math.log(2), "This is JS in bits.", "Use the natural logarithm."),
            (math.sqrt(want), "This is the root of JS.", "scipy returns the root: square it."),
            (one_sided, "This is KL(p, m) alone.", "q is compared with m as well."),
            (jeffreys, "This is the mean of the two KL.", "Compare both with their average m."),
            (-want, "This is the negative of JS.", "Which ratio stands in the logarithm, p/m?"),
            (tripled, "This is below 0: m should be an average.", "m = (p + q) / 2, not p + q."),
        ],
    )
    expect_close(
        js(P_HOLES, Q_HOLES),
        divergences.js(P_HOLES, Q_HOLES),
        "It goes wrong where a bin is empty.",
        "0 log 0 counts as 0: take each sum only over the bins where its density is positive. A "
        "small number added inside the logarithm would change the value.",
        tolerance=1e-7,
    )
    p, q = _many()
    expect_close(
        js(p, q),
        divergences.js(p, q),
        "It is wrong for fifty bins.",
        "Sum over all bins, however many there are and however little they hold.",
        tolerance=1e-7,
    )
    return "It is right for four bins and for fifty, and where bins are empty."


@exercise(stars=1)
def best_accuracy(best_accuracy):
    """How often the best D is right: (1 + TV) / 2."""
    tv = divergences.total_variation(P, Q)
    sure = np.sum(P * P / (P + Q))
    per_bin = np.mean(np.maximum(P, Q) / (P + Q))
    expect_close(
        best_accuracy(P, Q),
        (1 + tv) / 2,
        "This is not how often the best D is right.",
        "In each bin it is right on max(p, q) of the mass p + q, and each side counts half.",
        mistakes=[
            (1 + tv, "This is above 1.", "Real and fake are half of the samples each."),
            (tv, "This is the total variation.", "D is right on half of the samples by chance."),
            ((1 - tv) / 2, "This is how often D is wrong.", "Subtract it from 1."),
            (sure, "This is D's mean probability on reals.", "Being right is yes or no."),
            (P[P > Q].sum(), "You counted real samples only.", "Fakes are half of what D sees."),
            (per_bin, "You gave every bin the same weight.", "A bin is hit with (p + q) / 2."),
        ],
    )
    expect_close(
        best_accuracy(P, P),
        0.5,
        "If q = p, D can only guess.",
        "Where p = q either answer is right for half of the samples in that bin.",
    )
    expect_close(
        best_accuracy(P_HOLES, Q_HOLES),
        0.75,
        "It goes wrong where a bin is empty.",
        "A bin that is empty in both is never hit: it must add 0, and 0 / 0 is not 0.",
    )
    p, q = _many()
    expect_close(
        best_accuracy(p, q),
        np.maximum(p, q).sum() / 2,
        "It is wrong for fifty bins.",
        "Sum over all bins, however many there are.",
    )
    return "It is (1 + TV) / 2, with empty bins too: one half if q = p."


@exercise(stars=2)
def uneven_discriminator(uneven_discriminator):
    """Find the best D, as a probability, when a share s of its samples is real."""
    s, even = 0.8, P / (P + Q)
    want = _uneven(P, Q, s)
    swapped = _uneven(P, Q, 1 - s)
    lopsided = s * P / (s * P + Q)
    expect_close(
        uneven_discriminator(P, Q, s),
        want,
        "This D does not maximise s E_p log sigma(D) + (1 - s) E_q log(1 - sigma(D)).",
        "With d = sigma(D), set the derivative s p / d - (1 - s) q / (1 - d) to zero.",
        tolerance=1e-7,
        mistakes=[
            (even, "This is D* of an even diet.", "Where does s enter the derivative?"),
            (swapped, "Here s has become the share of fakes.", "s goes with p."),
            (1 - want, "This is the probability of being fake.", "Say how likely real is."),
            (s * even, "You scaled D* by s.", "s changes the odds p/q, not the probability."),
            (lopsided, "Only the reals are weighed.", "Fakes carry the weight 1 - s."),
            (np.log(s * P / (Q - s * Q)), "This is its logit.", "A probability: apply sigma."),
            (even / even.sum(), "D need not sum to 1 over x.", "Each bin is settled alone."),
        ],
    )
    expect_close(
        uneven_discriminator(P, Q, 0.5),
        even,
        "At s = 1/2 it should be p / (p + q).",
        "Both sides then carry the same weight, which cancels. Is s used as it was given?",
        tolerance=1e-7,
    )
    p, q = _many()
    for one, other, share in ((Q, P, s), (p, q, 0.001), (q, p, 0.999)):
        expect_close(
            uneven_discriminator(one, other, share),
            _uneven(one, other, share),
            "It is wrong for other p, q and s.",
            "p, q and s are arguments; there may be any number of bins.",
            tolerance=1e-7,
        )
    expect_close(
        uneven_discriminator(P_HOLES[:3], Q_HOLES[:3], s),
        np.array([1.0, s, 0.0]),
        "It is wrong where p or q is empty.",
        "Where only one of them has samples D can be sure. Multiply out the fraction, so that "
        "nothing is divided by q or by p alone.",
        tolerance=1e-7,
    )
    return (
        "The odds p/q are multiplied by s / (1 - s): the logit is shifted by the same everywhere."
    )


def _uneven(p: np.ndarray, q: np.ndarray, s: float) -> np.ndarray:
    return s * p / (s * p + (1 - s) * q)


@exercise(stars=2)
def mirror_step(mirror_step):
    """One step of mirror descent on the non-saturating loss, against the best D."""
    eta, sure = 0.7, P / (P + Q)
    at_one = _normalised(Q * sure)
    expect_close(
        mirror_step(P, Q, eta),
        _mirrored(P, Q, eta),
        "This is not q exp(eta log sigma(D*)), made to sum to 1.",
        "sigma(D*) = p / (p + q), so the factor is (p / (p + q)) to the power eta.",
        tolerance=1e-7,
        mistakes=[
            (Q * sure**eta, "It does not sum to 1.", "Divide by the sum over the bins."),
            (
                _normalised(Q * (1 - sure) ** -eta),
                "This is the step of the saturating loss.",
                "Its slope in q is log(1 - sigma(D*)); the other loss has -log sigma(D*).",
            ),
            (
                (P + Q) / 2,
                "This is (2.10), the step of the saturating loss.",
                "The other loss has the slope -log sigma(D*), and eta may be any number.",
            ),
            (
                _normalised(Q * sure**-eta),
                "This step climbs.",
                "The exponent is minus eta times the slope, and the slope is -log sigma(D*).",
            ),
            (at_one, "The step size is not used.", "It is a factor in the exponent."),
            (
                _normalised(Q * (P / Q) ** eta),
                "In the exponent stands D*, the logit.",
                "The loss is -log sigma(D*): take the logarithm of the probability.",
            ),
            (
                _normalised(Q * np.exp(eta * sure)),
                "In the exponent stands the probability sigma(D*).",
                "Its logarithm is missing.",
            ),
            (
                _normalised(Q + eta * np.log(sure)),
                "This step adds.",
                "A step of mirror descent multiplies q by an exponential.",
            ),
        ],
    )
    expect_close(
        mirror_step(P_HOLES, Q_HOLES, 1.0),
        [0.0, 1.0, 0.0, 0.0],
        "It goes wrong where a bin is empty.",
        "Where q is 0 it stays 0, and where p is 0 it becomes 0. Compute 0 / 0 nowhere: work on "
        "the bins where both are positive.",
        tolerance=1e-7,
    )
    expect_close(
        mirror_step(P, P, 0.5),
        P,
        "Where q = p it should stay.",
        "All bins then have the same sigma(D*), 1/2, and the sum to 1 undoes the factor.",
        tolerance=1e-7,
    )
    p, q = _many()
    for one, other, step in ((Q, P, 2.0), (p, q, 0.1), (q, p, 30.0)):
        expect_close(
            mirror_step(one, other, step),
            _mirrored(one, other, step),
            "It is wrong for other p, q and eta.",
            "p, q and eta are arguments; there may be any number of bins.",
            tolerance=1e-7,
        )
    return "It sums to 1, stays where q = p, and a bin that is empty in q stays empty."


def _mirrored(p: np.ndarray, q: np.ndarray, eta: float) -> np.ndarray:
    return _normalised(q * (p / (p + q)) ** eta)


def _normalised(weights: np.ndarray) -> np.ndarray:
    return weights / weights.sum()


@exercise(stars=3)
def non_saturating_gradient(non_saturating_gradient):
    """Differentiate the non-saturating loss in the logits of q, D* held fixed."""
    p, theta = torch.tensor(P), torch.randn(4, dtype=torch.float64)
    q = theta.softmax(0)
    reward = (p / (p + q)).log()
    to_logits = torch.diag(q) - torch.outer(q, q)  # the Jacobian of softmax
    want = -to_logits @ reward
    saturating = to_logits @ (q / (p + q)).log()
    through = to_logits @ (q / (p + q) - reward)
    expect_close(
        non_saturating_gradient(p, theta.clone()),
        want,
        "This is not the gradient of E_q[-log sigma(D*)] in theta.",
        "With w = -log sigma(D*), the chain rule through softmax gives q (w - E_q w).",
        tolerance=1e-7,
        mistakes=[
            (-want, "This is its negative.", "G minimises: return the gradient of the loss."),
            (saturating, "This is the saturating loss.", "Differentiate E_q[-log sigma(D*)]."),
            (through, "You differentiated through D* as well.", "Compute D* from q.detach()."),
            (-reward, "This is the gradient in q.", "Apply the chain rule through softmax."),
            (-q * reward, "softmax has a normaliser.", "Moving one theta moves every q."),
        ],
    )
    other = torch.tensor([0.6, 0.3, 0.1], dtype=torch.float64)
    expect_close(
        non_saturating_gradient(other, other.log()),
        torch.zeros(3),
        "If q = p the gradient should be zero.",
        "sigma(D*) is then 1/2 everywhere and no bin is better than another.",
    )
    many, wide = torch.tensor(_many()[0]), 6 * torch.randn(50, dtype=torch.float64)
    expect_close(
        non_saturating_gradient(many, wide),
        _by_hand(many, wide),
        "It is wrong for fifty bins, some of them nearly empty.",
        "Sum over all bins, however many there are and however little they hold.",
        tolerance=1e-7,
    )
    return "It equals the gradient of KL(q || p) - 2 JS(p, q), and is zero at q = p."


def _by_hand(p: Tensor, theta: Tensor) -> Tensor:
    q = theta.softmax(0)
    w = -(p / (p + q)).log()
    return q * (w - (q * w).sum())
