"""The context encoder: losses by hand, who sees what, a game without D, exact resume."""

import pytest
import torch
from games_for_tests import same, weights
from recorders import Again
from torch import nn
from torch.nn.functional import mse_loss

from gan_course import context_encoder, non_saturating, play, relativistic
from gan_course.accelerate import recorded
from gan_course.checkpoint import load, save
from gan_course.data import from_images
from gan_course.games import emptied, filled

HOLE = (slice(2, 6), slice(3, 6))  # 4x3 pixels of 8x8


def pictures(n=24, labels=False):
    draw = torch.Generator().manual_seed(5)
    x = torch.rand(n, 2, 8, 8, generator=draw) * 2 - 1
    return from_images(x, torch.arange(n) % 3 if labels else None)


def networks(seed=0):
    torch.manual_seed(seed)
    G = nn.Sequential(
        nn.Flatten(), nn.Linear(128, 16), nn.BatchNorm1d(16), nn.ReLU(),
        nn.Linear(16, 24), nn.Tanh(), nn.Unflatten(1, (2, 4, 3)),
    )  # fmt: skip
    D = nn.Sequential(nn.Flatten(), nn.Linear(24, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1))
    return G, D


def small(alone=False, **options):
    G, D = networks()
    return context_encoder(G, None if alone else D, HOLE, device="cpu", **options)


def batches(n=8):
    return pictures().batches(n, device="cpu")


def test_a_hole_is_grey_and_what_fills_it_comes_from_g():
    x = pictures(5).x
    before, out = x.clone(), emptied(x, HOLE)
    inside = torch.zeros(8, 8, dtype=torch.bool)
    inside[HOLE] = True
    assert torch.equal(x, before)
    assert not out[..., inside].any() and torch.equal(out[..., ~inside], x[..., ~inside])
    seen = []

    def G(x):
        seen.append(x)
        return torch.ones(5, 2, 4, 3)

    full = filled(G, x, HOLE)
    assert torch.equal(seen[0], out)
    assert (full[..., inside] == 1).all() and torch.equal(full[..., ~inside], x[..., ~inside])


@pytest.mark.parametrize("objective", [non_saturating, relativistic])
@pytest.mark.parametrize("weight", [0.001, 0.3, 1.0])
def test_losses_are_the_papers(objective, weight):
    game = small(objective=objective, weight=weight)
    G, D = (game.networks[name].eval() for name in "GD")
    x = pictures(6).x
    c = x[:, :, 2:6, 3:6]
    a, b, error = D(c), D(G(emptied(x, HOLE))), mse_loss(G(emptied(x, HOLE)), c)
    d_player, g_player = game.players
    assert [player.name for player in game.players] == ["D", "G"]
    torch.testing.assert_close(d_player.loss(x)[0], objective.d(a, b))
    loss, notes = g_player.loss(x)
    torch.testing.assert_close(loss, (1 - weight) * error + weight * objective.g(b, a))
    torch.testing.assert_close(notes["error"], error)


def test_what_the_hole_held_reaches_g_through_the_loss_alone():
    G, _ = networks()
    x, other = pictures(6).x, pictures(6).x
    other[(..., *HOLE)] = 0.7
    G.eval()
    assert torch.equal(filled(G, x, HOLE), filled(G, other, HOLE))


def test_d_does_not_see_what_lies_around_the_hole():
    game = small(weight=0.5)
    seen = []
    game.networks["D"].register_forward_pre_hook(lambda _, x: seen.append(x[0].shape))
    play(game, batches(), 1)
    assert seen and all(shape[1:] == (2, 4, 3) for shape in seen)


def test_each_player_moves_its_own_weights():
    game = small(weight=0.5)
    before = weights(game)
    game.players[0].move(pictures(8).x)
    moved = [name for name, w in weights(game).items() if not torch.equal(before[name], w)]
    assert any(name.startswith("D.") for name in moved)
    assert all(name.startswith("D.") or "running" in name or "tracked" in name for name in moved)


@pytest.mark.parametrize("weight", [0.0, 0.001])
def test_without_d_the_squared_error_is_all(weight):
    game = small(alone=True, weight=weight)
    x = pictures(6).x
    loss, notes = game.players[0].loss(x)
    assert [player.name for player in game.players] == ["G"] and game.networks.keys() == {"G"}
    assert loss.detach() == notes["error"]
    first = play(game, batches(24), 1)["G_error"]
    assert play(game, batches(24), 80)["G_error"] < 0.8 * first


@pytest.mark.parametrize("options", [{}, {"alone": True}, {"ema": 0.9, "weight": 0.5}])
def test_it_resumes_bit_for_bit(tmp_path, options):
    straight, first = small(**options), small(**options)
    play(straight, batches(), 5)
    going_on = batches()
    play(first, going_on, 3)
    save(first, tmp_path / "game.pt")
    second = load(small(**options), tmp_path / "game.pt")
    play(second, going_on, 2)
    assert same(weights(straight), weights(second))


def test_another_hole_or_weight_is_another_game(tmp_path):
    save(small(), tmp_path / "game.pt")
    with pytest.raises(ValueError, match="context encoder"):
        load(small(weight=0.01), tmp_path / "game.pt")
    G, D = networks()
    other = context_encoder(G, D, (slice(0, 4), slice(0, 3)), device="cpu")
    with pytest.raises(ValueError, match="context encoder"):
        load(other, tmp_path / "game.pt")


@pytest.mark.parametrize("weight", [-0.1, 1.1, float("nan")])
def test_weights_outside_0_to_1_are_refused(weight):
    with pytest.raises(ValueError, match="from 0 to 1"):
        small(weight=weight)


def test_what_does_not_suit_it_is_one_sentence():
    with pytest.raises(ValueError, match="no labels"):
        play(small(), pictures(labels=True).batches(4, labels=True, device="cpu"), 1)
    G, D = networks()
    outside = context_encoder(G, D, (slice(9, 12), slice(0, 3)), device="cpu")
    with pytest.raises(ValueError, match="with a hole"):
        play(outside, batches(), 1)
    wrong = context_encoder(G, D, (slice(0, 3), slice(0, 3)), device="cpu")
    with pytest.raises(ValueError, match="shaped like the data"):
        play(wrong, batches(), 1)


def test_a_recorded_game_equals_the_plain_one():
    """On a stand-in for CUDA graphs."""
    plain, fast = small(weight=0.5), recorded(small(weight=0.5), recorder := Again())
    for game in (plain, fast):
        play(game, batches(), 4)
    a, b = weights(plain), weights(fast)
    assert recorder.recorded and all(torch.allclose(a[name], b[name], atol=1e-6) for name in a)
