"""The exercises of chapter 6: the stubs wait, the solutions pass, wrong answers get their hints."""

import math
from functools import partial

import numpy as np
import pytest
import torch
from exercises import Proof
from scipy.optimize import linear_sum_assignment

from gan_course import clip_weights, divergences, gradient_norm, gradient_penalty
from gan_course.check import chapter06
from gan_course.networks import mlp


def stub(*answers):
    """Your code here."""
    ...


def right_critic(real, fake):
    return fake.mean() - real.mean()


def right_generator(fake):
    return -fake.mean()


def hinge(real, fake):
    return (1 - real).relu().mean() + (1 + fake).relu().mean()


LOSSES = Proof(
    chapter06.losses,
    stub=(stub, stub),
    solution=(right_critic, right_generator),
    wrong=[
        ((hinge, right_generator), "hinge loss"),
        ((lambda real, fake: -right_critic(real, fake), right_generator), "gap itself"),
        ((lambda real, fake: fake.sum() - real.sum(), right_generator), "summed"),
        ((lambda real, fake: fake.mean() + real.mean(), right_generator), "Both scores"),
        ((lambda real, fake: right_critic(real, fake.detach()), right_generator), "same for every"),
        ((right_critic, lambda fake: fake.mean()), "downhill"),
        ((right_critic, lambda fake: (1 - fake).relu().mean()), "a hinge"),
        ((right_critic, lambda fake: -fake.sum() / 64), "50 other scores"),
        ((right_critic, lambda fake: -fake.relu_().mean()), "not -E D"),
        (
            (lambda real, fake: right_critic(real.clamp(-99, 99), fake), right_generator),
            "critic's slopes",
        ),
        ((right_critic, lambda fake: -fake.clamp(-99, 99).mean()), "generator's slopes"),
        (
            (lambda real, fake: -right_critic(real, fake).abs(), right_generator),
            "prefers the fakes",
        ),
    ],
    unforeseen=[
        (lambda real, fake: (real - 1).square().mean() + fake.square().mean(), right_generator),
        (right_critic, lambda fake: fake.sigmoid().mean()),
        (lambda real, fake: right_critic(real, fake).clamp(-1, 1), right_generator),
    ],
    never=[
        (
            (right_critic, lambda fake: -fake.clamp(-99, 99).mean()),
            "critic's|downhill|hinge",
        ),
        ((lambda real, fake: -right_critic(real, fake), right_generator), "hinge|summed"),
    ],
)


def right_linear(x, y, c):
    return c * (x.mean(0) - y.mean(0)).abs().sum()


LINEAR = Proof(
    chapter06.linear_critic,
    stub=(stub,),
    solution=(right_linear,),
    wrong=[
        ((lambda x, y, c: c * (x.mean(0) - y.mean(0)).norm(),), "length of w"),
        ((lambda x, y, c: right_linear(x, y, 1),), "bound c"),
        ((lambda x, y, c: c * (x.mean(0) - y.mean(0)).sum(),), r"is \+c"),
        ((lambda x, y, c: c * (x.mean(0) - y.mean(0)).abs().max(),), "one weight"),
        ((lambda x, y, c: c * (x.mean(0) - y.mean(0)).abs().mean(),), "averaged"),
        ((lambda x, y, c: -right_linear(x, y, c),), "smallest gap"),
        ((lambda x, y, c: right_linear(x, y, 0.1),), "not the largest"),
        ((lambda x, y, c: right_linear(x.relu_(), y, c),), "not the largest"),
        ((lambda x, y, c: right_linear(x, y[:1] * 0 + y.mean(0), c) + 0.1,), "not the largest"),
    ],
    unforeseen=[
        (lambda x, y, c: c,),
        (lambda x, y, c: 0.1 * c,),
        (lambda x, y, c: (c * (x.mean(0) - y.mean(0))).square().sum(),),
        (lambda x, y, c: right_linear(x[:, :4], y[:, :4], c),),
    ],
    never=[((lambda x, y, c: c * (x.mean(0) - y.mean(0)).norm(),), "bound c|E x|is \\+c|averaged")],
)


def slopes_of(p, q):
    return np.sign(np.cumsum(q - p))[:-1]


def summed(x, slopes):
    return np.concatenate([[0.0], np.cumsum(slopes * np.diff(x))])


def right_potential(x, p, q):
    return summed(x, slopes_of(p, q))


def of_one_order(x, p, q):
    return right_potential(x, p, q) if p[0] > q[0] else right_potential(x, q, p)


def on_a_known_grid(x, p, q):
    return right_potential(8 * np.linspace(0, 1, 41) ** 1.2 - 3, p, q)


POTENTIAL = Proof(
    chapter06.potential,
    stub=(stub,),
    solution=(right_potential,),
    wrong=[
        ((lambda x, p, q: -right_potential(x, p, q),), "upside down"),
        ((lambda x, p, q: summed(np.arange(len(x)), slopes_of(p, q)),), "not evenly spaced"),
        ((lambda x, p, q: (x[1] - x[0]) * np.cumsum(np.sign(np.cumsum(q - p))),), "not evenly"),
        ((lambda x, p, q: (x[1] - x[0]) * summed(range(len(x)), slopes_of(p, q)),), "not evenly"),
        ((lambda x, p, q: 2 * right_potential(x, p, q),), "too steep"),
        ((lambda x, p, q: slopes_of(p, q),), "one value for each"),
        ((lambda x, p, q: np.abs(x + 1),), "larger gap"),
        ((lambda x, p, q: summed(x, np.sign(np.cumsum(q - p)[1:])),), "one place off"),
        ((lambda x, p, q: summed(np.linspace(-3, 5, len(x)), slopes_of(p, q)),), "not evenly"),
        ((lambda x, p, q: 0.5 * right_potential(x, p, q),), "larger gap"),
        ((of_one_order,), "change places"),
        ((on_a_known_grid,), "too steep|larger gap"),
        ((lambda x, p, q: right_potential(x, p.fill(1 / 41) or p, q),), "change places"),
    ],
    unforeseen=[
        (lambda x, p, q: x,),
        (lambda x, p, q: p - q,),
        (lambda x, p, q: np.zeros_like(x),),
    ],
    never=[
        ((lambda x, p, q: 0.5 * right_potential(x, p, q),), "too steep|upside down|one place"),
        ((lambda x, p, q: -right_potential(x, p, q),), "too steep|one place|evenly"),
        ((lambda x, p, q: summed(x, np.sign(np.cumsum(q - p)[1:])),), "evenly|steep"),
        (
            (lambda x, p, q: (x[1] - x[0]) * np.cumsum(np.sign(np.cumsum(q - p))),),
            "each slope alone|steep",
        ),
        ((lambda x, p, q: np.zeros_like(x),), "evenly"),
    ],
)


def transport(cost):
    n, m = cost.shape
    return divergences.wasserstein_lp(np.full(n, 1 / n), np.full(m, 1 / m), cost.numpy()).value


def right_w1(x, y):
    return transport(torch.cdist(x, y))


def by_copies(x, y):
    n, m = len(x), len(y)
    cost = torch.cdist(x.repeat(m, 1), y.repeat(n, 1)).numpy()
    return cost[linear_sum_assignment(cost)].mean()


def matched(x, y):
    cost = torch.cdist(x, y).numpy()
    return cost[linear_sum_assignment(cost)].mean()


def by_axis(x, y):
    return sum(divergences.wasserstein(x[:, i], y[:, i]) for i in range(2))


def whole_transport(x, y):
    n, m = len(x), len(y)
    return divergences.wasserstein_lp(np.full(n, 1 / n), np.full(m, 1 / m), torch.cdist(x, y))


EXACT = Proof(
    chapter06.exact_w1,
    stub=(stub,),
    solution=(right_w1,),
    wrong=[
        ((lambda x, y: torch.cdist(x, y).mean(),), "all pairs"),
        ((matched,), "left out"),
        ((lambda x, y: torch.cdist(x, y).min(1).values.mean(),), "fakes get too much"),
        ((lambda x, y: torch.cdist(x, y).min(0).values.mean(),), "real points give too much"),
        ((lambda x, y: right_w1(x[:, :2], y[:, :2]),), "5 points against 8"),
        ((lambda x, y: transport(torch.cdist(x, y) ** 2),), "mean squared"),
        ((lambda x, y: math.sqrt(transport(torch.cdist(x, y) ** 2)),), "W2"),
        ((by_axis,), "each coordinate"),
        ((whole_transport,), "yours is a Transport"),
        ((lambda x, y: transport(torch.cdist(x, y, p=1)),), "by blocks"),
        ((lambda x, y: right_w1(x.sub_(x.mean(0)), y),), "not W1"),
        ((lambda x, y: right_w1(x, y) if len(y) < 2 * len(x) else x.norm(),), "each of them twice"),
    ],
    unforeseen=[
        (lambda x, y: (x.mean(0) - y.mean(0)).norm(),),
        (lambda x, y: 0.0,),
        (lambda x, y: right_w1(x[: len(y)], y),),
    ],
    never=[((lambda x, y: torch.cdist(x, y).min(1).values.mean(),), "left out|all pairs")],
)


def between(real, fake, u):
    return ((1 - u) * real + u * fake).requires_grad_()


def slope_at(D, x, create_graph=True):
    return torch.autograd.grad(D(x).sum(), x, create_graph=create_graph)[0]


def one_each(real):
    return torch.rand(len(real), *[1] * (real.dim() - 1))


def right_penalty(D, real, fake):
    slope = slope_at(D, between(real, fake, one_each(real)))
    return (torch.linalg.vector_norm(slope.flatten(1), dim=1) - 1).square().mean()


def at(places):
    def penalty(D, real, fake):
        return (gradient_norm(D, places(real, fake)) - 1).square().mean()

    return penalty


def without_graph(D, real, fake):
    slope = slope_at(D, between(real, fake, one_each(real)), create_graph=False)
    return (slope.flatten(1).norm(dim=1) - 1).square().mean()


def cut_off(D, real, fake):
    return right_penalty(D, real, fake).detach()


def root_of_squares(D, real, fake):
    slope = slope_at(D, between(real, fake, one_each(real)))
    return (slope.flatten(1).square().sum(1).sqrt() - 1).square().mean()


def of_the_batch(D, real, fake):
    return (slope_at(D, between(real, fake, one_each(real))).norm() - 1).square()


def of_the_mean(D, real, fake):
    x = between(real, fake, one_each(real))
    slope = torch.autograd.grad(D(x).mean(), x, create_graph=True)[0]
    return (slope.norm(dim=1) - 1).square().mean()


def only_vectors(D, real, fake):
    slope = slope_at(D, between(real, fake, one_each(real)))
    return (slope.norm(dim=1) - 1).square().mean()


def mean_before_square(D, real, fake):
    slope = slope_at(D, between(real, fake, one_each(real)))
    return (torch.linalg.vector_norm(slope.flatten(1), dim=1).mean() - 1).square()


PENALTY = Proof(
    chapter06.penalty,
    stub=(stub,),
    solution=(right_penalty,),
    wrong=[
        ((without_graph,), "does not reach"),
        ((at(lambda real, fake: real),), "one side only"),
        ((at(lambda real, fake: fake),), "one side only"),
        ((at(lambda real, fake: (real + fake) / 2),), "half-way"),
        ((cut_off,), "does not reach"),
        ((at(lambda real, fake: real + torch.rand(1) * (fake - real)),), "share one u"),
        ((at(lambda real, fake: real.lerp(fake, torch.randn(len(real), 1))),), "beyond the real"),
        ((at(lambda real, fake: torch.cat([real, fake])),), "at the ends only"),
        ((at(lambda real, fake: real.lerp(fake, one_each(real).round())),), "at the ends only"),
        ((at(lambda real, fake: real.lerp(fake, one_each(real) ** 2)),), "spread evenly"),
        ((lambda D, real, fake: gradient_norm(D, real).square().mean(),), "target slope"),
        ((of_the_batch,), "norm for the batch"),
        ((of_the_mean,), "D's mean"),
        ((root_of_squares,), "not finite"),
        ((only_vectors,), "not vectors"),
        ((at(lambda real, fake: real.lerp(fake, torch.rand_like(real))),), "beside the lines"),
        ((mean_before_square,), "before the square"),
        ((partial(gradient_penalty, one_sided=True),), "one-sided"),
    ],
    unforeseen=[
        (lambda D, real, fake: (D(real) - D(fake)).square().mean(),),
        (lambda D, real, fake: (gradient_norm(D, real) - 1).abs().mean(),),
        (lambda D, real, fake: right_penalty(D, real.fill_(3.0), fake),),
    ],
    never=[
        ((mean_before_square,), "one u for each sample|evenly"),
        ((at(lambda real, fake: real),), "evenly|beside|beyond"),
        ((at(lambda real, fake: real + torch.rand(1) * (fake - real)),), "evenly|ends|randn"),
        ((at(lambda real, fake: torch.cat([real, fake])),), "evenly|batch|randn"),
        ((at(lambda real, fake: real.lerp(fake, torch.randn(len(real), 1))),), "batch|ends"),
    ],
)


def right_multiplier(h, gamma):
    step = torch.tensor([[1.0, h], [-h, 1.0 - h * gamma]], dtype=torch.float64)
    return torch.linalg.eigvals(step).abs().max()


def by_formula(h, gamma):
    root = complex(gamma**2 / 4 - 1) ** 0.5
    return max(abs(1 + h * (-gamma / 2 + sign * root)) for sign in (1, -1))


def alternating(h, gamma):
    D = np.array([[1.0, 0.0], [-h, 1.0 - h * gamma]])
    G = np.array([[1.0, h], [0.0, 1.0]])
    return np.abs(np.linalg.eigvals(G @ D)).max()


def one_root(h, gamma):
    return abs(2 - h * gamma + h * complex(gamma**2 - 4) ** 0.5) / 2


def both_moduli(h, gamma):
    return np.abs(np.linalg.eigvals(np.array([[1.0, h], [-h, 1.0 - h * gamma]])))


def largest_real_part(h, gamma):
    return np.linalg.eigvals(np.array([[1.0, h], [-h, 1.0 - h * gamma]])).real.max()


MULTIPLIER = Proof(
    chapter06.multiplier,
    stub=(stub,),
    solution=(right_multiplier,),
    wrong=[
        ((lambda h, gamma: right_multiplier(h, 2 * gamma),), "half of R1"),
        ((lambda h, gamma: right_multiplier(h, -gamma),), "pushes psi away"),
        ((alternating,), "alternating"),
        ((lambda h, gamma: right_multiplier(h, gamma) ** 2,), "square"),
        ((lambda h, gamma: math.sqrt(abs(1 - h * gamma + h * h)),), "determinant"),
        ((lambda h, gamma: right_multiplier(h, gamma) ** 500,), "500"),
        ((lambda h, gamma: right_multiplier(h, 0.0),), "gamma is not used"),
        ((lambda h, gamma: right_multiplier(h, gamma / 2),), "halved twice"),
        ((lambda h, gamma: right_multiplier(h, gamma) + 0.01,), "not the largest modulus"),
        ((lambda h, gamma: complex(right_multiplier(h, gamma), 0.1),), "yours is complex"),
        ((one_root,), "one of the two eigenvalues"),
        ((both_moduli,), "Return one number; yours has 2"),
        ((lambda h, gamma: tuple(both_moduli(h, gamma)),), "Return one number; yours has 2"),
        ((largest_real_part,), "real part"),
    ],
    unforeseen=[
        (lambda h, gamma: 1 - gamma / 2,),
        (lambda h, gamma: 1.0,),
        (lambda h, gamma: math.exp(-h * gamma),),
        (lambda h, gamma: abs(2 - h * gamma + h * math.sqrt(abs(gamma**2 - 4))) / 2,),
    ],
    never=[((one_root,), "half of R1|alternating|determinant")],
)

PROOFS = [LOSSES, LINEAR, POTENTIAL, EXACT, PENALTY, MULTIPLIER]


def test_the_multiplier_by_formula_is_an_answer_too():
    assert chapter06.multiplier(by_formula)


def test_the_hint_on_a_cut_graph_names_both_ways_to_cut_it():
    told = chapter06.penalty(cut_off, hint=2).message
    assert "create_graph=True" in told and ".item() or .detach()" in told


def test_an_exception_names_the_function_of_the_stub():
    def w1_of_any_sizes(real, fake):
        return real @ fake

    told = chapter06.exact_w1(w1_of_any_sizes, hint=2).message
    assert "w1_of_any_sizes was last called with" in told


def test_w1_by_copies_of_the_points_is_an_answer_too():
    assert chapter06.exact_w1(by_copies)


def test_the_penalty_of_the_package_is_an_answer_too():
    assert chapter06.penalty(gradient_penalty)


def test_a_trained_clipped_linear_critic_reaches_the_closed_form():
    torch.manual_seed(0)
    x, y, D = (
        torch.randn(200, 3) + torch.tensor([1.0, -1.0, 0.2]),
        torch.randn(200, 3),
        mlp(3, 1, ()),
    )
    optimizer = torch.optim.Adam(D.parameters(), 0.01)
    for _ in range(100):
        optimizer.zero_grad()
        (D(y).mean() - D(x).mean()).backward()
        optimizer.step()
        clip_weights(D, 0.1)
    gap = D(x).mean() - D(y).mean()
    torch.testing.assert_close(gap, right_linear(x, y, 0.1), rtol=0, atol=1e-5)


@pytest.mark.parametrize("h", [0.1, 0.2, 0.5, 1.0, 1.9])
def test_r1_brings_the_game_home_between_the_two_bounds_that_a_pass_tells(h):
    bounds = h, 2 / h + h / 2
    for gamma, inside in ((bounds[0], True), (bounds[1], False)):
        assert (by_formula(h, gamma + 1e-3) < 1) == inside
        assert (by_formula(h, gamma - 1e-3) < 1) != inside


def test_the_message_of_a_pass_states_these_bounds():
    assert "h < gamma < 2/h + h/2" in chapter06.multiplier(right_multiplier).message
