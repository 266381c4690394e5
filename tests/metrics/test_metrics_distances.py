"""Kernel and Wasserstein distances against torchmetrics, geomloss, POT, scipy and closed forms."""

import numpy as np
import ot
import pytest
import scipy.stats
import torch
from metric_cases import CASES, on_every_case

from gan_course.metrics import (
    gaussian_kernel,
    kernel_distance,
    mmd,
    polynomial_kernel,
    sliced_wasserstein,
    wasserstein_1d,
)

EQUAL_SIZES = {name: pair for name, pair in CASES.items() if len(pair[0]) == len(pair[1])}


@pytest.mark.parametrize(("x", "y"), EQUAL_SIZES.values(), ids=EQUAL_SIZES.keys())
def test_the_kernel_distance_is_that_of_torchmetrics_on_all_samples(x, y):
    from torchmetrics.image.kid import poly_mmd

    expected = float(poly_mmd(torch.from_numpy(x), torch.from_numpy(y)))
    magnitude = polynomial_kernel(x, x).max()
    assert kernel_distance(x, y).value == pytest.approx(expected, abs=1e-12 * magnitude)


@on_every_case
def test_mmd_is_its_definition_summed_pair_by_pair(x, y):
    kernel = gaussian_kernel(1.7)

    def similarity(a, b):
        return np.exp(-np.square(a - b).sum() / (2 * 1.7**2))

    x, y = x[:25], y[:20]
    within = [
        np.mean([similarity(a, b) for i, a in enumerate(s) for j, b in enumerate(s) if i != j])
        for s in (x, y)
    ]
    across = np.mean([similarity(a, b) for a in x for b in y])
    assert mmd(x, y, kernel) == pytest.approx(sum(within) - 2 * across, abs=1e-13)


def test_mmd_agrees_with_geomloss():
    # geomloss returns half of the biased estimate, which counts pairs (i, i)
    from geomloss import SamplesLoss

    x, y = CASES["unequal_sizes"]
    theirs = SamplesLoss("gaussian", blur=0.8, backend="tensorized")
    biased = 2 * float(theirs(torch.from_numpy(x), torch.from_numpy(y)))
    k = gaussian_kernel(0.8)
    extra = sum((1 - (k(s, s).sum() - len(s)) / (len(s) * (len(s) - 1))) / len(s) for s in (x, y))
    assert mmd(x, y, k) == pytest.approx(biased - extra, abs=1e-12)


def test_mmd_under_a_linear_kernel_is_the_unbiased_distance_of_the_means():
    x, y = CASES["unequal_sizes"]
    bias = sum(np.trace(np.cov(s, rowvar=False)) / len(s) for s in (x, y))
    expected = np.square(x.mean(axis=0) - y.mean(axis=0)).sum() - bias
    assert mmd(x, y, lambda a, b: a @ b.T) == pytest.approx(expected, rel=1e-10)


def test_mmd_is_the_same_in_blocks_of_rows(monkeypatch):
    x, y = CASES["unequal_sizes"]
    whole = mmd(x, y, gaussian_kernel(1.0))
    blocks = [slice(i, i + 7) for i in range(0, 400, 7)]
    monkeypatch.setattr(
        "gan_course.metrics.distances.row_blocks",
        lambda n, m: (b for b in blocks if b.start < n),
    )
    assert mmd(x, y, gaussian_kernel(1.0)) == pytest.approx(whole, abs=1e-14)


def test_the_kernel_distance_is_unbiased():
    rng = np.random.default_rng(0)
    values = [kernel_distance(*rng.normal(size=(2, 60, 8)), subsets=2).value for _ in range(500)]
    assert abs(np.mean(values)) < 4 * np.std(values) / np.sqrt(len(values))


def test_the_mean_over_subsets_is_the_value_of_all_samples():
    x, y = CASES["well_conditioned"]
    rng = np.random.default_rng(0)
    parts = [
        mmd(x[rng.permutation(300)[:50]], y[rng.permutation(300)[:50]], polynomial_kernel)
        for _ in range(1500)
    ]
    error = np.std(parts) / np.sqrt(len(parts))
    assert kernel_distance(x, y).value == pytest.approx(np.mean(parts), abs=4 * error)


@pytest.mark.parametrize("size", [1000, 40])
def test_its_error_is_the_spread_over_fresh_samples(size):
    rng = np.random.default_rng(0)
    estimates = [
        kernel_distance(rng.normal(size=(200, 6)), rng.normal(size=(200, 6)) + 0.5, 40, size, rng)
        for _ in range(150)
    ]
    values, errors = np.array(estimates).T
    assert errors.mean() == pytest.approx(values.std(), rel=0.25)


@pytest.mark.parametrize("p", [1, 2, 3.5])
@on_every_case
def test_sliced_wasserstein_agrees_with_pot(x, y, p):
    directions = np.random.default_rng(0).normal(size=(12, x.shape[1]))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    expected = ot.sliced_wasserstein_distance(x, y, projections=directions.T, p=p)
    assert sliced_wasserstein(x, y, directions, p) == pytest.approx(expected, rel=1e-7, abs=1e-12)


def test_sliced_wasserstein_of_a_shift_has_its_closed_form():
    x = CASES["well_conditioned"][0]
    shift = np.full(8, 0.5)
    expected = np.linalg.norm(shift) / np.sqrt(8)
    assert sliced_wasserstein(x, x + shift, 4_000) == pytest.approx(expected, rel=0.03)


def test_a_seed_and_its_generator_draw_the_same_directions():
    x, y = CASES["unequal_sizes"]
    assert sliced_wasserstein(x, y, 9, rng=4) == sliced_wasserstein(
        x, y, 9, rng=np.random.default_rng(4)
    )
    assert sliced_wasserstein(x, y, 9, rng=4) != sliced_wasserstein(x, y, 9, rng=5)


@on_every_case
def test_wasserstein_on_the_line_agrees_with_scipy_and_pot(x, y):
    a, b = x[:, 0], y[:, 0]
    assert wasserstein_1d(a, b) == pytest.approx(
        scipy.stats.wasserstein_distance(a, b), rel=1e-9, abs=1e-12
    )
    cubed = ot.wasserstein_1d(a, b, p=3)  # POT returns W_p^p
    assert wasserstein_1d(a, b, 3) ** 3 == pytest.approx(float(cubed), rel=1e-9, abs=1e-12)


def test_wasserstein_on_the_line_agrees_with_geomloss():
    from geomloss import SamplesLoss

    a, b = CASES["well_conditioned"][0][:100, :1], CASES["well_conditioned"][1][:80, :1]
    theirs = SamplesLoss("sinkhorn", p=2, blur=1e-3, scaling=0.9, backend="tensorized")
    half_square = float(theirs(torch.from_numpy(a), torch.from_numpy(b)))
    assert wasserstein_1d(a[:, 0], b[:, 0], 2) ** 2 / 2 == pytest.approx(half_square, rel=1e-2)


def test_tensors_with_gradients_are_accepted():
    a = torch.linspace(0, 1, 5, requires_grad=True)
    assert wasserstein_1d(a, a + 2) == pytest.approx(2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: kernel_distance(x[:3], x), "has 3 samples: this metric needs at least 4"),
        (lambda x: kernel_distance(x, x, subsets=1), "subsets >= 2"),
        (lambda x: gaussian_kernel(0.0), "positive bandwidth"),
        (lambda x: mmd(x, x[:, :2], polynomial_kernel), "2: both must come"),
        (lambda x: sliced_wasserstein(x, x, 0), "at least 1 projection"),
        (lambda x: sliced_wasserstein(x, x, np.ones((2, 8))), "unit vectors"),
        (lambda x: sliced_wasserstein(x, x, np.ones((2, 3))), r"projections \[k, 8\]"),
        (lambda x: sliced_wasserstein(x, x, 4, p=0.5), "order p"),
        (lambda x: wasserstein_1d(x, x), "one-dimensional|shape"),
        (lambda x: wasserstein_1d(x[:, 0], x[:, 0] * np.inf), "NaN or infinite"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(call, message):
    with pytest.raises(ValueError, match=message), np.errstate(invalid="ignore"):
        call(CASES["well_conditioned"][0])
