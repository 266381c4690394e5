"""Objectives at known points: values, signs and slopes."""

import math

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from gan_course import (
    hinge,
    least_squares,
    minimax,
    non_saturating,
    relativistic,
    wasserstein,
)

OBJECTIVES = [minimax, non_saturating, wasserstein, hinge, least_squares, relativistic]
REAL, FAKE = torch.tensor([1.5, -0.5, 3.0]), torch.tensor([-2.0, 0.25, 1.0])


def slope(loss, logits):
    """The gradient of a scalar loss in its logits."""
    logits = logits.clone().requires_grad_()
    return torch.autograd.grad(loss(logits), logits)[0]


@pytest.mark.parametrize(
    ("objective", "expected"),
    [
        (minimax, 2 * math.log(2)),
        (non_saturating, 2 * math.log(2)),
        (hinge, 2.0),
        (relativistic, math.log(2)),
        (wasserstein, 0.0),
        (least_squares, 0.25),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_the_loss_of_a_balanced_d_is_the_value_at_equilibrium(objective, expected):
    balanced = torch.full((4,), objective.balanced)
    assert objective.d(balanced, balanced).item() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda o: o.name)
def test_d_wants_real_up_and_fake_down_and_g_wants_fake_up(objective):
    real, fake = torch.zeros(3) + 0.1, torch.zeros(3) + 0.2
    assert (slope(lambda a: objective.d(a, fake), real) < 0).all()
    assert (slope(lambda a: objective.d(real, a), fake) > 0).all()
    assert (slope(lambda a: objective.g(a, real), fake) < 0).all()


def test_binary_cross_entropy_agrees_with_torch():
    bce = binary_cross_entropy_with_logits
    ones, zeros = torch.ones(3), torch.zeros(3)
    expected = bce(REAL, ones) + bce(FAKE, zeros)
    torch.testing.assert_close(minimax.d(REAL, FAKE), expected)
    torch.testing.assert_close(non_saturating.g(FAKE, None), bce(FAKE, ones))
    torch.testing.assert_close(minimax.g(FAKE, None), -bce(FAKE, zeros))


def test_minimax_is_a_zero_sum_game_in_the_fake_term():
    torch.testing.assert_close(
        slope(lambda a: minimax.g(a, None), FAKE), -slope(lambda a: minimax.d(REAL, a), FAKE)
    )


def test_minimax_saturates_where_non_saturating_does_not():
    sure = torch.tensor([-10.0])  # D is sure that the sample is fake
    assert slope(lambda a: minimax.g(a, None), sure).item() == pytest.approx(
        -torch.sigmoid(sure).item(), rel=1e-4
    )
    assert slope(lambda a: non_saturating.g(a, None), sure).item() == pytest.approx(-1, abs=1e-4)


def test_wasserstein_is_linear_in_the_logits():
    for c in (-3.0, 0.0, 7.0):
        torch.testing.assert_close(wasserstein.d(c * REAL, c * FAKE), c * wasserstein.d(REAL, FAKE))
    torch.testing.assert_close(wasserstein.d(REAL + 5, FAKE + 5), wasserstein.d(REAL, FAKE))


def test_hinge_stops_where_the_margin_is_kept():
    assert hinge.d(torch.tensor([1.0, 2.0]), torch.tensor([-1.0, -9.0])) == 0
    assert hinge.d(torch.tensor([0.0]), torch.tensor([0.0])) == 2


def test_least_squares_has_targets_one_and_zero():
    assert least_squares.d(torch.ones(2), torch.zeros(2)) == 0
    assert least_squares.d(torch.zeros(2), torch.ones(2)) == 1
    assert least_squares.g(torch.zeros(2), None) == 0.5


def test_relativistic_sees_differences_only_and_needs_both_sides():
    torch.testing.assert_close(relativistic.d(REAL + 9, FAKE + 9), relativistic.d(REAL, FAKE))
    assert relativistic.paired
    with pytest.raises(ValueError, match=r"pass D\(real\)"):
        relativistic.g(FAKE, None)


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda o: o.name)
@pytest.mark.parametrize("size", [1e4, -1e4])
def test_losses_stay_finite_for_huge_logits(objective, size):
    logits = torch.full((2,), size)
    for loss in (objective.d(logits, -logits), objective.g(logits, -logits)):
        assert loss.isfinite()
