"""Checkpoints: exact, whole, safe, and refused where they do not belong."""

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from games_for_tests import plain, points, same, weights, with_state
from torch import nn

from gan_course import Normal, Player, gan, generate, gradient_penalty, hinge, r1, sample, train
from gan_course.checkpoint import load, load_generator, save, save_generator
from gan_course.settings import describe_optimizer, name_of


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
    root = str(Path(__file__).parent)
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
    assert again.settings["latent"] == "latent" and " at 0x" not in again.settings["penalties"]


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
