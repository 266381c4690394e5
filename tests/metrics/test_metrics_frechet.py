"""The Fréchet distance against closed forms, torchmetrics and POT, where it is easy and where not."""

import numpy as np
import ot
import pytest
import torch
from metric_cases import CASES, on_every_case

from gan_course.metrics import (
    frechet_distance,
    frechet_distance_from_moments,
    frechet_infinity,
)


def moments(x):
    return x.mean(axis=0), np.cov(x, rowvar=False)


def scale_of(x, y):
    return np.trace(np.cov(x, rowvar=False)) + np.trace(np.cov(y, rowvar=False)) + 1


class Identity(torch.nn.Module):
    num_features = 0

    def __init__(self, d):
        super().__init__()
        self.num_features = d

    def forward(self, x):
        return x


def torchmetrics_fid(x, y):
    from torchmetrics.image.fid import FrechetInceptionDistance

    metric = FrechetInceptionDistance(feature=Identity(x.shape[1])).set_dtype(torch.float64)
    metric.update(torch.from_numpy(x), real=True)
    metric.update(torch.from_numpy(y), real=False)
    return float(metric.compute())


SINGULAR = {"fewer_samples_than_features", "rank_deficient", "collapsed", "identical"}


@pytest.mark.parametrize("case", CASES)
def test_agrees_with_torchmetrics(case):
    # torchmetrics takes the root of a product, which costs half of the digits of a singular matrix
    x, y = CASES[case]
    tolerance = (1e-5 if case in SINGULAR else 1e-11) * scale_of(x, y)
    assert frechet_distance(x, y) == pytest.approx(torchmetrics_fid(x, y), abs=tolerance)


@pytest.mark.parametrize("case", [c for c in CASES if c not in SINGULAR])
def test_agrees_with_pot(case):
    x, y = CASES[case]
    (m1, S1), (m2, S2) = moments(x), moments(y)
    expected = ot.gaussian.bures_wasserstein_distance(m1, m2, S1, S2) ** 2
    assert frechet_distance(x, y) == pytest.approx(expected, rel=1e-10)


@on_every_case
class TestOnEveryCase:
    def test_moments_give_the_same_as_samples(self, x, y):
        from_moments = frechet_distance_from_moments(*moments(x), *moments(y))
        assert frechet_distance(x, y) == pytest.approx(from_moments, abs=1e-6 * scale_of(x, y))

    def test_a_shifted_copy_is_the_squared_shift_away(self, x, y):
        shift = np.arange(x.shape[1]) - 2.0
        tolerance = 1e-11 * (scale_of(x, x) + np.square(shift).sum())
        assert frechet_distance(x, x + shift) == pytest.approx(shift @ shift, abs=tolerance)

    def test_a_scaled_copy_has_its_closed_form(self, x, y):
        mean, S = moments(x)
        expected = 4 * (mean @ mean + np.trace(S))
        assert frechet_distance(x, 3 * x) == pytest.approx(expected, rel=1e-10)

    def test_is_symmetric_and_does_not_see_a_rotation(self, x, y):
        rotation = np.linalg.qr(np.random.default_rng(1).normal(size=(x.shape[1],) * 2))[0]
        value, tolerance = frechet_distance(x, y), 1e-10 * scale_of(x, y)
        assert frechet_distance(y, x) == pytest.approx(value, abs=tolerance)
        assert frechet_distance(x @ rotation, y @ rotation) == pytest.approx(value, abs=tolerance)

    def test_is_finite_and_negative_by_rounding_only(self, x, y):
        assert frechet_distance(x, y) > -1e-10 * scale_of(x, y)


def test_diagonal_covariances_have_their_closed_form_even_when_singular():
    a, b = np.array([4.0, 1.0, 0.0]), np.array([1.0, 0.0, 9.0])
    value = frechet_distance_from_moments(np.zeros(3), np.diag(a), np.ones(3), np.diag(b))
    assert value == pytest.approx(3 + np.square(np.sqrt(a) - np.sqrt(b)).sum(), rel=1e-12)


def test_covariances_are_divided_by_n_minus_one():
    x = np.array([[-1.0], [1.0]])  # variance 2, not 1
    assert frechet_distance(x, 2 * x) == pytest.approx(2.0)


def test_float32_tensors_are_computed_in_float64():
    # in float32 the means would lose all of the difference
    x = torch.arange(8.0)[:, None] + 2**20
    assert frechet_distance(x, x + 0.125) == pytest.approx(0.125**2, rel=1e-9)


def test_the_bias_at_equal_sizes_follows_the_formula():
    rng, d, n = np.random.default_rng(0), 4, 100
    values = [frechet_distance(*rng.normal(size=(2, n, d))) for _ in range(400)]
    expected = 2 * d / n + d * (d + 1) / (2 * (n - 1))
    error = np.std(values) / np.sqrt(len(values))
    assert np.mean(values) == pytest.approx(expected, abs=4 * error + 0.02 * expected)


def test_the_extrapolation_removes_most_of_the_bias():
    rng = np.random.default_rng(0)
    pairs = [rng.normal(size=(2, 600, 16)) for _ in range(30)]
    plain = np.mean([frechet_distance(x, y) for x, y in pairs])
    values = [frechet_infinity(x, y, rng=rng).value for x, y in pairs]
    assert abs(np.mean(values)) < plain / 10


def test_the_extrapolation_returns_the_line_and_its_points():
    x, y = CASES["well_conditioned"]
    line = frechet_infinity(x, y, points=5, rng=3)
    assert line.distances.shape == line.fractions.shape == (5,)
    assert line.distances[-1] == pytest.approx(frechet_distance(x, y))
    again = frechet_infinity(x, y, points=5, rng=np.random.default_rng(3))
    assert np.array_equal(line.distances, again.distances)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (np.zeros((5, 3)), np.zeros((5, 4)), "3 features per sample and y .* 4"),
        (np.zeros((5, 3)), np.full((5, 3), np.nan), "15 NaN or infinite"),
        (np.zeros((1, 3)), np.zeros((5, 3)), "has 1 samples: this metric needs at least 2"),
        (np.zeros((5, 1, 8, 8)), np.zeros((5, 1, 8, 8)), "flatten images"),
        (np.zeros(5), np.zeros(5), r"features \[n, d\]"),
    ],
)
def test_bad_samples_are_refused_in_one_sentence(x, y, message):
    with pytest.raises(ValueError, match=message):
        frechet_distance(x, y)


@pytest.mark.parametrize(
    ("S", "message"),
    [
        (np.array([[1.0, 0.5], [0.0, 1.0]]), "symmetric"),
        (np.diag([1.0, -1.0]), "without negative eigenvalues"),
        (np.eye(3), "got shapes"),
    ],
)
def test_a_matrix_that_is_no_covariance_is_refused(S, message):
    with pytest.raises(ValueError, match=message):
        frechet_distance_from_moments(np.zeros(2), S, np.zeros(2), np.eye(2))


def test_moments_of_different_dimension_are_refused():
    with pytest.raises(ValueError, match="2 features and m2 3"):
        frechet_distance_from_moments(np.zeros(2), np.eye(2), np.zeros(3), np.eye(3))


def test_an_extrapolation_from_one_point_is_refused():
    with pytest.raises(ValueError, match="at least 2 points"):
        frechet_infinity(*CASES["well_conditioned"], points=1)
