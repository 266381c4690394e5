"""ALI, BiGAN and the latent regressor: their losses, who moves, and the linear case solved."""

import math

import pytest
import torch
from games_for_tests import same, weights
from recorders import Again
from torch import nn
from torch.nn.functional import softplus

from gan_course import (
    Normal,
    ali,
    hinge,
    latent_regressor,
    least_squares,
    minimax,
    non_saturating,
    play,
    r1,
    relativistic,
    sample,
    wasserstein,
)
from gan_course.accelerate import recorded
from gan_course.checkpoint import load, save
from gan_course.data import Dataset, from_images, ring
from gan_course.divergences import posterior
from gan_course.networks import EvenSpread, Gaussian, JointDiscriminator, dcgan_generator, mlp

A, NOISE = 1.5, 0.8


def points(n=32):
    return ring().batches(n, device="cpu")


def pair_game(draws=False, **options):
    torch.manual_seed(0)
    E, G = mlp(2, 6 if draws else 3, (16,)), mlp(3, 2, (16,))
    D = JointDiscriminator(mlp(2 + 3, 1, (16,)))
    return ali(Gaussian(E) if draws else E, G, D, latent=Normal(3), device="cpu", **options)


@pytest.mark.parametrize("draws", [False, True])
def test_both_losses_are_those_of_the_authors(draws):
    game, x = pair_game(draws), next(points())[0]
    E, G, D = (game.networks[name] for name in "EGD")
    losses = []
    for player in game.players:
        torch.manual_seed(1)
        losses.append(player.loss(x)[0].item())
    torch.manual_seed(1)
    z = torch.randn(32, 3)
    encoded, decoded = D(x, E(x)), D(G(z), z)
    d = softplus(-encoded).mean() + softplus(decoded).mean()
    eg = softplus(encoded).mean() + softplus(-decoded).mean()
    assert losses == pytest.approx([d.item(), eg.item()], rel=1e-5)


@pytest.mark.parametrize(
    ("objective", "expected"),
    [
        (minimax, lambda a, b: -softplus(-a).mean() - softplus(b).mean()),
        (least_squares, lambda a, b: (a.square().mean() + (b - 1).square().mean()) / 2),
        (hinge, lambda a, b: a.mean() - b.mean()),
        (wasserstein, lambda a, b: a.mean() - b.mean()),
        (relativistic, lambda a, b: softplus(a - b).mean()),
    ],
)
def test_e_and_g_want_both_kinds_of_pairs_called_by_the_others_name(objective, expected):
    game, x = pair_game(objective=objective), next(points())[0]
    E, G, D = (game.networks[name] for name in "EGD")
    torch.manual_seed(1)
    loss, _ = game.players[1].loss(x)
    torch.manual_seed(1)
    z = torch.randn(32, 3)
    wanted = expected(D(x, E(x)), D(G(z), z))
    assert loss.item() == pytest.approx(wanted.item(), rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("player", [0, 1])
def test_only_the_mover_moves(player):
    game = pair_game()
    before = weights(game)
    game.players[player].move(next(points())[0])
    after = weights(game)
    changed = {name[0] for name in after if not torch.equal(before[name], after[name])}
    assert changed == ({"D"}, {"E", "G"})[player]


def test_a_penalty_sees_pairs_as_rows():
    losses, x = [], next(points())[0]
    for penalties in ([], [(2.0, r1)]):
        game = pair_game(penalties=penalties)
        torch.manual_seed(1)
        losses.append(game.players[0].loss(x)[0])
    E, D = game.networks["E"], game.networks["D"]
    v = torch.cat([x, E(x)], 1).detach().requires_grad_()
    (slope,) = torch.autograd.grad(D(v[:, :2], v[:, 2:]).sum(), v)
    expected = slope.square().sum(1).mean()  # twice the half of R1
    assert (losses[1] - losses[0]).item() == pytest.approx(expected.item(), rel=1e-4)


def test_images_go_to_a_penalty_and_back():
    torch.manual_seed(0)
    E = nn.Sequential(nn.Flatten(), nn.Linear(64, 4))
    D = JointDiscriminator(mlp(3 + 4, 1), of_x=nn.Conv2d(1, 3, 8))
    G = dcgan_generator(4, (1, 8, 8), 4)
    game = ali(E, G, D, latent=Normal(4), penalties=[(1.0, r1)], device="cpu")
    images = from_images(torch.rand(32, 1, 8, 8) * 2 - 1, torch.zeros(32).long())
    record = play(game, images.batches(16, device="cpu"), 2)
    assert math.isfinite(record["D_loss"]) and sample(game, 3).shape == (3, 1, 8, 8)


@pytest.mark.parametrize("draws", [False, True])
def test_it_resumes_bit_for_bit(tmp_path, draws):
    straight, first = pair_game(draws), pair_game(draws)
    play(straight, points(), 5)
    batches = points()
    play(first, batches, 3)
    save(first, tmp_path / "game.pt")
    second = load(pair_game(draws), tmp_path / "game.pt")
    play(second, batches, 2)
    assert same(weights(straight), weights(second))


def test_a_simultaneous_game_finds_both_gradients_first():
    together, x = pair_game(simultaneous=True), next(points())[0]
    torch.manual_seed(3)
    for player in together.players:
        player.gradients(x)
    found = [p.grad.clone() for p in together.players[1].parameters]
    apart = pair_game()
    torch.manual_seed(3)
    apart.players[0].move(x)
    apart.players[1].gradients(x)
    assert any(not torch.equal(a, p.grad) for a, p in zip(found, apart.players[1].parameters))
    assert play(pair_game(simultaneous=True), points(), 2)["step"] == 2


def test_a_recorded_game_equals_the_plain_one():
    """On a stand-in for CUDA graphs: codes and latents are drawn anew."""
    there, game = pair_game(draws=True), recorded(pair_game(draws=True), recorder := Again())
    for one in (there, game):
        play(one, points(), 6)
    a, b = weights(there), weights(game)
    assert all(torch.allclose(a[name], b[name], atol=1e-5) for name in a)
    assert recorder.recorded


def test_bf16_keeps_losses_in_float32():
    game = pair_game(draws=True, bf16=True, penalties=[(1.0, r1)])
    for player in game.players:
        loss, notes = player.loss(next(points())[0])
        assert loss.dtype == torch.float32 and loss.isfinite()
    assert all(note.isfinite() for note in notes.values())


class Quadratic(nn.Module):
    """The logit of all pairs of Gaussians: linear in (x, z) and their products."""

    def __init__(self):
        super().__init__()
        self.last = nn.Linear(5, 1)
        nn.init.zeros_(self.last.weight), nn.init.zeros_(self.last.bias)

    def forward(self, v):
        x, z = v[:, :1], v[:, 1:]
        return self.last(torch.cat([v, x * x, x * z, z * z], 1))


def line():
    """Numbers x = a z + noise e, whose z is forgotten."""
    generator = torch.Generator().manual_seed(0)
    z, e = torch.randn(2, 20_000, 1, generator=generator)
    return Dataset("line", A * z + NOISE * e)


def linear(slope=None, spread=None):
    """A line with noise about it, at the given place or where torch begins."""
    network = Gaussian(EvenSpread(nn.Linear(1, 1), 1))
    if slope is not None:
        with torch.no_grad():
            network.body.network.weight.fill_(slope), network.body.network.bias.zero_()
            network.body.log_sigma.fill_(math.log(spread))
    return network


def place(network):
    """Slope, shift and spread of such a network."""
    body = network.body
    return [t.item() for t in (body.network.weight, body.network.bias, body.log_sigma.exp())]


def linear_game(E, G, **options):
    D = JointDiscriminator(Quadratic())
    rates = {"lr": 1e-2, "lr_D": 2e-2, "betas": (0.0, 0.9), "ema": 0.99, **options}
    return ali(E, G, D, latent=Normal(1), device="cpu", **rates)


def test_an_encoder_trained_against_a_g_that_rests_finds_the_posterior():
    torch.manual_seed(1)
    game = linear_game(linear(), linear(A, NOISE).requires_grad_(False))
    play(game, line().batches(512, device="cpu"), 450)
    slope, shift, spread = place(game.averages["E"].network)
    B, T = posterior(A, NOISE)
    assert slope == pytest.approx(B.item(), abs=0.05) and shift == pytest.approx(0, abs=0.05)
    assert spread == pytest.approx(T.item() ** 0.5, abs=0.07)


def test_without_noise_e_and_g_become_inverse_to_each_other():
    torch.manual_seed(1)
    game = linear_game(nn.Linear(1, 1), nn.Linear(1, 1), penalties=[(0.1, r1)])
    play(game, line().batches(512, device="cpu"), 450)
    E, G = (game.averages[name].network for name in "EG")
    deviation = math.hypot(A, NOISE)
    assert abs(G.weight.item()) == pytest.approx(deviation, rel=0.05)
    assert E.weight.item() * G.weight.item() == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.99])
def test_any_correlation_of_code_and_data_is_an_equilibrium(correlation):
    """Where E and G draw, joint matching does not ask that a code says anything of x."""
    deviation = math.hypot(A, NOISE)
    a, noise = correlation * deviation, deviation * math.sqrt(1 - correlation**2)
    B, T = posterior(a, noise)
    game = linear_game(linear(B.item(), T.item() ** 0.5), linear(a, noise))
    torch.manual_seed(0)
    x = deviation * torch.randn(200_000, 1)
    d = game.players[0]
    d.gradients(x)  # of D = 0, the logit of equal pairs
    assert d.gradient_norm() < 0.05
    with torch.no_grad():  # any other D: what it sees of one kind of pairs it sees of the other
        game.networks["D"].head.last.weight.copy_(torch.tensor([[0.3, -0.2, 0.1, -0.4, 0.2]]))
    _, notes = d.loss(x)
    assert notes["real"].item() == pytest.approx(notes["fake"].item(), abs=0.03)


def test_a_latent_regressor_learns_the_mean_and_leaves_g_alone():
    torch.manual_seed(1)
    E, G = nn.Linear(1, 1), linear(A, NOISE)
    before = place(G)
    game = latent_regressor(E, G, latent=Normal(1), lr=1e-2, ema=0.99, device="cpu")
    record = play(game, line().batches(512, device="cpu"), 300)
    B, T = posterior(A, NOISE)
    assert game.averages["E"].network.weight.item() == pytest.approx(B.item(), abs=0.05)
    assert play(game, line().batches(512, device="cpu"), 50)["E_loss"] == pytest.approx(
        T.item(), abs=0.05
    )
    assert place(G) == before and all(p.requires_grad for p in G.parameters())
    assert "G" in game.networks and record["E_gradient"] > 0


def test_what_does_not_suit_it_is_one_sentence():
    E, G = mlp(2, 3), mlp(3, 2)
    D = JointDiscriminator(mlp(5, 1))
    make = {"latent": Normal(3), "device": "cpu"}
    with pytest.raises(ValueError, match=r"z is \[32, 3\] and E returned \[32, 4\]"):
        play(ali(mlp(2, 4), mlp(4, 2), JointDiscriminator(mlp(6, 1)), **make), points(), 1)
    with pytest.raises(ValueError, match="shaped like the data"):
        play(ali(E, mlp(3, 5), D, **make), points(), 1)
    with pytest.raises(ValueError, match=r"D does not take \[32, 2\].* and \[32, 3\]"):
        play(ali(E, G, JointDiscriminator(mlp(9, 1)), **make), points(), 1)
    with pytest.raises(ValueError, match="E does not take"):
        play(ali(mlp(7, 3), G, D, **make), points(), 1)
    with pytest.raises(ValueError, match="one row of logits"):
        play(
            ali(
                E,
                G,
                JointDiscriminator(
                    nn.Sequential(nn.Linear(5, 1), nn.Flatten(0, 1), nn.Unflatten(0, (8, 4)))
                ),
                **make,
            ),
            points(),
            1,
        )
    with pytest.raises(ValueError, match="without labels"):
        play(ali(E, G, D, **make), ring().batches(8, labels=True, device="cpu"), 1)
    with pytest.raises(ValueError, match="rescale the data"):
        tanh = nn.Sequential(mlp(3, 2), nn.Tanh())
        play(ali(E, tanh, D, **make), Dataset("far", 9 * torch.randn(99, 2)).batches(9), 1)
    with pytest.warns(UserWarning, match="sigmoid"):
        probability = JointDiscriminator(nn.Sequential(mlp(5, 1), nn.Sigmoid()))
        play(ali(E, G, probability, **make), points(), 1)
    with pytest.raises(ValueError, match="E returned"):
        play(latent_regressor(mlp(2, 4), mlp(4, 2), **make), points(), 1)


def test_non_saturating_and_minimax_pull_the_same_way_where_d_cannot_tell():
    """At D = 0 both losses have the slope 1/2 in each logit."""
    found = []
    for objective in (non_saturating, minimax):
        game = pair_game(objective=objective)
        last = game.networks["D"].head[-1]
        with torch.no_grad():
            last.bias.zero_(), last.weight.mul_(1e-4)
        torch.manual_seed(2)
        game.players[1].gradients(next(points())[0])
        found.append(torch.cat([p.grad.flatten() for p in game.players[1].parameters]))
    cosine = torch.cosine_similarity(*found, dim=0)
    assert cosine > 0.999
