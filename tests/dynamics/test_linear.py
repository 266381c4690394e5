"""Jacobians against finite differences and by hand; a whole game of networks."""

import pytest
import torch
from torch import nn

from gan_course import gan, gradient_penalty, minimax, non_saturating, play, r1, wasserstein
from gan_course.dynamics import (
    alternating,
    dirac,
    eigenvalues,
    extragradient,
    forsaken,
    game_field,
    jacobian,
    quadratic,
    with_consensus,
)
from gan_course.networks import mlp


def differences(v, w, eps=1e-6):
    columns = [(v(w + eps * e) - v(w - eps * e)) / (2 * eps) for e in torch.eye(len(w)).to(w)]
    return torch.stack(columns, dim=1)


@pytest.mark.parametrize(
    "v",
    [
        quadratic(1.0, 2.0, 3.0),
        forsaken,
        dirac(),
        dirac(non_saturating, lambda psi: psi**2),
        dirac(minimax, noise=0.7),
        with_consensus(dirac(), 0.5),
    ],
)
def test_the_jacobian_agrees_with_finite_differences(v):
    for w in torch.tensor([[0.3, -0.8], [0.0, 0.0]]).double():
        assert torch.allclose(jacobian(v, w), differences(v, w), atol=1e-7)


def test_the_jacobian_of_the_quadratic_game_by_hand():
    expected = torch.tensor([[-1.0, -3.0], [3.0, -2.0]]).double()
    assert torch.equal(jacobian(quadratic(1.0, 2.0, 3.0), torch.ones(2).double()), expected)


def test_eigenvalues_come_by_falling_real_part():
    found = eigenvalues(quadratic(1.0, 2.0, 0.0), torch.zeros(2).double())
    assert found.real.tolist() == [-1.0, -2.0]


def small(objective=minimax, penalties=(), widths=(4,), n=32, **kwargs):
    torch.manual_seed(0)
    G, D = mlp(1, 1, widths, nn.Tanh).double(), mlp(1, 1, widths, nn.Tanh).double()
    z = torch.linspace(-2, 2, n).double()[:, None]
    options = {"optimizer": torch.optim.SGD, "lr": 0.1, "ema": None, "device": "cpu"} | kwargs
    game = gan(G, D, objective, latent=lambda n, _: z[:n], penalties=penalties, **options)
    return game, torch.randn(n, 1).double()


@pytest.mark.parametrize("objective", [minimax, non_saturating, wasserstein])
@pytest.mark.parametrize("penalties", [(), [(0.5, r1)]])
def test_the_jacobian_of_a_game_agrees_with_finite_differences(objective, penalties):
    game, x = small(objective, penalties)
    v = game_field(game, x)
    J = v.jacobian(v.weights)
    assert torch.allclose(J, differences(v, v.weights, 1e-5), atol=1e-8)
    assert J.shape == (26, 26) and jacobian(v, v.weights).equal(J)


def test_the_field_of_a_game_is_what_its_players_do():
    game, x = small(penalties=[(0.5, r1)], simultaneous=True)
    v = game_field(game, x)
    expected = v.weights + 0.1 * v(v.weights)

    def batches():
        while True:
            yield x

    play(game, batches(), 1)
    assert torch.allclose(game_field(game, x).weights, expected, atol=1e-14)


def test_the_fields_steps_are_those_of_any_other():
    game, x = small(lr=0.05)
    v = game_field(game, x)
    order = [v.blocks["D"], v.blocks["G"]]
    by_hand = alternating(v, v.weights, 0.05, order)

    def batches():
        while True:
            yield x

    play(game, batches(), 1)
    after = game_field(game, x)
    assert torch.allclose(after.weights, by_hand, atol=1e-14)
    looked = v.weights + 0.05 * v(v.weights)
    assert torch.allclose(extragradient(v, v.weights, 0.05), v.weights + 0.05 * v(looked))


def test_the_blocks_of_a_zero_sum_game():
    game, x = small()
    v = game_field(game, x)
    J, D, G = v.jacobian(v.weights), v.blocks["D"], v.blocks["G"]
    DD, DG, GD, GG = J[D][:, D], J[D][:, G], J[G][:, D], J[G][:, G]
    assert torch.allclose(DD, DD.T, atol=1e-12) and torch.allclose(GG, GG.T, atol=1e-12)
    assert torch.allclose(GD, -DG.T, atol=1e-12) and DG.abs().max() > 1e-3
    last = [D[-1], G[-1]]  # D's last bias: its loss is convex there, so the push falls
    assert J[last[0], last[0]] < 0


def test_a_linear_game_of_networks_by_hand():
    """D(x) = psi x + k, G(z) = theta + s z, Wasserstein: bilinear in the weights."""
    torch.manual_seed(0)
    G, D = nn.Linear(1, 1).double(), nn.Linear(1, 1).double()
    z, x = torch.tensor([[-1.0], [1.0]]).double(), torch.tensor([[0.0], [1.0]]).double()
    game = gan(
        G, D, wasserstein, latent=lambda n, _: z, optimizer=torch.optim.SGD, ema=None, device="cpu"
    )
    v = game_field(game, x)
    psi = D.weight.item()
    # order: D's weight and bias, G's weight and bias. L_D = psi (s E z + theta - E x), E z = 0
    expected = torch.zeros(4, 4).double()
    expected[0, 3], expected[3, 0] = -1.0, 1.0
    assert torch.allclose(v.jacobian(v.weights), expected, atol=1e-12)
    assert torch.allclose(v(v.weights)[3], torch.tensor(psi).double())


def test_asking_leaves_the_game_and_torchs_draws_alone():
    game, x = small()
    before = [p.clone() for player in game.players for p in player.parameters]
    torch.manual_seed(5)
    expected = torch.randn(3)
    torch.manual_seed(5)
    v = game_field(game, x)
    v.jacobian(v.weights), v(v.weights + 1)
    assert torch.equal(torch.randn(3), expected)
    after = [p for player in game.players for p in player.parameters]
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))


def test_a_drawn_latent_is_drawn_alike_each_time():
    game, x = small()
    G, D = game.networks["G"], game.networks["D"]
    random = gan(
        G, D, minimax, latent=lambda n, _: torch.randn(n, 1).double(), ema=None, device="cpu"
    )
    v = game_field(random, x)
    assert torch.equal(v(v.weights), v(v.weights))
    assert not torch.equal(v(v.weights), game_field(random, x, seed=1)(v.weights))
    assert torch.allclose(v.jacobian(v.weights), differences(v, v.weights, 1e-5), atol=1e-8)


def test_a_penalty_at_fakes_is_refused_as_its_slope_is_hidden():
    game, x = small(penalties=[(0.5, gradient_penalty)])
    v = game_field(game, x)
    with pytest.raises(ValueError, match="detaches"):
        v.jacobian(v.weights)


def test_what_game_field_cannot_take_is_said():
    lazy, x = small(penalties=[(0.5, r1, 4)])
    with pytest.raises(ValueError, match=r"two players, got \['D', 'D_r1', 'G'\]"):
        game_field(lazy, x)
    game, x = small()
    game.networks["G"].float()
    with pytest.raises(ValueError, match="float64"):
        game_field(game, x)


@pytest.mark.cuda
def test_the_jacobian_of_a_game_is_the_same_on_a_gpu():
    game, x = small(penalties=[(0.5, r1)])
    expected = game_field(game, x).jacobian(game_field(game, x).weights)
    G, D = game.networks["G"], game.networks["D"]
    z = torch.linspace(-2, 2, len(x)).double()[:, None].cuda()
    there = gan(
        G, D, minimax, latent=lambda n, _: z[:n], penalties=[(0.5, r1)], ema=None, device="cuda"
    )
    v = game_field(there, x.cuda())
    assert torch.allclose(v.jacobian(v.weights).cpu(), expected, atol=1e-9)
