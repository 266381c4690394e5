"""Checks of the exercises of chapter 2, on the value function and the JS divergence."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import logsigmoid, softplus

from .. import divergences
from .core import exercise
from .expect import expect_close, gradients
from .moments import forward_fit as forward_fit
from .watch import fixed

P = fixed([0.1, 0.4, 0.3, 0.2])
Q = fixed([0.25, 0.15, 0.2, 0.4])
P_HOLES = fixed([0.5, 0.5, 0.0, 0.0])  # bins that are empty in p, in q, in both
Q_HOLES = fixed([0.0, 0.5, 0.5, 0.0])


@exercise(stars=1)
def js(js):
    """Write the Jensen-Shannon divergence of two arrays of probabilities."""
    want = divergences.js(P, Q)
    one_sided = divergences.kl(P, (P + Q) / 2)
    jeffreys = (divergences.kl(P, Q) + divergences.kl(Q, P)) / 2
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
    return "It is right with empty bins too."


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
            (sure, "This is what D says on average about reals.", "Being right is yes or no."),
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
    apart = best_accuracy(np.array([1.0, 0.0]), np.array([0.0, 1.0]))
    expect_close(apart, 1.0, "If p and q never meet, D is always right.", "Test it on two bins.")
    return "It is (1 + TV) / 2: one half if q = p, one if p and q never meet."


@exercise(stars=2)
def uneven_discriminator(uneven_discriminator):
    """Find the best D when a share s of its samples is real."""
    s, even = 0.8, P / (P + Q)
    want = s * P / (s * P + (1 - s) * Q)
    swapped = (1 - s) * P / ((1 - s) * P + s * Q)
    lopsided = s * P / (s * P + Q)
    expect_close(
        uneven_discriminator(P, Q, s),
        want,
        "This D does not maximise s E_p log D + (1 - s) E_q log(1 - D).",
        "Set the derivative s p / d - (1 - s) q / (1 - d) to zero.",
        tolerance=1e-7,
        mistakes=[
            (even, "This is D* of an even diet.", "Where does s enter the derivative?"),
            (swapped, "Here s has become the share of fakes.", "s goes with p."),
            (1 - want, "This is the probability of being fake.", "D says how likely real is."),
            (s * even, "You scaled D* by s.", "s changes the odds p/q, not the probability."),
            (lopsided, "Only the reals are weighed.", "Fakes carry the weight 1 - s."),
            (np.log(s * P / (Q - s * Q)), "This is its logit.", "D is a probability: apply sigma."),
            (even / even.sum(), "D need not sum to 1 over x.", "Each bin is settled alone."),
        ],
    )
    expect_close(
        uneven_discriminator(P, Q, 0.5),
        even,
        "At s = 1/2 it should be p / (p + q).",
        "Both sides then carry the same weight, which cancels.",
        tolerance=1e-7,
    )
    expect_close(
        uneven_discriminator(Q, P, s),
        s * Q / (s * Q + (1 - s) * P),
        "It is wrong for other p and q.",
        "p, q and s are arguments.",
        tolerance=1e-7,
    )
    return "The odds p/q are multiplied by s / (1 - s), so its logit is shifted everywhere."


@exercise(stars=2)
def d_loss(d_loss):
    """Repair D's loss, on logits."""
    real, fake = 2 * torch.randn(64) + 1, 2 * torch.randn(64) - 1
    _check_d_value(d_loss, real, fake)
    slopes = gradients(d_loss, torch.tensor([-10.0]), torch.tensor([10.0]))
    expect_close(
        torch.cat(slopes),
        [-1.0, 1.0],
        "It does not push hard where D is wrong.",
        "The slopes should be sigma(a) - 1 on real samples and sigma(a) on fakes.",
        tolerance=1e-3,
    )
    expect_close(
        d_loss(torch.tensor([-1000.0]), torch.tensor([1000.0])),
        2000.0,
        "At logits of 1000 it is wrong.",
        "log(sigmoid(a)) is log(0) there, and a clamp or a small number added takes the push away "
        "where D is most wrong: use softplus or logsigmoid.",
    )
    return "Its minimum is D*, it pushes hardest where D is wrong, and it is finite at any logit."


def _check_d_value(d_loss, real: Tensor, fake: Tensor) -> None:
    want = softplus(-real).mean() + softplus(fake).mean()
    typed = logsigmoid(-real).mean() + logsigmoid(fake).mean()
    flipped = softplus(real).mean() + softplus(-fake).mean()
    on_real = softplus(-real).mean()
    double = softplus(-real.sigmoid()).mean() + softplus(fake.sigmoid()).mean()
    expect_close(
        d_loss(real, fake),
        want,
        "This is not -E log D(x) - E log(1 - D(G(z))).",
        "-log sigma(a) is softplus(-a), and -log(1 - sigma(a)) is softplus(a).",
        mistakes=[
            (typed, "This is still the loss with no bottom.", "D maximises V: minimise -V."),
            (-want, "This is V itself, which D maximises.", "A loss is minimised: negate it."),
            (flipped, "It is lowest where D takes real for fake.", "Which logits should be high?"),
            (want / 2, "This is half of it.", "V adds the two means; it does not average them."),
            (on_real, "It looks at real samples only.", "Fakes earn log(1 - D(G(z)))."),
            (want * 64, "You summed over the batch.", "Take the mean over it."),
            (double, "There is a sigmoid too many.", "softplus and logsigmoid take logits."),
        ],
    )


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
        "This is not the gradient of E_q[-log D*] in theta.",
        "With w = -log D*, the chain rule through softmax gives q (w - E_q w).",
        tolerance=1e-7,
        mistakes=[
            (-want, "This is its negative.", "G minimises: return the gradient of the loss."),
            (saturating, "This is the saturating loss.", "Differentiate E_q[-log D*]."),
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
        "D* is then 1/2 everywhere and no bin is better than another.",
    )
    return "It equals the gradient of KL(q || p) - 2 JS(p, q), and is zero at q = p."
