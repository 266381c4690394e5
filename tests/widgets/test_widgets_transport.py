"""The transport demo in a live kernel."""

from importlib import import_module

import matplotlib
import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

matplotlib.use("Agg")

from gan_course.widgets import transport

widget = import_module("gan_course.widgets.transport")  # the name in the package is its function


def test_the_cheapest_pairing_is_the_assignment():
    x, y = np.random.default_rng(0).normal(size=(2, 9, 2))
    cost = np.linalg.norm(x[:, None] - y[None], axis=2)
    found = widget.plans(x, y)
    assert found.optimal.tolist() == linear_sum_assignment(cost)[1].tolist()
    assert found.w1 == pytest.approx(cost[range(9), found.optimal].mean(), abs=1e-9)


def test_greedy_takes_all_short_ways_and_pays_for_the_rest():
    x = np.array([[0.0, 0.0], [1.0, 0.0]])
    y = np.array([[0.6, 0.0], [-5.0, 0.0]])
    found = widget.plans(x, y)
    assert found.greedy.tolist() == [1, 0]
    assert found.greedy_price == pytest.approx((5 + 0.4) / 2)
    x, y = np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([[0.9, 0.0], [1.8, 0.0]])
    assert widget.plans(x, y).greedy_price >= widget.plans(x, y).w1


def test_sets_of_different_sizes_are_refused():
    with pytest.raises(ValueError, match=r"both be \[n, 2\], got \(3, 2\) and \(4, 2\)"):
        widget.plans(np.zeros((3, 2)), np.zeros((4, 2)))
    with pytest.raises(ValueError, match="n must lie in 2..20, got 40"):
        transport(40)


def test_one_point_is_paired_with_the_other_and_none_are_refused():
    found = widget.plans([[0.0, 0.0]], [[3.0, 4.0]])
    assert found.optimal.tolist() == found.greedy.tolist() == [0]
    assert found.w1 == pytest.approx(5) and found.greedy_price == pytest.approx(5)
    with pytest.raises(ValueError, match="at least one point of each set"):
        widget.plans(np.zeros((0, 2)), np.zeros((0, 2)))


def test_sliders_move_the_chosen_point_alone():
    point, x, y, picture = transport(n=6).children
    first = picture.value
    point.value = (1, 2)  # fake 3: choosing moves nothing
    assert picture.value == first
    x.value = -2.0 if x.value > 0 else 2.0
    second = picture.value
    assert second != first
    point.value = (0, 0)
    assert picture.value == second
    y.value = -2.0 if y.value > 0 else 2.0
    assert picture.value != second
    point.value = (1, 2)
    assert abs(x.value) == 2.0
