"""The area under the ROC: pairs ranked right, ties half."""

import numpy as np
import pytest
import torch

from gan_course.metrics import auroc


def by_pairs(a, b):
    a, b = np.asarray(a, float)[:, None], np.asarray(b, float)
    return (a > b).mean() + (a == b).mean() / 2


@pytest.mark.parametrize(("n", "m", "levels"), [(1, 1, 2), (5, 40, 3), (60, 7, 1000), (30, 30, 1)])
def test_it_is_the_share_of_pairs_ranked_right(n, m, levels):
    generator = np.random.default_rng(n)
    a, b = generator.integers(levels, size=n), generator.integers(levels, size=m)
    assert auroc(a, b) == pytest.approx(by_pairs(a, b))
    assert auroc(a, b) + auroc(b, a) == pytest.approx(1)


def test_perfect_order_chance_and_shape_of_the_score():
    assert auroc([2.0, 3.0], [0.0, 1.0]) == 1 and auroc([0.0], [1.0, 2.0]) == 0
    assert auroc(np.ones(3), np.ones(8)) == 0.5
    a, b = torch.randn(50) + 1, torch.randn(80)
    assert auroc(a, b) == pytest.approx(auroc(a.exp(), b.exp()))


@pytest.mark.parametrize("a", [[], [[1.0]], [float("nan")]])
def test_bad_scores_are_refused(a):
    with pytest.raises(ValueError, match="auroc|NaN"):
        auroc(a, [0.0, 1.0])
