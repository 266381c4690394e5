"""The family as games of networks: on the ring, in checkpoints; least squares and its targets."""

import numpy as np
import pytest
import torch
from games_for_tests import plain, points

from gan_course import Normal, gan, least_squares, sample, train
from gan_course.checkpoint import load, save
from gan_course.data import ring
from gan_course.metrics import modes_covered
from gan_course.networks import mlp
from gan_course.objectives import (
    F_DIVERGENCES,
    KL,
    PEARSON,
    REVERSE_KL,
    TOTAL_VARIATION,
    FDivergence,
    f_gan,
    least_squares_with,
)

PAPER, COMMON = (-1, 1, 0), (0, 1, 1)


@pytest.mark.parametrize("non_saturating", [False, True])
@pytest.mark.parametrize("divergence", F_DIVERGENCES, ids=str)
def test_every_game_of_the_family_can_be_played(divergence, non_saturating):
    game = plain(objective=f_gan(divergence, non_saturating))
    records = list(train(game, points(), 20, report_every=10))
    assert all(np.isfinite(value) for value in records[-1].values())
    assert 0 <= records[-1]["D_accuracy_real"] <= 1


@pytest.mark.parametrize("objective", [f_gan(PEARSON), f_gan(PEARSON, True), f_gan(REVERSE_KL)])
def test_g_finds_all_modes_of_the_ring(objective):
    torch.manual_seed(0)
    G, D, data = mlp(2, 2, (64, 64)), mlp(2, 1, (64, 64)), ring(spread=0.1)
    game = gan(G, D, objective, latent=Normal(2), device="cpu", n_critic=2, lr=1e-3)
    list(train(game, data.batches(128, device="cpu"), 300))
    assert modes_covered(sample(game, 1000), data) == 8


def test_a_checkpoint_of_another_divergence_is_refused_by_name(tmp_path):
    save(plain(objective=f_gan(PEARSON)), tmp_path / "game.pt")
    load(plain(objective=f_gan(PEARSON)), tmp_path / "game.pt")
    for other, name in [
        (f_gan(KL), "f_gan.kl."),
        (f_gan(PEARSON, non_saturating=True), "f_gan.pearson, non_saturating."),
        (least_squares, "least_squares"),
        (least_squares_with(*PAPER), "least_squares.a=-1, b=1, c=0."),
    ]:
        with pytest.raises(ValueError, match=f"objective is f_gan.pearson. and here it is {name}"):
            load(plain(objective=other), tmp_path / "game.pt")


def test_a_checkpoint_tells_two_targets_and_two_of_a_reader_s_own_apart(tmp_path):
    def own(scale):
        return FDivergence(
            "mine", lambda u: scale * (u - 1) ** 2, lambda t: t * t / (4 * scale) + t, lambda v: v
        )

    for one, other in [
        (least_squares_with(*PAPER), least_squares_with(0, 1, 0.5)),
        (f_gan(own(1.0)), f_gan(own(2.0))),
    ]:
        save(plain(objective=one), tmp_path / "game.pt")
        with pytest.raises(ValueError, match="belongs to another game"):
            load(plain(objective=other), tmp_path / "game.pt")


def test_what_is_no_divergence_and_what_is_no_target_is_refused():
    for wrong in ("pearson", least_squares, None):
        with pytest.raises(TypeError, match="f_gan needs an FDivergence, such as PEARSON"):
            f_gan(wrong)
    with pytest.raises(ValueError, match="b must be a finite number"):
        least_squares_with(0, float("nan"), 1)


def test_a_wild_logit_does_not_end_the_game():
    """D's last layer blown up: every family member goes on with finite weights."""
    for divergence in F_DIVERGENCES:
        game = plain(objective=f_gan(divergence))
        with torch.no_grad():
            game.networks["D"][-1].weight.mul_(1e4)
        list(train(game, points(), 5))
        assert all(p.isfinite().all() for net in game.networks.values() for p in net.parameters())


# Least squares.

X = np.linspace(-12, 12, 4801)
DX = X[1] - X[0]


def gaussian(m, s):
    return np.exp(-(((X - m) / s) ** 2) / 2) / s / np.sqrt(2 * np.pi)


P = gaussian(0, 1)


def best(p, q, a, b, c):
    return (b * p + a * q) / (p + q)


def both_means(p, q, a, b, c):
    """C of the paper: G's loss, with the same mean over the real samples, at the best D."""
    D = best(p, q, a, b, c)
    return DX * np.sum((p + q) * (D - c) ** 2) / 2


def test_the_common_targets_are_least_squares():
    real, fake = torch.tensor([[1.5], [-0.5]]), torch.tensor([[0.3], [2.0]])
    other = least_squares_with(0, 1, 1)
    assert torch.equal(other.d(real, fake), least_squares.d(real, fake))
    assert torch.equal(other.g(fake), least_squares.g(fake))
    assert other.balanced == least_squares.balanced
    assert repr(least_squares_with(*PAPER)) == "least_squares(a=-1, b=1, c=0)"


@pytest.mark.parametrize("targets", [PAPER, COMMON, (0.2, 0.7, -3)])
def test_d_at_its_best_and_the_signs_of_both(targets):
    objective = least_squares_with(*targets)
    p, q = torch.tensor([0.1, 0.3, 0.6]), torch.tensor([0.5, 0.3, 0.2])
    D = best(p, q, *targets)
    D.requires_grad_()
    a, b, c = targets
    loss = (p * (D - b) ** 2 + q * (D - a) ** 2).sum() / 2
    assert torch.autograd.grad(loss, D)[0].abs().max() < 1e-6
    ones = torch.ones(4)
    assert objective.d(b * ones, a * ones) == 0 and objective.g(c * ones) == 0
    assert objective.balanced == pytest.approx((a + b) / 2)


@pytest.mark.parametrize(("m", "s"), [(1, 1), (0, 0.7), (-2, 1.4), (0.5, 2)])
def test_the_paper_s_chi_square(m, s):
    """C = chi^2(p, (p + q)/2) with the paper's targets, a quarter of it and a constant else."""
    q = gaussian(m, s)
    chi = PEARSON.between(P, (P + q) / 2, DX)
    assert chi == pytest.approx(PEARSON.between(q, (P + q) / 2, DX), abs=1e-6)
    assert both_means(P, q, *PAPER) == pytest.approx(chi, abs=1e-6)
    assert both_means(P, q, *COMMON) != pytest.approx(chi, abs=0.01)
    assert both_means(P, q, *COMMON) == pytest.approx((1 + chi) / 4, abs=1e-6)
    assert PEARSON.between(P, q, DX) != pytest.approx(chi, abs=0.01)  # nor is it chi^2(p, q)


def test_g_does_not_descend_the_chi_square():
    """Too narrow a q should widen; with D held, the paper's own targets narrow it further."""
    e = 1e-4
    wider, narrower, q = gaussian(0, 0.7 + e), gaussian(0, 0.7 - e), gaussian(0, 0.7)

    def slope_of_c(targets):
        return (both_means(P, wider, *targets) - both_means(P, narrower, *targets)) / (2 * e)

    def slope_of_g(targets):
        held = (best(P, q, *targets) - targets[2]) ** 2 / 2
        return DX * np.sum((wider - narrower) * held) / (2 * e)

    assert slope_of_c(PAPER) == pytest.approx(-0.376, abs=1e-3)
    assert slope_of_g(PAPER) == pytest.approx(+0.046, abs=1e-3)
    assert slope_of_c(COMMON) == pytest.approx(-0.094, abs=1e-3)
    assert slope_of_g(COMMON) == pytest.approx(-0.071, abs=1e-3)


def test_total_variation_s_game_stops_where_d_is_sure():
    game = f_gan(TOTAL_VARIATION)
    fake = torch.tensor([-50.0], requires_grad=True)
    assert torch.autograd.grad(game.g(fake), fake)[0] == 0
