"""StackGAN: pairs of three kinds, codes drawn about a mean, and a second stage on a frozen first."""

import pytest
import torch
from games_for_tests import same, weights
from recorders import Again
from torch import nn
from torch.distributions import Independent, Normal, kl_divergence

from gan_course import Normal as Latent
from gan_course import non_saturating, play, relativistic, sample, stackgan
from gan_course.accelerate import recorded
from gan_course.checkpoint import load, save
from gan_course.data import from_images
from gan_course.networks import (
    Chain,
    ConcatGaussian,
    ConcatOneHot,
    Refined,
    dcgan_discriminator,
    dcgan_generator,
    mlp,
    refiner,
)


def codes(classes=3, dim=4, spread=0.3):
    torch.manual_seed(1)
    layer = ConcatGaussian(classes, dim).double()
    nn.init.normal_(layer.embedding.weight, std=spread)
    return layer


def small_images(n=48, size=8):
    torch.manual_seed(5)
    return from_images(torch.rand(n, 1, size, size) * 2 - 1, torch.arange(n) % 3)


def first_stage(**options):
    torch.manual_seed(0)
    G = dcgan_generator(4, (1, 8, 8), 4, condition=ConcatGaussian(3, 4))
    D = dcgan_discriminator((1, 8, 8), 4, condition=ConcatOneHot(3), norm=nn.Identity)
    return stackgan(G, D, latent=Latent(4), device="cpu", **options)


def second_stage(first=None, **options):
    torch.manual_seed(2)
    first = first or dcgan_generator(4, (1, 8, 8), 4, condition=ConcatGaussian(3, 4))
    second = refiner((1, 8, 8), 16, 4, condition=ConcatGaussian(3, 5), blocks=1)
    D = dcgan_discriminator((1, 16, 16), 4, condition=ConcatOneHot(3), norm=nn.Identity)
    return stackgan(Refined(first, second), D, latent=Latent(4), device="cpu", **options)


@pytest.mark.parametrize("spread", [0.0, 0.3, 2.0])
def test_the_divergence_is_that_of_the_gaussians(spread):
    layer, y = codes(spread=spread), torch.tensor([0, 2, 1, 2])
    mu, log_sigma = layer.gaussian(y)
    mine = Independent(Normal(mu, log_sigma.exp()), 1)
    unit = Independent(Normal(torch.zeros_like(mu), torch.ones_like(mu)), 1)
    torch.testing.assert_close(layer.kl(y), kl_divergence(mine, unit))
    assert (layer.kl(y) >= 0).all() and (spread > 0 or not layer.kl(y).any())


@pytest.mark.parametrize("shape", [(6,), (2, 3, 3)])
def test_codes_are_drawn_about_their_class_and_stand_at_every_pixel(shape):
    layer, y = codes(), torch.arange(3).repeat(4000)
    h = torch.zeros(len(y), *shape).double()
    out = layer(h, y)[:, shape[0] :]
    assert out.shape[1] == layer.added == 4
    c = out.flatten(2)[:, :, 0] if len(shape) == 3 else out
    if len(shape) == 3:
        assert torch.equal(out, c[:, :, None, None].expand_as(out))
    mu, log_sigma = layer.gaussian(torch.arange(3))
    for k in range(3):
        torch.testing.assert_close(c[y == k].mean(0), mu[k], rtol=0, atol=0.08)
        torch.testing.assert_close(c[y == k].std(0), log_sigma[k].exp(), rtol=0.06, atol=0)
    assert not torch.equal(layer(h, y), layer(h, y))  # drawn anew, also in eval mode
    with pytest.raises(TypeError, match="int64"):
        layer(h, y.float())


@pytest.mark.parametrize("objective", [non_saturating, relativistic])
@pytest.mark.parametrize("weight", [0.0, 2.0])
def test_losses_are_the_papers(objective, weight):
    game = first_stage(objective=objective, weight=weight)
    G, D = game.networks["G"], game.networks["D"]
    x, y = small_images().x[:12], small_images().y[:12]
    d_player, g_player = game.players
    torch.manual_seed(7)
    loss, notes = d_player.loss(x, y)
    torch.manual_seed(7)
    fake = G(torch.randn(12, 4), y)
    other = (y + torch.randint(1, 3, (12,))) % 3
    assert (other != y).all()
    a, b, wrong = D(x, y), D(fake, y), D(x, other)
    torch.testing.assert_close(loss, (objective.d(a, b) + objective.d(a, wrong)) / 2)
    torch.testing.assert_close(notes["wrong"], wrong.mean())
    torch.manual_seed(7)
    loss, notes = g_player.loss(x, y)
    torch.manual_seed(7)
    b = D(G(torch.randn(12, 4), y), y)
    kl = next(m for m in G.modules() if isinstance(m, ConcatGaussian)).kl(y).mean()
    torch.testing.assert_close(loss, objective.g(b, D(x, y)) + weight * kl)
    torch.testing.assert_close(notes["kl"], kl)


def test_the_second_stage_leaves_the_first_as_it_is():
    first = first_stage()
    play(first, small_images().batches(16, labels=True, device="cpu"), 2)
    game = second_stage(first.averages["G"].network)
    before = weights(game)
    play(game, small_images(size=16).batches(16, labels=True, device="cpu"), 2)
    after = weights(game)
    moved = {name for name in after if not torch.equal(after[name], before[name])}
    assert moved and not any(".first." in name for name in moved)
    assert any(name.startswith("G.second.") for name in moved)
    x, y = small_images(size=16).x[:8], torch.arange(8) % 3
    (_, notes) = game.players[1].loss(x, y)
    layers = [m for m in game.networks["G"].second.modules() if isinstance(m, ConcatGaussian)]
    torch.testing.assert_close(notes["kl"], layers[0].kl(y).mean())  # of the second alone
    assert sample(game, 6, torch.arange(6) % 3).shape == (6, 1, 16, 16)


def test_it_resumes_bit_for_bit(tmp_path):
    data = small_images(size=16)
    straight, first = second_stage(), second_stage()
    play(straight, data.batches(16, labels=True, device="cpu"), 5)
    batches = data.batches(16, labels=True, device="cpu")
    play(first, batches, 3)
    save(first, tmp_path / "game.pt")
    second = load(second_stage(), tmp_path / "game.pt")
    play(second, batches, 2)
    assert same(weights(straight), weights(second))


@pytest.mark.parametrize(("side", "size"), [(8, 8), (8, 16), (8, 32), (4, 16)])
def test_a_refiner_doubles_as_often_as_asked(side, size):
    condition = ConcatGaussian(3, 5)
    start = condition.embedding.weight.clone()
    network = refiner((2, side, side), size, 4, condition=condition)
    y = torch.tensor([0, 1, 2])
    out = network(torch.rand(3, 2, side, side), y)
    assert out.shape == (3, 2, size, size) and out.abs().max() <= 1
    assert torch.equal(condition.embedding.weight, start)


@pytest.mark.parametrize(("side", "size"), [(8, 24), (8, 4), (5, 10), (8, 20)])
def test_a_refiner_refuses_other_sizes(side, size):
    with pytest.raises(ValueError, match="a refiner makes"):
        refiner((1, side, side), size, condition=ConcatGaussian(3))


def test_what_does_not_suit_it_is_one_sentence():
    with pytest.raises(ValueError, match="see labels"):
        stackgan(mlp(2, 2), mlp(2, 1), latent=Latent(2), device="cpu")
    with pytest.raises(ValueError, match="batches"):
        play(first_stage(), small_images().batches(16, device="cpu"), 1)
    blind = stackgan(
        Chain(ConcatGaussian(3, 2), *mlp(4, 2)), mlp(2, 1), latent=Latent(2), device="cpu"
    )
    points = from_images(torch.zeros(4, 1, 8, 8), torch.arange(4) % 3)
    with pytest.raises(ValueError, match="D"):
        play(blind, points.batches(4, labels=True, device="cpu"), 1)


def test_a_recorded_second_stage_equals_the_plain_one():
    """On a stand-in for CUDA graphs: codes and wrong labels are drawn anew."""
    there, game = second_stage(), second_stage()
    game = recorded(game, recorder := Again())
    for one in (there, game):
        play(one, small_images(size=16).batches(16, labels=True, device="cpu"), 6)
    a, b = weights(there), weights(game)
    assert all(torch.allclose(a[name], b[name], atol=1e-5) for name in a)
    assert recorder.recorded
