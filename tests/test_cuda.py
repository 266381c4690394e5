"""What only a GPU can show; skipped where there is none."""

import math

import pytest
import torch
from games_for_tests import weights
from torch import nn

from gan_course import (
    NonFiniteLoss,
    Normal,
    gan,
    gradient_penalty,
    play,
    sample,
    train,
    wasserstein,
)
from gan_course.checkpoint import load, save
from gan_course.data import digits, ring
from gan_course.networks import mlp, mlp_discriminator, mlp_generator

pytestmark = pytest.mark.cuda


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
