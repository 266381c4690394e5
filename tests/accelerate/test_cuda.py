"""What only a GPU can show; skipped where there is none."""

import math

import pytest
import torch
from games_for_tests import weights
from torch import nn

from gan_course import (
    NonFiniteLoss,
    Normal,
    Player,
    gan,
    gradient_norm,
    gradient_penalty,
    play,
    relativistic,
    sample,
    train,
    wasserstein,
)
from gan_course.accelerate import eager, graphed
from gan_course.checkpoint import load, save
from gan_course.data import digits, ring
from gan_course.networks import (
    dcgan_discriminator,
    dcgan_generator,
    mlp,
    mlp_discriminator,
    mlp_generator,
    spectral,
)

pytestmark = pytest.mark.cuda


WGAN_GP = {"objective": wasserstein, "penalties": [(10, gradient_penalty)], "n_critic": 2}


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
    """A move of D with a gradient penalty, then one of G: loss, notes and weights."""
    x = ring().sample(64)
    records, moved = [], []
    for device in ("cpu", "cuda"):
        draws = torch.Generator().manual_seed(1)

        def latent(n, device, draws=draws):
            return torch.randn(n, 2, generator=draws).to(device)

        def penalty(D, real, fake, draws=draws):
            u = torch.rand(len(real), 1, generator=draws).to(real.device)
            return (gradient_norm(D, u * real + (1 - u) * fake) - 1).square().mean()

        torch.manual_seed(0)
        game = gan(
            mlp(2, 2),
            mlp(2, 1),
            wasserstein,
            latent=latent,
            penalties=[(10, penalty)],
            device=device,
        )
        records.append(play(game, [x.to(device)], 1))
        moved.append({name: tensor.cpu() for name, tensor in weights(game).items()})
    for name in records[0].keys() - {"seconds"}:
        assert records[0][name] == pytest.approx(records[1][name], rel=1e-3, abs=1e-4), name
    assert records[0]["D_penalty"] > 0.01
    for name, tensor in moved[0].items():  # Adam's first step is lr times a sign: most must agree
        agree = torch.isclose(tensor, moved[1][name], rtol=0, atol=1e-5).float().mean()
        assert agree > 0.98, name


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


def images_on_cuda(**options):
    """Convolutions with batch norm in G and spectral norm in D."""
    torch.manual_seed(0)
    G = dcgan_generator(16, (1, 8, 8), 8)
    D = spectral(dcgan_discriminator((1, 8, 8), 8, norm=nn.Identity))
    return gan(G, D, relativistic, latent=Normal(16), **options)


CASES = [
    (game_on_cuda, lambda: ring().batches(64), {}),
    (game_on_cuda, lambda: ring().batches(64), {"simultaneous": True}),
    (game_on_cuda, lambda: ring().batches(64), WGAN_GP),
    (images_on_cuda, lambda: digits(8).batches(32), {}),
    (images_on_cuda, lambda: digits(8).batches(32), {"bf16": True}),
    (images_on_cuda, lambda: digits(8).batches(32), {"penalties": [(1, gradient_penalty)]}),
]


def equal(one, other, **tolerance):
    """Whether the weights agree: exactly, or to a tolerance where kernels add in any order."""
    a, b = weights(one), weights(other)
    if not tolerance:
        return all(torch.equal(a[name], b[name]) for name in a)
    return all(torch.allclose(a[name], b[name], **tolerance) for name in a)


@pytest.mark.parametrize(("build", "batches", "options"), CASES)
def test_recorded_and_eager_moves_give_the_same_numbers(build, batches, options):
    there, game = eager(build(**options)), graphed(build(**options))
    for one, other in zip(train(there, batches(), 40, 10), train(game, batches(), 40, 10)):
        for name in one.keys() - {"seconds"}:
            assert one[name] == pytest.approx(other[name], rel=1e-3, abs=1e-4)
    exact = build is game_on_cuda  # cuDNN may add up a convolution's gradients in any order
    assert equal(there, game) if exact else equal(there, game, atol=1e-3)
    assert torch.equal(there.random_state["cuda"], game.random_state["cuda"])


def test_recording_changes_neither_the_game_nor_the_callers_random_state():
    there, game = eager(game_on_cuda()), graphed(game_on_cuda())
    before = torch.cuda.get_rng_state()
    for steps in (3, 1, 1, 1, 1, 1, 10):  # over the moves in which halves are recorded
        play(there, ring().batches(64), steps)
        play(game, ring().batches(64), steps)
        assert equal(there, game)
    assert torch.equal(torch.cuda.get_rng_state(), before)
    assert not any(g["capturable"] for p in game.players for g in p.optimizer.param_groups)


def test_a_recorded_game_follows_learning_rates_and_checkpoints(tmp_path):
    games = [eager(game_on_cuda()), graphed(game_on_cuda())]
    for number, game in enumerate(games):
        path = tmp_path / f"{number}.pt"
        play(game, ring().batches(64), 20)
        for player in game.players:
            player.optimizer.param_groups[0]["lr"] = 1e-5
        play(game, ring().batches(64), 20)
        save(game, path)
        play(game, ring().batches(64), 5)
        play(load(game, path), ring().batches(64), 20)
    assert equal(*games)
    back = load(eager(game_on_cuda(seed=3)), tmp_path / "1.pt")  # from recorded to eager
    play(back, ring().batches(64), 20)
    assert equal(back, games[0])


def test_nan_in_a_recorded_game_is_found_at_the_record_with_its_step():
    game, batches = graphed(game_on_cuda()), ring().batches(64)
    play(game, batches, 20)
    with torch.no_grad():
        game.networks["G"][0].weight.fill_(math.nan)
    with pytest.raises(NonFiniteLoss) as caught:
        play(game, batches, 5)
    assert caught.value.step == 20


def test_a_loss_that_reads_its_tensors_is_refused_unless_its_player_is_eager():
    def game_that_reads(eager):
        game = game_on_cuda()
        D = game.players[0]

        def loss(x):
            value, notes = D.loss(x)
            return (value * 2 if value.item() > 1 else value), notes

        game.players[0] = Player("D", loss, D.optimizer, eager=eager)
        return game

    there, game = game_that_reads(True), graphed(game_that_reads(True))
    for each in (there, game):
        play(each, ring().batches(64), 15)
    assert equal(there, game)
    with pytest.raises(RuntimeError, match="could not be recorded.*eager=True"):
        play(graphed(game_that_reads(False)), ring().batches(64), 15)


def test_a_recorded_game_wants_batches_of_one_shape():
    game = graphed(game_on_cuda())
    play(game, ring().batches(64), 10)
    with pytest.raises(ValueError, match="batches of one shape"):
        play(game, ring().batches(32), 1)


def reads_its_tensors(x):
    return 2.0 if x.mean().item() > 0 else 1.0


def with_factor(read):
    """Return a game whose D multiplies its loss by what `read(x)` returns."""
    game = game_on_cuda()
    D = game.players[0]
    base = D.loss

    def loss(x):
        value, notes = base(x)
        return value * read(x), notes

    game.players[0] = Player("D", loss, D.optimizer)
    return game


def test_games_are_recorded_by_default_averages_included():
    there, game = eager(game_on_cuda()), game_on_cuda()
    for one, other in zip(
        train(there, ring().batches(64), 40, 10), train(game, ring().batches(64), 40, 10)
    ):
        for name in one.keys() - {"seconds"}:
            assert one[name] == pytest.approx(other[name], rel=1e-3, abs=1e-4)
    assert equal(there, game)
    recordings = [r for moves in game._recordings.moves.values() for r in moves.recordings]
    assert len(recordings) == 5 and all(r.replay is not None for r in recordings)


def test_what_cannot_be_recorded_is_said_once_and_played_on_with_the_same_numbers():
    there, game = eager(with_factor(reads_its_tensors)), with_factor(reads_its_tensors)
    list(train(there, ring().batches(64), 30, 10))
    with pytest.warns(UserWarning, match="player D could not be recorded") as caught:
        list(train(game, ring().batches(64), 30, 10))
    assert len(caught) == 1
    assert equal(there, game)
    assert torch.equal(there.random_state["cuda"], game.random_state["cuda"])


@pytest.mark.filterwarnings("ignore")
def test_after_a_recording_that_failed_the_gpu_draws_on_and_other_games_go_on():
    before, game = game_on_cuda(), with_factor(reads_its_tensors)
    there = eager(game_on_cuda())
    play(before, ring().batches(64), 15)
    stream = torch.cuda.current_stream()
    play(game, ring().batches(64), 15)
    assert torch.cuda.current_stream() == stream
    torch.manual_seed(0)
    assert torch.randn(3, device="cuda").isfinite().all()
    play(before, ring().batches(64), 30)
    play(there, ring().batches(64), 45)
    assert equal(before, there)


@pytest.mark.parametrize("kind", ["number", "random number on the CPU", "counter"])
@pytest.mark.filterwarnings("ignore")
def test_numbers_that_change_are_heard(kind):
    def build():
        options = {"factor": 1.0, "t": 0}

        def read(x):
            if kind == "random number on the CPU":
                return 2.0 if torch.rand(()) < 0.5 else 1.0
            if kind == "counter":
                options["t"] += 1
            return options["factor"] + options["t"]

        return with_factor(read), options

    games = [build(), build()]
    eager(games[0][0])
    for game, options in games:
        torch.manual_seed(0)
        play(game, ring().batches(64), 30)
        options["factor"] = 3.0
        play(game, ring().batches(64), 30)
    assert equal(games[0][0], games[1][0])


def test_a_small_last_batch_is_played_as_it_is():
    sizes = [64, 64, 64, 64, 10] * 3
    games = [eager(game_on_cuda()), game_on_cuda()]
    for game in games:
        for size in sizes:
            play(game, ring().batches(size), 1)
    assert equal(*games)
