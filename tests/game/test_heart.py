"""Faults of the heart that bug reports showed: each is one sentence, or does not happen."""

import math
import warnings
from dataclasses import replace
from functools import partial

import pytest
import torch
from games_for_tests import plain, points, same, weights
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from gan_course import (
    Average,
    Game,
    Normal,
    Player,
    acgan,
    average_of,
    gan,
    generate,
    gradient_norm,
    gradient_penalty,
    play,
    r1,
    r2,
    relativistic,
    sample,
    train,
)
from gan_course.data import digits
from gan_course.networks import Chain, ConcatOneHot, mlp, mlp_discriminator, mlp_generator


def test_two_players_on_one_optimizer_report_their_own_gradient_norms():
    game = plain(penalties=[(1.0, r1, 2)])
    D, R, _ = game.players
    record = play(game, points(), 1)
    with_r1 = (
        torch.cat([p.grad.flatten() for p in R.parameters if p.grad is not None]).norm().item()
    )
    assert record["D_r1_gradient"] == with_r1 != record["D_gradient"]
    alone = play(plain(), points(), 1)
    assert record["D_gradient"] == alone["D_gradient"]
    assert D.optimizer is R.optimizer


def test_a_clipped_gradient_is_reported_as_it_moved():
    game = plain()
    D = game.players[0]
    clip = partial(nn.utils.clip_grad_norm_, D.parameters, 1e-3)
    D.optimizer.register_step_pre_hook(lambda *_: clip() and None)
    assert play(game, points(), 3)["D_gradient"] == pytest.approx(1e-3, rel=1e-3)


def test_a_game_lives_where_its_parameters_are_whichever_network_has_them():
    w = nn.Parameter(torch.ones(2))
    player = Player("G", lambda x: ((x * w).sum(), {}), torch.optim.SGD([w], lr=0.1))
    for networks in ({"none": nn.ReLU(), "some": nn.Linear(1, 1).requires_grad_(False)}, {}):
        game = Game(networks, [player])
        assert game.device.type == "cpu" and play(game, [torch.ones(3, 2)], 2)["step"] > 0


def test_an_average_of_an_unknown_network_is_refused_when_it_is_built():
    game = plain()
    with pytest.raises(ValueError, match=r"\['D', 'G'\], and not \['H'\]"):
        replace(game, averages={"H": average_of(game.networks["G"])})


def test_a_fully_frozen_player_is_one_sentence():
    game = plain()
    game.networks["D"].requires_grad_(False)
    with pytest.raises(ValueError, match="player D has nothing to move.*requires_grad_"):
        play(game, points(), 1)


def test_a_detached_loss_is_one_sentence():
    w = nn.Parameter(torch.ones(()))
    player = Player("G", lambda x: ((w * 2).detach(), {}), torch.optim.SGD([w], lr=0.1))
    with pytest.raises(ValueError, match="the loss of player G does not depend on its parameters"):
        play(Game({}, [player]), [torch.zeros(1)], 1)


def test_lazy_layers_are_one_sentence():
    D = nn.Sequential(nn.Flatten(), nn.LazyLinear(1))
    with pytest.raises(ValueError, match="network D has lazy layers.*call it once on a batch"):
        gan(mlp(2, 2), D, latent=Normal(2), device="cpu")
    D(torch.zeros(3, 2))
    assert play(gan(mlp(2, 2), D, latent=Normal(2), device="cpu"), points(), 1)["step"] == 1


def test_lazy_layers_without_weights_are_the_same_sentence():
    lazy = nn.Sequential(nn.LazyBatchNorm1d(affine=False), nn.Linear(2, 2))
    with pytest.raises(ValueError, match="network G has lazy layers.*call it once on a batch"):
        gan(lazy, mlp(2, 1), latent=Normal(2), device="cpu")


@pytest.mark.parametrize("norm", [nn.utils.spectral_norm, nn.utils.weight_norm])
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_norms_of_the_old_kind_in_g_are_one_sentence_and_its_remedies_work(norm):
    def G(norm):
        net = nn.Sequential(norm(nn.Linear(2, 8)), nn.Tanh(), nn.Linear(8, 2))
        net(torch.zeros(3, 2))
        return net

    with pytest.raises(ValueError, match="parametrizations.spectral_norm.*ema=None"):
        gan(G(norm), mlp(2, 1), latent=Normal(2), device="cpu")
    game = gan(G(norm), mlp(2, 1), latent=Normal(2), ema=None, device="cpu")
    assert play(game, points(), 2)["step"] == 2
    new = getattr(nn.utils.parametrizations, norm.__name__)
    game = gan(G(new), mlp(2, 1), latent=Normal(2), device="cpu")
    assert play(game, points(), 2)["step"] == 2


@pytest.mark.parametrize("first", [nn.Dropout(0.3, inplace=True), nn.LeakyReLU(0.2, inplace=True)])
def test_an_in_place_first_layer_of_d_changes_nothing_but_its_own(first):
    x = torch.rand(64, 2) - 0.5
    mine = x.clone()
    torch.manual_seed(0)
    D = nn.Sequential(first, *mlp(2, 1, (16,)))
    options = {
        "objective": relativistic,
        "penalties": [(1.0, r1), (1.0, r2), (1, gradient_penalty)],
    }
    game = gan(mlp(4, 2, (16,)), D, latent=Normal(4), device="cpu", **options)
    record = play(game, [mine[i : i + 16] for i in range(0, 64, 16)], 40)
    assert torch.equal(mine, x)
    if isinstance(first, nn.LeakyReLU):  # and its numbers are those of a layer that copies
        torch.manual_seed(0)
        again = nn.Sequential(nn.LeakyReLU(0.2), *mlp(2, 1, (16,)))
        other = gan(mlp(4, 2, (16,)), again, latent=Normal(4), device="cpu", **options)
        assert (
            play(other, [mine[i : i + 16] for i in range(0, 64, 16)], 40)["D_loss"]
            == (record["D_loss"])
        )
    assert gradient_norm(D, x[:5]).shape == (5,)


def test_an_in_place_first_layer_of_d_leaves_g_the_tanh_that_its_gradient_needs():
    for first in (nn.Dropout(0.3, inplace=True), nn.LeakyReLU(0.2, inplace=True)):
        G, D = nn.Sequential(nn.Linear(2, 2), nn.Tanh()), nn.Sequential(first, nn.Linear(2, 1))
        game = gan(G, D, latent=Normal(2), device="cpu")
        assert play(game, [torch.rand(8, 2)], 2)["G_gradient"] > 0
    G = Chain(ConcatOneHot(3), nn.Linear(5, 2), nn.Tanh())
    D = nn.Sequential(nn.LeakyReLU(0.2, inplace=True), nn.Linear(2, 4))
    game = acgan(G, D, latent=Normal(2), device="cpu")
    assert play(game, [(torch.rand(9, 2), torch.arange(9) % 3)], 2)["G_gradient"] > 0


def test_a_game_of_the_readers_own_cannot_change_its_batches_either():
    w, mine = nn.Parameter(torch.ones(())), torch.ones(5, 2)
    player = Player("G", lambda x: (x.mul_(2).sum() * w, {}), torch.optim.SGD([w], lr=0.1))
    play(Game({}, [player]), [mine], 3)
    assert torch.equal(mine, torch.ones(5, 2))


@pytest.mark.parametrize("name", ["loss", "gradient"])
def test_a_note_cannot_overwrite_what_the_record_says_itself(name):
    w = nn.Parameter(torch.ones(()))
    player = Player("G", lambda x: (w * 1, {name: w}), torch.optim.SGD([w], lr=0.1))
    with pytest.raises(ValueError, match=f"note of player G cannot be called .*got .'{name}'"):
        play(Game({}, [player]), [torch.zeros(1)], 1)


def test_the_notes_of_two_players_cannot_share_an_entry():
    w, v = nn.Parameter(torch.ones(())), nn.Parameter(torch.ones(()))
    players = [
        Player("D", lambda x: (w * 1, {"r1_loss": w}), torch.optim.SGD([w], lr=0.1)),
        Player("D_r1", lambda x: (v * 1, {}), torch.optim.SGD([v], lr=0.1)),
    ]
    with pytest.raises(ValueError, match="D and D_r1, both report D_r1_loss"):
        play(Game({}, players), [torch.zeros(1)], 1)


def test_a_note_cannot_hide_behind_the_gradient_of_another_player():
    game = plain(penalties=[(1, named("r1_gradient")), (1, r1, 2)])
    with pytest.raises(ValueError, match="recorded as D_r1_gradient.*rename one of them"):
        play(game, points(), 1)


def named(name):
    def penalty(D, real, fake, *y):
        return D(real).square().mean()

    penalty.__name__ = name
    return penalty


@pytest.mark.parametrize("name", ["loss", "real", "accuracy_fake", "gradient"])
def test_a_penalty_cannot_overwrite_an_entry(name):
    with pytest.raises(ValueError, match="penalties need names of their own"):
        plain(penalties=[(1, named(name))])
    with pytest.raises(ValueError, match="penalties need names of their own"):
        plain(penalties=[(1, named("mine")), (2, named("mine"))])
    assert "D_mine" in play(plain(penalties=[(1, named("mine"))]), points(), 1)


class Seen:
    """A data set that writes down which samples were asked for."""

    def __init__(self):
        self.asked = []

    def __len__(self):
        return 1000

    def __getitem__(self, index):
        self.asked.append(index)
        return torch.randn(2)


def test_a_loader_goes_on_where_the_last_call_left_it():
    data = Seen()
    game, loader = plain(), DataLoader(data, 10)
    for _ in range(5):
        list(train(game, loader, 20, report_every=7))
    assert data.asked == [*range(1000)]
    for _ in range(3):
        play(game, loader, 20)
    assert data.asked[1000:] == [*range(600)]


def test_two_loaders_on_one_game_each_go_on():
    first, second = Seen(), Seen()
    game, loaders = plain(), [DataLoader(first, 10), DataLoader(second, 10)]
    for _ in range(3):
        for loader in loaders:
            play(game, loader, 2)
    assert first.asked == second.asked == [*range(60)]
    assert len(game._loaders) == 2
    for _ in range(9):
        play(game, [torch.zeros(3, 2)], 1)  # lists of the moment are forgotten
    assert len(game._loaders) <= 4


def test_another_loader_starts_at_its_beginning():
    game = plain()
    loader = DataLoader(TensorDataset(torch.randn(10, 2)), 4)
    play(game, loader, 2)
    play(game, [torch.zeros(4, 2)], 2)
    assert game.step == 4


def test_what_is_not_enough_memory_is_one_sentence_that_says_what_to_lower():
    def needs(size):
        def loss(x):
            return torch.empty(size).sum() * w, {}

        return loss

    w = nn.Parameter(torch.ones(()))
    player = Player("G", needs((2**50,)), torch.optim.SGD([w], lr=0.1))
    with pytest.raises(MemoryError, match="not enough memory.*batch size.*width.*size of the"):
        play(Game({}, [player]), [torch.zeros(1)], 1)

    def raises(x):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    player = Player("G", raises, torch.optim.SGD([w], lr=0.1))
    with pytest.raises(MemoryError, match="batch size"):
        play(Game({}, [player]), [torch.zeros(1)], 1)


@pytest.mark.parametrize(
    "words", ["can't allocate memory: you tried to allocate 9 bytes", "CUBLAS_STATUS_ALLOC_FAILED"]
)
def test_memory_that_ends_at_the_first_look_or_while_sampling_is_not_blamed_on_z(words):
    class Full(nn.Linear):
        def forward(self, z):
            raise RuntimeError(words)

    game = gan(Full(2, 2), mlp(2, 1), latent=Normal(2), device="cpu")
    with pytest.raises(MemoryError, match="not enough memory for a step.*batch size"):
        play(game, points(), 1)
    with pytest.raises(MemoryError, match="not enough memory for these samples: draw fewer"):
        sample(game, 5)


def test_other_errors_of_torch_keep_their_own_words():
    w = nn.Parameter(torch.ones(2))
    player = Player("G", lambda x: ((x @ w).sum(), {}), torch.optim.SGD([w], lr=0.1))
    with pytest.raises(RuntimeError, match="size mismatch"):
        play(Game({}, [player]), [torch.zeros(3, 5)], 1)


# What the next chapters need


def test_a_successor_goes_on_as_if_it_were_the_game():
    straight, game = plain(), plain()
    list(train(straight, points(), 20))
    list(train(game, points(), 12))
    torch.manual_seed(99)
    successor = replace(game, networks=dict(game.networks), players=[*game.players])
    assert successor.step == 12
    list(train(successor, points(), 8))
    assert same(weights(straight), weights(successor))


def test_an_average_has_its_own_age_and_a_network_can_have_several():
    game = plain()
    play(game, points(), 30)
    G = game.networks["G"]
    averages = {**game.averages, "fast": Average("G", average_of(G), decay=0.5)}
    game = replace(game, averages=averages)
    expected = [p.detach().clone() for p in G.parameters()]
    for age in range(5):
        play(game, points(), 1)
        decay = min(0.5, (1 + age) / (10 + age))
        expected = [decay * e + (1 - decay) * p.detach() for e, p in zip(expected, G.parameters())]
    for wanted, found in zip(expected, game.averages["fast"].network.parameters()):
        torch.testing.assert_close(found, wanted)
    assert [average.age for average in game.averages.values()] == [35, 5]
    assert torch.equal(sample(game, 9, network="fast"), generate(averages["fast"], game.latent, 9))
    assert not torch.equal(sample(game, 9), sample(game, 9, network="fast"))
    assert "average of G (fast): decay 0.5" in repr(game)
    with pytest.raises(ValueError, match=r"no network called 'H': it has \['D', 'G', 'fast'\]"):
        sample(game, 3, network="H")


def test_averages_given_as_bare_networks_still_work():
    game = plain(ema=None)
    bare = average_of(game.networks["G"])
    game = replace(game, averages={"G": bare}, decay=0.9)
    play(game, points(), 3)
    assert game.averages["G"].network is bare and game.averages["G"].decay == 0.9
    with pytest.warns(DeprecationWarning, match=r"write .network\[0\]"):
        assert game.averages["G"][0] is bare[0]
    with pytest.warns(DeprecationWarning, match="write .network.training"):
        assert not game.averages["G"].training


def test_a_lazy_penalty_is_a_player_of_its_own_that_charges_as_much():
    game = plain(penalties=[(2.0, r1, 4), (1.0, gradient_penalty)])
    D, R, _ = game.players
    assert (R.name, R.every, R.optimizer) == ("D_r1", 4, D.optimizer)
    (x,) = next(points())
    loss, notes = R.loss(x)
    assert loss.item() == pytest.approx(4 * 2.0 * notes["value"].item())
    assert notes["value"].item() == pytest.approx(r1(game.networks["D"], x).item())
    moves = [
        key for r in train(game, points(), 8, report_every=1) for key in r if key == "D_r1_loss"
    ]
    assert len(moves) == 2
    with pytest.raises(ValueError, match="every 1 or more steps"):
        plain(penalties=[(1.0, r1, 0)])


@pytest.mark.parametrize("penalty", [(1, r1, 1.5), (1, r1, "4"), (1, r1, 0), (1, r1, 2, 3), r1])
def test_a_penalty_that_is_no_pair_or_lazy_triple_is_one_sentence(penalty):
    with pytest.raises(ValueError, match="lazy"):
        plain(penalties=[penalty])


@pytest.mark.parametrize("counts", [{"turns": 1.5}, {"every": 1.5}, {"every": 0}])
def test_turns_and_steps_are_counted_in_whole_numbers(counts):
    player = plain().players[0]
    with pytest.raises(ValueError, match="turns and every are whole numbers of at least 1"):
        replace(player, **counts)


def test_any_optimizer_can_play():
    rmsprop = partial(torch.optim.RMSprop, alpha=0.9)
    game = plain(optimizer=rmsprop, lr=1e-3, lr_D=5e-4)
    assert [player.lr for player in game.players] == [5e-4, 1e-3]
    assert "RMSprop(lr=0.0005, alpha=0.9" in repr(game)
    assert play(game, points(), 3)["step"] == 3


def test_a_players_rate_can_be_read_and_set_between_records():
    game = plain()
    D = game.players[0]
    D.lr = 1e-5
    assert D.lr == D.optimizer.param_groups[0]["lr"] == 1e-5
    for bad in (-1, math.nan, math.inf, "fast"):
        with pytest.raises(ValueError, match="a learning rate is a number of at least 0"):
            D.lr = bad
    D.optimizer.add_param_group({"params": [nn.Parameter(torch.ones(()))], "lr": 1.0})
    with pytest.raises(ValueError, match="several learning rates"):
        D.lr  # noqa: B018
    D.lr = 0.1
    assert [group["lr"] for group in D.optimizer.param_groups] == [0.1, 0.1]


def test_parameters_that_nobody_moves_are_named():
    game = plain()
    G = game.networks["G"]
    grown = nn.Sequential(*G, nn.Linear(2, 2))
    with pytest.warns(UserWarning, match=r"nobody moves 2 trainable parameters .*G.3.weight"):
        replace(game, networks={**game.networks, "G": grown})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plain()
        grown[3].requires_grad_(False)
        replace(game, networks={**game.networks, "G": grown})


def test_conditional_networks_can_be_exported():
    G = Chain(ConcatOneHot(10), *mlp_generator(64 + 10, (1, 8, 8), (8,))).eval()
    z, y = torch.randn(2, 64), torch.tensor([1, 2])
    exported = torch.export.export(G, (z, y)).module()
    assert torch.allclose(exported(z, y), G(z, y))


def test_a_records_dict_is_the_readers_own():
    game = plain()
    record = play(game, points(), 1)
    record.clear()
    assert game.record["step"] == 1


def test_the_digits_still_train():
    game = gan(mlp_generator(64, (1, 8, 8)), mlp_discriminator((1, 8, 8)), device="cpu")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert math.isfinite(play(game, digits(8).batches(16, device="cpu"), 3)["D_loss"])
