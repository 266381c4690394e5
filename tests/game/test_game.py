"""The game: who moves what, when, and what is left behind."""

import itertools
import math
import pickle

import pytest
import torch
from games_for_tests import plain, points, same, weights, with_state
from torch import nn
from torch.nn.functional import softplus

from gan_course import (
    Game,
    NonFiniteLoss,
    Normal,
    Player,
    gan,
    generate,
    gradient_penalty,
    hinge,
    play,
    r1,
    relativistic,
    sample,
    train,
    wasserstein,
)
from gan_course.networks import dcgan_discriminator, dcgan_generator


def test_a_move_changes_only_the_movers_parameters():
    game = with_state()
    D, G = game.players
    for mover, still in ((D, "G"), (G, "D")):
        before = {n: [p.clone() for p in net.parameters()] for n, net in game.networks.items()}
        mover.move(*next(points()))
        for name, net in game.networks.items():
            moved = any(not torch.equal(a, b) for a, b in zip(before[name], net.parameters()))
            assert moved == (name != still)


def test_gradients_reach_only_the_movers_parameters():
    game = plain()
    game.players[1].gradients(*next(points()))  # G's loss passes through D
    assert all(p.grad is None for p in game.networks["D"].parameters())
    assert all(p.grad is not None for p in game.networks["G"].parameters())


def hand_written(game: Game, steps: int) -> None:
    """The textbook loop with detach and zero_grad, on the nets and random state of a game."""
    G, D = game.networks["G"].train(), game.networks["D"].train()
    adam_D, adam_G = (player.optimizer for player in game.players)
    batches = points()
    torch.set_rng_state(game.random_state["cpu"])
    for _ in range(steps):
        (real,) = next(batches)
        fake = G(torch.randn(len(real), 2)).detach()
        adam_D.zero_grad()
        (softplus(-D(real)).mean() + softplus(D(fake)).mean()).backward()
        adam_D.step()
        adam_G.zero_grad()
        softplus(-D(G(torch.randn(len(real), 2)))).mean().backward()
        adam_G.step()


@pytest.mark.parametrize("build", [plain, with_state])
def test_train_equals_a_hand_written_loop_bit_for_bit(build):
    by_hand, by_train = build(ema=None), build(ema=None)
    hand_written(by_hand, 30)
    list(train(by_train, points(), 30, report_every=7))
    assert same(weights(by_hand), weights(by_train))


def test_after_play_networks_are_ordinary_again():
    game = with_state()
    game.networks["D"].eval()
    game.networks["G"][1].eval()  # one layer only
    modes = [m.training for net in game.networks.values() for m in net.modules()]
    play(game, points(), 3)
    assert modes == [m.training for net in game.networks.values() for m in net.modules()]
    assert all(p.requires_grad for net in game.networks.values() for p in net.parameters())
    loss = game.networks["D"](torch.randn(4, 2)).sum()
    loss.backward()  # a gradient check just works
    assert all(p.grad is not None for p in game.networks["D"].parameters())


def test_the_callers_random_state_is_untouched():
    game = plain()
    torch.manual_seed(7)
    expected = torch.randn(3)
    torch.manual_seed(7)
    play(game, points(), 2)
    sample(game, 5)
    assert torch.equal(torch.randn(3), expected)


def test_a_seed_before_the_networks_fixes_the_run_whatever_is_drawn_in_between():
    first, second = plain(3), plain(3)
    torch.manual_seed(99)
    list(train(first, points(), 20, report_every=20))
    for _ in train(second, points(), 20, report_every=3):
        torch.randn(11)
    assert same(weights(first), weights(second))
    other = plain(4)
    list(train(other, points(), 20))
    assert not same(weights(first), weights(other))


def test_records_fall_on_multiples_and_at_the_end():
    game = plain()
    assert [r["step"] for r in train(game, points(), 25, report_every=10)] == [10, 20, 25]
    assert [r["step"] for r in train(game, points(), 10, report_every=10)] == [30, 35]


def test_a_record_holds_means_over_its_steps():
    game, again = plain(), plain()
    record = play(game, points(), 4)
    single = [play(again, points(), 1) for _ in range(4)]
    for key in ("D_loss", "G_loss", "D_real", "D_fake", "D_accuracy_real", "D_accuracy_fake"):
        assert record[key] == pytest.approx(sum(r[key] for r in single) / 4, rel=1e-5)
    assert record["G_gradient"] == single[-1]["G_gradient"] > 0
    assert record["seconds"] > 0
    assert all(isinstance(value, (int, float)) for value in record.values())


def test_break_and_go_on():
    stopped, straight = plain(), plain()
    batches = points()
    for record in train(stopped, batches, 40, report_every=5):
        if record["step"] == 15:
            break
    list(train(stopped, batches, 25, report_every=10))
    list(train(straight, points(), 40))
    assert same(weights(stopped), weights(straight))


class InterruptedOnce:
    """Batches during which the reader presses Ctrl-C, once."""

    def __init__(self, at: int) -> None:
        self.batches, self.count, self.at = points(), 0, at

    def __next__(self):
        self.count += 1
        if self.count == self.at:
            raise KeyboardInterrupt
        return next(self.batches)


def test_ctrl_c_leaves_everything_usable_and_going_on_equals_never_stopping():
    game, straight, batches = with_state(), with_state(), InterruptedOnce(at=8)
    game.networks["D"].eval()
    state = torch.get_rng_state()
    with pytest.raises(KeyboardInterrupt):
        list(train(game, batches, 20, report_every=20))
    assert torch.equal(state, torch.get_rng_state())
    assert not game.networks["D"].training
    assert game.step == 7
    list(train(game, batches, 13, report_every=20))
    list(train(straight, points(), 20))
    assert same(weights(game), weights(straight))


def toy_game(**options):
    """Two players who only write down when they move, and on which batch."""
    moves = []

    def player(name, **kwargs):
        weight = nn.Parameter(torch.zeros(()))

        def loss(batch):
            moves.append((name, batch.item()))
            return weight * 1.0, {}

        return Player(name, loss, torch.optim.SGD([weight], lr=0.1), **kwargs), weight

    (D, d), (R, r), (G, g) = (
        player("D", turns=options.pop("turns", 1)),
        player("R", every=options.pop("every", 1)),
        player("G"),
    )
    net = nn.Module()
    net.d, net.r, net.g = d, r, g
    return Game({"net": net}, [D, R, G], **options), moves


def numbers():
    return (torch.tensor(float(i)) for i in itertools.count())


def test_turns_draw_fresh_batches_and_later_players_see_the_last():
    game, moves = toy_game(turns=3)
    play(game, numbers(), 2)
    step = [("D", 0), ("D", 1), ("D", 2), ("R", 2), ("G", 2)]
    assert moves == step + [(name, batch + 3) for name, batch in step]


def test_every_counts_steps_across_records():
    game, moves = toy_game(every=4)
    list(train(game, numbers(), 10, report_every=3))
    assert [batch for name, batch in moves if name == "R"] == [0, 4, 8]
    assert len([1 for name, _ in moves if name == "D"]) == 10


def rotation(simultaneous: bool) -> tuple[float, float]:
    """One step of the bilinear game x y from (1, 1): x minimises, y maximises."""
    net = nn.Module()
    net.x, net.y = nn.Parameter(torch.ones(())), nn.Parameter(torch.ones(()))
    players = [
        Player("X", lambda _: (net.x * net.y, {}), torch.optim.SGD([net.x], lr=0.5)),
        Player("Y", lambda _: (-net.x * net.y, {}), torch.optim.SGD([net.y], lr=0.5)),
    ]
    play(Game({"net": net}, players, simultaneous=simultaneous), numbers(), 1)
    return net.x.item(), net.y.item()


def test_simultaneous_players_do_not_see_each_others_move():
    assert rotation(simultaneous=True) == (0.5, 1.5)
    assert rotation(simultaneous=False) == (0.5, 1.25)


def test_the_average_follows_its_ramp():
    game = plain(ema=0.99)
    average = game.networks["G"][0].weight.detach().clone()
    batches = points()
    for t in range(5):
        play(game, batches, 1)
        decay = min(0.99, (1 + t) / (10 + t))
        average = decay * average + (1 - decay) * game.networks["G"][0].weight.detach()
    torch.testing.assert_close(game.averages["G"].network[0].weight, average)


def test_the_average_copies_buffers_and_is_not_trained():
    game = with_state()
    play(game, points(), 5)
    assert torch.equal(
        game.averages["G"].network[1].running_mean, game.networks["G"][1].running_mean
    )
    assert not any(p.requires_grad for p in game.averages["G"].network.parameters())
    assert not game.averages["G"].network.training


def test_sample_uses_averaged_weights_eval_mode_and_its_own_seed():
    game = with_state()
    play(game, points(), 20)
    images = sample(game, 700)  # more than one chunk
    assert images.shape == (700, 2) and not images.requires_grad
    assert torch.equal(images, sample(game, 700))
    assert not torch.equal(images, sample(game, 700, seed=1))
    assert torch.equal(images, generate(game.averages["G"], game.latent, 700))
    assert not torch.equal(images, generate(game.networks["G"], game.latent, 700))
    assert game.networks["G"].training


def test_sample_passes_labels_and_refuses_the_wrong_number():
    class Labelled(nn.Module):
        def __init__(self):
            super().__init__()
            self.shift = nn.Parameter(torch.ones(()))

        def forward(self, z, y):
            return z * 0 + self.shift * y[:, None]

    G, y = Labelled(), torch.arange(1200) % 10
    assert torch.equal(generate(G, Normal(1), 1200, y)[:, 0], y.float())
    with pytest.raises(ValueError, match="one y for each sample"):
        generate(G, Normal(1), 5, y)
    with pytest.raises(ValueError, match="n of at least 1"):
        generate(G, Normal(1), 0)


def test_nan_stops_training_with_step_player_and_last_good_record():
    game = plain()

    class Poisoned:
        def __init__(self):
            self.batches, self.count = points(), 0

        def __next__(self):
            self.count += 1
            (x,) = next(self.batches)
            return (x * math.nan if self.count == 13 else x,)

    with pytest.raises(NonFiniteLoss, match="D .* in step 12; the last good record") as caught:
        list(train(game, Poisoned(), 20, report_every=5))
    assert caught.value.player == "D" and caught.value.step == 12
    assert caught.value.record["step"] == 10 and caught.value.record["D_loss"] > 0
    assert all(tensor.isfinite().all() for tensor in weights(game).values())
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.parametrize(
    "options",
    [
        {"objective": relativistic},
        {"objective": hinge, "simultaneous": True},
        {"objective": wasserstein, "penalties": [(10, gradient_penalty)], "n_critic": 2},
    ],
)
def test_games_of_every_kind_train_and_report(options):
    game = plain(**options)
    record = play(game, points(), 5)
    assert math.isfinite(record["D_loss"]) and math.isfinite(record["G_loss"])
    assert ("D_gradient_penalty" in record) == ("penalties" in options)


def test_bf16_trains_and_keeps_losses_and_penalties_in_float32():
    game = plain(objective=wasserstein, penalties=[(10, gradient_penalty)], bf16=True)
    notes = game.players[0].gradients(*next(points()))
    assert notes["loss"].dtype == notes["gradient_penalty"].dtype == torch.float32
    list(train(game, points(), 30))
    exact = plain(objective=wasserstein, penalties=[(10, gradient_penalty)])
    list(train(exact, points(), 30))
    assert not same(weights(game), weights(exact))  # it is not the same arithmetic
    assert all(p.dtype == torch.float32 for p in game.networks["D"].parameters())


def test_a_data_loader_can_stand_in_and_is_started_again():
    data = torch.utils.data.TensorDataset(torch.randn(10, 2))
    game = plain()
    list(train(game, torch.utils.data.DataLoader(data, batch_size=4), 8, report_every=5))
    assert game.step == 8


def test_the_repr_says_who_plays():
    text = repr(plain(n_critic=5))
    assert "D: 65 parameters, Adam(lr=0.0002, betas=(0.5, 0.999)" in text
    assert "5 turns a step" in text and "average of G" in text


@pytest.mark.parametrize(
    ("mistake", "error", "message"),
    [
        (lambda: play(plain(), points(), 0), ValueError, "at least 1 step"),
        (lambda: list(train(plain(), points(), 5, report_every=0)), ValueError, "report_every"),
        (lambda: list(train(plain(), torch.randn(9, 2), 5)), TypeError, r"batches\(64\)"),
        (lambda: list(train(plain(), iter([torch.randn(9, 2)]), 5)), ValueError, "came to an end"),
        (lambda: list(train(plain(), [], 5)), ValueError, "came to an end"),
        (lambda: play(plain(), iter([torch.randn(4, 3)]), 1), ValueError, "shaped like the data"),
        (lambda: play(plain(), [{"x": torch.randn(4, 2)}], 1), TypeError, "got a dict"),
        (lambda: play(plain(), [[1, 2]], 1), TypeError, "of tensors, got a list"),
        (lambda: sample(plain(), 4, 3), ValueError, r"as a tensor \[n, ...\]: got n=4 and y \[3\]"),
        (lambda: plain(n_critic=0), ValueError, "at least 1"),
        (lambda: plain(n_critic=2, simultaneous=True), ValueError, "one turn"),
        (lambda: plain(ema=1.0), ValueError, r"\[0, 1\)"),
        (lambda: Game({"G": nn.Linear(1, 1)}, []), ValueError, "players"),
    ],
)
def test_mistakes_get_one_clear_sentence(mistake, error, message):
    with pytest.raises(error, match=message):
        mistake()


def test_a_d_without_a_row_for_each_sample_is_refused():
    G, D = nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 1), nn.Flatten(0), nn.Unflatten(0, (2, 16)))
    game = gan(G, D, latent=Normal(2), device="cpu")
    with pytest.raises(ValueError, match="one row of logits for each sample"):
        play(game, points(), 1)


def test_a_player_whose_loss_ignores_its_parameters_is_refused():
    w, v = nn.Parameter(torch.ones(())), nn.Parameter(torch.ones(()))
    player = Player("D", lambda x: (v * 2, {}), torch.optim.SGD([w], lr=1))
    with pytest.raises(ValueError, match="does not depend on its parameters"):
        player.gradients(torch.zeros(1))


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")
def test_cuda_asked_for_and_absent():
    with pytest.raises(RuntimeError, match="leave `device` out"):
        gan(nn.Linear(2, 2), nn.Linear(2, 1), device="cuda")


def test_a_shuffled_data_loader_draws_from_the_games_random_state():
    data = torch.utils.data.TensorDataset(torch.randn(10, 2))
    loader = torch.utils.data.DataLoader(data, batch_size=4, shuffle=True)
    first, second = plain(), plain()
    state = torch.get_rng_state()
    play(first, loader, 3)
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(99)
    play(second, loader, 3)
    assert same(weights(first), weights(second))


def test_frozen_layers_stay_where_they_are_even_when_frozen_on_the_way():
    game = plain()
    G = game.networks["G"]
    G[2].requires_grad_(False)
    play(game, points(), 3)
    G[2].requires_grad_(True), G[0].requires_grad_(False)
    before = [parameter.clone() for parameter in G.parameters()]
    play(game, points(), 3)
    moved = [not torch.equal(old, new) for old, new in zip(before, G.parameters())]
    assert moved == [False, False, True, True]


def test_players_who_share_parameters_can_not_move_at_once():
    w = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(w.parameters(), lr=0.1)
    D = Player("D", lambda x: (w(x).mean(), {}), optimizer)
    R = Player("R", lambda x: (w(x).square().mean(), {}), optimizer, every=2)
    with pytest.raises(ValueError, match="no two players move the same parameters"):
        Game({"D": w}, [D, R], simultaneous=True)
    assert play(Game({"D": w}, [D, R]), points(), 3)["step"] == 3


def test_a_d_that_averages_over_its_samples_is_refused():
    class Mean(nn.Linear):
        def forward(self, x):
            return super().forward(x).mean()

    with pytest.raises(ValueError, match="one row of logits for each sample"):
        play(gan(nn.Linear(2, 2), Mean(2, 1), latent=Normal(2), device="cpu"), points(), 1)


def test_a_game_can_be_played_in_float64():
    G, D = nn.Linear(2, 2).double(), nn.Linear(2, 1).double()

    def latent(n, device):
        return torch.randn(n, 2, dtype=torch.float64, device=device)

    game = gan(G, D, latent=latent, penalties=[(10, gradient_penalty)], device="cpu")
    batches = [torch.randn(8, 2, dtype=torch.float64)]
    assert math.isfinite(play(game, batches, 2)["D_loss"])


@pytest.mark.parametrize("penalty", [gradient_penalty, r1])
def test_a_penalty_moves_channels_last_weights_as_it_moves_others(penalty):
    """Fused Adam reads weights and gradients as plain memory, so both must lie in one order."""
    ends = []
    for layout in (torch.channels_last, torch.contiguous_format):
        torch.manual_seed(0)
        D = dcgan_discriminator((3, 8, 8), 4, norm=nn.Identity).to(memory_format=layout)
        G = dcgan_generator(4, (3, 8, 8), 4)
        game = gan(G, D, latent=Normal(4), penalties=[(10, penalty)], lr=0.01, device="cpu")
        play(game, [torch.rand(8, 3, 8, 8) * 2 - 1], 3)
        ends.append(weights(game))
        for p in D.parameters():
            assert p.grad.stride() == p.stride()
    for name, tensor in ends[0].items():
        if name.startswith("D."):
            torch.testing.assert_close(tensor, ends[1][name], rtol=0, atol=1e-3)


@pytest.mark.parametrize(("steps", "report_every"), [(-5, 10), (5, 0)])
def test_train_refuses_to_go_back_and_to_report_never(steps, report_every):
    with pytest.raises(ValueError, match=f"got {steps} and {report_every}"):
        next(train(plain(), points(), steps, report_every))
