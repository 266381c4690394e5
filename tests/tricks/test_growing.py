"""Growing a game: real images fade, the plan is followed, a fade can be interrupted."""

import pytest
import torch
from games_for_tests import same, weights
from recorders import Again

from gan_course import Normal, gan, play, sample, train, wasserstein
from gan_course.accelerate import recorded
from gan_course.checkpoint import load, save
from gan_course.data import from_images
from gan_course.networks import GrowingDiscriminator, GrowingGenerator, at_stage, mlp
from gan_course.penalties import gradient_penalty
from gan_course.tricks import drifting, grow, growing, stage_at

PLAN = {"stay": 4, "fade": 6, "first": 0, "last": 2}


def images():
    torch.manual_seed(5)
    return from_images(torch.rand(64, 1, 16, 16) * 2 - 1).batches(8, device="cpu")


def small(shape=(1, 16, 16)):
    torch.manual_seed(0)
    game = gan(
        GrowingGenerator(6, shape, 4),
        GrowingDiscriminator(shape, 4),
        drifting(wasserstein),
        latent=Normal(6),
        penalties=[(10, gradient_penalty)],
        lr=1e-3,
        betas=(0.0, 0.99),
        device="cpu",
    )
    return growing(game)


def played(game, steps):
    for _ in train(game, images_of[game.networks["G"].shape], steps, report_every=1):
        grow(game, *stage_at(game.step, **PLAN))
    return game


images_of = {(1, 16, 16): images()}


@pytest.mark.parametrize("end", [3, 7, 10, 13, 17])
def test_growth_goes_on_bit_for_bit_in_the_middle_of_a_fade(end, tmp_path):
    straight, first = small(), small()
    for game in (straight, first):
        grow(game, 0)
    images_of[1, 16, 16] = images()
    played(straight, 20)
    images_of[1, 16, 16] = images()
    played(first, end)
    save(first, tmp_path / "game.pt")
    second = load(small(), tmp_path / "game.pt")
    assert second.networks["G"].now() == stage_at(end, **PLAN)
    assert second.averages["G"].age == first.averages["G"].age
    played(second, 20 - end)
    assert same(weights(straight), weights(second))
    assert torch.equal(sample(straight, 4), sample(second, 4))


def test_all_that_grows_grows_together():
    game = played(small(), 7)
    expected = stage_at(7, **PLAN)
    networks = [*game.networks.values(), game.averages["G"].network]
    assert all(net.now() == expected for net in networks)
    assert 0 < expected[1] < 1


def test_a_new_stage_forgets_moments_and_makes_averages_young():
    game = small()
    grow(game, 1)
    play(game, images(), 3)
    assert all(player.optimizer.state for player in game.players)
    grow(game, 1, 0.5)
    assert all(player.optimizer.state for player in game.players)
    assert game.averages["G"].age == 3
    grow(game, 2, 0.0)
    assert not any(player.optimizer.state for player in game.players)
    assert game.averages["G"].age == 0
    play(game, images(), 1)  # goes on


def test_unused_blocks_stay_where_they_are():
    game = small()
    grow(game, 1)
    before = weights(game)
    play(game, images(), 3)
    moved = {
        name for name, tensor in weights(game).items() if not torch.equal(tensor, before[name])
    }
    assert not any("blocks.1" in n or "rgb.2" in n or "rgb.0" in n for n in moved)
    assert any("G.blocks.0" in n for n in moved) and any("D.blocks.0" in n for n in moved)


@pytest.mark.parametrize(("stage", "alpha"), [(0, 1.0), (1, 0.25), (2, 0.5), (2, 1.0)])
def test_players_see_real_images_at_the_stage_of_G(stage, alpha):
    torch.manual_seed(0)
    G, D = GrowingGenerator(6, (1, 16, 16), 4), GrowingDiscriminator((1, 16, 16), 4)
    seen = []

    def watch(D, real, fake, *y):
        seen.append(real)
        return real.new_zeros(())

    game = gan(G, D, wasserstein, latent=Normal(6), penalties=[(1, watch), (1, named(watch), 2)])
    game = growing(game)
    grow(game, stage, alpha)
    x = torch.rand(8, 1, 16, 16, device=game.device) * 2 - 1
    for player in game.players[:1]:
        player.gradients(x)
    game.players[1].loss(x)
    assert len(seen) == 2
    for real in seen:
        torch.testing.assert_close(real, at_stage(x, stage, alpha))


def named(watch):
    def lazily(*arguments):
        return watch(*arguments)

    return lazily


def test_it_is_for_networks_that_grow():
    game = gan(mlp(2, 2), mlp(2, 1), latent=Normal(2), device="cpu")
    with pytest.raises(ValueError, match="growing G against a growing D"):
        growing(game)
    with pytest.raises(ValueError, match="nothing grows"):
        grow(game, 1)
    with pytest.raises(ValueError, match="stages 0 to 2"):
        grow(small(), 3)


def test_a_checkpoint_without_growing_is_refused(tmp_path):
    save(small(), tmp_path / "game.pt")
    torch.manual_seed(0)
    G, D = GrowingGenerator(6, (1, 16, 16), 4), GrowingDiscriminator((1, 16, 16), 4)
    with pytest.raises(ValueError):
        load(gan(G, D, wasserstein, latent=Normal(6), device="cpu"), tmp_path / "game.pt")


def test_the_plan_is_the_papers():
    plan = [stage_at(step, stay=3, fade=2, first=1, last=3) for step in range(16)]
    assert plan[:3] == [(1, 1.0)] * 3
    assert plan[3:8] == [(2, 0.0), (2, 0.5), (2, 1.0), (2, 1.0), (2, 1.0)]
    assert plan[8:10] == [(3, 0.0), (3, 0.5)]
    assert plan[10:] == [(3, 1.0)] * 6
    assert stage_at(5, stay=5, fade=0, last=1) == (1, 1.0)
    assert stage_at(0, stay=0, fade=4, last=1) == (1, 0.0)
    assert stage_at(10**9, stay=1, fade=1, first=2, last=2) == (2, 1.0)


@pytest.mark.parametrize(
    "numbers",
    [
        {"step": -1},
        {"stay": -1},
        {"fade": -1},
        {"first": -1},
        {"stay": 0, "fade": 0},
        {"first": 3, "last": 2},
    ],
)
def test_a_plan_that_cannot_be_is_refused(numbers):
    with pytest.raises(ValueError, match="a plan needs"):
        stage_at(**{"step": 0, "stay": 1, "fade": 1, **numbers})


def test_drift_follows_its_formula_and_pins_the_constant():
    """A constant c added to D costs weight E (D + c)^2 on reals: the best c is -E D(real)."""
    torch.manual_seed(0)
    real, fake = 3 + torch.randn(50).double(), torch.randn(50).double()
    objective = drifting(wasserstein, 0.1)
    torch.testing.assert_close(
        objective.d(real, fake), fake.mean() - real.mean() + 0.1 * (real**2).mean()
    )
    c = torch.zeros((), dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(objective.d(real + c, fake + c), c)
    torch.testing.assert_close(slope, 0.2 * real.mean())
    (slope,) = torch.autograd.grad(wasserstein.d(real + c, fake + c), c)
    assert abs(slope) < 1e-12
    torch.testing.assert_close(objective.g(fake, None), wasserstein.g(fake, None))
    assert repr(objective) == "wasserstein, drift 0.1"
    with pytest.raises(ValueError, match="at least 0"):
        drifting(wasserstein, -1)


def test_a_game_that_grows_is_played_eagerly_where_others_are_recorded():
    """On a stand-in for CUDA graphs: the same numbers while it grows."""
    there, game = small(), small()
    game = recorded(game, Again())
    for one in (there, game):
        images_of[1, 16, 16] = images()
        grow(one, 0)
        played(one, 8)
    assert same(weights(there), weights(game))
    assert game.networks["G"].now() == pytest.approx(stage_at(8, **PLAN))
