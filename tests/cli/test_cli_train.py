"""`gan-course train`: devices, rates, TensorBoard, folders in use, and what it prints."""

import inspect
import os
import shlex
import sys
import types
from pathlib import Path

import pytest
import torch
from command_for_tests import SMALL, command, equal, history, refused, trained

from gan_course import presets
from gan_course.cli.choices import PRESETS
from gan_course.cli.errors import pasted

pytestmark = pytest.mark.usefixtures("elsewhere")

POSIX = pytest.mark.skipif(os.name != "posix", reason="signals and pipes are POSIX")


def test_the_command_alone_prints_its_help():
    for line in ("", "data"):
        code, out, err = command(line)
        assert code == 0 and "Commands:" in out and err == ""


@pytest.mark.parametrize("name", ["mps", "xpu", "meta", "abacus", "cuda:99", "vulkan", "cpu:x", ""])
def test_a_device_that_cannot_compute_is_refused_before_a_file_is_written(name, tmp_path):
    if name == "mps" and torch.backends.mps.is_available():
        pytest.skip("this machine has one")
    refused(["train", "--device", name, "--out", "run"], "--device", f"{name!r} cannot be used")
    assert not any(tmp_path.iterdir())
    trained(f"train {SMALL} --steps 2 --out run")
    refused(["sample", "run", "--device", name], "cannot be used")


# Rates


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_says_the_rates_that_its_game_has(name):
    own = inspect.signature(getattr(presets, name.replace("-", "_"))).parameters
    for rate in ("lr", "n_critic", "latent"):
        assert getattr(PRESETS[name], rate) == own[rate].default


@pytest.mark.parametrize("name", PRESETS)
def test_rates_are_asked_for_and_a_run_goes_on_with_them(name):
    rates = "--lr 0.001 --n-critic 3 --latent 7"
    trained(f"train {SMALL} --preset {name} {rates} --steps 2 --out run")
    stored = torch.load("run/checkpoint.pt", weights_only=True)
    assert {o["param_groups"][0]["lr"] for o in stored["optimizers"].values()} == {0.001}
    assert stored["settings"]["moves of D"].startswith("turns 3")
    assert "7" in stored["settings"]["latent"]
    trained(f"train --resume run {rates} --steps 4 --device cpu")
    for option, before, value in (("lr", "0.001", "0.1"), ("n-critic", 3, 2), ("latent", 7, 8)):
        said = (f"begun with --{option} {before} and", f"with {value}")
        refused(f"train --resume run --{option} {value}", *said)


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "fast"])
def test_a_rate_is_a_positive_number(value, tmp_path):
    refused(f"train --lr {value}", "--lr")
    assert not any(tmp_path.iterdir())


# TensorBoard


def test_tensorboard_that_is_absent_is_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setattr("gan_course.cli.asked.has_tensorboard", lambda: False)
    refused("train --tensorboard", "TensorBoard, which is not installed", "pip install tensorboard")
    assert not any(tmp_path.iterdir())


def test_records_go_to_tensorboard_and_later_steps_are_taken_back(monkeypatch):
    written = []

    class Writer:
        def __init__(self, folder, purge_step):
            self.folder = folder
            written.append(("purge", purge_step))

        def add_scalar(self, name, value, step):
            written.append((name, step))

        def close(self):
            written.append(("closed", self.folder))

    board = types.ModuleType("torch.utils.tensorboard")
    board.SummaryWriter = Writer
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", board)
    monkeypatch.setattr("gan_course.cli.asked.has_tensorboard", lambda: True)
    trained(f"train {SMALL} --steps 4 --out run --tensorboard")
    assert [step for name, step in written if name == "D_loss"] == [2, 4]
    assert written[0] == ("purge", 1) and written[-1][0] == "closed"
    trained("train --resume run --steps 6 --device cpu")
    assert ("purge", 5) in written and ("G_loss", 6) in written
    trained("train --resume run --steps 8 --no-tensorboard --device cpu")
    assert ("G_loss", 8) not in written


# What it prints


def test_a_line_for_each_record_where_there_is_no_terminal():
    out = trained(f"train {SMALL} --steps 6 --every 4 --out run")
    lines = [line for line in out.splitlines() if line.startswith("step ")]
    assert [line.split(":")[0] for line in lines] == ["step 2", "step 4", "step 6"]
    assert [line.endswith("saved") for line in lines] == [False, True, True]


def test_printed_commands_can_be_pasted():
    assert shlex.split(pasted("train", "--resume", "my run's")) == [
        *("gan-course", "train", "--resume", "my run's")
    ]
    words = [*f"train {SMALL} --steps 2 --out".split(), "my run"]
    out = command(words)[1]
    said = out.split("All 2 steps are played: ")[1].split(" shows more")[0]
    assert command(shlex.split(said)[1:])[0] == 0 and Path("my run/sample.png").is_file()
    again = command(words)
    said = again[2].split("go on with ")[1].split(", or")[0]
    assert again[0] == 2 and command([*shlex.split(said)[1:], "--steps", "4"])[0] == 0


# Folders that hold something


def test_the_same_words_go_on_where_a_run_lies_already():
    line = f"train {SMALL} --every 2 --out run --go-on"
    trained(f"{line} --steps 4")
    trained(f"{line} --steps 8")
    assert [record["step"] for record in history()] == [2, 4, 6, 8]
    refused(f"{line} --steps 8 --width 8", "begun with --width 4")
    refused("train --resume run --go-on", "leave --go-on out")


@pytest.mark.parametrize("lost", ["checkpoint.pt", "checkpoint.pt generator.pt"])
def test_a_run_without_its_checkpoint_is_not_begun_again_over_what_it_made(lost):
    trained(f"train {SMALL} --steps 4 --every 2 --out run")
    for name in lost.split():
        Path("run", name).unlink()
    before = {path: path.read_bytes() for path in Path("run").rglob("*.*") if path.is_file()}
    refused("train --resume run --steps 8", "run has lost its checkpoint.pt", "step 0", code=1)
    assert all(path.read_bytes() == content for path, content in before.items())


@pytest.mark.parametrize("rest", ["generator.pt", "samples/step_0000004.png", "best.pt"])
def test_a_folder_with_anything_of_a_run_is_not_taken_for_a_new_one(rest):
    Path("run", rest).parent.mkdir(parents=True)
    Path("run", rest).write_bytes(b"")
    refused(f"train {SMALL} --out run", "run holds a run already")


def test_what_a_kill_left_out_after_the_checkpoint_is_made_again():
    trained(f"train {SMALL} --steps 4 --every 2 --out straight")
    trained(f"train {SMALL} --steps 4 --every 2 --out killed")
    Path("killed/samples/step_0000004.png").unlink()
    Path("killed/generator.pt").unlink()
    trained("train --resume killed --device cpu")
    assert equal("straight/generator.pt", "killed/generator.pt")
    pictures = [
        Path(run, "samples/step_0000004.png").read_bytes() for run in ("straight", "killed")
    ]
    assert pictures[0] == pictures[1]


def test_the_conditional_preset_can_be_compiled(monkeypatch):
    if not hasattr(torch._dynamo.config, "trace_autograd_ops"):
        pytest.skip("this torch cannot compile gradients")

    def captured(function, options, **rest):  # as one graph, but left uncompiled: that takes long
        return compiler(function, backend="eager", **rest)

    compiler = torch.compile
    monkeypatch.setattr(torch, "compile", captured)
    trained(f"train {SMALL} --preset projection --fast --width 2 --steps 2 --out run")
    assert history()[-1]["step"] == 2
