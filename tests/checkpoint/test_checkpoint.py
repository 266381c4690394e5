"""Checkpoints: exact, whole, safe, and refused where they do not belong."""

import copy
import dataclasses
import os
import pickle
import signal
import subprocess
import sys
import time
from collections import OrderedDict
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from games_for_tests import plain, points, same, weights, with_state
from torch import nn

from gan_course import (
    Average,
    Normal,
    Objective,
    Player,
    average_of,
    gan,
    generate,
    gradient_penalty,
    hinge,
    r1,
    sample,
    train,
)
from gan_course.checkpoint import load, load_generator, save, save_generator
from gan_course.game.describe import describe_optimizer, name_of, settings_of


def run(game, steps):
    """Trains while the caller draws random numbers in between."""
    for _ in train(game, points(), steps, report_every=6):
        torch.randn(3)


@pytest.mark.parametrize("build", [plain, with_state])
def test_resume_is_exact(build, tmp_path):
    straight, halves, thirds = build(), build(), build()
    run(straight, 40)
    run(halves, 20)
    save(halves, tmp_path / "game.pt")
    resumed = load(build(seed=123), tmp_path / "game.pt")
    torch.manual_seed(5)
    run(resumed, 20)
    run(thirds, 13)
    run(thirds, 27)
    assert same(weights(straight), weights(resumed))
    assert same(weights(straight), weights(thirds))
    assert resumed.step == 40


def test_a_learning_rate_changed_on_the_way_comes_back(tmp_path):
    game = plain()
    run(game, 5)
    game.players[0].optimizer.param_groups[0]["lr"] = 1e-5
    save(game, tmp_path / "game.pt")
    resumed = load(plain(), tmp_path / "game.pt")
    assert resumed.players[0].optimizer.param_groups[0]["lr"] == 1e-5
    assert resumed.record["step"] == 5


@pytest.mark.parametrize(
    ("options", "difference"),
    [
        ({"lr": 1e-3}, "optimizer of D .*lr=0.0002.* and here .*lr=0.001"),
        ({"betas": (0.0, 0.9)}, r"optimizer of D .*betas=\(0.5, 0.999\)"),
        ({"objective": hinge}, "objective is non_saturating and here it is hinge"),
        ({"penalties": [(10, gradient_penalty)]}, "penalties is .*here it is 10 gradient_penalty"),
        ({"penalties": [(5, r1)]}, "penalties"),
        ({"n_critic": 3}, "moves of D is turns 1, every 1 and here it is turns 3"),
        ({"ema": 0.9}, "averages"),
        ({"ema": None}, "averages"),
        ({"simultaneous": True}, "simultaneous is False"),
        ({"bf16": True}, "bf16"),
    ],
)
def test_a_checkpoint_of_other_hyper_parameters_is_refused_by_name(options, difference, tmp_path):
    save(plain(), tmp_path / "game.pt")
    other = plain(seed=1, **options)
    before = weights(other)
    with pytest.raises(ValueError, match=f"belongs to another game: its {difference}"):
        load(other, tmp_path / "game.pt")
    assert same(before, weights(other)), "refused before anything is changed"


def test_another_architecture_is_refused_by_its_layer(tmp_path):
    save(plain(), tmp_path / "game.pt")
    wide = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 2))
    leaky = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(), nn.Linear(16, 1))
    D = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 1))
    G = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 2))
    with pytest.raises(ValueError, match=r"layer G.0 is Linear.*out_features=16.*here.*=32"):
        load(gan(wide, D, latent=Normal(2), device="cpu"), tmp_path / "game.pt")
    with pytest.raises(ValueError, match=r"layer D.1 is ReLU\(\) and here it is LeakyReLU"):
        load(gan(G, leaky, latent=Normal(2), device="cpu"), tmp_path / "game.pt")


def test_other_players_or_another_order_of_play_are_refused(tmp_path):
    save(plain(), tmp_path / "game.pt")
    turned, more = plain(seed=1), plain(seed=1)
    turned.players.reverse()
    D = more.networks["D"]
    more.players.append(Player("R", lambda x: (r1(D, x), {}), more.players[0].optimizer, every=16))
    for other, order in ((turned, "G, D"), (more, "D, G, R")):
        before = weights(other)
        with pytest.raises(ValueError, match=f"order of play is D, G and here it is {order}"):
            load(other, tmp_path / "game.pt")
        assert same(before, weights(other))
    save(more, tmp_path / "more.pt")
    with pytest.raises(ValueError, match="order of play is D, G, R and here it is D, G"):
        load(plain(), tmp_path / "more.pt")
    assert load(more, tmp_path / "more.pt") is more


def test_a_game_that_is_no_longer_finite_is_never_saved(tmp_path):
    game = plain()
    save(game, tmp_path / "game.pt")
    good = (tmp_path / "game.pt").read_bytes()
    game.networks["D"][0].weight.data[0, 0] = float("nan")
    with pytest.raises(ValueError, match="D's 0.weight is no longer finite"):
        save(game, tmp_path / "game.pt")
    assert (tmp_path / "game.pt").read_bytes() == good


SAVER = """
import sys
sys.path.insert(0, {root!r})
from games_for_tests import plain
from gan_course.checkpoint import save
game = plain()
while True:
    save(game, {path!r})
    print("saved", flush=True)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_kill_during_save_leaves_a_whole_file(tmp_path):
    path = tmp_path / "game.pt"
    root = str(Path(__file__).parents[1])
    code = SAVER.format(root=root, path=str(path))
    saver = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    saver.stdout.readline()  # it has saved once, and is saving again and again
    for _ in range(20):
        load(plain(), path)  # never half a file, however often one looks
        time.sleep(0.002)
    os.kill(saver.pid, signal.SIGKILL)
    saver.wait()
    assert load(plain(), path).step == 0


def test_a_failure_while_writing_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    game = plain()
    save(game, tmp_path / "game.pt")

    def full(content, file):
        file.write(b"half a file")
        raise OSError("no space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(OSError, match="no space"):
        save(game, tmp_path / "game.pt")
    assert [p.name for p in tmp_path.iterdir()] == ["game.pt"]
    assert load(plain(), tmp_path / "game.pt").step == 0


def test_damaged_missing_and_mistaken_files_get_one_sentence(tmp_path):
    save(plain(), tmp_path / "game.pt")
    half = (tmp_path / "game.pt").read_bytes()[:1000]
    (tmp_path / "half.pt").write_bytes(half)
    with pytest.raises(ValueError, match="damaged"):
        load(plain(), tmp_path / "half.pt")
    with pytest.raises(FileNotFoundError, match="no checkpoint at"):
        load(plain(), tmp_path / "none.pt")
    save_generator(plain(), tmp_path / "G.pt")
    with pytest.raises(ValueError, match="use load_generator"):
        load(plain(), tmp_path / "G.pt")
    with pytest.raises(ValueError, match="use load"):
        load_generator(plain().networks["G"], tmp_path / "game.pt")


def test_a_generator_can_be_saved_and_loaded_alone(tmp_path):
    game = with_state()
    run(game, 20)
    save_generator(game, tmp_path / "new" / "G.pt")
    G = load_generator(with_state(seed=9).networks["G"], tmp_path / "new" / "G.pt")
    assert not G.training
    assert torch.equal(generate(G, Normal(2), 50), sample(game, 50))
    with pytest.raises(ValueError, match=r"another network: its layer G.1 is BatchNorm1d and here"):
        load_generator(plain().networks["G"], tmp_path / "new" / "G.pt")


def test_a_learning_rate_from_numpy_can_be_loaded_again(tmp_path):
    game = plain(lr=np.float64(1e-3), betas=tuple(np.array([0.5, 0.9])))
    game.players[0].optimizer.param_groups[0]["lr"] = np.float32(0.25)
    save(game, tmp_path / "game.pt")
    resumed = load(
        plain(lr=np.float64(1e-3), betas=tuple(np.array([0.5, 0.9]))), tmp_path / "game.pt"
    )
    assert resumed.players[0].optimizer.param_groups[0]["lr"] == 0.25


def with_functions():
    """A game whose latent and penalty have addresses of their own in every process."""

    def latent(n, device):
        return torch.randn(n, 2, device=device)

    class Slope:
        def __call__(self, D, real, fake):
            return r1(D, real, fake)

    G, D = nn.Linear(2, 2), nn.Linear(2, 1)
    return gan(G, D, latent=latent, penalties=[(1, Slope())], device="cpu")


def test_functions_as_latent_or_penalty_are_known_again_by_name(tmp_path):
    game, again = with_functions(), with_functions()
    save(game, tmp_path / "game.pt")
    assert load(again, tmp_path / "game.pt") is again
    settings = settings_of(again)
    assert settings["latent"] == "latent" and " at 0x" not in settings["penalties"]


def test_what_decides_a_run_is_named_in_its_settings():
    w = nn.Linear(1, 1)
    assert "maximize=True" in describe_optimizer(torch.optim.SGD(w.parameters(), maximize=True))
    assert name_of(partial(r1, w, real=None)) == f"r1({w}, real=None)"


def test_the_weights_of_a_stranger_are_not_taken_for_a_game_or_a_generator(tmp_path):
    game = plain()
    torch.save(game.networks["G"].state_dict(), tmp_path / "state.pt")
    for attempt in (load, lambda game, path: load_generator(game.networks["G"], path)):
        with pytest.raises(ValueError, match="not a checkpoint of this course"):
            attempt(game, tmp_path / "state.pt")


def test_a_file_that_may_not_be_read_is_not_called_damaged(tmp_path, monkeypatch):
    save(plain(), tmp_path / "game.pt")

    def unreadable(*args, **options):
        raise PermissionError(13, "Permission denied", str(tmp_path / "game.pt"))

    monkeypatch.setattr(torch, "load", unreadable)
    with pytest.raises(PermissionError, match=r"game\.pt"):
        load(plain(), tmp_path / "game.pt")


# Games of the same names


class Sloped(nn.Module):
    """A generator of the reader's own, which keeps what it was told as plain attributes."""

    def __init__(self, slope, activation=None, callback=None):
        super().__init__()
        self.slope, self.activation, self.callback = slope, activation, callback
        self.layer = nn.Linear(2, 2)

    def forward(self, z):
        return nn.functional.leaky_relu(self.layer(z), self.slope)


def custom(G=None, d=None, **options):
    """A game of a reader's own network and objective, whose names are always the same."""
    d = d or (lambda real, fake: fake.mean() - real.mean())
    mine = Objective("mine", d, lambda fake, real: -fake.mean())
    options = {"latent": Normal(2), "objective": mine, **options}
    return gan(G or Sloped(0.2), nn.Linear(2, 1), device="cpu", **options)


def scaled(scale, shift=0.0):
    def d(real, fake):
        return scale * (fake.mean() - real.mean()) + shift

    return d


def renamed(scale, shift=0.0):
    """The same as `scaled`, written and named otherwise."""

    def d(a, b):  # not the same words
        return scale * (b.mean() - a.mean()) + shift

    return d


def smoothed(real, fake, by=0.0):
    return fake.mean() - (1 - by) * real.mean()


def shift(D, real, fake, by=1.0):
    return by * D(real).mean()


def doubled(D, real, fake):
    return 2 * D(real).mean()


OTHERS = {
    "slope of a custom module": (lambda: custom(), lambda: custom(Sloped(0.9))),
    "text of a custom module": (
        lambda: custom(Sloped(0.2, callback="a")),
        lambda: custom(Sloped(0.2, callback="b")),
    ),
    "function of a custom module": (
        lambda: custom(Sloped(0.2, torch.relu)),
        lambda: custom(Sloped(0.2, torch.tanh)),
    ),
    "slope of a layer": (
        lambda: custom(nn.Sequential(nn.Linear(2, 2), nn.LeakyReLU(0.2))),
        lambda: custom(nn.Sequential(nn.Linear(2, 2), nn.LeakyReLU(0.1))),
    ),
    "stride": (
        lambda: custom(nn.Sequential(nn.Linear(2, 2), nn.Unflatten(1, (2, 1)), nn.Flatten())),
        lambda: custom(nn.Sequential(nn.Linear(2, 2), nn.Unflatten(1, (1, 2)), nn.Flatten())),
    ),
    "function of an objective": (
        lambda: custom(),
        lambda: custom(d=lambda real, fake: real.square().mean()),
    ),
    "closure of an objective": (lambda: custom(d=scaled(1)), lambda: custom(d=scaled(2))),
    "what is bound to a function of an objective": (
        lambda: custom(d=partial(smoothed, by=0.1)),
        lambda: custom(d=partial(smoothed, by=0.2)),
    ),
    "default of a penalty": (
        lambda: custom(penalties=[(1, partial(shift, by=1.0))]),
        lambda: custom(penalties=[(1, partial(shift, by=2.0))]),
    ),
    "penalty": (
        lambda: custom(penalties=[(1, named(shift))]),
        lambda: custom(penalties=[(1, named(doubled))]),
    ),
    "latent": (
        lambda: custom(latent=lambda n, device: torch.randn(n, 2)),
        lambda: custom(latent=lambda n, device: torch.rand(n, 2)),
    ),
}


def named(penalty):
    """Gives every penalty one name."""

    def same(*args):
        return penalty(*args)

    return same


@pytest.mark.parametrize("pair", OTHERS.values(), ids=OTHERS.keys())
def test_another_game_of_the_same_names_is_refused(pair, tmp_path):
    build, other = pair
    save(build(), tmp_path / "game.pt")
    assert load(build(), tmp_path / "game.pt").step == 0, "the same code is the same game"
    game = other()
    before = weights(game)
    with pytest.raises(ValueError, match="belongs to another game: its "):
        load(game, tmp_path / "game.pt")
    assert same(before, weights(game))


def test_comments_and_names_of_variables_do_not_make_another_game(tmp_path):
    save(custom(d=scaled(3)), tmp_path / "game.pt")
    assert load(custom(d=renamed(3)), tmp_path / "game.pt").step == 0


def test_what_changes_while_training_does_not_make_another_game(tmp_path):
    game = custom(Sloped(0.2))
    game.networks["G"].slope = 0.01  # annealed
    game.players[0].optimizer.param_groups[0]["lr"] = 1e-5
    save(game, tmp_path / "game.pt")
    assert load(custom(Sloped(0.2)), tmp_path / "game.pt").step == 0


class Addressed(nn.Module):
    """A layer whose repr holds an address, and another one in every version of torch."""

    def __init__(self):
        super().__init__()
        self.helper = object()
        self.layer = nn.Linear(2, 2)
        self.loud = Loud()

    def forward(self, z):
        return self.loud(self.layer(z))


class Loud(nn.Module):
    count = 0

    def __repr__(self):
        Loud.count += 1
        return f"Loud(<object at 0x{id(self):x}>, version={Loud.count})"

    def forward(self, z):
        return z


def test_a_layer_whose_repr_changes_can_be_saved_and_loaded(tmp_path):
    save(custom(Addressed()), tmp_path / "game.pt")
    assert load(custom(Addressed()), tmp_path / "game.pt").step == 0
    save_generator(custom(Addressed()), tmp_path / "G.pt")
    load_generator(Addressed(), tmp_path / "G.pt")


def test_a_generator_of_another_slope_is_refused(tmp_path):
    save_generator(custom(Sloped(0.2)), tmp_path / "G.pt")
    load_generator(Sloped(0.2), tmp_path / "G.pt")
    with pytest.raises(ValueError, match=r"module G\. is Sloped\(slope=0.2.*Sloped\(slope=0.9"):
        load_generator(Sloped(0.9), tmp_path / "G.pt")


def test_code_is_compared_on_one_version_of_python_and_names_on_all(tmp_path):
    save(custom(d=scaled(1)), tmp_path / "game.pt")
    content = torch.load(tmp_path / "game.pt", weights_only=True)
    of_python = {k: v for k, v in content["settings"].items() if k.startswith("code of")}
    content["settings"] |= {k: f"{'0' * 12} (Python 3.1)" for k in of_python}
    torch.save(content, tmp_path / "old.pt")
    assert load(custom(d=scaled(1)), tmp_path / "old.pt").step == 0
    with pytest.raises(ValueError, match=r"module G\. is Sloped.*here it is Sequential"):
        load(custom(nn.Sequential(OrderedDict(layer=nn.Linear(2, 3)))), tmp_path / "old.pt")


FINGERPRINT = """
from gan_course.game.fingerprint import fingerprint
def loss(x, kinds=(1, 2.5), *, name="a"):
    return x in {"one", "two", "three"} or [y for y in x if y != name]
print(fingerprint(loss))
"""


def test_a_fingerprint_is_the_same_in_every_process():
    prints = {
        subprocess.run(
            [sys.executable, "-c", FINGERPRINT],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in "12"
    }
    assert len(prints) == 1 and "(Python 3" in prints.pop()


def first_edition(path):
    """Rewrites a file as the first edition wrote it: with reprs, and without code."""
    content, game = torch.load(path, weights_only=True), with_state()
    settings = {
        k: v
        for k, v in content["settings"].items()
        if not k.startswith(("code of", "module ", "layer ", "average "))
    }
    for player in game.players:
        settings[f"optimizer of {player.name}"] = describe_optimizer(player.optimizer)
    for name, network in game.networks.items():
        leaves = {k: m for k, m in network.named_modules() if not [*m.children()]}
        settings |= {f"layer {name}.{k}": repr(m) for k, m in leaves.items()}
    torch.save({**content, "settings": settings}, path)


def test_a_checkpoint_of_the_first_edition_is_loaded_or_refused_as_it_was(tmp_path):
    game = with_state()
    run(game, 3)
    save(game, tmp_path / "game.pt")
    first_edition(tmp_path / "game.pt")
    assert same(weights(game), weights(load(with_state(seed=4), tmp_path / "game.pt")))
    for options, difference in (
        ({"lr": 1e-3}, "optimizer of D .*lr=0.0002.* and here .*lr=0.001"),
        ({"objective": hinge}, "objective is non_saturating and here it is hinge"),
    ):
        with pytest.raises(ValueError, match=difference):
            load(with_state(**options), tmp_path / "game.pt")
    other = with_state()
    other.networks["D"][1].negative_slope = 0.5
    with pytest.raises(ValueError, match="D.1 is LeakyReLU.*0.2.* and here it is LeakyReLU.*0.5"):
        load(dataclasses.replace(other), tmp_path / "game.pt")


# One game, one set of networks


def test_copies_of_a_game_are_refused_in_a_sentence_that_names_the_remedy(tmp_path):
    game = plain()
    with pytest.raises(TypeError, match=r"cannot be copied.*load\(second, path\)"):
        copy.deepcopy(game)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match=r"cannot be pickled.*save\(game, path\)"):
            pickle.dumps(game, protocol)
    also = copy.copy(game)
    run(also, 1)
    assert also.networks is game.networks and game.step == 0


@pytest.mark.parametrize("change", ["another", "none", "one more"])
def test_a_network_that_the_losses_do_not_use_is_refused(change, tmp_path):
    game = plain()
    run(game, 1)
    before = weights(game)
    own, stranger = game.networks["G"], plain(seed=1).networks["G"]
    if change == "none":
        del game.networks["G"]
    else:
        game.networks["G" if change == "another" else "F"] = stranger
    for attempt in (lambda: run(game, 1), lambda: save(game, tmp_path / "game.pt")):
        with pytest.raises(ValueError, match=r"is not the one.*dataclasses\.replace\(game"):
            attempt()
    game.networks["G"] = own
    game.networks.pop("F", None)
    assert same(before, weights(game)) and game.step == 1
    run(game, 1)


def test_any_network_or_average_can_be_kept_alone(tmp_path):
    game = plain()
    game = dataclasses.replace(
        game, averages={**game.averages, "fast": Average("G", average_of(game.networks["G"]), 0.5)}
    )
    run(game, 5)
    for name, weights_there in (
        ("fast", game.averages["fast"].network),
        ("D", game.networks["D"]),
        ("G", game.averages["G"].network),
    ):
        save_generator(game, tmp_path / "one.pt", network=name)
        other = plain(seed=9).networks["D" if name == "D" else "G"]
        load_generator(other, tmp_path / "one.pt")
        assert same(other.state_dict(), weights_there.state_dict())
    with pytest.raises(ValueError, match="no network called 'E'"):
        save_generator(game, tmp_path / "one.pt", network="E")


def test_parameters_that_nobody_moves_are_named_when_a_game_is_saved(tmp_path):
    game = plain()
    game.networks["G"].append(torch.nn.Linear(2, 2))
    game.averages.clear()
    with pytest.warns(UserWarning, match="nobody moves 2 trainable parameters"):
        save(game, tmp_path / "game.pt")
