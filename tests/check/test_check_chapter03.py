"""The exercises of chapter 3 can be trusted: stubs, solutions and wrong answers."""

import math
from statistics import NormalDist

import pytest
import torch
from exercises import Proof
from torch.nn.functional import softplus

from gan_course.check import chapter03, six_runs


def unanswered(*_):
    return ...


def collapsed(k, K):
    loss = k / K * math.log((K + k) / k) + math.log((K + k) / K)
    return loss, 1 - k / K, 1.0


def with_loss(loss):
    return lambda k, K: (loss(k, K), 1 - k / K, 1.0)


def width(g):
    return (-4.5 / math.log(1 - g)) ** 0.5


def strays(g):
    return math.exp(-12.5 / width(g) ** 2)


def width_on_a_line(g):
    return 3 / NormalDist().inv_cdf((1 + g) / 2)


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


def covered_by_the_square(x, modes, spread):
    distance, nearest = torch.cdist(x, modes).min(dim=1)
    return len(nearest[distance**2 < 3 * spread].unique())


def covered_without_spread(x, modes, spread):
    return int((torch.cdist(x, modes) < 3).any(dim=0).sum())


def covered_within_three(x, modes, spread):
    distance, nearest = torch.cdist(x, modes).min(dim=1)
    return len(nearest[distance < 3].unique())


def covered_as_a_list(x, modes, spread):
    distance, nearest = torch.cdist(x, modes).min(dim=1)
    return nearest[distance < 3 * spread].unique().tolist()


def ramp_or_decay(average, weight, t, decay):
    d = max(decay, (1 + t) / (10 + t))
    return d * average + (1 - d) * weight


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


def never_cleared_for_g(G, D, adam_G, adam_D, x, z_D, z_G):
    adam_D.zero_grad()
    (softplus(-D(x)).mean() + softplus(D(G(z_D).detach())).mean()).backward()
    adam_D.step()
    softplus(-D(G(z_G))).mean().backward()
    adam_G.step()


def never_cleared(G, D, adam_G, adam_D, x, z_D, z_G):
    (softplus(-D(x)).mean() + softplus(D(G(z_D).detach())).mean()).backward()
    adam_D.step()
    softplus(-D(G(z_G))).mean().backward()
    adam_G.step()


def both_at_once(G, D, adam_G, adam_D, x, z_D, z_G):
    adam_G.zero_grad()
    softplus(-D(G(z_G))).mean().backward()
    adam_D.zero_grad()
    (softplus(-D(x)).mean() + softplus(D(G(z_D).detach())).mean()).backward()
    adam_D.step()
    adam_G.step()


def g_first(G, D, adam_G, adam_D, x, z_D, z_G):
    adam_G.zero_grad()
    softplus(-D(G(z_G))).mean().backward()
    adam_G.step()
    adam_D.zero_grad()
    (softplus(-D(x)).mean() + softplus(D(G(z_D).detach())).mean()).backward()
    adam_D.step()


def exchanged(G, D, adam_G, adam_D, x, z_D, z_G):
    with_detach(G, D, adam_D, adam_G, x, z_D, z_G)


def exchanged_with_one_clear(G, D, adam_G, adam_D, x, z_D, z_G):
    adam_D.zero_grad()
    adam_G.zero_grad()
    (softplus(-D(x)).mean() + softplus(D(G(z_D))).mean()).backward()
    adam_G.step()
    softplus(-D(G(z_G))).mean().backward()
    adam_D.step()


def cleared_before_the_step(G, D, adam_G, adam_D, x, z_D, z_G):
    adam_D.zero_grad()
    (softplus(-D(x)).mean() + softplus(D(G(z_D).detach())).mean()).backward()
    adam_D.step()
    softplus(-D(G(z_G))).mean().backward()
    adam_G.zero_grad()
    adam_G.step()


def only_d_steps(G, D, adam_G, adam_D, x, z_D, z_G):
    adam_D.zero_grad()
    (softplus(-D(x)).mean() + softplus(D(G(z_D).detach())).mean()).backward()
    softplus(-D(G(z_G))).mean().backward()
    adam_D.step()


def squared(G, D, adam_G, adam_D, x, z_D, z_G):
    adam_D.zero_grad()
    (softplus(-D(x)).mean() + softplus(D(G(z_D).detach())).mean()).backward()
    adam_D.step()
    adam_G.zero_grad()
    (D(G(z_G)) - 1).square().mean().backward()
    adam_G.step()


def d_steps_twice(G, D, adam_G, adam_D, x, z_D, z_G):
    with_detach(G, D, adam_G, adam_D, x, z_D, z_G)
    adam_D.step()


def on_one_latent(G, D, adam_G, adam_D, x, z_D, z_G):
    with_detach(G, D, adam_G, adam_D, x, z_D, z_D)


def averaged(average, weight, t, decay):
    d = min(decay, (1 + t) / (10 + t))
    return d * average + (1 - d) * weight


LEFT = 0.999**1000

PROOFS = [
    Proof(
        chapter03.collapsed,
        stub=(unanswered,),
        solution=(collapsed,),
        wrong=[
            ((lambda k, K: collapsed(k, K)[0],), "Three numbers"),
            ((with_loss(lambda k, K: -collapsed(k, K)[0]),), "This is V"),
            ((with_loss(lambda k, K: math.log((K + k) ** 2 / (k * K))),), "all real points lay"),
            (
                (with_loss(lambda k, K: k / K * math.log(1 + k / K) + math.log(1 + K / k)),),
                "exchanged their parts",
            ),
            ((with_loss(lambda k, K: 2 * math.log(2)),), "where q = p"),
            ((with_loss(lambda k, K: collapsed(k, K)[0] / math.log(2)),), "in bits"),
            ((with_loss(lambda k, K: collapsed(k, K)[0] / 2),), "half of the loss"),
            ((lambda k, K: (collapsed(k, K)[0], k / K, 1),), "that D calls fake"),
            ((lambda k, K: (collapsed(k, K)[0], 1, 1),), "not right on all real"),
            ((lambda k, K: (collapsed(k, K)[0], 0.5, 0.5),), "than a guess on real"),
            ((lambda k, K: (*collapsed(k, K)[:2], 0.5),), "than a guess on generated"),
            ((lambda k, K: (*collapsed(k, K)[:2], K / (K + k)),), "probability of fake"),
        ],
        unforeseen=[
            (lambda k, K: (*collapsed(k, K)[:2], 0),),
            (lambda k, K: (0.0, 1 - k / K, 1),),
            (lambda k, K: (collapsed(1, K)[0], 1 - k / K, 1),),
        ],
        never=[
            ((lambda k, K: (collapsed(k, K)[0], k / K, 1),), "guess|loss"),
            ((with_loss(lambda k, K: -collapsed(k, K)[0]),), "half|exchanged"),
        ],
    ),
    Proof(
        chapter03.width_or_threads,
        stub=(unanswered, unanswered),
        solution=(width, strays),
        wrong=[
            ((lambda g: width(g) ** 2, strays), "square of the width"),
            ((lambda g: 1 / width(g), strays), "one over the width"),
            ((width_on_a_line, strays), "on a line"),
            ((lambda g: width(g) / 3, strays), "not within 1"),
            ((lambda g: width(g) * 2**0.5, strays), "factor of two"),
            ((lambda g: width(1 - g), strays), "that lies outside"),
            ((lambda g: 2.0, strays), "another width"),
            ((width, lambda g: 1 - strays(g)), "all but the strays"),
            ((width, lambda g: math.exp(-12.5)), "of the true width"),
            ((width, lambda g: 1 - g), "beyond 3"),
            ((width, lambda g: strays(g) ** 2), "factor of two"),
        ],
        unforeseen=[
            (lambda g: width(g) + 0.01, strays),
            (width, lambda g: math.exp(-5 / width(g))),
            (width, lambda g: 0.05),
        ],
        never=[
            ((lambda g: width(g) / 3, strays), "factor of two|on a line"),
            ((width, lambda g: 1 - g), "true width"),
            ((lambda g: 1 / width(g), strays), "grows|square"),
        ],
    ),
    Proof(
        chapter03.covered,
        stub=(unanswered,),
        solution=(covered,),
        wrong=[
            ((covered_without_limit,), "no sample lies within 3"),
            ((covered_counting_samples,), "Fifty samples of one mode"),
            ((covered_as_a_list,), "Return one number"),
            ((covered_in_a_square,), "3.5 standard deviations away, along the diagonal"),
            ((covered_by_any,), "only the nearest"),
            ((covered_within_one,), r"1\.5 standard deviations away should count"),
            ((covered_within_nine,), r"3\.1 standard deviations away should not"),
            ((covered_by_the_square,), r"3\.1 standard deviations away should not"),
            ((lambda x, modes, spread: covered(x, modes, 0.1),), "cloud of 300"),
            ((lambda x, modes, spread: covered(x.clamp_(-1, 1), modes, spread),), "."),
        ],
        unforeseen=[(lambda x, modes, spread: len(modes),), (lambda x, modes, spread: 1,)],
        never=[
            ((covered_within_one,), "Euclid"),
            ((covered_within_nine,), "Euclid|diagonal"),
            ((covered_without_spread,), "not samples|different modes"),
            ((covered_within_three,), "not samples|different modes"),
            ((covered_as_a_list,), "Compare"),
        ],
    ),
    Proof(
        chapter03.diagnosis,
        stub=(dict.fromkeys(RIGHT, ...),),
        solution=(RIGHT,),
        wrong=[
            ((swapped("double sigmoid", "D wins"),), "A second sigmoid sees"),
            ((swapped("collapse", "healthy"),), "7 of 8 real points"),
            ((swapped("D too slow", "healthy"),), "too slow it knows nothing"),
            ((swapped("healthy", "leftover gradients"),), "to the end"),
            ((dict.fromkeys(RIGHT, 3),), "1 to 6 once"),
            (({name: str(run) for name, run in RIGHT.items()},), "not strings"),
        ],
        unforeseen=[({name: 7 - run for name, run in RIGHT.items()},)],
        never=[(({name: str(run) for name, run in RIGHT.items()},), "once")],
    ),
    Proof(
        chapter03.repaired_step,
        stub=(...,),
        solution=(with_detach,),
        wrong=[
            ((colleagues,), "gradient of D's loss, too"),
            ((d_forgets_the_fakes,), "D's move differs"),
            ((never_cleared_for_d,), "D's gradients are left over"),
            ((never_cleared_for_g,), "G's gradients are left over"),
            ((never_cleared,), "left from step to step"),
            ((only_g_moves,), "D does not move"),
            ((saturating,), "saturating loss"),
            ((both_at_once,), "a D which has not moved yet"),
            ((g_first,), "G has moved before D"),
            ((exchanged,), "exchanged"),
            ((exchanged_with_one_clear,), "exchanged"),
            ((cleared_before_the_step,), "G does not move"),
            ((detached_in_both,), "G does not move"),
            ((on_one_latent,), "D's latents"),
        ],
        unforeseen=[(squared,), (d_steps_twice,)],
        never=[
            ((on_one_latent,), "cut |gradient"),
            ((colleagues,), "z_G|order|saturating"),
            ((never_cleared_for_d,), "G's gradients are|G's own"),
            ((never_cleared_for_g,), "D's|of D"),
            ((saturating,), "cut |clear"),
            ((both_at_once,), "cut |clear|saturating"),
            ((g_first,), "cut |clear|saturating|loss differs"),
            ((exchanged,), "cut |clear|No gradient"),
            ((cleared_before_the_step,), "cut off|exchanged|No gradient"),
            ((detached_in_both,), "cleared|never called"),
            ((only_d_steps,), "exchanged|cut off"),
        ],
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
        never=[((ramp_or_decay, LEFT), "always")],
    ),
]


@pytest.mark.parametrize("step", [with_detach, with_zero_grad_in_place])
def test_every_correct_repair_passes(step):
    assert chapter03.repaired_step(step)
