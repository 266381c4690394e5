"""Compiled and recorded games play the same game; recording is tested here without a GPU."""

import math

import pytest
import torch
from games_for_tests import plain, points, same, weights, with_state
from recorders import Again
from torch import nn

from gan_course import (
    Game,
    Normal,
    Player,
    gan,
    gradient_penalty,
    hinge,
    play,
    relativistic,
    train,
    wasserstein,
)
from gan_course.accelerate import compiled, graphed, recorded
from gan_course.checkpoint import load, save

WGAN_GP = {"objective": wasserstein, "penalties": [(10, gradient_penalty)], "n_critic": 2}


def lowered(game, lr):
    for player in game.players:
        for group in player.optimizer.param_groups:
            group["lr"] = lr


@pytest.mark.parametrize(
    ("build", "options"),
    [
        (plain, WGAN_GP),
        (plain, {"ema": None}),
        (with_state, {"objective": relativistic}),
        (with_state, {"objective": hinge, "simultaneous": True}),
    ],
)
def test_a_recorded_game_equals_the_plain_one_bit_for_bit(build, options):
    there, recorder = build(**options), Again()
    game = recorded(build(**options), recorder)
    for one, other in zip(train(there, points(), 30, 7), train(game, points(), 30, 7), strict=True):
        assert {**one, "seconds": 0} == {**other, "seconds": 0}
    assert same(weights(there), weights(game))
    assert torch.equal(there.random_state["cpu"], game.random_state["cpu"])
    assert len(recorder.recorded) == 4 + len(game.averages)  # gradients, step of two players


def test_warming_up_is_part_of_the_game_and_takes_three_moves():
    recorder = Again()
    game = recorded(plain(), recorder)
    play(game, points(), 3)
    assert recorder.recorded == []
    play(game, points(), 1)
    assert len(recorder.recorded) >= 2


@pytest.mark.parametrize("change", ["learning rate", "frozen layer", "checkpoint"])
def test_what_a_recording_took_for_granted_is_watched(change, tmp_path):
    games = [plain(), recorded(plain(), recorder := Again())]
    for game in games:
        play(game, points(), 10)
    before = len(recorder.recorded)
    for game in games:
        if change == "learning rate":
            lowered(game, 1e-5)
        elif change == "frozen layer":
            game.networks["D"][0].requires_grad_(False)
        else:
            save(game, tmp_path / "game.pt")
            play(game, points(), 2)
            load(game, tmp_path / "game.pt")
        play(game, points(), 10)
    assert same(*map(weights, games))
    assert len(recorder.recorded) > before


def test_records_outlive_the_next_replay():
    game = recorded(plain(), Again())
    play(game, points(), 5)
    (x,) = next(points())
    first = game.players[0].gradients(x)
    kept = {name: note.item() for name, note in first.items()}
    game.players[0].move(x * 3)
    assert kept == {name: note.item() for name, note in first.items()}


def test_a_graphed_game_wants_batches_of_one_shape():
    game = recorded(plain(), Again(), strict=True)
    play(game, points(32), 5)
    with pytest.raises(ValueError, match=r"one shape.*\[32, 2\].*\[20, 2\].*drop_last=True"):
        play(game, points(20), 1)
    play(game, points(32), 1)


def test_a_move_that_cannot_be_recorded_says_what_to_do():
    class Refuses(Again):
        def record(self, function):
            raise RuntimeError("operation not permitted when stream is capturing")

    with pytest.raises(
        RuntimeError, match="the loss of player D could not be recorded.*eager=True"
    ):
        play(recorded(plain(), Refuses(), strict=True), points(), 9)


def undecided():
    """A game whose D does what its loss says: a player for plain Python only."""
    game = plain()
    D, G = game.players
    base = D.loss

    def loss(x):
        value, notes = base(x)
        return (value * 2 if value.item() > 1 else value), notes

    players = [Player("D", loss, D.optimizer, eager=True), G]
    return Game(game.networks, players, latent=game.latent, averages=game.averages)


def test_a_player_who_declares_it_stays_eager():
    there, game = undecided(), recorded(undecided(), recorder := Again())
    for each in (there, game):
        play(each, points(), 20)
    assert same(weights(there), weights(game)) and len(recorder.recorded) == 3  # G, its average


def test_a_loss_that_stopped_being_finite_leaves_the_weights_as_they_were():
    game = recorded(plain(), Again())
    play(game, points(), 9)
    before = weights(game)
    with pytest.raises(FloatingPointError, match="step 9"):
        play(game, [torch.full((32, 2), math.nan)], 1)
    assert same(before, weights(game))


def test_graphed_needs_a_gpu():
    with pytest.raises(ValueError, match="needs a game on a CUDA GPU, and this one is on the cpu"):
        graphed(plain())


@pytest.fixture(scope="module")
def compiler():
    """Skips, with the reason, where nothing can be compiled; asked only by tests that would."""
    try:
        compiled(plain())
    except RuntimeError as error:
        pytest.skip(str(error))


def of_all_kinds():
    """A game with batch norm, spectral norm, dropout, a penalty and two critic moves a step.

    No bias stands before the batch norm, which takes it away again: its gradient is rounding
    error alone, and Adam would make large steps of it.
    """
    torch.manual_seed(0)
    spectral = nn.utils.parametrizations.spectral_norm
    G = nn.Sequential(nn.Linear(2, 8, bias=False), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2))
    D = nn.Sequential(spectral(nn.Linear(2, 8)), nn.Tanh(), nn.Dropout(0.2), nn.Linear(8, 1))
    return gan(G, D, latent=Normal(2), device="cpu", **WGAN_GP)


def close(one, other):
    a, b = weights(one), weights(other)
    return all(torch.allclose(a[name], b[name], atol=1e-5) for name in a)


@pytest.mark.usefixtures("compiler")
def test_a_compiled_game_equals_the_plain_one_and_passes_its_checkpoint_on(tmp_path):
    there, game = of_all_kinds(), compiled(of_all_kinds())
    # torch counts graphs by function, which all players share: each must count alone
    with torch._dynamo.config.patch(recompile_limit=1):
        for each in (there, game):
            list(train(each, points(), 10))
            lowered(each, 1e-4)
            list(train(each, points(), 10))
    assert close(there, game)
    assert torch.equal(there.random_state["cpu"], game.random_state["cpu"])
    assert there.record["D_loss"] == pytest.approx(game.record["D_loss"], abs=1e-5)

    save(game, tmp_path / "game.pt")
    back = load(of_all_kinds(), tmp_path / "game.pt")
    assert same(weights(back), weights(game))
    for each in (load(game, tmp_path / "game.pt"), back):
        play(each, points(), 5)
    assert close(back, game)


@pytest.mark.usefixtures("compiler")
def test_a_loss_that_cannot_be_compiled_says_what_to_do():
    game = undecided()
    game.players[0].eager = False
    with pytest.raises(RuntimeError, match="player D could not be compiled.*eager=True"):
        play(compiled(game), points(), 1)


def test_without_a_torch_that_compiles_gradients_there_is_one_sentence(monkeypatch):
    monkeypatch.setattr(torch._dynamo, "config", object())
    with pytest.raises(RuntimeError, match=r"2\.13 or newer, and this is .*play the game as it is"):
        compiled(plain())


def test_without_a_compiler_there_is_one_sentence(monkeypatch):
    from torch._inductor import cpp_builder

    def none():
        raise OSError("no g++")

    monkeypatch.setattr(cpp_builder, "get_cpp_compiler", none)
    monkeypatch.setattr(torch._dynamo, "config", type("config", (), {"trace_autograd_ops": True}))
    with pytest.raises(RuntimeError, match=r"needs a C\+\+ compiler such as g\+\+"):
        compiled(plain())


def test_a_recorded_player_whose_loss_or_weights_are_replaced_is_recorded_anew():
    recorder = Again()
    game = recorded(plain(), recorder)
    play(game, points(), 10)
    assert (before := len(recorder.recorded)) == 5  # loss and step of D and of G, the average
    D = game.players[0]
    D.loss = (lambda loss: lambda *batch: loss(*batch))(D.loss)
    play(game, points(), 10)
    assert len(recorder.recorded) > before
    before = len(recorder.recorded)
    D.parameters[0].data = D.parameters[0].data.clone()  # as `network.to(...)` does
    play(game, points(), 10)
    assert len(recorder.recorded) > before
