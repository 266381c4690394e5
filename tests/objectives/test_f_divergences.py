"""The f-divergences against their definitions: suprema, bounds, closed forms."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from gan_course import divergences as div
from gan_course import hinge, minimax, non_saturating
from gan_course.objectives import (
    F_DIVERGENCES,
    GAN,
    JENSEN_SHANNON,
    KL,
    NEYMAN,
    PEARSON,
    REVERSE_KL,
    SQUARED_HELLINGER,
    TOTAL_VARIATION,
    FDivergence,
    f_gan,
)

SMOOTH = [f for f in F_DIVERGENCES if f is not TOTAL_VARIATION]
each = pytest.mark.parametrize("divergence", F_DIVERGENCES, ids=str)
each_smooth = pytest.mark.parametrize("divergence", SMOOTH, ids=str)
INFINITY = torch.tensor(math.inf, dtype=torch.float64)

DX = 0.005
X = np.arange(-20, 20, DX) + DX / 2


def gaussian(m, s):
    return np.exp(-(((X - m) / s) ** 2) / 2) / s / math.sqrt(2 * math.pi)


def pairs():
    """Pairs of arrays, discrete and on a grid, with their dx."""
    rng = np.random.default_rng(0)
    for cells in (2, 5, 40):
        yield rng.dirichlet(np.ones(cells)), rng.dirichlet(np.ones(cells)), 1.0
    table = rng.dirichlet(np.ones(12)).reshape(3, 4)
    yield table, np.full((3, 4), 1 / 12), 1.0
    yield gaussian(0, 1), gaussian(1, 1), DX
    yield gaussian(0, 1), gaussian(-0.7, 1.2), DX
    yield gaussian(2, 1.1), gaussian(0, 0.9), DX


def doubles(*values):
    return torch.tensor(values, dtype=torch.float64)


def slope(function, at):
    at = at.clone().requires_grad_()
    return torch.autograd.grad(function(at).sum(), at)[0]


BEST = {
    KL: lambda u: 1 + np.log(u),
    REVERSE_KL: lambda u: -1 / u,
    PEARSON: lambda u: 2 * (u - 1),
    NEYMAN: lambda u: 1 - 1 / u**2,
    SQUARED_HELLINGER: lambda u: 1 - 1 / np.sqrt(u),
    JENSEN_SHANNON: lambda u: math.log(2) - np.log1p(1 / u),
    GAN: lambda u: -np.log1p(1 / u),
    TOTAL_VARIATION: lambda u: np.sign(u - 1) / 2,
}

# The definitions: f, f*, g_f.


@each
def test_f_is_convex(divergence):
    a, b = torch.rand(2, 1000, dtype=torch.float64) * 5 + 1e-3
    middle = divergence.f((a + b) / 2)
    assert torch.all(middle <= (divergence.f(a) + divergence.f(b)) / 2 + 1e-12)


@each
def test_the_conjugate_is_the_supremum(divergence):
    u = torch.cat([doubles(0), torch.logspace(-9, 9, 360_001, dtype=torch.float64)])
    for v in (-4.0, -2.5, -1.0, -0.1, 0.0, 0.3, 1.0, 2.5, 4.0):
        t = divergence.activation(doubles(v))
        supremum = (t * u - divergence.f(u)).max().item()
        assert divergence.conjugate(t).item() == pytest.approx(supremum, abs=1e-6, rel=1e-6)


@pytest.mark.parametrize(
    ("divergence", "t", "expected"),
    [
        (PEARSON, -3.0, -1.0),  # u = 0 is best, where the paper's parabola says -0.75
        (TOTAL_VARIATION, -2.0, -0.5),
        (TOTAL_VARIATION, 0.5, 0.5),
        (TOTAL_VARIATION, 0.51, math.inf),
        (REVERSE_KL, 0.0, math.inf),
        (REVERSE_KL, 1.0, math.inf),
        (NEYMAN, 1.0, 2.0),
        (NEYMAN, 1.01, math.inf),
        (SQUARED_HELLINGER, 1.0, math.inf),
        (SQUARED_HELLINGER, 2.0, math.inf),
        (JENSEN_SHANNON, math.log(2) + 0.1, math.inf),
        (GAN, 0.0, math.inf),
        (GAN, 0.1, math.inf),
    ],
)
def test_the_conjugate_at_the_end_of_its_domain_and_beyond(divergence, t, expected):
    assert divergence.conjugate(doubles(t)).item() == pytest.approx(expected)


@each
def test_fenchel_and_young_agree_at_the_best_t_and_there_alone(divergence):
    u = doubles(1e-3, 0.1, 0.5, 1.0, 1.7, 10.0, 300.0)
    best = torch.from_numpy(divergence.best_critic(u.numpy(), np.ones(7)))
    gap = divergence.f(u) + divergence.conjugate(best) - u * best
    assert torch.all(gap.abs() <= 1e-9 * (1 + (u * best).abs()))
    for other in divergence.activation(torch.linspace(-5, 5, 41, dtype=torch.float64)):
        gap = divergence.f(u) + divergence.conjugate(other) - u * other
        assert torch.all(gap >= -1e-9)
        if divergence is not TOTAL_VARIATION:  # at u = 1 every T of [-1/2, 1/2] is best
            assert torch.all(gap[(best - other).abs() > 0.1] > 1e-12)


@each
def test_the_best_t_is_the_slope_of_f(divergence):
    u = doubles(1e-6, 0.03, 0.8, 1.3, 50.0)
    stated = divergence.best_critic(u.numpy(), np.ones(5))
    np.testing.assert_allclose(stated, slope(divergence.f, u).numpy(), rtol=1e-9)
    by_autograd = replace(divergence, best_logit=None).best_critic(u.numpy(), np.ones(5))
    np.testing.assert_allclose(stated, by_autograd, rtol=1e-9)


@each
def test_the_activation_increases_and_stays_where_the_conjugate_is_finite(divergence):
    v = torch.linspace(-12, 12, 4001, dtype=torch.float64)
    T = divergence.activation(v)
    assert torch.all(T.diff() > 0)
    assert torch.all(divergence.conjugate(T).isfinite())


@each
def test_the_limit_of_the_activation_is_the_slope_of_f_at_infinity(divergence):
    limit = divergence.activation(INFINITY).item()
    at = divergence.f(doubles(1e15)) / 1e15
    assert limit == pytest.approx(at.item(), abs=1e-6) if limit < math.inf else at > 30


@each
def test_what_a_fake_costs_is_the_composition(divergence):
    v = torch.linspace(-9, 9, 721, dtype=torch.float64)
    composed = divergence.conjugate(divergence.activation(v))
    torch.testing.assert_close(divergence.of_fake(v), composed, rtol=1e-9, atol=1e-9)
    assert torch.equal(replace(divergence, fake=None).of_fake(v), composed)
    large = doubles(-100, -60, -40, *((40, 60, 100) if divergence in (KL, REVERSE_KL) else ()))
    composed = divergence.conjugate(divergence.activation(large))  # bent alike on both ways
    torch.testing.assert_close(divergence.of_fake(large), composed, rtol=1e-6, atol=1e-9)


@each
def test_the_balanced_logit_is_the_best_one_of_equals(divergence):
    T = divergence.activation(doubles(divergence.balanced))
    assert T.item() == pytest.approx(divergence.best_critic(1.0, 1.0).item())
    assert f_gan(divergence).balanced == divergence.balanced


# The divergence of arrays, its bound and its best critic.


@each
def test_the_bound_of_the_best_critic_is_the_divergence(divergence):
    for p, q, dx in pairs():
        exact = divergence.between(p, q, dx)
        D = divergence.best_logits(p, q)
        assert divergence.bound(p, q, D, dx) == pytest.approx(exact, abs=1e-6, rel=1e-6)


@each
def test_the_bound_is_the_formula_in_t(divergence):
    draws = torch.Generator().manual_seed(0)
    for p, q, dx in pairs():
        D = torch.randn(p.shape, generator=draws, dtype=torch.float64)
        T = divergence.activation(D)
        formula = dx * (p * T.numpy() - q * divergence.conjugate(T).numpy()).sum()
        assert divergence.bound(p, q, D, dx) == pytest.approx(formula, abs=1e-6)
        T = divergence.activation(doubles(0.3)).item()
        formula = T - divergence.conjugate(doubles(T)).item()
        assert divergence.bound(p, q, 0.3, dx) == pytest.approx(formula, abs=1e-6)


@each
def test_no_critic_shows_more_than_the_divergence(divergence):
    draws = torch.Generator().manual_seed(0)
    for p, q, dx in pairs():
        exact = divergence.between(p, q, dx)
        for size in (0.1, 1.0, 4.0):
            D = size * torch.randn(p.shape, generator=draws, dtype=torch.float64)
            assert divergence.bound(p, q, D, dx) <= exact + 1e-12


def test_divergences_with_closed_forms():
    p, q = gaussian(0.3, 1.0), gaussian(-0.5, 1.3)
    assert KL.between(p, q, DX) == pytest.approx(div.kl_gaussians(0.3, 1, -0.5, 1.69), abs=1e-6)
    assert REVERSE_KL.between(p, q, DX) == pytest.approx(
        div.kl_gaussians(-0.5, 1.69, 0.3, 1), abs=1e-6
    )
    same = gaussian(0, 1), gaussian(1.2, 1)
    assert TOTAL_VARIATION.between(*same, DX) == pytest.approx(
        div.total_variation_gaussians(0, 1.2, 1), abs=1e-6
    )
    assert PEARSON.between(*same, DX) == pytest.approx(math.exp(1.44) - 1, abs=1e-6)
    assert NEYMAN.between(*same, DX) == pytest.approx(math.exp(1.44) - 1, abs=1e-6)
    overlap = math.sqrt(2 * 1.3 / (1 + 1.69)) * math.exp(-0.64 / (4 * 2.69))
    assert SQUARED_HELLINGER.between(p, q, DX) == pytest.approx(2 - 2 * overlap, abs=1e-6)


def test_the_family_agrees_with_the_divergences_of_chapter_2():
    for p, q, dx in pairs():
        js = div.js(p, q, dx)
        assert KL.between(p, q, dx) == pytest.approx(div.kl(p, q, dx), abs=1e-12)
        assert REVERSE_KL.between(p, q, dx) == pytest.approx(div.kl(q, p, dx), abs=1e-12)
        assert JENSEN_SHANNON.between(p, q, dx) == pytest.approx(2 * js, abs=1e-12)
        assert GAN.between(p, q, dx) == pytest.approx(2 * js - math.log(4), abs=1e-12)
        tv = div.total_variation(p, q, dx)
        assert TOTAL_VARIATION.between(p, q, dx) == pytest.approx(tv, abs=1e-12)
        assert NEYMAN.between(p, q, dx) == pytest.approx(PEARSON.between(q, p, dx), rel=1e-9)
        s = div.optimal_discriminator(p, q)
        np.testing.assert_allclose(GAN.best_critic(p, q), np.log(s), rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(GAN.best_logits(p, q), np.log(p / q), rtol=1e-9, atol=1e-12)


@each
def test_equals_are_apart_by_f_of_one(divergence):
    expected = -math.log(4) if divergence is GAN else 0.0
    assert divergence.between([0.2, 0.3, 0.5], [0.2, 0.3, 0.5]) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("divergence", "expected"),
    [*zip(F_DIVERGENCES, [*[math.inf] * 4, 2, 2 * math.log(2), 0, 1], strict=True)],
    ids=str,
)
def test_what_never_meets_is_as_far_apart_as_can_be(divergence, expected):
    far = gaussian(-19, 0.05), gaussian(19, 0.05)  # which underflow
    for p, q, dx in [([1, 0], [0, 1], 1.0), (*far, DX)]:
        assert divergence.between(p, q, dx) == pytest.approx(expected, abs=1e-9)


def test_mass_that_only_one_of_the_two_has():
    q_misses, p_misses = ([0.5, 0.5], [1.0, 0.0]), ([1.0, 0.0], [0.5, 0.5])
    assert KL.between(*q_misses) == math.inf
    assert KL.between(*p_misses) == pytest.approx(math.log(2))
    assert REVERSE_KL.between(*q_misses) == pytest.approx(math.log(2))
    assert REVERSE_KL.between(*p_misses) == math.inf
    assert PEARSON.between(*q_misses) == math.inf
    assert PEARSON.between(*p_misses) == pytest.approx(1.0)
    assert NEYMAN.between(*q_misses) == pytest.approx(1.0)
    assert NEYMAN.between(*p_misses) == math.inf
    assert SQUARED_HELLINGER.between(*q_misses) == pytest.approx(2 - math.sqrt(2))
    assert SQUARED_HELLINGER.between(*p_misses) == pytest.approx(2 - math.sqrt(2))


@each
def test_a_ratio_beyond_all_floats_is_that_of_a_cell_which_q_misses(divergence):
    tiny = 5e-324
    p, q = [0.5, 0.5], [1 - tiny, tiny]
    missed = divergence.between(p, [1.0, 0.0])
    assert divergence.between(p, q) == pytest.approx(missed)


@each
def test_the_best_critic_where_one_of_the_two_is_nothing(divergence):
    T = divergence.best_critic([1.0, 0.0, 0.0], [0.0, 1.0, 0.0])
    assert T[0] == divergence.activation(INFINITY).item()
    assert T[1] == pytest.approx(divergence.activation(-INFINITY).item()) or divergence is PEARSON
    assert T[2] == pytest.approx(divergence.activation(doubles(divergence.balanced)).item())
    assert PEARSON.best_critic([0.0], [1.0]) == -2


@pytest.mark.parametrize(
    ("p", "q", "D", "message"),
    [
        ([0.5, 0.5], [1.0], 0, "same shape"),
        ([0.5, 0.6], [0.5, 0.5], 0, "total mass must be 1"),
        ([1.5, -0.5], [0.5, 0.5], 0, "finite and non-negative"),
        ([0.5, 0.5], [0.5, 0.5], [1, 2, 3], r"D must be one number or of shape \(2,\) like p"),
    ],
)
def test_arrays_that_do_not_fit(p, q, D, message):
    with pytest.raises(ValueError, match=message):
        PEARSON.bound(p, q, D)


@each
def test_infinite_logits_are_limits(divergence):
    """Where the two never meet, D is sure, and its bound is the divergence."""
    p, q = [0.3, 0.7, 0.0], [0.0, 0.0, 1.0]
    D = divergence.best_logits(p, q)
    assert D[0] == D[1] == math.inf and (D[2] == -math.inf or divergence is PEARSON)
    if divergence.between(p, q) < math.inf:
        assert divergence.bound(p, q, D) == pytest.approx(divergence.between(p, q))


def test_a_reader_s_own_divergence_needs_four_things():
    le_cam = FDivergence(
        "le_cam",
        f=lambda u: (u - 1).square() / (u + 1),
        conjugate=lambda t: torch.where(t < -3, -1.0, 4 - t - 4 * (1 - t).clamp(min=0).sqrt()),
        activation=lambda v: 1 - 4 * (-v).sigmoid().square(),
    )
    for p, q, dx in pairs():
        exact = np.sum((p - q) ** 2 / (p + q)) * dx
        assert le_cam.between(p, q, dx) == pytest.approx(exact, abs=1e-9)
        T = torch.from_numpy(le_cam.best_critic(p, q))
        shown = dx * (p * T.numpy() - q * le_cam.conjugate(T).numpy()).sum()
        assert shown == pytest.approx(exact, abs=1e-9)
        D = np.log(p / q)  # the sigma in T* is q / (p + q)
        assert le_cam.bound(p, q, D.clip(-15, 15), dx) == pytest.approx(exact, abs=1e-5)
    with pytest.raises(ValueError, match="le_cam has no best_logit"):
        le_cam.best_logits([1.0], [1.0])
    assert repr(f_gan(le_cam)) == "f_gan(le_cam)"
    assert f_gan(le_cam).d(torch.zeros(3), torch.zeros(3)).item() == pytest.approx(0, abs=1e-6)


# The game on logits.


@each_smooth
def test_gradient_ascent_on_logits_finds_the_best_critic(divergence):
    p, q = doubles(0.1, 0.2, 0.3, 0.4), doubles(0.35, 0.3, 0.2, 0.15)
    v = torch.zeros(4, dtype=torch.float64, requires_grad=True)
    ascent = torch.optim.LBFGS(
        [v], 0.5, 500, tolerance_grad=1e-12, tolerance_change=0, line_search_fn="strong_wolfe"
    )

    def loss():
        ascent.zero_grad()
        value = q @ divergence.of_fake(v) - p @ divergence.activation(v)
        value.backward()
        return value

    ascent.step(loss)
    T = divergence.activation(v).detach().numpy()
    np.testing.assert_allclose(T, divergence.best_critic(p.numpy(), q.numpy()), atol=1e-5)
    np.testing.assert_allclose(v.detach(), divergence.best_logit((p / q).log()), atol=1e-5)
    assert -loss().item() == pytest.approx(divergence.between(p, q), abs=1e-9)


def test_gradient_ascent_on_the_logits_of_total_variation_goes_to_its_signs():
    p, q = doubles(0.1, 0.2, 0.3, 0.4), doubles(0.35, 0.3, 0.2, 0.15)
    v = torch.zeros(4, dtype=torch.float64, requires_grad=True)
    for _ in range(2000):
        value = p @ TOTAL_VARIATION.activation(v) - q @ TOTAL_VARIATION.of_fake(v)
        v.data += 5 * torch.autograd.grad(value, v)[0]
    assert torch.equal(v.sign(), doubles(-1, -1, 1, 1))
    assert TOTAL_VARIATION.between(p, q) - 0.01 < value < TOTAL_VARIATION.between(p, q)


@pytest.mark.parametrize("divergence", [f for f in SMOOTH if f is not NEYMAN], ids=str)
def test_a_d_of_straight_lines_sees_means_alone(divergence):
    """Its best bound is f(1) if the means agree, however far apart the rest is; else it is more."""
    p, x = doubles(*gaussian(0, 1)) * DX, doubles(*X)
    least = divergence.f(doubles(1)).item()
    for density, seen in ((gaussian(0, 0.6), False), (gaussian(0.3, 0.6), True)):
        q = doubles(*density) * DX
        w = torch.tensor([divergence.balanced, 0.1], dtype=torch.float64, requires_grad=True)
        ascent = torch.optim.LBFGS([w], 0.5, 200, line_search_fn="strong_wolfe")

        def loss(q=q, w=w, ascent=ascent):
            ascent.zero_grad()
            D = w[0] + w[1] * x
            value = q @ divergence.of_fake(D) - p @ divergence.activation(D)
            value.backward()
            return value

        ascent.step(loss)
        bound = -loss().item() - least
        assert bound > 0.01 if seen else abs(bound) < 1e-5


@each
def test_d_is_minus_the_bound_and_g_the_part_that_g_moves(divergence):
    draws = torch.Generator().manual_seed(1)
    real, fake = torch.randn(2, 5, 1, generator=draws, dtype=torch.float64)
    game, other = f_gan(divergence), f_gan(divergence, non_saturating=True)
    T, cost = divergence.activation(real).mean(), divergence.of_fake(fake).mean()
    assert game.d(real, fake).item() == pytest.approx((cost - T).item())
    assert game.g(fake).item() == pytest.approx(-cost.item())
    assert other.d(real, fake) == game.d(real, fake)
    assert other.g(fake).item() == pytest.approx(-divergence.activation(fake).mean().item())
    # D raises the logits of reals and lowers those of fakes; both G raise those of fakes.
    assert torch.all(slope(lambda v: game.d(v, fake), real) < 0)
    assert torch.all(slope(lambda v: game.d(real, v), fake) > 0)
    assert torch.all(slope(game.g, fake) < 0) and torch.all(slope(other.g, fake) < 0)


PULLS = {  # of one sample on its logit, at D's best: zero-sum, non-saturating, as functions of u
    KL: (lambda u: u, lambda u: 1 + 0 * u),
    REVERSE_KL: (lambda u: 1 + 0 * u, lambda u: 1 / u),
    PEARSON: (lambda u: u, lambda u: 1 + 0 * u),
    NEYMAN: (lambda u: 1 / u, lambda u: u**-2),
    SQUARED_HELLINGER: (lambda u: u.sqrt(), lambda u: u**-0.5),
    JENSEN_SHANNON: (lambda u: u / (1 + u), lambda u: 1 / (1 + u)),
    GAN: (lambda u: u / (1 + u), lambda u: 1 / (1 + u)),
    TOTAL_VARIATION: (lambda u: 0 * u, lambda u: 0 * u),
}


@each
@pytest.mark.parametrize("non_saturating", [False, True])
def test_the_pull_on_a_fake_s_logit_at_the_best_d(divergence, non_saturating):
    u = doubles(1e-3, 0.2, 0.9, 3.0, 100.0)
    game = f_gan(divergence, non_saturating)
    pull = -slope(lambda v: 5 * game.g(v), divergence.best_logit(u.log()))
    torch.testing.assert_close(pull, PULLS[divergence][non_saturating](u))


@each_smooth
@pytest.mark.parametrize("non_saturating", [False, True])
def test_the_pull_along_the_log_ratio_does_not_depend_on_the_activation(divergence, non_saturating):
    """u^2 f''(u) in the zero-sum game, u f''(u) in the other."""
    u = doubles(1e-3, 0.2, 0.9, 3.0, 100.0)
    game = f_gan(divergence, non_saturating)
    pull = -slope(lambda s: 5 * game.g(divergence.best_logit(s)), u.log())
    at = u.clone().requires_grad_()
    first = torch.autograd.grad(divergence.f(at).sum(), at, create_graph=True)[0]
    second = torch.autograd.grad(first.sum(), at)[0]
    torch.testing.assert_close(pull, u * second if non_saturating else u**2 * second)


def test_the_gan_of_the_family_is_the_first_one():
    real, fake = torch.tensor([1.5, -0.5, 300.0]), torch.tensor([-2.0, 0.25, -300.0])
    for of_family, named in [(f_gan(GAN), minimax), (f_gan(GAN, True), non_saturating)]:
        torch.testing.assert_close(of_family.d(real, fake), named.d(real, fake))
        torch.testing.assert_close(of_family.g(fake), named.g(fake))
        torch.testing.assert_close(slope(of_family.g, fake), slope(named.g, fake))


def test_the_hinge_at_its_best_d_is_the_total_variation():
    for p, q, dx in pairs():
        tv = TOTAL_VARIATION.between(p, q, dx)
        D = torch.from_numpy(2 * TOTAL_VARIATION.best_critic(p, q))  # the sign of p - q
        loss = dx * np.sum(p * (1 - D.numpy()).clip(0) + q * (1 + D.numpy()).clip(0))
        assert loss == pytest.approx(2 - 2 * tv, abs=1e-6)
    assert hinge.d(torch.ones(4), -torch.ones(4)) == 0  # 2 - 2 TV of two that never meet


# Numbers of any size, of any type.


@each
@pytest.mark.parametrize("kind", [torch.float32, torch.float64, torch.bfloat16])
def test_no_logit_is_too_large(divergence, kind):
    v = torch.tensor([-1e9, -1e4, -300, -88, -30, -1, 0, 1, 30, 88, 300, 1e4, 1e9]).to(kind)
    for game in (f_gan(divergence), f_gan(divergence, non_saturating=True)):
        for loss in (lambda a, d=game.d: d(a, a[:1]), lambda a, d=game.d: d(a[:1], a), game.g):
            for logits in (v, *v[:, None]):
                assert loss(logits).isfinite() and loss(logits).dtype == kind
                assert slope(loss, logits).isfinite().all()


@each_smooth
def test_a_large_logit_still_pulls_where_the_game_does_not_saturate(divergence):
    """What D pays for a fake that it calls real never levels off: it is not clipped away."""
    v = torch.tensor([40.0, 100.0, 1000.0])
    cost = divergence.of_fake(v)
    level = divergence is NEYMAN  # f* ends at 2, with T at its end
    assert level or (torch.all(cost.diff() > 0) and torch.all(slope(divergence.of_fake, v) > 0))
    assert not level or torch.allclose(cost, torch.full((3,), 2.0))


@each
def test_bfloat16_and_float32_are_near_float64(divergence):
    v = torch.linspace(-6, 6, 25, dtype=torch.float64)
    for kind, near in ((torch.float32, 1e-5), (torch.bfloat16, 0.05)):
        for function in (divergence.activation, divergence.of_fake):
            rounded = v.to(kind).double()
            got, exact = function(v.to(kind)).double(), function(rounded)
            torch.testing.assert_close(got, exact, rtol=near, atol=near)


@each
def test_bent_logits_give_each_t_once(divergence):
    """Beyond 30, too, D's best logit gives T* back."""
    u = np.logspace(-40, 40, 9)
    np.testing.assert_allclose(divergence.best_critic(u, np.ones(9)), BEST[divergence](u))
