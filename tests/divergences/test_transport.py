"""Wasserstein distances and plans against scipy, POT and each other."""

import math

import numpy as np
import ot
import pytest
from scipy import stats

from gan_course import divergences as dv


@pytest.mark.parametrize("theta", [-2.0, -0.1, 0.3, 5.0])
def test_parallel_lines_move_only_the_wasserstein_distance(theta):
    # the lines {0} x [0, 1] and {theta} x [0, 1]; all mass at one of two places on the axis
    p, q = [1.0, 0.0], [0.0, 1.0]
    assert dv.wasserstein([0.0], [theta]) == pytest.approx(abs(theta))
    assert dv.js(p, q) == math.log(2)
    assert dv.total_variation(p, q) == 1
    assert dv.kl(p, q) == math.inf


@pytest.mark.parametrize(("n", "m"), [(1, 1), (50, 50), (30, 71), (1, 40)])
class TestWassersteinOfSamples:
    def test_order_one_agrees_with_scipy(self, n, m):
        rng = np.random.default_rng(n + m)
        x, y = rng.normal(size=n), rng.exponential(size=m)
        assert dv.wasserstein(x, y) == pytest.approx(stats.wasserstein_distance(x, y), abs=1e-12)

    @pytest.mark.parametrize("p", [1, 2, 3.5])
    def test_weighted_samples_agree_with_pot(self, n, m, p):
        rng = np.random.default_rng(n + m)
        x, y = rng.normal(size=n), rng.exponential(size=m)
        a, b = rng.dirichlet(np.ones(n)), rng.dirichlet(np.ones(m))
        expected = ot.wasserstein_1d(x, y, a, b, p=p) ** (1 / p)  # POT gives the p-th power
        actual = dv.wasserstein(x, y, p, x_weights=a, y_weights=b)
        assert actual == pytest.approx(float(expected), abs=1e-9)


def test_densities_are_samples_with_weights():
    dx = 0.05
    grid = np.arange(-12, 12, dx)
    p, q = stats.norm.pdf(grid, 0, 1), stats.norm.pdf(grid, 2, 1.5)
    by_points = dv.wasserstein(grid, grid, x_weights=p * dx, y_weights=q * dx)
    assert dv.wasserstein_on_grid(p, q, dx) == pytest.approx(by_points, abs=1e-10)


def test_points_of_weight_zero_do_not_count():
    assert dv.wasserstein([0, 9], [1], x_weights=[1, 0]) == 1


class TestLinearProgramme:
    def space(self, n=12, m=9, seed=0):
        rng = np.random.default_rng(seed)
        x, y = rng.normal(size=(n, 2)), rng.normal(size=(m, 2)) + 1
        cost = np.linalg.norm(x[:, None] - y[None], axis=-1)
        return rng.dirichlet(np.ones(n)), rng.dirichlet(np.ones(m)), cost

    @pytest.mark.parametrize("seed", range(3))
    def test_value_agrees_with_pot(self, seed):
        p, q, cost = self.space(seed=seed)
        assert dv.wasserstein_lp(p, q, cost).value == pytest.approx(ot.emd2(p, q, cost), abs=1e-9)

    def test_plan_has_the_right_marginals_and_cost(self):
        p, q, cost = self.space()
        value, plan, _ = dv.wasserstein_lp(p, q, cost)
        assert plan.min() >= 0
        np.testing.assert_allclose(plan.sum(1), p, atol=1e-9)
        np.testing.assert_allclose(plan.sum(0), q, atol=1e-9)
        assert (plan * cost).sum() == pytest.approx(value, abs=1e-9)

    def test_potentials_are_feasible_and_close_the_gap(self):
        p, q, cost = self.space()
        value, _, (f, g) = dv.wasserstein_lp(p, q, cost)
        assert (f[:, None] + g[None] - cost).max() < 1e-9
        assert f @ p + g @ q == pytest.approx(value, abs=1e-9)

    def test_on_one_space_the_potential_is_lipschitz_and_attains_w1(self):
        points = np.linspace(-3, 3, 31)
        p, q = np.zeros(31), np.zeros(31)
        p[[2, 5, 9]], q[[20, 28]] = [0.2, 0.5, 0.3], 0.5  # most points carry no mass
        cost = np.abs(points[:, None] - points[None])
        value, _, (f, g) = dv.wasserstein_lp(p, q, cost)
        assert np.abs(np.diff(f)).max() <= 0.2 + 1e-9
        np.testing.assert_allclose(g, -f, atol=1e-9)
        expected = dv.wasserstein(points, points, x_weights=p, y_weights=q)
        assert f @ p - f @ q == pytest.approx(expected, abs=1e-9)
        assert value == pytest.approx(expected, abs=1e-9)

    @pytest.mark.parametrize("seed", range(12))
    def test_masses_near_zero_are_solved_like_all_others(self, seed):
        rng = np.random.default_rng(seed)
        n = (41, 60)[seed % 2]
        points = np.linspace(-4, 4, n)
        p, q = (stats.norm.pdf(points, rng.normal(), rng.uniform(0.1, 1.5)) for _ in range(2))
        self.compare_with_the_line(points, p / p.sum(), q / q.sum())

    def test_a_pair_whose_sums_differ_by_rounding_only(self):
        points = 8 * np.linspace(0, 1, 41) ** 0.8 - 3
        p, q = np.exp(-((np.abs(points - 1) - 2) ** 2)), np.exp(-((points - 0.6) ** 2))
        for one, other in ((p, q), (q, p)):  # HiGHS' presolve calls both infeasible
            self.compare_with_the_line(points, one / one.sum(), other / other.sum())

    @staticmethod
    def compare_with_the_line(points, p, q):
        """Expect the value, plan and potentials to agree with W1 of sorted points."""
        cost = np.abs(points[:, None] - points[None])
        value, plan, (f, g) = dv.wasserstein_lp(p, q, cost)
        expected = dv.wasserstein(points, points, x_weights=p, y_weights=q)
        assert value == pytest.approx(expected, abs=1e-8)
        assert (plan * cost).sum() == pytest.approx(expected, abs=1e-8)
        assert f @ p + g @ q == pytest.approx(expected, abs=1e-8)
        assert plan.min() >= 0
        np.testing.assert_allclose(plan.sum(1), p, atol=1e-9)
        np.testing.assert_allclose(plan.sum(0), q, atol=1e-9)


HALF = [0.5, 0.5]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: dv.wasserstein([], [1.0]), "non-empty"),
        (lambda: dv.wasserstein([[1.0]], [1.0]), "shape"),
        (lambda: dv.wasserstein([math.inf], [1.0]), "finite"),
        (lambda: dv.wasserstein([1.0], [1.0], p=0.5), "at least 1"),
        (lambda: dv.wasserstein([1.0], [1.0], x_weights=HALF), "one weight per point"),
        (lambda: dv.wasserstein([1.0, 2.0], [1.0], x_weights=[1, 1]), "total mass"),
        (lambda: dv.wasserstein_on_grid([HALF], [HALF]), "grid of the line"),
        (lambda: dv.wasserstein_lp(HALF, [1.0], [[1.0, 2.0]]), r"cost \[n, m\]"),
        (lambda: dv.wasserstein_lp(HALF, [1.0], [[1.0], [math.inf]]), "finite"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(call, message):
    with pytest.raises(ValueError, match=message):
        call()
