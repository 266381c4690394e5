"""One-sided smoothing against its closed form: what the best D says, and what it costs."""

import math

import pytest
import torch
from games_for_tests import plain, points
from torch.nn.functional import binary_cross_entropy_with_logits

from gan_course import (
    Normal,
    gan,
    hinge,
    least_squares,
    minimax,
    non_saturating,
    play,
    relativistic,
)
from gan_course.checkpoint import load, save
from gan_course.tricks import smoothed


@pytest.mark.parametrize("objective", [minimax, non_saturating])
@pytest.mark.parametrize(("a", "b"), [(0.9, 0.0), (0.75, 0.0), (0.9, 0.1), (1.0, 0.0)])
def test_d_is_the_cross_entropy_against_the_targets(objective, a, b):
    torch.manual_seed(0)
    real, fake = 5 * torch.randn(2, 40, 1, dtype=torch.float64)
    wanted = binary_cross_entropy_with_logits(real, torch.full_like(real, a))
    wanted = wanted + binary_cross_entropy_with_logits(fake, torch.full_like(fake, b))
    assert smoothed(objective, a, b).d(real, fake).item() == pytest.approx(wanted.item(), abs=1e-12)
    assert smoothed(objective, a, b).g(fake, real) == objective.g(fake, real)


@pytest.mark.parametrize(("a", "b"), [(0.9, 0.0), (0.7, 0.0), (0.9, 0.1)])
def test_the_best_d_is_the_weighted_share_of_p(a, b):
    """D* = (a p + b q) / (p + q), reached by descent on one logit for each of four places."""
    p, q = torch.tensor([8, 6, 4, 2]), torch.tensor([2, 4, 6, 8])  # twentieths
    place = torch.arange(4)
    logits = torch.zeros(4, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [logits],
        max_iter=200,
        tolerance_grad=1e-12,
        tolerance_change=0,
        line_search_fn="strong_wolfe",
    )
    real, fake = place.repeat_interleave(p), place.repeat_interleave(q)

    def closure():
        optimizer.zero_grad()
        loss = smoothed(non_saturating, a, b).d(logits[real], logits[fake])
        loss.backward()
        return loss

    for _ in range(5):
        optimizer.step(closure)
    assert torch.allclose(logits.sigmoid(), ((a * p + b * q) / (p + q)).double(), atol=1e-6)


def test_where_p_is_q_d_says_45_percent_and_pays_1_3763():
    objective = smoothed(non_saturating, 0.9)
    even = torch.full((6, 1), objective.balanced, dtype=torch.float64)
    assert even.sigmoid().mean().item() == pytest.approx(0.45)
    slope = torch.tensor(objective.balanced, dtype=torch.float64, requires_grad=True)
    loss = objective.d(slope[None], slope[None])
    loss.backward()
    assert abs(slope.grad) < 1e-12 and loss.item() == pytest.approx(1.3763, abs=5e-5)
    assert objective.d(even, even).item() == pytest.approx(loss.item(), abs=1e-12)


def test_targets_1_and_0_are_the_plain_loss_and_its_name_is_its_own():
    real, fake = torch.randn(2, 30, 1)
    torch.testing.assert_close(smoothed(minimax, 1.0).d(real, fake), minimax.d(real, fake))
    assert smoothed(minimax, 1.0).balanced == 0
    assert {smoothed(minimax, a).name for a in (0.9, 0.8)} == {
        "minimax, targets 0.9 and 0.0", "minimax, targets 0.8 and 0.0",
    }  # fmt: skip


def test_logits_of_any_size_keep_a_finite_loss_and_slope():
    logits = torch.tensor([-1e4, -50.0, 0.0, 50.0, 1e4], requires_grad=True)
    loss = smoothed(non_saturating).d(logits, logits)
    (slope,) = torch.autograd.grad(loss, logits)
    assert loss.isfinite() and slope.isfinite().all()


def test_d_stops_short_of_being_sure():
    """Trained on what it can tell apart, a smoothed D's logit on data stays at ln 9."""
    torch.manual_seed(0)
    D = torch.nn.Linear(1, 1)
    optimizer = torch.optim.Adam(D.parameters(), 0.1)
    real, fake = torch.ones(8, 1), -torch.ones(8, 1)
    for _ in range(500):
        optimizer.zero_grad()
        smoothed(non_saturating).d(D(real), D(fake)).backward()
        optimizer.step()
    assert D(real).mean().item() == pytest.approx(math.log(9), abs=0.05)


def test_a_smoothed_game_plays_counts_from_its_balance_and_is_told_from_the_plain_one(tmp_path):
    def build(objective):
        torch.manual_seed(0)
        return gan(*plain().networks.values(), objective, latent=Normal(2), device="cpu")

    game = build(smoothed(non_saturating))
    record = play(game, points(), 5)
    assert 0 <= record["D_accuracy_real"] <= 1
    save(game, tmp_path / "game.pt")
    assert load(build(smoothed(non_saturating)), tmp_path / "game.pt").step == 5
    with pytest.raises(ValueError, match="targets 0.9"):
        load(build(smoothed(non_saturating, 0.8)), tmp_path / "game.pt")


@pytest.mark.parametrize("objective", [hinge, least_squares, relativistic])
def test_objectives_without_labels_are_refused(objective):
    with pytest.raises(ValueError, match="has no labels"):
        smoothed(objective)


@pytest.mark.parametrize("targets", [(0.0, 0.0), (1.1, 0.0), (0.5, 0.5), (0.9, -0.1)])
def test_targets_out_of_range_are_refused(targets):
    with pytest.raises(ValueError, match="targets lie in"):
        smoothed(minimax, *targets)
