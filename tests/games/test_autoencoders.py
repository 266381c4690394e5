"""Autoencoders of three kinds: their losses, their order of play, and the linear case solved."""

import math

import pytest
import torch
from games_for_tests import same, weights
from recorders import Again
from test_ali import NOISE, A, line, linear, place
from torch import nn
from torch.nn.functional import softplus

from gan_course import (
    Categorical,
    Concat,
    Normal,
    Petals,
    adversarial_autoencoder,
    autoencoder,
    play,
    r1,
    sample,
    vae,
)
from gan_course.accelerate import recorded
from gan_course.checkpoint import load, save
from gan_course.data import ring
from gan_course.divergences import posterior
from gan_course.networks import Chain, ConcatOneHot, Gaussian, SoftmaxFirst, kl_to_normal, mlp


def points(n=32, labels=False):
    return ring().batches(n, labels=labels, device="cpu")


def plain(**options):
    torch.manual_seed(0)
    return autoencoder(mlp(2, 3, (16,)), mlp(3, 2, (16,)), device="cpu", **options)


def variational(noise=0.5, **options):
    torch.manual_seed(0)
    E = Gaussian(mlp(2, 6, (16,)))
    return vae(E, mlp(3, 2, (16,)), noise=noise, latent=Normal(3), device="cpu", **options)


def adversarial(**options):
    torch.manual_seed(0)
    E, G, D = mlp(2, 3, (16,)), mlp(3, 2, (16,)), mlp(3, 1, (16,))
    return adversarial_autoencoder(E, G, D, prior=Normal(3), device="cpu", **options)


def supervised(**options):
    torch.manual_seed(0)
    E, G = mlp(2, 2, (16,)), mlp(2, 2, (16,))
    D = Chain(ConcatOneHot(8), *mlp(2 + 8, 1, (16,)))
    return adversarial_autoencoder(E, G, D, prior=Petals(8), device="cpu", **options)


GAMES = {"ae": plain, "vae": variational, "aae": adversarial, "supervised": supervised}


def test_an_autoencoder_has_a_mean_square_and_no_codes_to_sample():
    game, x = plain(), next(points())[0]
    E, G = game.networks["E"], game.networks["G"]
    loss, notes = game.players[0].loss(x)
    assert loss.item() == pytest.approx((x - G(E(x))).square().mean().item()) and not notes
    with pytest.raises(ValueError, match="no latent"):
        sample(game, 4)


@pytest.mark.parametrize("noise", [0.1, 1.0])
def test_a_vae_lowers_the_negative_elbo(noise):
    game, x = variational(noise), next(points())[0]
    E, G = game.networks["E"], game.networks["G"]
    torch.manual_seed(1)
    loss, notes = game.players[0].loss(x)
    torch.manual_seed(1)
    mu, log_sigma = E.gaussian(x)
    z = mu + log_sigma.exp() * torch.randn(32, 3)
    density = torch.distributions.Normal(G(z), noise).log_prob(x).sum(1)
    kl = kl_to_normal(mu, log_sigma)
    assert loss.item() == pytest.approx((kl - density).mean().item(), rel=1e-5)
    assert notes["kl"].item() == pytest.approx(kl.mean().item(), rel=1e-5)
    assert notes["error"].item() == pytest.approx((x - G(z)).square().mean().item(), rel=1e-5)


def test_an_adversarial_autoencoder_plays_in_the_papers_order():
    game, x = adversarial(), next(points())[0]
    assert [player.name for player in game.players] == ["EG", "D", "E"]
    E, G, D = (game.networks[name] for name in "EGD")
    losses = []
    for player in game.players:
        torch.manual_seed(1)
        losses.append(player.loss(x)[0].item())
    torch.manual_seed(1)
    real, code = D(torch.randn(32, 3)), D(E(x))
    expected = [(x - G(E(x))).square().mean()]
    expected += [softplus(-real).mean() + softplus(code).mean(), softplus(-code).mean()]
    assert losses == pytest.approx([each.item() for each in expected], rel=1e-5)
    movers = []
    for player in game.players:
        before = weights(game)
        player.move(x)
        after = weights(game)
        movers.append({name[0] for name in after if not torch.equal(before[name], after[name])})
    assert movers == [{"E", "G"}, {"D"}, {"E"}]


def test_with_labels_d_is_told_which_petal_is_meant():
    game, (x, y) = supervised(), next(points(labels=True))
    E, D = game.networks["E"], game.networks["D"]
    torch.manual_seed(1)
    loss, _ = game.players[1].loss(x, y)
    torch.manual_seed(1)
    z = Petals(8)(32, None, y)
    assert torch.equal(Petals(8).nearest(z), y)
    expected = softplus(-D(z, y)).mean() + softplus(D(E(x), y)).mean()
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)


def test_a_penalty_is_of_the_codes_logit():
    losses, x = [], next(points())[0]
    for penalties in ([], [(2.0, r1)]):
        game = adversarial(penalties=penalties)
        torch.manual_seed(1)
        losses.append(game.players[1].loss(x)[0])
    torch.manual_seed(1)
    expected = 2 * r1(game.networks["D"], torch.randn(32, 3))
    assert (losses[1] - losses[0]).item() == pytest.approx(expected.item(), rel=1e-4)


@pytest.mark.parametrize("name", GAMES)
def test_they_resume_bit_for_bit(tmp_path, name):
    make, labels = GAMES[name], name == "supervised"
    straight, first = make(), make()
    play(straight, points(labels=labels), 5)
    batches = points(labels=labels)
    play(first, batches, 3)
    save(first, tmp_path / "game.pt")
    second = load(make(), tmp_path / "game.pt")
    play(second, batches, 2)
    assert same(weights(straight), weights(second))


@pytest.mark.parametrize("name", ["vae", "supervised"])
def test_recorded_games_equal_plain_ones(name):
    """On a stand-in for CUDA graphs: codes and latents are drawn anew."""
    labels = name == "supervised"
    there, game = GAMES[name](), recorded(GAMES[name](), recorder := Again())
    for one in (there, game):
        play(one, points(labels=labels), 6)
    a, b = weights(there), weights(game)
    assert all(torch.allclose(a[key], b[key], atol=1e-5) for key in a)
    assert recorder.recorded


@pytest.mark.parametrize("name", GAMES)
def test_bf16_keeps_losses_in_float32(name):
    game = GAMES[name](bf16=True)
    batch = next(points(labels=True)) if name == "supervised" else next(points())
    for player in game.players:
        loss, _ = player.loss(*batch)
        assert loss.dtype == torch.float32 and loss.isfinite()


def test_a_linear_vae_finds_the_likelihood_and_the_posterior():
    torch.manual_seed(1)
    game = vae(linear(), nn.Linear(1, 1), noise=NOISE, latent=Normal(1), lr=2e-2, ema=0.99, device="cpu")  # fmt: skip
    batches = line().batches(512, device="cpu")
    play(game, batches, 450)
    G = game.averages["G"].network
    assert abs(G.weight.item()) == pytest.approx(A, abs=0.06)
    B, T = posterior(G.weight.item(), NOISE)
    slope, _, spread = place(game.averages["E"].network)
    assert slope == pytest.approx(B.item(), abs=0.03)
    assert spread == pytest.approx(T.item() ** 0.5, abs=0.03)
    entropy = math.log(math.hypot(A, NOISE) * math.sqrt(2 * math.pi * math.e))  # of x
    assert play(game, batches, 100)["EG_loss"] == pytest.approx(entropy, abs=0.02)


class Quadratic(nn.Module):
    """The logit of two Gaussians on the line."""

    def __init__(self):
        super().__init__()
        self.last = nn.Linear(2, 1)

    def forward(self, z):
        return self.last(torch.cat([z, z * z], 1))


def test_an_adversarial_autoencoder_gives_its_codes_the_priors_spread():
    torch.manual_seed(1)
    game = adversarial_autoencoder(
        nn.Linear(1, 1), nn.Linear(1, 1), Quadratic(), prior=Normal(1), lr=1e-2, lr_D=2e-2,
        betas=(0.0, 0.9), ema=0.99, device="cpu",
    )  # fmt: skip
    play(game, line().batches(512, device="cpu"), 450)
    E, G = (game.averages[name].network.weight.item() for name in "EG")
    deviation = math.hypot(A, NOISE)
    assert abs(E) == pytest.approx(1 / deviation, rel=0.06)
    assert abs(G * E - 1) < 0.05


def test_a_code_of_one_in_ten_and_a_style_fits_a_prior_of_both():
    torch.manual_seed(0)
    E = nn.Sequential(mlp(2, 12), SoftmaxFirst(10))
    game = adversarial_autoencoder(
        E, mlp(12, 2), mlp(12, 1), prior=Concat(Categorical(10), Normal(2)), device="cpu"
    )
    play(game, points(), 2)
    assert sample(game, 5).shape == (5, 2)


def test_what_does_not_suit_them_is_one_sentence():
    with pytest.raises(TypeError, match="Gaussian"):
        vae(mlp(2, 3), mlp(3, 2), noise=1.0, latent=Normal(3))
    with pytest.raises(TypeError, match="Normal"):
        vae(Gaussian(mlp(2, 4)), mlp(2, 2), noise=1.0, latent=Petals())
    with pytest.raises(ValueError, match="noise must be a finite number above 0"):
        variational(noise=0.0)
    with pytest.raises(ValueError, match="one behind the other"):
        odd = vae(Gaussian(mlp(2, 5)), mlp(3, 2), noise=1.0, latent=Normal(3), device="cpu")
        play(odd, points(), 1)
    with pytest.raises(ValueError, match="E returned"):
        wrong = vae(Gaussian(mlp(2, 8)), mlp(4, 2), noise=1.0, latent=Normal(3), device="cpu")
        play(wrong, points(), 1)
    with pytest.raises(ValueError, match="without labels"):
        play(plain(), points(labels=True), 1)
    with pytest.raises(ValueError, match="the prior does not take"):
        play(adversarial(), points(labels=True), 1)
    with pytest.raises(ValueError, match="D does not take"):
        play(supervised(), points(), 1)
    with pytest.raises(ValueError, match="shaped like the data"):
        play(autoencoder(mlp(2, 3), mlp(3, 4), device="cpu"), points(), 1)
