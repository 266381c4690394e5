"""Every trick in a game: resume bit for bit, and recorded as on CUDA."""

import warnings

import pytest
import torch
from games_for_tests import points, same, weights
from recorders import Again, Frozen
from torch import nn
from tricks_for_tests import TRICKS, with_trick

from gan_course import Normal, gan, play, sample, train
from gan_course.accelerate import recorded
from gan_course.checkpoint import load, save
from gan_course.draws import placed, sharing_draws
from gan_course.networks import mlp
from gan_course.tricks import DiffAugment, InstanceNoise


@pytest.mark.parametrize("trick", TRICKS)
def test_resume_is_exact_bit_for_bit(trick, tmp_path):
    straight, first = with_trick(trick), with_trick(trick)
    play(straight, points(), 12)
    play(first, points(), 5)
    save(first, tmp_path / "game.pt")
    second = load(with_trick(trick), tmp_path / "game.pt")
    play(second, points(), 7)
    assert same(weights(straight), weights(second))
    assert torch.equal(sample(straight, 6), sample(second, 6))


def test_a_checkpoint_of_one_trick_is_refused_by_a_game_without_it(tmp_path):
    for trick in ("feature matching", "unrolled", "smoothing", "instance noise", "orthogonal"):
        game = with_trick(trick)
        play(game, points(), 1)
        save(game, tmp_path / "game.pt")
        with pytest.raises(ValueError):
            load(with_trick("plain"), tmp_path / "game.pt")


@pytest.mark.parametrize("trick", TRICKS)
def test_a_recorded_game_equals_the_plain_one(trick):
    """Recorded on a stand-in for CUDA graphs, without a warning: nothing changes in every move."""
    there, game = with_trick(trick), with_trick(trick)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        game = recorded(game, recorder := Again())
        for _ in train(there, points(), 12, 4):
            pass
        for _ in train(game, points(), 12, 4):
            pass
    a, b = weights(there), weights(game)
    assert all(torch.allclose(a[name], b[name], atol=1e-5) for name in a)
    assert recorder.recorded


@pytest.mark.parametrize("trick", TRICKS)
def test_a_list_of_its_operations_equals_it(trick):
    """Truly recorded: what is replayed is blind to Python's numbers."""
    there, game = with_trick(trick), with_trick(trick)
    game = recorded(game, recorder := Frozen(game))
    for one in (there, game):
        play(one, points(), 9)
    a, b = weights(there), weights(game)
    assert all(torch.allclose(a[name], b[name], atol=1e-5) for name in a)
    assert recorder.recorded


def foggy():
    torch.manual_seed(0)
    noise = InstanceNoise(0.5, 30)
    D = nn.Sequential(noise, *mlp(2, 1, (16,)))
    return gan(mlp(2, 2, (16,)), D, latent=Normal(2), device="cpu"), noise


def test_a_recording_follows_the_fog_without_being_made_anew():
    (there, lifted), (game, fog) = foggy(), foggy()
    game = recorded(game, recorder := Frozen(game))
    for one, noise in ((there, lifted), (game, fog)):
        for record in train(one, points(), 30, 10):
            noise.at(record["step"])
    a, b = weights(there), weights(game)
    assert all(torch.allclose(a[name], b[name], atol=1e-5) for name in a)
    assert len(recorder.recorded) == 5  # gradients and step of two players, and the average


@pytest.mark.parametrize(
    "layer", [InstanceNoise(1.0, 10), DiffAugment("color", "translation", "cutout")]
)
def test_two_processes_draw_what_one_would(layer):
    x = torch.randn(6, 1, 8, 8)
    torch.manual_seed(3)
    whole = layer(x)
    parts = []
    for rank in (0, 1):
        torch.manual_seed(3)
        with placed(rank, 2):
            parts.append(sharing_draws(layer, x[3 * rank : 3 * rank + 3]))
    assert torch.allclose(torch.cat(parts), whole, atol=1e-6)
