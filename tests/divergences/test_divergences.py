"""Divergences against closed forms, scipy, POT and quadrature; transport has its own file."""

import math

import numpy as np
import ot
import pytest
from scipy import integrate, stats
from scipy.spatial.distance import jensenshannon

from gan_course import divergences as dv


def random_pair(seed, n=10):
    rng = np.random.default_rng(seed)
    p, q = rng.dirichlet(np.ones(n), size=2)
    return p, q


def normal(m, s, dx=1e-3, low=-30, high=30):
    grid = np.arange(low, high, dx)
    return grid, stats.norm.pdf(grid, m, s), dx


def spd(seed, d=3):
    A = np.random.default_rng(seed).normal(size=(d, d))
    return A @ A.T + 0.1 * np.eye(d)


@pytest.mark.parametrize("seed", range(5))
class TestDiscrete:
    def test_kl_agrees_with_scipy(self, seed):
        p, q = random_pair(seed)
        assert dv.kl(p, q) == pytest.approx(stats.entropy(p, q), abs=1e-14)

    def test_js_agrees_with_scipy_squared(self, seed):
        p, q = random_pair(seed)
        assert dv.js(p, q) == pytest.approx(jensenshannon(p, q) ** 2, abs=1e-14)

    def test_js_is_symmetric_and_below_log_2(self, seed):
        p, q = random_pair(seed)
        assert dv.js(p, q) == dv.js(q, p)
        assert 0 < dv.js(p, q) < math.log(2)

    def test_total_variation_is_the_missing_overlap(self, seed):
        p, q = random_pair(seed)
        assert dv.total_variation(p, q) == pytest.approx(1 - np.minimum(p, q).sum(), abs=1e-14)

    def test_pinsker_bounds_total_variation(self, seed):
        p, q = random_pair(seed)
        assert 2 * dv.total_variation(p, q) ** 2 <= dv.kl(p, q)

    def test_value_at_the_optimum_is_twice_js_minus_log_4(self, seed):
        p, q = random_pair(seed)
        D = dv.optimal_discriminator(p, q)
        assert dv.value(p, q, D) == pytest.approx(2 * dv.js(p, q) - 2 * math.log(2), abs=1e-12)

    def test_no_other_discriminator_does_better(self, seed):
        p, q = random_pair(seed)
        D = dv.optimal_discriminator(p, q)
        best = dv.value(p, q, D)
        rng = np.random.default_rng(seed)
        for size in (1e-4, 1e-2, 1):
            other = np.clip(D + size * rng.normal(size=D.shape), 0, 1)
            assert dv.value(p, q, other) < best

    def test_equal_distributions_are_at_distance_zero(self, seed):
        p, _ = random_pair(seed)
        assert dv.kl(p, p) == dv.js(p, p) == dv.total_variation(p, p) == 0


def test_disjoint_supports_are_as_far_as_can_be():
    p, q = [0.5, 0.5, 0, 0], [0, 0, 0.25, 0.75]
    assert dv.js(p, q) == math.log(2)
    assert dv.total_variation(p, q) == 1
    assert dv.kl(p, q) == dv.kl(q, p) == math.inf
    assert list(dv.optimal_discriminator(p, q)) == [1, 1, 0, 0]
    assert dv.value(p, q, dv.optimal_discriminator(p, q)) == 0


def test_kl_is_infinite_only_where_the_first_has_mass():
    assert dv.kl([1, 0], [0.5, 0.5]) == pytest.approx(math.log(2), abs=1e-15)
    assert dv.kl([0.5, 0.5], [1, 0]) == math.inf


def test_the_optimal_discriminator_is_a_half_where_nothing_falls():
    assert list(dv.optimal_discriminator([1, 0, 0], [0.5, 0.5, 0])) == [2 / 3, 0, 0.5]


def test_a_discriminator_that_cannot_tell_has_the_value_of_equilibrium():
    p, q = random_pair(0)
    assert dv.value(p, q, 0.5) == pytest.approx(-2 * math.log(2), abs=1e-15)


def test_a_discriminator_that_is_surely_wrong_costs_a_hundred_nats_each():
    assert dv.value([1, 0], [0, 1], [0, 1]) == -200


def test_the_value_identity_survives_densities_that_underflow():
    grid, p, dx = normal(-19, 1)
    q = stats.norm.pdf(grid, 19, 1)
    D = dv.optimal_discriminator(p, q)
    assert dv.js(p, q, dx) == pytest.approx(math.log(2), abs=1e-12)
    assert dv.value(p, q, D, dx) == pytest.approx(0, abs=1e-12)


def test_densities_may_lie_on_a_grid_of_the_plane():
    grid, p, dx = normal(0, 1, dx=0.1, low=-8, high=8)
    q = stats.norm.pdf(grid, 1, 1)
    plane_p, plane_q = np.outer(p, p), np.outer(q, p)
    assert dv.kl(plane_p, plane_q, dx**2) == pytest.approx(0.5, abs=1e-10)


def test_divergences_do_not_depend_on_the_grid():
    coarse, fine = normal(0, 1, dx=0.1), normal(0, 1, dx=0.01)
    results = [dv.js(p, stats.norm.pdf(grid, 1, 2), dx) for grid, p, dx in (coarse, fine)]
    assert results[0] == pytest.approx(results[1], abs=1e-10)


def test_js_agrees_with_quadrature():
    grid, p, dx = normal(0, 1)
    q = stats.norm.pdf(grid, 2, 0.7)

    def integrand(x):
        a, b = stats.norm.pdf(x), stats.norm.pdf(x, 2, 0.7)
        return a * math.log(2 * a / (a + b)) / 2 + b * math.log(2 * b / (a + b)) / 2

    assert dv.js(p, q, dx) == pytest.approx(integrate.quad(integrand, -10, 10)[0], abs=1e-8)


@pytest.mark.parametrize(("m", "s"), [(0.0, 1.0), (1.5, 1.0), (-2.0, 0.5), (3.0, 2.0)])
class TestGaussiansOnTheLine:
    def test_kl_agrees_with_the_grid(self, m, s):
        grid, p, dx = normal(0, 1, low=-15, high=15)  # no density underflows there
        q = stats.norm.pdf(grid, m, s)
        assert dv.kl_gaussians(0, 1, m, s**2) == pytest.approx(dv.kl(p, q, dx), abs=1e-9)

    def test_total_variation_agrees_with_the_grid(self, m, s):
        grid, p, dx = normal(0, s)
        q = stats.norm.pdf(grid, m, s)
        expected = dv.total_variation(p, q, dx)
        assert dv.total_variation_gaussians(0, m, s**2) == pytest.approx(expected, abs=1e-6)

    def test_w1_agrees_with_the_grid(self, m, s):
        grid, p, dx = normal(0, 1)
        q = stats.norm.pdf(grid, m, s)
        expected = dv.wasserstein_on_grid(p, q, dx)
        assert dv.wasserstein1_gaussians(0, 1, m, s**2) == pytest.approx(expected, abs=1e-6)

    def test_w2_agrees_with_its_form_on_the_line(self, m, s):
        expected = math.hypot(m, s - 1)
        assert dv.wasserstein2_gaussians(0, 1, m, s**2) == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize("seed", range(3))
class TestGaussiansInSpace:
    def test_kl_agrees_with_the_mean_log_ratio(self, seed):
        m1, m2, S1, S2 = np.zeros(3), np.ones(3), spd(seed), spd(seed + 10)
        first, second = stats.multivariate_normal(m1, S1), stats.multivariate_normal(m2, S2)
        x = first.rvs(200_000, random_state=seed)
        ratios = first.logpdf(x) - second.logpdf(x)
        error = 5 * ratios.std() / math.sqrt(len(x))
        assert dv.kl_gaussians(m1, S1, m2, S2) == pytest.approx(ratios.mean(), abs=error)

    def test_w2_agrees_with_pot(self, seed):
        m1, m2, S1, S2 = np.zeros(3), np.ones(3), spd(seed), spd(seed + 10)
        expected = ot.gaussian.bures_wasserstein_distance(m1, m2, S1, S2)
        assert dv.wasserstein2_gaussians(m1, S1, m2, S2) == pytest.approx(
            float(expected), rel=1e-10
        )

    def test_total_variation_depends_on_the_mahalanobis_distance_only(self, seed):
        S, m = spd(seed), np.array([1.0, -2.0, 0.5])
        delta = math.sqrt(m @ np.linalg.solve(S, m))
        expected = dv.total_variation_gaussians(0, delta, 1)
        assert dv.total_variation_gaussians(np.zeros(3), m, S) == pytest.approx(expected, abs=1e-14)


def test_w2_of_singular_gaussians_is_exact():
    S = np.diag([1.0, 0.0])
    assert dv.wasserstein2_gaussians([0, 0], S, [3, 4], S) == pytest.approx(5, abs=1e-12)
    assert dv.wasserstein2_gaussians([0, 0], S, [0, 0], 4 * S) == pytest.approx(1, abs=1e-12)


def test_point_masses_are_gaussians_of_variance_zero():
    assert dv.wasserstein1_gaussians(0, 0, -3, 0) == 3
    assert dv.wasserstein2_gaussians(0, 0, -3, 0) == 3


HALF = [0.5, 0.5]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: dv.kl(HALF, [0.2, 0.3, 0.5]), "same shape"),
        (lambda: dv.js([1.5, -0.5], HALF), "non-negative"),
        (lambda: dv.total_variation([math.nan, 1], HALF), "finite"),
        (lambda: dv.kl([1, 1], HALF), "total mass must be 1, got 2"),
        (lambda: dv.kl([], []), "total mass must be 1, got 0"),
        (lambda: dv.kl(HALF, HALF, dx=0.5), "total mass must be 1, got 0.5"),
        (lambda: dv.kl(HALF, HALF, dx=0), "dx must be positive"),
        (lambda: dv.optimal_discriminator([-1, 2], HALF), "non-negative"),
        (lambda: dv.value(HALF, HALF, [0.5, 1.5]), "apply a sigmoid"),
        (lambda: dv.value(HALF, HALF, [0.5, math.nan]), "apply a sigmoid"),
        (lambda: dv.value(HALF, HALF, [0.5, 0.5, 0.5]), "of shape"),
        (lambda: dv.kl_gaussians([0, 0], 1, 0, 1), r"covariance \[d, d\]"),
        (lambda: dv.kl_gaussians(0, 1, 0, 0), "positive definite"),
        (lambda: dv.kl_gaussians(0, 1, [0, 0], np.eye(2)), "same dimension"),
        (lambda: dv.wasserstein2_gaussians(0, -1, 0, 1), "semi-definite"),
        (lambda: dv.wasserstein2_gaussians([0, 0], [[1, 2], [0, 1]], 0, 1), "symmetric"),
        (lambda: dv.wasserstein2_gaussians(math.nan, 1, 0, 1), "finite"),
        (lambda: dv.wasserstein1_gaussians([0, 0], np.eye(2), 0, 1), "line only"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(call, message):
    with pytest.raises(ValueError, match=message):
        call()
