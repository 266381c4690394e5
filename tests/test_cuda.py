"""What only a GPU can show; skipped where there is none."""

import math

import pytest
import torch
from games_for_tests import weights
from torch import nn

from gan_course import (
    NonFiniteLoss,
    Normal,
    Player,
    gan,
    gradient_penalty,
    play,
    relativistic,
    sample,
    train,
    wasserstein,
)
from gan_course.accelerate import graphed
from gan_course.checkpoint import load, save
from gan_course.data import digits, ring
from gan_course.networks import (
    dcgan_discriminator,
    dcgan_generator,
    mlp,
    mlp_discriminator,
    mlp_generator,
    spectral,
)

pytestmark = pytest.mark.cuda


WGAN_GP = {"objective": wasserstein, "penalties": [(10, gradient_penalty)], "n_critic": 2}


def game_on_cuda(seed: int = 0, **options):
    torch.manual_seed(seed)
    return gan(mlp(2, 2), mlp(2, 1), latent=Normal(2), **options)


def test_cuda_is_the_default_and_everything_lives_there():
    game = game_on_cuda()
    record = play(game, ring().batches(64), 5)
    assert game.device.type == "cuda" and math.isfinite(record["D_loss"])
    assert sample(game, 10).is_cuda
    assert all(tensor.is_cuda for tensor in weights(game).values())


def test_one_move_agrees_with_the_cpu():
    x = ring().sample(64)
    notes = []
    for device in ("cpu", "cuda"):
        game = game_on_cuda(device=device)
        torch.manual_seed(1)
        z = torch.randn(64, 2)
        D, G = game.networks["D"], game.networks["G"]
        loss = wasserstein.d(D(x.to(device)), D(G(z.to(device))))
        loss = loss + gradient_penalty(D, x.to(device), x.flip(0).to(device)) * 0
        notes.append(loss.item())
    assert notes[0] == pytest.approx(notes[1], abs=1e-5)


def test_resume_is_exact(tmp_path):
    straight, halves = game_on_cuda(), game_on_cuda()
    list(train(straight, ring().batches(64), 40))
    list(train(halves, ring().batches(64), 20))
    save(halves, tmp_path / "game.pt")
    resumed = load(game_on_cuda(seed=5), tmp_path / "game.pt")
    torch.randn(3, device="cuda")
    list(train(resumed, ring().batches(64), 20))
    assert all(torch.equal(weights(straight)[k], v) for k, v in weights(resumed).items())


def test_nan_is_found_at_the_record_with_its_step():
    class Poisoned:
        def __init__(self):
            self.batches, self.count = ring().batches(64), 0

        def __next__(self):
            self.count += 1
            (x,) = next(self.batches)
            return (x * math.nan if self.count == 13 else x,)

    with pytest.raises(NonFiniteLoss) as caught:
        list(train(game_on_cuda(), Poisoned(), 30, report_every=10))
    assert caught.value.step == 12 and caught.value.record["step"] == 10


def test_bf16_with_a_penalty_trains_images():
    torch.manual_seed(0)
    G, D = mlp_generator(16, (1, 8, 8)), mlp_discriminator((1, 8, 8))
    game = gan(G, D, wasserstein, latent=Normal(16), penalties=[(10, gradient_penalty)], bf16=True)
    record = play(game, digits(8).batches(64), 10)
    assert math.isfinite(record["D_loss"]) and isinstance(D, nn.Module)


def images_on_cuda(**options):
    """Convolutions with batch norm in G and spectral norm in D."""
    torch.manual_seed(0)
    G = dcgan_generator(16, (1, 8, 8), 8)
    D = spectral(dcgan_discriminator((1, 8, 8), 8, norm=nn.Identity))
    return gan(G, D, relativistic, latent=Normal(16), **options)


CASES = [
    (game_on_cuda, lambda: ring().batches(64), {}),
    (game_on_cuda, lambda: ring().batches(64), {"simultaneous": True}),
    (game_on_cuda, lambda: ring().batches(64), WGAN_GP),
    (images_on_cuda, lambda: digits(8).batches(32), {}),
    (images_on_cuda, lambda: digits(8).batches(32), {"bf16": True}),
    (images_on_cuda, lambda: digits(8).batches(32), {"penalties": [(1, gradient_penalty)]}),
]


def equal(one, other, **tolerance):
    """Whether the weights agree: exactly, or to a tolerance where kernels add in any order."""
    a, b = weights(one), weights(other)
    if not tolerance:
        return all(torch.equal(a[name], b[name]) for name in a)
    return all(torch.allclose(a[name], b[name], **tolerance) for name in a)


@pytest.mark.parametrize(("build", "batches", "options"), CASES)
def test_recorded_and_eager_moves_give_the_same_numbers(build, batches, options):
    there, game = build(**options), graphed(build(**options))
    for one, other in zip(train(there, batches(), 40, 10), train(game, batches(), 40, 10)):
        for name in one.keys() - {"seconds"}:
            assert one[name] == pytest.approx(other[name], rel=1e-3, abs=1e-4)
    exact = build is game_on_cuda  # cuDNN may add up a convolution's gradients in any order
    assert equal(there, game) if exact else equal(there, game, atol=1e-3)
    assert torch.equal(there.random_state["cuda"], game.random_state["cuda"])


def test_recording_changes_neither_the_game_nor_the_callers_random_state():
    there, game = game_on_cuda(), graphed(game_on_cuda())
    before = torch.cuda.get_rng_state()
    for steps in (3, 1, 1, 1, 1, 1, 10):  # over the moves in which halves are recorded
        play(there, ring().batches(64), steps)
        play(game, ring().batches(64), steps)
        assert equal(there, game)
    assert torch.equal(torch.cuda.get_rng_state(), before)
    assert not any(g["capturable"] for p in game.players for g in p.optimizer.param_groups)


def test_a_recorded_game_follows_learning_rates_and_checkpoints(tmp_path):
    games = [game_on_cuda(), graphed(game_on_cuda())]
    for number, game in enumerate(games):
        path = tmp_path / f"{number}.pt"
        play(game, ring().batches(64), 20)
        for player in game.players:
            player.optimizer.param_groups[0]["lr"] = 1e-5
        play(game, ring().batches(64), 20)
        save(game, path)
        play(game, ring().batches(64), 5)
        play(load(game, path), ring().batches(64), 20)
    assert equal(*games)
    back = load(game_on_cuda(seed=3), tmp_path / "1.pt")  # from recorded to eager
    play(back, ring().batches(64), 20)
    assert equal(back, games[0])


def test_nan_in_a_recorded_game_is_found_at_the_record_with_its_step():
    game, batches = graphed(game_on_cuda()), ring().batches(64)
    play(game, batches, 20)
    with torch.no_grad():
        game.networks["G"][0].weight.fill_(math.nan)
    with pytest.raises(NonFiniteLoss) as caught:
        play(game, batches, 5)
    assert caught.value.step == 20


def test_a_loss_that_reads_its_tensors_is_refused_unless_its_player_is_eager():
    def game_that_reads(eager):
        game = game_on_cuda()
        D = game.players[0]

        def loss(x):
            value, notes = D.loss(x)
            return (value * 2 if value.item() > 1 else value), notes

        game.players[0] = Player("D", loss, D.optimizer, eager=eager)
        return game

    there, game = game_that_reads(True), graphed(game_that_reads(True))
    for each in (there, game):
        play(each, ring().batches(64), 15)
    assert equal(there, game)
    with pytest.raises(RuntimeError, match="could not be recorded.*eager=True"):
        play(graphed(game_that_reads(False)), ring().batches(64), 15)


def test_a_recorded_game_wants_batches_of_one_shape():
    game = graphed(game_on_cuda())
    play(game, ring().batches(64), 10)
    with pytest.raises(ValueError, match="batches of one shape"):
        play(game, ring().batches(32), 1)
