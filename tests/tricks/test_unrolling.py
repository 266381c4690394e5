"""Unrolled D: G's gradient goes through D's moves, by finite differences and in closed form."""

from functools import partial

import pytest
import torch
from games_for_tests import plain, points, same, weights
from torch import nn

from gan_course import Objective, gan, minimax, play, r1, relativistic
from gan_course.objectives import non_saturating, wasserstein
from gan_course.tricks import unrolled

SGD = partial(torch.optim.SGD, lr=0.1)


class Number(nn.Module):
    """A G that returns its one number, or a D that multiplies by it."""

    def __init__(self, value, multiply):
        super().__init__()
        self.value, self.multiply = (
            nn.Parameter(torch.tensor([value], dtype=torch.float64)),
            multiply,
        )

    def forward(self, x):
        return self.value * x if self.multiply else self.value.expand(len(x), 1)


def zeros(n, device=None):
    return torch.zeros(n, 1, dtype=torch.float64, device=device)


def bilinear(x, y, step):
    """D(a) = y a and G(z) = x, data at 0: D minimises x y, G minimises -x y."""
    return gan(
        Number(x, False), Number(y, True), wasserstein, latent=zeros, ema=None, device="cpu",
        optimizer=lambda parameters, lr: torch.optim.SGD(parameters, step),
        simultaneous=True,
    )  # fmt: skip


@pytest.mark.parametrize("K", [0, 1, 3, 7])
def test_on_the_bilinear_game_it_damps_as_the_closed_form_says(K):
    """D minimises y x, G minimises -x y_K with y_K = y - K e x: its gradient is -y + 2 K e x."""
    e, x, y = 0.1, 0.7, -1.3
    game = unrolled(bilinear(x, y, e), wasserstein, K)
    found = next(p for p in game.players if p.name == "G")
    batch = torch.zeros(4, 1, dtype=torch.float64)
    found.gradients(batch)
    (gradient,) = [p.grad.item() for p in found.parameters]
    assert gradient == pytest.approx(-y + 2 * K * e * x, abs=1e-12)


@pytest.mark.parametrize("K", [1, 5])
def test_the_bilinear_field_has_the_eigenvalues_of_the_closed_form(K):
    """-K e +- sqrt(K^2 e^2 - 1): damped, where the plain game turns in circles."""
    e = 0.1

    def moved(x, y):
        game = unrolled(bilinear(x, y, e), wasserstein, K)
        play(game, [torch.zeros(4, 1, dtype=torch.float64)], 1)
        return torch.tensor([game.networks[k].value.item() for k in "GD"]).double()

    columns = [(moved(*w) - torch.tensor(w).double()) / e for w in ((1.0, 0.0), (0.0, 1.0))]
    eigenvalues = torch.linalg.eigvals(torch.stack(columns, 1).float())
    root = torch.sqrt(torch.tensor(K**2 * e**2 - 1, dtype=torch.complex64))
    wanted = torch.stack([-K * e + root, -K * e - root])
    assert torch.allclose(eigenvalues.imag.sort().values, wanted.imag.sort().values, atol=1e-5)
    assert torch.allclose(eigenvalues.real, wanted.real, atol=1e-5)


@pytest.mark.parametrize("optimizer", [SGD, partial(torch.optim.Adam, lr=0.01)])
@pytest.mark.parametrize("objective", [minimax, non_saturating, relativistic])
def test_its_gradient_is_that_of_finite_differences(optimizer, objective):
    torch.manual_seed(0)
    G = nn.Sequential(nn.Linear(2, 5), nn.Tanh(), nn.Linear(5, 2)).double()
    D = nn.Sequential(nn.Linear(2, 5), nn.Tanh(), nn.Linear(5, 1)).double()
    z, real = torch.randn(2, 12, 2, dtype=torch.float64)
    game = gan(
        G, D, objective, latent=lambda n, device=None: z, ema=None, device="cpu",
        optimizer=lambda parameters, lr: optimizer(parameters),
    )  # fmt: skip
    play(game, [real], 3)  # Adam has moments by now
    player = unrolled(game, objective, 3).players[-1]
    player.gradients(real)
    for parameter in player.parameters:
        flat, gradient = parameter.data.view(-1), parameter.grad.view(-1)
        for i in range(0, len(flat), 3):
            values = []
            for sign in (1, -1):
                flat[i] += sign * 1e-5
                values.append(player.loss(real)[0].item())
                flat[i] -= sign * 1e-5
            assert gradient[i] == pytest.approx((values[0] - values[1]) / 2e-5, abs=2e-7, rel=1e-5)


@pytest.mark.parametrize("optimizer", [SGD, partial(torch.optim.Adam, lr=0.01, betas=(0.5, 0.9))])
def test_the_d_ahead_is_the_d_that_torchs_optimizer_reaches(optimizer):
    """The loss of an unrolled G is G's loss after K true moves of D on the same batch."""
    game = plain()
    z, (real,) = torch.randn(32, 2), next(points())
    game = gan(*game.networks.values(), latent=lambda n, device=None: z, ema=None, device="cpu",
               optimizer=lambda parameters, lr: optimizer(parameters))  # fmt: skip
    play(game, [real], 2)
    ahead = unrolled(game, non_saturating, 4).players[-1].loss(real)[0].item()
    for _ in range(4):
        game.players[0].move(real)
    assert ahead == pytest.approx(game.players[-1].loss(real)[0].item(), rel=1e-5)


def test_none_ahead_is_the_game_before():
    games = plain(), unrolled(plain(), non_saturating, 0)
    for game in games:
        play(game, points(), 20)
    assert same(*map(weights, games))


def test_only_g_moves_in_gs_move_and_d_moves_as_before():
    game = unrolled(plain(), non_saturating, 2)
    D = [p.clone() for p in game.networks["D"].parameters()]
    game.players[-1].move(*next(points()))
    assert all(torch.equal(a, b) for a, b in zip(D, game.networks["D"].parameters(), strict=True))


def test_dead_units_do_not_make_adams_slope_infinite():
    """A parameter of gradient 0 has square 0, where the root has no slope."""
    D = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 1))
    nn.init.constant_(D[0].bias, -100.0)  # never active
    game = unrolled(gan(nn.Linear(2, 2), D, latent=plain().latent, device="cpu"), non_saturating, 3)
    play(game, points(), 3)
    assert all(p.isfinite().all() for p in game.networks["G"].parameters())


def test_mistakes_get_one_clear_sentence():
    with pytest.raises(ValueError, match="looks ahead at minimax alone"):
        unrolled(plain(), minimax, 1)
    with pytest.raises(ValueError, match="penalties 1 r1"):
        unrolled(plain(penalties=[(1, r1)]), non_saturating, 1)
    with pytest.raises(ValueError, match="0 or more whole moves"):
        unrolled(plain(), non_saturating, -1)
    game = unrolled(plain(optimizer=torch.optim.RMSprop), non_saturating, 1)
    with pytest.raises(ValueError, match="D has RMSprop"):
        play(game, points(), 1)
    momentum = unrolled(plain(optimizer=partial(torch.optim.SGD, momentum=0.9)), non_saturating, 1)
    with pytest.raises(ValueError, match="without momentum"):
        play(momentum, points(), 1)


def test_an_objective_of_the_readers_own_is_unrolled():
    own = Objective("own", lambda real, fake: (real - 1).square().mean() + fake.square().mean(),
                    lambda fake, real=None: (fake - 1).square().mean())  # fmt: skip
    game = gan(*plain().networks.values(), own, latent=plain().latent, device="cpu")
    play(unrolled(game, own, 2), points(), 5)
