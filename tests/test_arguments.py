"""What a caller hands in, checked at the door."""

import numpy as np
import pytest
import torch

from gan_course import divergences as div
from gan_course import metrics
from gan_course.arguments import as_float64, exponent, random_generator, real_number, whole_number
from gan_course.metrics import classifier

NO_COUNTS = [3.7, 3.0, True, "5", None, float("nan"), torch.tensor(2.5), [3], 0]
X, Y = np.random.default_rng(0).normal(size=(2, 40, 3))
P = np.full((40, 4), 0.25)


def path_length(batch):
    z = torch.randn(3, 2)
    return metrics.perceptual_path_length(
        torch.nn.Identity(), z, z, torch.zeros(3), lambda a, b: (a - b).sum(1), batch=batch
    )


@pytest.mark.parametrize("count", NO_COUNTS, ids=repr)
@pytest.mark.parametrize(
    "ask",
    [
        lambda n: metrics.precision_recall(X, Y, k=n),
        lambda n: metrics.density_coverage(X, Y, k=n),
        lambda n: metrics.inception_score(P, splits=n),
        lambda n: metrics.frechet_infinity(X, Y, points=n),
        lambda n: metrics.kernel_distance(X, Y, subsets=n),
        lambda n: metrics.kernel_distance(X, Y, size=n),
        lambda n: metrics.bootstrap(np.mean, X, draws=n),
        lambda n: metrics.half_sampling(np.mean, X, draws=n),
        lambda n: classifier.train_classifier(None, steps=n),
        path_length,
    ],
)
def test_counts_of_metrics_are_whole_numbers(ask, count):
    with pytest.raises(ValueError, match="got") as error:
        ask(count)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("count", [3.7, True, "5", float("nan"), 0])
def test_a_number_of_projections_is_a_whole_number(count):
    with pytest.raises(ValueError, match="at least 1 projection"):
        metrics.sliced_wasserstein(X, Y, projections=count)


@pytest.mark.parametrize("seed", [1.5, "0", None, -1, True])
def test_seeds_are_whole_numbers_or_generators(seed):
    for ask in (metrics.sliced_wasserstein, metrics.kernel_distance, metrics.frechet_infinity):
        with pytest.raises(ValueError, match="seed"):
            ask(X, Y, rng=seed)
    with pytest.raises(ValueError, match="seed"):
        metrics.bootstrap(np.mean, X, rng=seed)
    rng = np.random.default_rng(0)
    assert random_generator(rng) is rng


@pytest.mark.parametrize("p", ["2", True, None, 0.5, float("nan"), float("inf")])
def test_an_order_is_a_number(p):
    for ask in (div.wasserstein, metrics.wasserstein_1d):
        with pytest.raises(ValueError, match="order p must be a finite number"):
            ask([0.0], [1.0], p)


NO_NUMBERS = ["abc", [[1.0], [1.0, 2.0]], [None, 1.0], [1j], {"a": 1}, object()]


@pytest.mark.parametrize("x", NO_NUMBERS, ids=lambda x: type(x).__name__)
def test_what_holds_no_numbers_is_refused_in_a_sentence(x):
    for ask in (
        lambda: as_float64(x),
        lambda: metrics.frechet_distance(x, X),
        lambda: metrics.inception_score(x),
        lambda: div.wasserstein(x, [1.0]),
        lambda: div.kl(x, [1.0]),
        lambda: div.optimal_discriminator([0.5], x),
        lambda: div.kl_gaussians(x, 1, 0, 1),
        lambda: div.wasserstein_lp([1.0], [1.0], x),
        lambda: metrics.bootstrap(np.mean, x),
    ):
        with pytest.raises(TypeError, match="must hold numbers"):
            ask()


def test_tensors_are_taken_wherever_they_come_from():
    p = torch.softmax(torch.randn(5, requires_grad=True), 0)
    assert div.kl(p, p.detach().numpy()) == pytest.approx(0, abs=1e-12)
    assert as_float64(torch.tensor([1.5], dtype=torch.bfloat16)).tolist() == [1.5]
    assert as_float64(np.array([200, 100], np.uint8)).sum() == 300


def test_numbers_are_whole_or_real_or_refused():
    assert whole_number(np.int64(4), "n") == 4 and whole_number(0, "n", at_least=0) == 0
    assert real_number(np.float32(0.5), "x", above=0) == 0.5
    for value in (0, "1", None, True, float("inf"), float("nan")):
        with pytest.raises(ValueError, match="x must be a finite number above 0, got"):
            real_number(value, "x", above=0)
    with pytest.raises(ValueError, match="got a list"):
        whole_number(list(range(100)), "n")


def test_an_exponent_brings_numbers_below_one():
    x = np.array([3.0, -1e300])
    scaled = np.ldexp(x, -exponent(x))
    assert 0.5 <= np.abs(scaled).max() <= 1 and exponent(np.zeros(3)) == 0
