"""Noise: dropout that stays in eval mode, and a fog that lifts as its schedule says."""

import pytest
import torch
from games_for_tests import plain, points, same, weights
from torch import nn

from gan_course import Normal, gan, generate, play, train
from gan_course.checkpoint import load, save
from gan_course.tricks import InstanceNoise, KeptDropout


@pytest.mark.parametrize("training", [True, False])
def test_kept_dropout_drops_in_both_modes(training):
    torch.manual_seed(0)
    h = KeptDropout(0.25).train(training)(torch.ones(10_000))
    assert (h == 0).float().mean().item() == pytest.approx(0.25, abs=0.02)
    assert h.max().item() == pytest.approx(4 / 3)
    assert torch.equal(KeptDropout(0.0).eval()(h), h)


def test_a_g_with_kept_dropout_maps_one_z_to_many_samples_and_a_seed_fixes_them():
    G = nn.Sequential(nn.Linear(2, 32), KeptDropout(0.5), nn.Linear(32, 2))
    one = lambda n, device=None: torch.ones(n, 2, device=device)  # noqa: E731
    x = generate(G, one, 8, seed=3)
    assert len(x.unique(dim=0)) == 8 and torch.equal(x, generate(G, one, 8, seed=3))
    plain = nn.Sequential(G[0], nn.Dropout(0.5), G[2])
    assert len(generate(plain, one, 8).unique(dim=0)) == 1


def test_the_fog_is_as_wide_as_its_schedule_says():
    noise = InstanceNoise(0.8, steps=200)
    assert [noise.at(step) for step in (0, 50, 100, 200, 900)] == pytest.approx(
        [0.8, 0.6, 0.4, 0, 0]
    )
    torch.manual_seed(0)
    x = torch.full((4000, 3), 2.0)
    for step in (0, 100, 200):
        seen = noise(x) if noise.at(step) is not None else None
        assert (seen - x).std().item() == pytest.approx(0.8 * (1 - step / 200), abs=0.02)
    assert torch.equal(noise(x), x)  # it is gone


def test_the_fog_is_drawn_anew_for_real_and_fake_alike_and_absent_in_eval_mode():
    noise, x = InstanceNoise(1.0, steps=10), torch.zeros(2000, 2)
    assert not torch.equal(noise(x), noise(x))
    assert noise(x).std().item() == pytest.approx(noise(x).std().item(), rel=0.1)
    assert noise.eval()(x) is x


def test_behind_a_fog_a_wide_gap_has_a_slope():
    """Two points far apart: the best D is a cliff; with noise it is a slope that reaches G."""
    torch.manual_seed(0)

    def slope_at_fake(start):
        noise = InstanceNoise(start, steps=10)
        D = nn.Sequential(noise, nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 1))
        game = gan(nn.Linear(1, 1), D, latent=Normal(1), lr=5e-3, ema=None, device="cpu")
        critic = game.players[0]
        nn.init.zeros_(game.networks["G"].weight), nn.init.zeros_(game.networks["G"].bias)
        for _ in range(600):
            critic.move(torch.ones(64, 1))
        x = torch.zeros(1, 1, requires_grad=True)
        (slope,) = torch.autograd.grad(D.eval()(x).sigmoid().log().sum(), x)
        return D(x).item(), slope.item()

    sharp, soft = slope_at_fake(0.0), slope_at_fake(1.0)
    assert sharp[0] < -3 < soft[0] < 0 < soft[1]  # D is sure of nothing in the fog
    assert soft[1] == pytest.approx(0.6, abs=0.35)  # near (1 - sigma(-1/2)) / 1 of two Gaussians


def build():
    torch.manual_seed(0)
    noise = InstanceNoise(0.5, steps=40)
    networks = plain().networks
    G = nn.Sequential(*networks["G"][:2], KeptDropout(0.2), networks["G"][2])
    return gan(G, nn.Sequential(noise, *networks["D"]), latent=Normal(2), device="cpu"), noise


def test_the_level_is_in_the_checkpoint_and_resume_is_exact(tmp_path):
    straight, noise = build()
    for record in train(straight, points(), 40, report_every=10):
        noise.at(record["step"])
    first, noise = build()
    for record in train(first, points(), 20, report_every=10):
        noise.at(record["step"])
    save(first, tmp_path / "game.pt")
    second, noise = build()
    load(second, tmp_path / "game.pt")
    assert noise.level.item() == pytest.approx(0.25)
    for record in train(second, points(), 20, report_every=10):
        noise.at(record["step"])
    assert same(weights(straight), weights(second))


def test_float64_and_bfloat16_keep_their_dtype():
    for dtype in (torch.float64, torch.bfloat16):
        assert InstanceNoise(0.5, 10)(torch.zeros(3, 2, dtype=dtype)).dtype == dtype


def test_mistakes_get_one_clear_sentence():
    for start, steps in ((-1.0, 10), (0.5, 0)):
        with pytest.raises(ValueError, match="instance noise starts"):
            InstanceNoise(start, steps)
    game, _ = build()
    assert play(game, points(), 2)["step"] == 2
