"""Recording never changes a number in silence: each kind of Python value is changed here.

`Frozen` replays lists of operations in which Python's numbers stand as they stood, as a GPU
does: what is not heard changes the weights, and the test fails.
"""

import argparse
import dataclasses
import functools
import itertools
import os
import random
import types
import warnings

import numpy as np
import pytest
import torch
from games_for_tests import plain, points, same, weights
from recorders import Again, Frozen
from torch import nn

from gan_course import Game, Player, moves, play, recording, train
from gan_course.accelerate import eager, recorded
from gan_course.accelerate.both_ways import both_ways
from gan_course.accelerate.watching import Watch
from gan_course.checkpoint import load, save

GLOBAL = 1.0  # what some losses below read


def with_factor(read):
    """Return a game whose D has its loss multiplied by what `read(x)` returns, and adds noise."""
    game = plain()
    D = game.players[0]
    base = D.loss

    def loss(x):
        value, notes = base(x)
        return value * read(x), notes

    game.players[0] = Player("D", loss, D.optimizer)
    return game


def nonlocal_number():
    factor = 1.0

    def change():
        nonlocal factor
        factor = 3.0

    return with_factor(lambda x: factor), change


def global_number():
    return with_factor(lambda x: GLOBAL), lambda: globals().update(GLOBAL=3.0)


def number_of_a_readers_module():
    config = types.ModuleType("my_config")
    config.factor = 1.0
    scope = {"config": config}
    exec("def read(x): return config.factor", scope)
    scope["read"].__module__ = "my_losses"
    return with_factor(scope["read"]), lambda: setattr(config, "factor", 3.0)


def number_of_a_module_in_a_package():
    package, config = types.ModuleType("my_package"), types.ModuleType("my_package.config")
    package.config, config.factor = config, 1.0
    scope = {"my_package": package}
    exec("def read(x): return my_package.config.factor", scope)
    scope["read"].__module__ = "my_losses"
    return with_factor(scope["read"]), lambda: setattr(config, "factor", 3.0)


def helper_of_a_helper():
    scope = {"weight": 1.0}
    exec("def inner(): return weight\ndef read(x): return inner()", scope)
    scope["inner"].__module__ = scope["read"].__module__ = "my_losses"
    return with_factor(scope["read"]), lambda: scope.update(weight=3.0)


def dictionary():
    options = {"loss": {"factor": 1.0}}
    return with_factor(lambda x: options["loss"]["factor"]), lambda: options["loss"].update(
        factor=3
    )


def lists():
    schedule = [[1.0], [2.0]]
    return with_factor(lambda x: schedule[0][0]), lambda: schedule.__setitem__(0, [3.0])


def array():
    schedule = np.ones(3)
    return with_factor(lambda x: float(schedule[1])), lambda: schedule.__setitem__(1, 3.0)


def flag():
    options = argparse.Namespace(hard=False)
    return with_factor(lambda x: 3.0 if options.hard else 1), lambda: setattr(options, "hard", True)


def text():
    options = types.SimpleNamespace(kind="soft")
    read = {"soft": 1.0, "hard": 3.0}
    return with_factor(lambda x: read[options.kind]), lambda: setattr(options, "kind", "hard")


def nothing():
    options = {"factor": None}
    return with_factor(lambda x: options["factor"] or 1.0), lambda: options.update(factor=3.0)


def data_class():
    @dataclasses.dataclass
    class Options:
        factor: float = 1.0

    options = Options()
    return with_factor(lambda x: options.factor), lambda: setattr(options, "factor", 3.0)


def slots():
    class Options:
        __slots__ = ("factor",)

    options = Options()
    options.factor = 1.0
    return with_factor(lambda x: options.factor), lambda: setattr(options, "factor", 3.0)


def class_attribute():
    class Options:
        factor = 1.0

    return with_factor(lambda x: Options().factor), lambda: setattr(Options, "factor", 3.0)


def bound_self():
    class Rule:
        def __init__(self):
            self.factor = 1.0

        def read(self, x):
            return self.factor

    rule = Rule()
    return with_factor(rule.read), lambda: setattr(rule, "factor", 3.0)


def partial_argument():
    read = functools.partial(lambda x, factor: factor, factor=1.0)
    return with_factor(read), lambda: read.keywords.update(factor=3.0)


def default_argument():
    def read(x, factor=1.0):
        return factor

    return with_factor(read), lambda: setattr(read, "__defaults__", (3.0,))


def replaced_function():
    helpers = {"read": lambda x: 1.0}
    return with_factor(lambda x: helpers["read"](x)), lambda: helpers.update(read=lambda x: 3.0)


def closed_over_tensor():
    held = {"factor": torch.tensor(1.0)}
    return with_factor(lambda x: held["factor"]), lambda: held.update(factor=torch.tensor(3.0))


class Fog(nn.Module):
    def __init__(self):
        super().__init__()
        self.fog = 0.3

    def forward(self, x):
        return x + self.fog * torch.randn_like(x)


def in_D(layer):
    """Return a game in whose D a layer stands first, and the layer."""
    game = plain()
    game.networks["D"].insert(0, layer)
    return game, layer


def module_attribute():
    game, layer = in_D(Fog())
    return game, lambda: setattr(layer, "fog", 0.0)


def dropout():
    game, layer = in_D(nn.Dropout(0.5))
    return game, lambda: setattr(layer, "p", 0.0)


def mode_of_an_outer_network():
    outer = nn.Dropout(0.5)
    return with_factor(lambda x: outer(x).mean()), lambda: outer.eval()


def layer_replaced():
    game = plain()
    return game, lambda: game.networks["D"].__setitem__(1, nn.Tanh())


def forward_replaced():
    game, layer = in_D(nn.Identity())
    return game, lambda: setattr(layer, "forward", lambda x: 3 * x)


def hook_on_a_layer():
    game = plain()
    return game, lambda: game.networks["D"][0].register_forward_hook(lambda m, i, out: 3 * out)


def hook_on_a_weight():
    game = plain()
    weight = game.networks["D"][0].weight
    return game, lambda: weight.register_hook(lambda gradient: gradient * 0)


def frozen_layer():
    game = plain()
    return game, lambda: game.networks["D"][0].requires_grad_(False)


def weight_moved():
    game = plain()
    weight = game.networks["D"][0].weight
    return game, lambda: setattr(weight, "data", weight.data.clone() * 3)


def learning_rate():
    game = plain()
    return game, lambda: game.players[0].optimizer.param_groups[0].update(lr=1e-2)


def betas():
    game = plain()
    return game, lambda: game.players[0].optimizer.param_groups[0].update(betas=(0.0, 0.9))


def loss_replaced():
    game = plain()
    D = game.players[0]
    base = D.loss

    def loss(x):
        value, notes = base(x)
        return 3 * value, notes

    return game, lambda: setattr(D, "loss", loss)


def player_replaced():
    game = plain()
    D = game.players[0]

    def change():
        optimizer = torch.optim.SGD(game.networks["D"].parameters(), 0.1)
        game.players[0] = Player("D", D.loss, optimizer)

    return game, change


def setting_of_torch():
    return plain(), lambda: torch.use_deterministic_algorithms(True)


KINDS = [
    nonlocal_number, global_number, number_of_a_readers_module, number_of_a_module_in_a_package, helper_of_a_helper, dictionary,
    lists, array, flag, text, nothing, data_class, slots, class_attribute, bound_self,
    partial_argument, default_argument, replaced_function, closed_over_tensor, module_attribute,
    dropout, mode_of_an_outer_network, layer_replaced, forward_replaced, hook_on_a_layer,
    hook_on_a_weight, frozen_layer, weight_moved, learning_rate, betas, loss_replaced,
    player_replaced, setting_of_torch,
]  # fmt: skip


@pytest.fixture(autouse=True)
def as_before():
    yield
    globals().update(GLOBAL=1.0)
    torch.use_deterministic_algorithms(False)


def played(kind, record):
    """Return a game after 8 steps, the change and 8 steps more; and how often it was recorded."""
    globals().update(GLOBAL=1.0)
    torch.use_deterministic_algorithms(False)
    game, change = kind()
    recorder = Frozen(game)
    game = recorded(game, recorder) if record else game
    play(game, points(), 8)
    before = len(recorder.recorded)
    change()
    play(game, points(), 8)
    return game, len(recorder.recorded) - before


def close(one, other, atol=1e-5):
    a, b = weights(one), weights(other)
    return all(torch.allclose(a[name], b[name], atol=atol) for name in a)


@pytest.mark.filterwarnings("error::UserWarning")
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_changed_value_is_heard(kind):
    there, _ = played(kind, record=False)
    game, anew = played(kind, record=True)
    assert close(there, game)
    assert anew  # it was recorded again, not given up


@pytest.mark.parametrize("kind", [nonlocal_number, module_attribute, hook_on_a_layer])
def test_the_stand_in_would_not_hear_by_itself(kind, monkeypatch):
    monkeypatch.setattr(Watch, "changed", lambda self: "")
    monkeypatch.setattr(recording, "both_ways", lambda plain, replay, *rest: (replay(), True))
    there, _ = played(kind, record=False)
    game, _ = played(kind, record=True)
    assert not close(there, game)


def test_a_recorded_game_equals_the_plain_one():
    there, game = plain(), plain()
    game = recorded(game, recorder := Frozen(game))
    for one, other in zip(train(there, points(), 30, 7), train(game, points(), 30, 7), strict=True):
        assert {**one, "seconds": 0} == pytest.approx({**other, "seconds": 0}, abs=1e-5)
    assert close(there, game)
    assert len(recorder.recorded) == 5  # gradients and step of two players, and the average


def counter():
    state = {"t": 0}

    def read(x):
        state["t"] += 1
        return 1 + state["t"] / 10

    return read


def growing_list():
    history = []

    def read(x):
        history.append(1.0)
        return 1 + len(history) / 10

    return read


def attribute_that_counts():
    options = types.SimpleNamespace(t=0)

    def read(x):
        options.t += 1
        return 1 + options.t / 10

    return read


def iterator():
    numbers = itertools.count(1)
    return lambda x: next(numbers)


def generator():
    numbers = (1 + t / 10 for t in range(1000))
    return lambda x: next(numbers)


def pythons_random_numbers():
    random.seed(0)
    return lambda x: random.random()


def a_random_generator():
    draws = random.Random(0)
    return lambda x: draws.random()


def numpys_generator():
    draws = np.random.default_rng(0)
    return lambda x: draws.random()


def too_much_to_watch():
    table = [[t] for t in range(30_000)]
    return lambda x: table[3][0]


OWN = [
    counter, growing_list, attribute_that_counts, iterator, generator, pythons_random_numbers,
    a_random_generator, numpys_generator, too_much_to_watch,
]  # fmt: skip


@pytest.mark.parametrize("own", OWN, ids=lambda own: own.__name__)
def test_what_changes_in_every_move_is_played_as_it_is_and_said_once(own):
    there = with_factor(own())
    list(train(there, points(), 40, 10))
    game = with_factor(own())
    game = recorded(game, recorder := Frozen(game))
    with pytest.warns(UserWarning, match="loss of player D could not be recorded") as caught:
        list(train(game, points(), 40, 10))
    assert len(caught) == 1
    assert close(there, game)
    assert len(recorder.recorded) == 3  # G's gradients and step, and the average


def test_a_loss_that_reads_the_games_step_is_played_as_it_is():
    def build():
        held = {}
        game = with_factor(lambda x: 1 + held["game"].step / 10)
        held["game"] = game
        return game, held

    there, _ = build()
    game, held = build()
    game = held["game"] = recorded(game, Frozen(game))
    list(train(there, points(), 40, 10))
    with pytest.warns(UserWarning, match="step changes again and again"):
        list(train(game, points(), 40, 10))
    assert close(there, game)


def reads_a_tensor():
    return lambda x: 2.0 if x.mean().item() > 0 else 1.0


@pytest.mark.filterwarnings("ignore")
def test_a_recording_that_fails_leaves_no_trace():
    there = with_factor(reads_a_tensor())
    list(train(there, points(), 20, 10))
    game = with_factor(reads_a_tensor())
    game = recorded(game, Frozen(game))
    list(train(game, points(), 20, 10))
    assert close(there, game)
    assert torch.equal(there.random_state["cpu"], game.random_state["cpu"])
    state, other = (g.players[0].optimizer.state_dict()["state"] for g in (there, game))
    assert all(torch.equal(state[i]["step"], other[i]["step"]) for i in state)


def test_a_recording_that_fails_is_one_sentence():
    game = with_factor(reads_a_tensor())
    game = recorded(game, Frozen(game))
    with pytest.warns(UserWarning, match="D could not be recorded.*the same numbers") as caught:
        list(train(game, points(), 20, 5))
    assert len(caught) == 1 and "\n" not in str(caught[0].message)


def test_what_nobody_can_watch_is_found_by_playing_both_ways(monkeypatch):
    def build():
        monkeypatch.setenv("FACTOR", "1")
        return with_factor(lambda x: float(os.environ["FACTOR"]))

    there, game = build(), build()
    game = recorded(game, Frozen(game))
    for each in (there, game):
        monkeypatch.setenv("FACTOR", "1")
        play(each, points(), 8)
    monkeypatch.setenv("FACTOR", "3")
    play(there, points(), 8)  # the second call of play: 1, 2, 4, 8, ... play both ways
    with pytest.warns(UserWarning, match="D could not be recorded.*both ways.*different numbers"):
        play(game, points(), 8)
    assert close(there, game)


def test_without_memory_for_the_test_the_recording_goes_on():
    state = torch.zeros(3)

    def plain_run():
        state.add_(1)
        torch.rand(2)
        raise torch.OutOfMemoryError("CUDA out of memory")

    torch.manual_seed(0)
    drawn = torch.get_rng_state()
    result = both_ways(plain_run, lambda: "replayed", [state], torch.device("cpu"))
    assert result == ("replayed", True)
    assert torch.equal(state, torch.zeros(3)) and torch.equal(drawn, torch.get_rng_state())


def test_a_test_that_fails_leaves_what_the_plain_run_made():
    state = torch.zeros(3)
    make = [lambda by=by: (torch.rand(2), state.add_(by), torch.tensor([1.0]))[2] for by in (1, 2)]
    torch.manual_seed(0)
    torch.rand(2)
    after = torch.get_rng_state()
    torch.manual_seed(0)
    assert both_ways(*make, [state], torch.device("cpu"))[1] is False
    assert torch.equal(state, torch.ones(3)) and torch.equal(after, torch.get_rng_state())
    torch.manual_seed(0)
    assert both_ways(make[0], make[0], [state], torch.device("cpu"))[1] is True
    assert torch.equal(state, torch.full((3,), 2.0))


class Restless:
    """Batches that change the fog on the way."""

    def __init__(self, layer, every):
        self.layer, self.every, self.drawn, self.points = layer, every, 0, points()

    def __next__(self):
        self.drawn += 1
        if self.drawn % self.every == 0:
            self.layer.fog /= 2
        return next(self.points)


@pytest.mark.parametrize("every", [1, 7])
@pytest.mark.filterwarnings("ignore")
def test_batches_may_change_numbers_in_the_middle_of_a_play(every):
    games = [in_D(Fog()), in_D(Fog())]
    game = recorded(games[1][0], Frozen(games[1][0]))
    for each, layer in zip((games[0][0], game), (games[0][1], games[1][1])):
        play(each, Restless(layer, every), 25)
    assert close(games[0][0], game)


def test_a_value_that_changes_at_every_record_is_not_recorded_in_vain():
    game, layer = in_D(Fog())
    game = recorded(game, recorder := Frozen(game))
    with pytest.warns(UserWarning, match="fog changes again and again"):
        for step in range(60):
            play(game, points(), 5)
            layer.fog = 0.3 / (step + 2)
    assert len(recorder.recorded) < 15


@pytest.mark.filterwarnings("error::UserWarning")
def test_batches_of_another_shape_are_played_as_they_are():
    there, game = plain(), plain()
    game = recorded(game, recorder := Frozen(game))
    sizes = [32, 32, 32, 32, 20] * 4
    for size in sizes:
        for each in (there, game):
            play(each, points(size), 1)
    assert close(there, game)
    assert len(recorder.recorded) == 5  # a small batch between two large ones costs no recording


@pytest.mark.filterwarnings("error::UserWarning")
def test_a_new_shape_that_stays_is_recorded():
    there, game = plain(), plain()
    game = recorded(game, recorder := Frozen(game))
    for each in (there, game):
        for size in (32, 20, 32):
            play(each, points(size), 12)
    assert close(there, game)
    assert len(recorder.recorded) > 5


def test_recording_is_the_default_where_a_device_has_it(monkeypatch):
    there, game = plain(), plain()
    recorder = Frozen(game)
    monkeypatch.setattr(moves, "default_recorder", lambda device: recorder)
    play(game, points(), 10)
    assert len(recorder.recorded) == 5
    monkeypatch.undo()
    play(there, points(), 10)
    assert close(there, game) and there._recordings.recorder is None


def test_eager_is_what_a_game_says_of_all_its_players():
    game = plain()
    recorded_game = recorded(game, recorder := Frozen(game))
    assert eager(recorded_game) is recorded_game
    play(recorded_game, points(), 10)
    assert recorder.recorded == []


def test_between_two_records_players_and_averages_are_ordinary():
    game = plain()
    game = recorded(game, Frozen(game))
    play(game, points(), 10)
    for owner in (*game.players, *game.averages.values()):
        assert not {"find", "step", "follow"} & vars(owner).keys()
    with pytest.raises(ValueError):
        play(game, iter([]), 1)
    assert not {"find", "step"} & vars(game.players[0]).keys()


def test_successors_of_a_recorded_game_begin_anew():
    game = plain()
    game = recorded(game, Again())
    play(game, points(), 10)
    assert game._recordings.moves
    assert dataclasses.replace(game)._recordings is None
    play(dataclasses.replace(game), points(), 10)
    play(game, points(), 10)


def test_two_players_on_one_optimizer_are_recorded():
    def build():
        game = plain()
        D = game.networks["D"]

        def flat(x):
            return 0.1 * D(x).square().mean(), {}

        lazy = Player("flat", flat, game.players[0].optimizer, every=3)
        return Game(game.networks, [*game.players, lazy], latent=game.latent)

    there, game = build(), build()
    game = recorded(game, recorder := Frozen(game))
    for one, other in zip(train(there, points(), 40, 8), train(game, points(), 40, 8)):
        assert {**one, "seconds": 0} == pytest.approx({**other, "seconds": 0}, abs=1e-5)
    assert close(there, game) and len(recorder.recorded) == 6


def test_a_checkpoint_loaded_in_the_middle_is_heard(tmp_path):
    games = [plain(), plain()]
    games[1] = recorded(games[1], Frozen(games[1]))
    for number, game in enumerate(games):
        path = tmp_path / f"{number}.pt"
        play(game, points(), 8)
        save(game, path)
        play(game, points(), 8)
        play(load(game, path), points(), 8)
    assert close(*games)


def test_a_replay_that_raises_is_played_as_it_is():
    class Breaks(Again):
        def record(self, function):
            def replay():
                raise RuntimeError("Offset increment outside graph capture encountered")

            return replay

    there, game = plain(), recorded(plain(), Breaks())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for each in (there, game):
            play(each, points(), 30)
    assert same(weights(there), weights(game))


def test_what_has_changed_is_named_by_its_path():
    game, layer = in_D(Fog())
    play(game, points(), 3)
    watch = Watch({"loss": game.players[0].loss})
    assert watch.changed() == ""
    layer.fog = float("0.3")  # another object, the same number
    assert watch.changed() == ""
    layer.fog = 0.2
    assert watch.changed() == "loss.D._modules[0].fog"


def test_values_of_one_name_in_two_places_are_told_apart():
    first, second = types.SimpleNamespace(factor=1.0), types.SimpleNamespace(factor=1.0)

    def read(x, factor=1.0):
        return first.factor + factor

    def other(x, factor=2.0):
        return second.factor + factor

    for change in (
        lambda: setattr(first, "factor", 2.0),
        lambda: setattr(second, "factor", 3.0),
        lambda: setattr(read, "__defaults__", (4.0,)),
        lambda: setattr(other, "__defaults__", (5.0,)),
    ):
        watch = Watch({"a": read, "b": other})
        change()
        assert watch.changed()
