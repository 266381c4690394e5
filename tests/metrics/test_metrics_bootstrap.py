"""Intervals that hold the truth as often as they say, and where the bootstrap must not be used."""

import numpy as np
import pytest

from gan_course.metrics import (
    bootstrap,
    frechet_distance,
    half_sampling,
    one_nearest_neighbour,
    precision_recall,
)


def mean_gap(x, y):
    return float(x.mean() - y.mean())


@pytest.mark.parametrize("interval_of", [bootstrap, half_sampling])
def test_a_90_percent_interval_holds_the_truth_nine_times_in_ten(interval_of):
    rng, held = np.random.default_rng(0), []
    for _ in range(300):
        x, y = rng.normal(size=(80, 1)) + 1, rng.exponential(size=(120, 1))
        _, low, high = interval_of(mean_gap, x, y, draws=100, level=0.9, rng=rng)
        held.append(low <= 0 <= high)
    assert np.mean(held) == pytest.approx(0.9, abs=0.06)


@pytest.mark.parametrize("interval_of", [bootstrap, half_sampling])
def test_the_value_is_that_of_all_samples_and_the_seed_fixes_the_interval(interval_of):
    x, y = np.random.default_rng(0).normal(size=(2, 50, 3))
    result = interval_of(mean_gap, x, y, draws=20, rng=7)
    assert result.value == mean_gap(x, y)
    assert result.low < result.value < result.high
    assert result == interval_of(mean_gap, x, y, draws=20, rng=np.random.default_rng(7))
    assert result != interval_of(mean_gap, x, y, draws=20, rng=8)


@pytest.mark.parametrize(("interval_of", "size"), [(bootstrap, 40), (half_sampling, 20)])
def test_the_bootstrap_repeats_rows_and_a_half_holds_each_once(interval_of, size):
    seen = []

    def metric(x):
        seen.append(x)
        return 0.0

    interval_of(metric, np.arange(40), draws=5)
    draws = [x for x in seen if not np.array_equal(x, np.arange(40))]
    assert [len(x) for x in draws] == [size] * 5
    assert all((len(np.unique(x)) == len(x)) == (interval_of is half_sampling) for x in draws)


def test_repeated_rows_mislead_a_nearest_neighbour_and_halves_do_not():
    x, y = np.random.default_rng(0).normal(size=(2, 200, 4))

    def accuracy(x, y):
        return one_nearest_neighbour(x, y).overall

    assert bootstrap(accuracy, x, y, draws=20).low > 0.65
    halves = half_sampling(accuracy, x, y, draws=20)
    assert halves.low < 0.5 < halves.high


def test_the_bootstrap_adds_the_bias_of_the_frechet_distance_once_more():
    x, y = np.random.default_rng(0).normal(size=(2, 200, 8))
    value, low, _ = bootstrap(frechet_distance, x, y, draws=50)
    assert low > value


def test_no_sample_too_few_draws_and_a_wrong_level_are_refused():
    x = np.zeros((5, 2))
    for samples, draws, level in [((), 10, 0.9), ((x,), 1, 0.9), ((x,), 10, 95)]:
        with pytest.raises(ValueError, match="at least one sample, draws >= 2"):
            bootstrap(np.mean, *samples, draws=draws, level=level)


def test_a_metric_of_several_numbers_is_refused_with_the_way_out():
    x = np.random.default_rng(0).normal(size=(20, 2))
    with pytest.raises(TypeError, match=r"lambda x, y: precision_recall\(x, y\).recall"):
        half_sampling(precision_recall, x, x, draws=2)
