"""Precision, recall, density, coverage, 1-NN and memorisation against prdc, sklearn, brute force."""

import numpy as np
import pytest
from metric_cases import CASES, on_every_case
from sklearn.neighbors import KNeighborsClassifier

from gan_course.metrics import (
    density_coverage,
    memorisation,
    memorisation_distance,
    one_nearest_neighbour,
    precision_recall,
)
from gan_course.metrics.arrays import row_blocks

WITHOUT_TIES = [
    "well_conditioned",
    "fewer_samples_than_features",
    "rank_deficient",
    "unequal_sizes",
    "heavy_tails",
]


def distances(a, b):
    return np.sqrt(np.square(a[:, None] - b[None]).sum(axis=-1))


def radii(a, k):
    d = distances(a, a)
    np.fill_diagonal(d, np.inf)
    return np.sort(d, axis=1)[:, k - 1]


@pytest.mark.parametrize("k", [1, 3, 5])
@pytest.mark.parametrize("case", WITHOUT_TIES)
def test_all_four_agree_with_prdc(case, k):
    from prdc import compute_prdc

    x, y = CASES[case]
    theirs = compute_prdc(x, y, nearest_k=k)
    ours = precision_recall(x, y, k)._asdict() | density_coverage(x, y, k)._asdict()
    assert ours == pytest.approx(theirs, abs=1e-12)


@pytest.mark.parametrize("k", [1, 3, 5])
@on_every_case
def test_all_four_are_their_definitions(x, y, k):
    d, x_radii, y_radii = distances(x, y), radii(x, k), radii(y, k)
    in_x_ball = d <= x_radii[:, None]
    assert precision_recall(x, y, k) == pytest.approx(
        (in_x_ball.any(axis=0).mean(), (d <= y_radii).any(axis=1).mean())
    )
    assert density_coverage(x, y, k) == pytest.approx(
        (in_x_ball.sum() / (k * len(y)), in_x_ball.any(axis=1).mean())
    )


def test_a_collapse_too_narrow_for_dot_products_is_measured_right():
    # four points, jitter 1e-9, drawn on real samples: their tiny balls hold those real samples
    # only, and |a|^2 + |b|^2 - 2 a.b rounds all of these distances to noise of 1e-8
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 16))
    y = np.repeat(x[:4], 50, axis=0) + 1e-9 * rng.normal(size=(200, 16))
    y[::50] = x[:4]
    result = precision_recall(x, y)
    assert result.precision == 1
    assert result.recall == 4 / 200


def test_a_duplicate_lies_on_the_edge_of_its_ball_and_counts_as_inside():
    x = np.repeat(np.eye(3), 4, axis=0)  # every radius is 0
    assert precision_recall(x, np.eye(3).repeat(4, axis=0)) == (1, 1)
    assert density_coverage(x, np.eye(3), k=3) == pytest.approx((4 / 3, 1))


def test_a_sample_is_not_its_own_neighbour():
    x = np.array([[0.0], [1.0], [3.0]])  # radii for k = 1: 1, 1, 2
    inside, outside = np.array([[2.0], [4.9]]), np.array([[-1.1], [5.1]])
    assert precision_recall(x, inside, k=1).precision == 1
    assert precision_recall(x, outside, k=1).precision == 0


def test_equal_distributions_have_the_expected_density_and_coverage():
    rng, n, m, k = np.random.default_rng(0), 120, 90, 5
    results = [
        density_coverage(rng.normal(size=(n, 3)), rng.normal(size=(m, 3)), k) for _ in range(300)
    ]
    errors = 4 * np.std(results, axis=0) / np.sqrt(len(results))
    j = np.arange(1, k + 1)
    expected = 1.0, 1 - np.prod((n - j) / (n + m - j))
    assert np.all(np.abs(np.mean(results, axis=0) - expected) < errors)


def test_an_exact_copy_has_density_k_plus_one_over_k_and_full_coverage():
    assert density_coverage(*CASES["identical"], k=4) == pytest.approx((5 / 4, 1))


def test_dropped_modes_cost_recall_and_garbage_costs_precision():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 2)) + rng.choice([-20, 20], size=(300, 1))
    one_mode, garbage = x[x[:, 0] > 0], np.vstack([x, rng.normal(size=(300, 2)) + 90])
    assert precision_recall(x, one_mode).recall < 0.6 < 0.99 < precision_recall(x, one_mode)[0]
    assert precision_recall(x, garbage).precision == pytest.approx(0.5)
    assert precision_recall(x, garbage).recall == 1


def leave_one_out_accuracy(x, y):
    both, labels = np.vstack([x, y]), np.repeat([0, 1], [len(x), len(y)])
    model = KNeighborsClassifier(1, algorithm="kd_tree").fit(both, labels)  # exact differences
    nearest = model.kneighbors(return_distance=False)[:, 0]
    right = labels[nearest] == labels
    return right[: len(x)].mean(), right[len(x) :].mean()


@pytest.mark.parametrize("case", [*WITHOUT_TIES, "collapsed"])
def test_one_nearest_neighbour_agrees_with_sklearn(case):
    x, y = CASES[case]
    overall, real, fake = one_nearest_neighbour(x, y)
    assert (real, fake) == pytest.approx(leave_one_out_accuracy(x, y))
    assert overall == pytest.approx((real + fake) / 2)


def test_one_nearest_neighbour_is_zero_for_copies_one_apart_and_half_for_equals():
    x, copy = CASES["identical"]
    assert one_nearest_neighbour(x, copy) == (0, 0, 0)
    assert one_nearest_neighbour(x, x + 100) == (1, 1, 1)
    rng = np.random.default_rng(0)
    fair = [
        one_nearest_neighbour(rng.normal(size=(60, 2)), rng.normal(size=(180, 2))).overall
        for _ in range(100)
    ]
    assert np.mean(fair) == pytest.approx(0.5, abs=0.02)


def test_ties_between_the_labels_count_half():
    x = np.zeros((5, 2))
    assert one_nearest_neighbour(x, x) == (0.5, 0.5, 0.5)


def test_memorisation_is_one_for_copies_half_for_fresh_samples_less_for_far_ones():
    rng = np.random.default_rng(0)
    train, fresh, held_out = rng.normal(size=(3, 400, 5))
    assert memorisation(train, train[:100], held_out) == 1
    assert memorisation(train, fresh, held_out) == pytest.approx(0.5, abs=0.06)
    assert memorisation(train, fresh * 4, held_out) < 0.05


@on_every_case
def test_memorisation_is_its_definition_over_all_pairs(x, y):
    train, held_out = x[::2], x[1::2]
    generated, fresh = distances(train, y).min(axis=0), distances(train, held_out).min(axis=0)
    nearer = generated[:, None] < fresh
    equal = generated[:, None] == fresh
    expected = nearer.mean() + equal.mean() / 2
    assert memorisation(train, y, held_out) == pytest.approx(expected, abs=1e-12)


@on_every_case
def test_the_memorisation_distance_is_that_of_torchmetrics_with_its_roles_exchanged(x, y):
    # torchmetrics averages over real samples, the paper over generated ones; zero rows it drops
    import torch
    from torchmetrics.image.mifid import _compute_cosine_distance

    x, y = x[x.sum(axis=1) != 0], y[y.sum(axis=1) != 0]
    theirs = _compute_cosine_distance(torch.from_numpy(y), torch.from_numpy(x), 2.0)
    assert memorisation_distance(x, y) == pytest.approx(float(theirs), abs=1e-12)


def test_a_zero_vector_is_at_memorisation_distance_one():
    assert memorisation_distance(np.eye(3), np.zeros((2, 3))) == 1


def test_ten_thousand_rows_are_cut_into_blocks_of_sixteen_megabytes():
    blocks = list(row_blocks(10_000, 10_000))
    assert [i for rows in blocks for i in range(10_000)[rows]] == list(range(10_000))
    assert max(rows.stop - rows.start for rows in blocks) * 10_000 * 8 <= 16e6


def test_neighbours_are_the_same_in_blocks_of_rows(monkeypatch):
    x, y = CASES["unequal_sizes"]
    metrics = precision_recall, density_coverage, one_nearest_neighbour
    whole = [metric(x, y) for metric in metrics]
    monkeypatch.setattr(
        "gan_course.metrics.neighbours.row_blocks",
        lambda n, m: (slice(i, min(i + 7, n)) for i in range(0, n, 7)),
    )
    for metric, expected in zip(metrics, whole, strict=True):
        assert metric(x, y) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: precision_recall(x, x, k=len(x)), "1 <= k < n = 300.* got k=300"),
        (lambda x: precision_recall(x, x[:3], k=3), "1 <= k < n = 3"),
        (lambda x: density_coverage(x, x, k=0), "got k=0"),
        (lambda x: one_nearest_neighbour(x, x[:, :3]), "same feature extractor"),
        (lambda x: one_nearest_neighbour(x, x[:1]), "has 1 samples"),
        (lambda x: memorisation(x, x, x[:, :2]), "same feature extractor"),
        (lambda x: memorisation_distance(x, x * np.nan), "NaN or infinite"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(call, message):
    with pytest.raises(ValueError, match=message):
        call(CASES["well_conditioned"][0])
