"""Feature matching: zero at equal moments, blind to all others, and D plays on as before."""

import pytest
import torch
from games_for_tests import plain, points, same, weights
from torch import nn

from gan_course import Game, Normal, Player, gan, play
from gan_course.tricks import feature_matching


class Square(nn.Module):
    """Features x and x^2."""

    def forward(self, x):
        return torch.cat([x, x.square()], 1)


class Point(nn.Module):
    """A G that always returns one point."""

    def __init__(self, point):
        super().__init__()
        self.point = nn.Parameter(torch.tensor(point))

    def forward(self, z):
        return self.point.expand(len(z), -1)


def loss_of_a_point_mass(features, real):
    game = gan(Point([0.0, 0.0]), nn.Linear(2, 1), latent=Normal(2), ema=None, device="cpu")
    (value, _) = feature_matching(game, features).players[-1].loss(real)
    return value.item()


def test_a_point_at_the_mean_has_loss_0_until_squares_are_matched():
    """Linear features see the mean only; with squares N(0, I_2) asks for variances 1 and 1."""
    torch.manual_seed(0)
    real = torch.randn(100_000, 2)
    real = (real - real.mean(0)) / real.std(0, correction=0)
    assert loss_of_a_point_mass(nn.Identity(), real) == pytest.approx(0, abs=1e-9)
    assert loss_of_a_point_mass(Square(), real) == pytest.approx(2, abs=1e-3)


def test_equal_moments_have_loss_0_and_g_is_drawn_to_the_mean():
    torch.manual_seed(0)
    G = Point([5.0, -3.0])
    game = gan(G, nn.Linear(2, 1), latent=Normal(2), lr=0.1, ema=None, device="cpu")
    game = feature_matching(game, nn.Identity())
    real = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    player = game.players[-1]
    assert player.loss(real)[0].item() == pytest.approx(3.0**2 + 6.0**2)
    for _ in range(300):
        player.move(real)
    assert player.loss(real)[0] < 1e-6 and torch.allclose(
        G.point, torch.tensor([2.0, 3.0]), atol=1e-3
    )


def test_its_gradient_reaches_g_and_leaves_d_to_d():
    game = plain()
    game = feature_matching(game, game.networks["D"][:-1])
    before = weights(game)
    game.players[-1].move(*next(points()))
    after = weights(game)
    moved = {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}
    assert moved == {"G"}
    record = play(game, points(), 3)
    assert record["G_loss"] >= 0 and "D_accuracy_real" in record


def test_d_moves_as_in_the_plain_game():
    games = [plain(), plain()]
    games[1] = feature_matching(games[1], games[1].networks["D"][:-1])
    for game in games:
        game.players[0].move(*next(points()))
    one, other = map(weights, games)
    assert same(one, other) or not torch.equal(one["D.0.weight"], weights(plain())["D.0.weight"])


def test_images_and_bfloat16_features_are_matched_in_float32():
    f = nn.Conv2d(1, 4, 3).bfloat16()
    real = torch.randn(8, 1, 6, 6, dtype=torch.bfloat16)
    G = nn.Sequential(nn.Linear(2, 36), nn.Unflatten(1, (1, 6, 6))).bfloat16()
    latent = lambda n, device=None: torch.randn(n, 2, dtype=torch.bfloat16)  # noqa: E731
    D = nn.Sequential(nn.Flatten(), nn.Linear(36, 1)).bfloat16()
    game = feature_matching(gan(G, D, latent=latent, ema=None, device="cpu"), f)
    assert game.players[-1].loss(real)[0].dtype == torch.float32


def test_the_successor_keeps_step_settings_and_random_state():
    game = plain()
    play(game, points(), 3)
    new = feature_matching(game, game.networks["D"][:-1])
    assert new.step == 3 and new.random_state is game.random_state
    assert new.settings["loss of G"] == "feature matching" and "loss of G" not in game.settings


def test_a_game_of_another_kind_is_refused():
    net = nn.Linear(2, 2)
    player = Player("S", lambda x: (net(x).sum(), {}), torch.optim.SGD(net.parameters(), 0.1))
    with pytest.raises(ValueError, match="a G against a D"):
        feature_matching(Game({"S": net}, [player]), nn.Identity())
