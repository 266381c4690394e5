"""The exercises of chapter 3 can be trusted: stubs, solutions and wrong answers."""

import math

import pytest
import torch
from exercises import Proof
from torch.nn.functional import softplus

from gan_course.check import chapter03, six_runs


def d_loss(real, fake):
    return softplus(-real).mean() + softplus(fake).mean()


def g_loss(fake):
    return softplus(-fake).mean()


def unanswered(*_):
    return ...


def share(k):
    return 1 - math.exp(-(k**2) / 2)


def covered(x, modes, spread):
    distance, nearest = torch.cdist(x, modes).min(dim=1)
    return len(nearest[distance < 3 * spread].unique())


def covered_without_limit(x, modes, spread):
    return len(torch.cdist(x, modes).argmin(dim=1).unique())


def covered_counting_samples(x, modes, spread):
    return int((torch.cdist(x, modes).min(dim=1).values < 3 * spread).sum())


def covered_in_a_square(x, modes, spread):
    distance, nearest = (x[:, None] - modes).abs().amax(-1).min(dim=1)
    return len(nearest[distance < 3 * spread].unique())


def covered_by_any(x, modes, spread):
    return int((torch.cdist(x, modes) < 3 * spread).any(dim=0).sum())


def covered_within_one(x, modes, spread):
    distance, nearest = torch.cdist(x, modes).min(dim=1)
    return len(nearest[distance < spread].unique())


def covered_within_nine(x, modes, spread):
    return covered(x, modes, 3 * spread)


RIGHT = dict(six_runs.RUNS)


def swapped(a, b):
    return {**RIGHT, a: RIGHT[b], b: RIGHT[a]}


def with_detach(G, D, adam_G, adam_D, x, z_D, z_G):
    adam_D.zero_grad()
    (softplus(-D(x)).mean() + softplus(D(G(z_D).detach())).mean()).backward()
    adam_D.step()
    adam_G.zero_grad()
    softplus(-D(G(z_G))).mean().backward()
    adam_G.step()


def with_zero_grad_in_place(G, D, adam_G, adam_D, x, z_D, z_G):
    adam_D.zero_grad()
    (softplus(-D(x)).mean() + softplus(D(G(z_D))).mean()).backward()
    adam_D.step()
    adam_G.zero_grad()
    softplus(-D(G(z_G))).mean().backward()
    adam_G.step()


def colleagues(G, D, adam_G, adam_D, x, z_D, z_G):
    adam_D.zero_grad()
    adam_G.zero_grad()
    (softplus(-D(x)).mean() + softplus(D(G(z_D))).mean()).backward()
    adam_D.step()
    softplus(-D(G(z_G))).mean().backward()
    adam_G.step()


def detached_in_both(G, D, adam_G, adam_D, x, z_D, z_G):
    adam_D.zero_grad()
    (softplus(-D(x)).mean() + softplus(D(G(z_D).detach())).mean()).backward()
    adam_D.step()
    adam_G.zero_grad()
    softplus(-D(G(z_G).detach())).mean().backward()
    adam_G.step()


def never_cleared_for_d(G, D, adam_G, adam_D, x, z_D, z_G):
    (softplus(-D(x)).mean() + softplus(D(G(z_D).detach())).mean()).backward()
    adam_D.step()
    adam_G.zero_grad()
    softplus(-D(G(z_G))).mean().backward()
    adam_G.step()


def d_forgets_the_fakes(G, D, adam_G, adam_D, x, z_D, z_G):
    adam_D.zero_grad()
    softplus(-D(x)).mean().backward()
    adam_D.step()
    adam_G.zero_grad()
    softplus(-D(G(z_G))).mean().backward()
    adam_G.step()


def only_g_moves(G, D, adam_G, adam_D, x, z_D, z_G):
    adam_G.zero_grad()
    softplus(-D(G(z_G))).mean().backward()
    adam_G.step()


def saturating(G, D, adam_G, adam_D, x, z_D, z_G):
    adam_D.zero_grad()
    (softplus(-D(x)).mean() + softplus(D(G(z_D).detach())).mean()).backward()
    adam_D.step()
    adam_G.zero_grad()
    (-softplus(D(G(z_G)))).mean().backward()
    adam_G.step()


def on_one_latent(G, D, adam_G, adam_D, x, z_D, z_G):
    with_detach(G, D, adam_G, adam_D, x, z_D, z_D)


def averaged(average, weight, t, decay):
    d = min(decay, (1 + t) / (10 + t))
    return d * average + (1 - d) * weight


LEFT = 0.999**1000

PROOFS = [
    Proof(
        chapter03.losses,
        stub=(unanswered, unanswered),
        solution=(d_loss, g_loss),
        wrong=[
            ((lambda r, f: -d_loss(r, f), g_loss), "D maximises"),
            ((lambda r, f: d_loss(-r, -f), g_loss), "pushes real logits down"),
            ((lambda r, f: d_loss(r, f) / 2, g_loss), "half of the loss"),
            ((lambda r, f: len(r) * d_loss(r, f), g_loss), "size of the batch"),
            ((d_loss, lambda f: -softplus(f).mean()), "saturating loss"),
            ((d_loss, lambda f: softplus(f).mean()), "rewards G when D recognises"),
            ((d_loss, lambda f: -f.sigmoid().clamp_min(1e-12).log().mean()), "lost its slope"),
        ],
        unforeseen=[
            (lambda r, f: (r - 1).square().mean() + f.square().mean(), g_loss),
            (d_loss, lambda f: -f.mean()),
            (lambda r, f: torch.log1p((-r).exp()).mean() + torch.log1p(f.exp()).mean(), g_loss),
        ],
    ),
    Proof(
        chapter03.share_within,
        stub=(unanswered,),
        solution=(share,),
        wrong=[
            ((lambda k: math.erf(k / 2**0.5),), "on a line"),
            ((lambda k: math.exp(-k * k / 2),), "lies outside"),
            ((lambda k: math.erf(k / 2**0.5) ** 2,), "in a square"),
            ((lambda k: 1 - math.exp(-k / 2),), "square of the distance"),
            ((lambda k: 0.997,), "another number"),
        ],
        unforeseen=[(lambda k: 1 - math.exp(-(k**2)),), (lambda k: 0.98889,)],
    ),
    Proof(
        chapter03.covered,
        stub=(unanswered,),
        solution=(covered,),
        wrong=[
            ((covered_without_limit,), "no sample lies within 3"),
            ((covered_counting_samples,), "Fifty samples of one mode"),
            ((covered_in_a_square,), "3.5 standard deviations away, along the diagonal"),
            ((covered_by_any,), "only the nearest"),
            ((covered_within_one,), "2.8 standard deviations away"),
            ((covered_within_nine,), "3.5 standard deviations away"),
            ((lambda x, modes, spread: covered(x, modes, 0.1),), "cloud of 300"),
            ((lambda x, modes, spread: covered(x.clamp_(-1, 1), modes, spread),), "."),
        ],
        unforeseen=[(lambda x, modes, spread: len(modes),), (lambda x, modes, spread: 1,)],
        never=[((covered_within_one,), "Euclid"), ((covered_within_nine,), "Euclid|diagonal")],
    ),
    Proof(
        chapter03.diagnosis,
        stub=(dict.fromkeys(RIGHT, ...),),
        solution=(RIGHT,),
        wrong=[
            ((swapped("double sigmoid", "D wins"),), "A second sigmoid sees"),
            ((swapped("collapse", "healthy"),), "7 of 8 real points"),
            ((swapped("oscillation", "healthy"),), "too slow it knows nothing"),
            ((swapped("healthy", "leftover gradients"),), "less sure as G gets better"),
            ((dict.fromkeys(RIGHT, 3),), "1 to 6 once"),
        ],
        unforeseen=[({name: 7 - run for name, run in RIGHT.items()},)],
    ),
    Proof(
        chapter03.repaired_step,
        stub=(...,),
        solution=(with_detach,),
        wrong=[
            ((colleagues,), "more, or another, gradient"),
            ((d_forgets_the_fakes,), "D's move differs"),
            ((never_cleared_for_d,), "left from step to step"),
            ((only_g_moves,), "D does not move"),
            ((saturating,), "more, or another, gradient"),
            ((on_one_latent,), "D's latents"),
        ],
        unforeseen=[(detached_in_both,)],
        never=[((on_one_latent,), "cut G|more, or another"), ((colleagues,), "z_G")],
    ),
    Proof(
        chapter03.averaged,
        stub=(unanswered, ...),
        solution=(averaged, LEFT),
        wrong=[
            ((lambda a, w, t, d: d * a + (1 - d) * w, LEFT), "ramp should still hold"),
            ((lambda a, w, t, d: averaged(w, a, t, d), LEFT), "counts as much"),
            ((lambda a, w, t, d: averaged(a, w, t, 1.0), LEFT), "has passed the decay"),
            ((averaged, 1 - LEFT), "everything but the first"),
            ((lambda a, w, t, d: averaged(a.mul_(0.5), w, t, d), LEFT), "not the one of"),
            ((averaged, 0.5), "Another share"),
        ],
        unforeseen=[(lambda a, w, t, d: (a * t + w) / (t + 1), LEFT), (averaged, 0.0)],
    ),
]


@pytest.mark.parametrize("step", [with_detach, with_zero_grad_in_place])
def test_every_correct_repair_passes(step):
    assert chapter03.repaired_step(step)
