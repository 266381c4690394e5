"""Orthogonal regularisation: one line on a game, which moves G by the penalty's gradient too."""

import itertools

import pytest
import torch
from torch import nn

from gan_course import Game, Normal, Player, gan, play
from gan_course.networks import mlp, orthogonal_penalty
from gan_course.tricks import orthogonal


def game_of(seed=0, **options):
    torch.manual_seed(seed)
    G, D = mlp(2, 2), mlp(2, 1)
    return gan(G, D, latent=Normal(2), ema=None, device="cpu", **options)


def test_g_minimises_its_own_loss_plus_the_penalty():
    game = game_of()
    charged = orthogonal(game, 0.5)
    real = torch.randn(8, 2)
    torch.manual_seed(1)
    before, _ = game.players[-1].loss(real)
    torch.manual_seed(1)
    after, notes = charged.players[-1].loss(real)
    penalty = orthogonal_penalty(game.networks["G"])
    assert after.item() == pytest.approx((before + 0.5 * penalty).item())
    assert notes["orthogonal"].item() == pytest.approx(penalty.item())


def test_with_a_weight_of_zero_the_game_is_what_it_was():
    real = torch.randn(8, 2)
    plain_game, charged = game_of(), orthogonal(game_of(), 0.0)
    play(plain_game, itertools.repeat((real,)), 3)
    play(charged, itertools.repeat((real,)), 3)
    for name in ("G", "D"):
        pairs = zip(
            plain_game.networks[name].parameters(), charged.networks[name].parameters(), strict=True
        )
        assert all(torch.equal(a, b) for a, b in pairs)


def test_a_heavy_penalty_makes_rows_orthogonal():
    game = orthogonal(game_of(lr=0.01), 100.0)
    before = orthogonal_penalty(game.networks["G"]).item()
    play(game, itertools.repeat((torch.randn(8, 2),)), 100)
    assert orthogonal_penalty(game.networks["G"]).item() < before / 20


def test_d_is_left_alone_and_settings_tell():
    game = game_of()
    charged = orthogonal(game)
    assert charged.players[0] is game.players[0]
    assert charged.settings["orthogonal"] == "0.0001"


def test_other_games_and_weights_are_refused():
    net = nn.Linear(1, 1)
    other = Game(
        {"net": net}, [Player("net", lambda x: net(x).mean(), torch.optim.SGD(net.parameters()))]
    )
    with pytest.raises(ValueError, match="of a G against a D"):
        orthogonal(other)
    with pytest.raises(ValueError, match="at least 0"):
        orthogonal(game_of(), -1.0)
