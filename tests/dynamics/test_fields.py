"""Fields of games of a few numbers: where they push, and where they are at rest."""

import math

import pytest
import torch

from gan_course import minimax, non_saturating, wasserstein
from gan_course.dynamics import (
    alternating,
    bilinear,
    chase,
    dirac,
    eigenvalues,
    extragradient,
    forsaken,
    from_losses,
    jacobian,
    path,
    quadratic,
    simultaneous,
)
from gan_course.widgets import DiracGame

STATES = torch.tensor([[1.0, 2.0], [-0.3, 0.7], [0.0, 0.0], [30.0, -30.0]], dtype=torch.float64)


@pytest.mark.parametrize("a, b, c", [(0.0, 0.0, 1.0), (1.0, 2.0, 1.5), (-0.5, 0.3, -2.0)])
def test_the_quadratic_game_descends_and_climbs_one_value(a, b, c):
    def losses(w):
        value = a / 2 * w[0] ** 2 - b / 2 * w[1] ** 2 + c * w[0] * w[1]
        return torch.stack([value, -value])

    for w in STATES:
        assert torch.allclose(quadratic(a, b, c)(w), from_losses(losses)(w), atol=1e-12)


def test_the_bilinear_game_is_the_quadratic_one_without_bends():
    for w in STATES:
        assert torch.equal(bilinear(w), quadratic(0, 0, 1)(w))
        assert bilinear(w) @ w == 0  # at right angles to the way home


def test_a_player_may_own_several_numbers():
    def losses(w):
        return torch.stack([(w[:2] ** 2).sum() * w[2], w[2] ** 2 * w[0]])

    w = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)
    v = from_losses(losses, owner=[0, 0, 1])
    assert v(w).tolist() == [-6.0, -12.0, -6.0]


@pytest.mark.parametrize("objective", [minimax, non_saturating, wasserstein])
@pytest.mark.parametrize("noise", [0.0, 0.7])
def test_the_dirac_field_is_that_of_chapters_3_and_6(objective, noise):
    def penalty(psi):
        return 0.15 * psi**2

    theirs = DiracGame(objective, penalty, noise)
    for w in STATES:
        assert torch.allclose(dirac(objective, penalty, noise)(w), theirs.field(w), atol=1e-12)


def test_the_dirac_field_in_closed_form():
    for w in STATES:
        theta, psi = w
        slope = torch.sigmoid(psi * theta)
        assert torch.allclose(dirac()(w), slope * torch.stack([psi, -theta]), atol=1e-12)
        other = torch.stack([(1 - slope) * psi, -slope * theta])
        assert torch.allclose(dirac(non_saturating)(w), other, atol=1e-12)
        assert torch.allclose(dirac(wasserstein)(w), torch.stack([psi, -theta]), atol=1e-12)


def test_the_chase_has_no_equilibrium():
    angles = torch.linspace(0, 2 * math.pi, 361, dtype=torch.float64)[:-1]
    value = -torch.cos(angles[:, None] - angles[None, :])  # [theta, psi]; G wants it small
    best_for_G = value <= value.min(dim=0, keepdim=True).values + 1e-12
    best_for_D = value >= value.max(dim=1, keepdim=True).values - 1e-12
    assert best_for_G.any() and best_for_D.any() and not (best_for_G & best_for_D).any()


def test_the_chase_follows_its_value():
    def losses(w):
        value = -torch.cos(w[0] - w[1])
        return torch.stack([value, -value])

    for w in STATES:
        assert torch.allclose(chase(w), from_losses(losses)(w), atol=1e-12)


def test_in_the_chase_the_distance_stays_and_both_run():
    states = path(lambda w: simultaneous(chase, w, 0.1), torch.tensor([1.0, 0.0]).double(), 1000)
    apart = states[:, 0] - states[:, 1]
    assert torch.allclose(apart, torch.ones_like(apart), atol=1e-9)
    assert states[-1, 0] - states[0, 0] == pytest.approx(-100 * math.sin(1), rel=1e-9)


def test_the_forsaken_game_follows_its_value():
    def losses(w):
        x, y = w
        f = w**2 / 4 - w**4 / 2 + w**6 / 6
        value = x * (y - 0.45) + f[0] - f[1]
        return torch.stack([value, -value])

    for w in STATES[:3]:
        assert torch.allclose(forsaken(w), from_losses(losses)(w), atol=1e-12)


def forsaken_rest():
    rest = torch.tensor([0.08, 0.4], dtype=torch.float64)
    for _ in range(20):  # Newton
        rest = rest - torch.linalg.solve(jacobian(forsaken, rest), forsaken(rest))
    return rest


def test_the_forsaken_game_has_one_stable_point_of_rest():
    rest = forsaken_rest()
    assert forsaken(rest).norm() < 1e-14
    assert rest.tolist() == pytest.approx([0.0780, 0.4119], abs=1e-4)
    assert eigenvalues(forsaken, rest)[0].real.item() == pytest.approx(-0.0447, abs=1e-4)
    near = rest + torch.tensor([0.05, 0.05]).double()
    states = path(lambda w: simultaneous(forsaken, w, 0.02), near, 4000)
    assert (states[-1] - rest).norm() < 0.1 * (near - rest).norm()


@pytest.mark.parametrize("step", [simultaneous, alternating, extragradient])
@pytest.mark.parametrize("start", [[1.0, 1.0], [0.3, 0.4]])
def test_from_further_away_the_forsaken_game_ends_in_a_cycle(step, start):
    states = path(lambda w: step(forsaken, w, 0.05), torch.tensor(start).double(), 2500)
    distance = (states[-1000:] - forsaken_rest()).norm(dim=1)
    assert 0.8 < distance.min() < 1.0 and 1.8 < distance.max() < 2.0
