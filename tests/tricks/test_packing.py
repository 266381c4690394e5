"""Packing: a D of one sample stays itself, and rows of m are those of PacGAN's recipe."""

import pytest
import torch
from games_for_tests import plain, points, same, weights
from torch import nn

from gan_course import Normal, gan, non_saturating, play, r1, sample
from gan_course.networks import mlp
from gan_course.tricks import Packed
from recipes.pacgan import discriminator


def test_one_sample_in_a_pack_is_the_plain_game_bit_for_bit():
    def build(pack):
        networks = plain().networks
        D = Packed(networks["D"], 1) if pack else networks["D"]
        torch.manual_seed(1)
        return gan(networks["G"], D, latent=Normal(2), device="cpu")

    games = [build(pack) for pack in (False, True)]
    for game in games:
        play(game, points(), 20)
    one, other = ([*weights(game).values()] for game in games)
    assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("m", [2, 4])
def test_a_row_gets_one_verdict_of_all_its_samples(m):
    torch.manual_seed(0)
    D, x = mlp(2 * m, 1), torch.randn(12, 2)
    out = Packed(D, m)(x)
    rows = [D(torch.cat([*x[i : i + m]])[None]) for i in range(0, 12, m)]
    assert torch.allclose(out, torch.cat(rows).repeat_interleave(m, 0))
    assert out.shape == (12, 1)


def test_images_are_packed_by_channels():
    D = nn.Sequential(nn.Conv2d(6, 1, 4), nn.Flatten())
    x = torch.randn(4, 3, 4, 4)
    assert torch.allclose(Packed(D, 2)(x)[2], D(torch.cat([x[2], x[3]])[None])[0])


@pytest.mark.parametrize("m", [2, 3])
def test_the_losses_are_those_of_the_authors_rows(m):
    """The recipe makes a sample of a row of m points; here the points stay samples."""
    torch.manual_seed(0)
    D, real, fake = discriminator(m), torch.randn(60, 2), torch.randn(60, 2)
    rows = [x.reshape(60 // m, 2 * m) for x in (real, fake)]
    packed, (a, b) = Packed(D, m), map(D, rows)
    wanted = non_saturating.d(a, b)
    found = non_saturating.d(packed(real), packed(fake))
    assert found.item() == pytest.approx(wanted.item(), rel=1e-6)
    slopes = [torch.autograd.grad(loss, D.parameters()) for loss in (wanted, found)]
    assert all(torch.allclose(s, t, atol=1e-6) for s, t in zip(*slopes, strict=True))


def test_r1_is_m_times_that_of_the_rows():
    torch.manual_seed(0)
    D, x = mlp(6, 1), torch.randn(30, 2)
    assert r1(Packed(D, 3), x).item() == pytest.approx(3 * r1(D, x.reshape(10, 6)).item(), rel=1e-5)


def test_a_packed_game_plays_and_its_g_makes_single_samples():
    torch.manual_seed(0)
    game = gan(mlp(2, 2), Packed(mlp(4, 1), 2), latent=Normal(2), device="cpu")
    play(game, points(32), 5)
    assert sample(game, 7).shape == (7, 2)
    assert not same(weights(game), weights(plain()))


def test_mistakes_get_one_clear_sentence():
    with pytest.raises(ValueError, match="1 or more samples"):
        Packed(mlp(2, 1), 0)
    game = gan(mlp(2, 2), Packed(mlp(6, 1), 3), latent=Normal(2), device="cpu")
    with pytest.raises(ValueError, match="packs of 3"):
        play(game, points(32), 1)
