"""Metrics and divergences at the ends of what numbers of 64 bits can hold."""

import numpy as np
import pytest
import torch
from scipy.stats import wasserstein_distance

from gan_course import divergences as div
from gan_course import metrics

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(60, 4)), RNG.normal(size=(50, 4)) + 0.5
ORDERS = [1, 1.5, 2, 7, 400, 5e4, 1e300]


@pytest.mark.parametrize("p", ORDERS)
@pytest.mark.parametrize("distance", [1e-300, 1e-20, 0.1, 1.0, 1000.0, 1e200, 1.7e308])
def test_the_distance_of_two_points_is_their_distance_at_any_order(p, distance):
    assert metrics.wasserstein_1d([0.0, 0.0], [distance] * 2, p) == pytest.approx(distance)
    if distance < 1e308:
        assert div.wasserstein([-distance], [distance], p) == pytest.approx(2 * distance)


def test_a_mean_of_powers_lies_between_mean_and_maximum_and_grows_with_the_order():
    x, y = np.zeros(4), np.array([1.0, 2.0, 3.0, 4.0])
    values = [div.wasserstein(x, y, p) for p in ORDERS]
    assert values == sorted(values) and values[0] == 2.5 and values[-1] == pytest.approx(4)
    assert values[3] == pytest.approx(np.mean(y**7) ** (1 / 7))


@pytest.mark.parametrize("p", [1, 2, 400])
def test_a_point_without_weight_has_no_influence(p):
    x = [*range(10), 1e9]
    weights = [0.1] * 10 + [0]
    assert div.wasserstein(x, range(10), p, x_weights=weights) == 0
    assert div.wasserstein(range(10), x[::-1], p, y_weights=weights[::-1]) == 0
    y = RNG.normal(size=6)
    given, bare = np.array([0.0, 0.2, 0.0, 0.5, 0.3, 0.0]), [1, 3, 4]
    with_, without = (
        div.wasserstein(y[of], [0.3, 5.0], p, x_weights=given[of]) for of in (range(6), bare)
    )
    assert with_ == without


@pytest.mark.parametrize("p", [1, 2, 400])
def test_rounding_of_weights_is_not_taken_for_mass(p):
    for n in (3, 7, 10, 49, 1000):
        x = RNG.normal(size=n)
        assert div.wasserstein(x, x, p, x_weights=[1 / n] * n) == 0
        assert div.wasserstein(np.repeat(x, 3), x, p) == 0
        weights = RNG.random(n)
        weights /= weights.sum()
        shuffled = RNG.permutation(n)
        again = div.wasserstein(x, x[shuffled], p, x_weights=weights, y_weights=weights[shuffled])
        assert again == 0


def test_weighted_samples_agree_with_scipy():
    x, y = RNG.normal(size=30), RNG.normal(size=20)
    u, v = RNG.dirichlet(np.ones(30)), RNG.dirichlet(np.ones(20))
    ours = div.wasserstein(x, y, x_weights=u, y_weights=v)
    assert ours == pytest.approx(wasserstein_distance(x, y, u, v))


@pytest.mark.parametrize("weights", [[0.5, -0.5, 1.0], [np.nan, 0.5, 0.5], [1, 1, 1], [0, 0, 0]])
def test_weights_that_are_no_probabilities_are_refused(weights):
    with pytest.raises(ValueError, match="mass must be 1|finite and non-negative"):
        div.wasserstein([1, 2, 3], [1], x_weights=weights)


@pytest.mark.parametrize("p", [2, 400])
@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
def test_sliced_distances_scale_with_the_samples(p, scale):
    one = metrics.sliced_wasserstein(X, Y, 16, p)
    assert metrics.sliced_wasserstein(scale * X, scale * Y, 16, p) / scale == pytest.approx(one)


@pytest.mark.parametrize("scale", [1e-300, 1e-170, 1e170, 1e300])
def test_metrics_of_neighbours_and_angles_do_not_see_the_scale(scale):
    for metric in (
        metrics.precision_recall,
        metrics.density_coverage,
        metrics.one_nearest_neighbour,
        metrics.memorisation_distance,
        lambda x, y: metrics.memorisation(x, y, Y[:20] * (x[0, 0] / X[0, 0])),
    ):
        assert metric(scale * X, scale * Y) == pytest.approx(metric(X, Y))


@pytest.mark.parametrize("scale", [1e-140, 1e-3, 1e140])
def test_frechet_distances_scale_with_the_square(scale):
    one = metrics.frechet_distance(X, Y)
    assert metrics.frechet_distance(scale * X, scale * Y) / scale**2 == pytest.approx(one)


def test_a_distance_that_no_number_can_hold_is_refused_in_a_sentence():
    for metric in (
        metrics.frechet_distance,
        lambda x, y: metrics.kernel_distance(x, y).value,
        lambda x, y: metrics.mmd(x, y, metrics.polynomial_kernel),
    ):
        with pytest.raises(ValueError, match="too large for a number of 64 bits"):
            metric(1e200 * X, 1e200 * Y)
    with pytest.raises(ValueError, match="too large"):
        metrics.Evaluator(torch.randn(20, 2).double() * 1e120, metrics.pixel_features)


@pytest.mark.parametrize("scale", [1e-150, 1.0, 1e150])
def test_gaussians_far_apart_have_a_distance(scale):
    m1, m2 = np.array([0.0, 1.0]), np.array([2.0, 0.5])
    S1, S2 = np.array([[2, 0.3], [0.3, 1]]), np.array([[1, 0], [0, 3.0]])
    one = div.wasserstein2_gaussians(m1, S1, m2, S2)
    other = div.wasserstein2_gaussians(scale * m1, scale**2 * S1, scale * m2, scale**2 * S2)
    assert other / scale == pytest.approx(one)
    assert div.wasserstein2_gaussians(1e250, 1, -1e250, 1) == pytest.approx(2e250)


def test_densities_without_bound_have_an_optimal_discriminator():
    D = div.optimal_discriminator([1.5e308, 1e308, 5e-324, 0.0], [1.5e308, 0.0, 5e-324, 1.0])
    assert D.tolist() == [0.5, 1.0, 0.5, 0.0]


@pytest.mark.parametrize("unit", [1e-12, 1e-6, 1.0, 1e6, 1e12])
def test_transport_does_not_depend_on_the_unit_of_cost(unit):
    p, q = RNG.dirichlet(np.ones(12)), RNG.dirichlet(np.ones(9))
    cost = np.abs(np.subtract.outer(np.arange(12.0), np.arange(9.0)))
    one, other = div.wasserstein_lp(p, q, cost), div.wasserstein_lp(p, q, unit * cost)
    assert other.value / unit == pytest.approx(one.value, rel=1e-6)
    assert (other.plan * cost).sum() == pytest.approx(one.value, rel=1e-6)


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("classes", [2, 10, 1000])
def test_probabilities_of_half_precision_are_taken(kind, classes):
    logits = 3 * torch.randn(200, classes, generator=torch.Generator().manual_seed(0))
    p, truth = torch.softmax(logits, 1), None
    truth = metrics.inception_score(p)
    halves = p.to(kind)
    assert metrics.inception_score(halves) == pytest.approx(truth, rel=0.01)
    assert metrics.mode_score(p, halves) == pytest.approx(truth, rel=0.02)
    if kind is torch.float16:
        assert metrics.inception_score(halves.numpy()) == metrics.inception_score(halves)
    one_hot = torch.eye(classes).to(kind)
    assert metrics.inception_score(one_hot) == pytest.approx(classes)


def test_rows_that_do_not_sum_to_one_are_refused_in_every_precision():
    for kind in (torch.float16, torch.bfloat16, torch.float32):
        with pytest.raises(ValueError, match="apply softmax"):
            metrics.inception_score(torch.full((4, 10), 0.11).to(kind))
    with pytest.raises(ValueError, match=r"sums to 1\.001"):
        metrics.inception_score(torch.full((4, 10), 0.1001))
