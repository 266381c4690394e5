"""`torchrun -m gan_course train`: one run, played by two processes, that one process goes on with."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import click
import pytest
import torch
from command_for_tests import command, history

from gan_course.cli.train import _built
from gan_course.distributed import World

pytestmark = [
    pytest.mark.usefixtures("elsewhere"),
    pytest.mark.skipif(
        os.name != "posix" or not torch.distributed.is_gloo_available(),
        reason="torchrun with gloo is tried on Linux and macOS",
    ),
]
TRAIN = "train --data digits --size 8 --width 4 --batch 8 --every 4 --report 2 --device cpu"


def two(line):
    """Starts two processes of the command."""
    launch = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    return subprocess.Popen(
        [sys.executable, *launch, "-m", "gan_course", *line.split()],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
    )


def checkpoint(folder):
    """All tensors of a run's networks."""
    stored = torch.load(Path(folder) / "checkpoint.pt", weights_only=True)
    return {f"{n}.{k}": v for n, net in stored["networks"].items() for k, v in net.items()}


def close(a, b):
    a, b = checkpoint(a), checkpoint(b)
    return all(torch.allclose(a[key], b[key], rtol=1e-3, atol=1e-4) for key in a)


def test_two_processes_and_one_play_the_same_run_in_turn():
    assert command(f"{TRAIN} --keep 1 --steps 12 --out alone")[0] == 0
    line = f"{TRAIN} --keep 1 --out run --go-on"
    assert command(f"{line} --steps 4")[0] == 0
    child = two(f"{line} --steps 8")
    out, err = child.communicate(timeout=300)
    assert child.returncode == 0, err
    assert out.count("step 8: ") == 1, "only the first process prints"
    assert command(f"{line} --steps 12")[0] == 0
    assert close("alone", "run")
    for a, b in zip(history("alone"), history("run"), strict=True):
        assert a["step"] == b["step"] and a["D_loss"] == pytest.approx(b["D_loss"], rel=1e-3)
        assert a.get("frechet", 0) == pytest.approx(b.get("frechet", 0), rel=1e-2)


def test_a_signal_saves_after_the_same_step_on_all():
    child = two(f"{TRAIN.replace('--every 4', '--every 50000')} --steps 100000 --out run")
    while not Path("run/history.jsonl").exists():
        assert child.poll() is None, child.communicate()
    child.send_signal(signal.SIGTERM)
    out, err = child.communicate(timeout=300)
    assert "Saved at step" in out and "without saving" not in out, err
    assert "Traceback" not in err.split("torch/distributed")[0], err
    last = history()[-1]["step"]
    assert torch.load("run/checkpoint.pt", weights_only=True)["step"] == last
    assert command(f"train --resume run --steps {last + 2} --device cpu")[0] == 0


def test_what_two_processes_cannot_do_is_said_and_ends_both():
    child = two(f"{TRAIN} --batch 7 --steps 4 --out run")
    _, err = child.communicate(timeout=300)
    assert child.returncode != 0 and "cannot be shared evenly by 2 processes" in err


def test_a_compiled_game_is_for_one_process():
    with pytest.raises(click.UsageError, match="--fast plays in one process"):
        _built(SimpleNamespace(fast=True), World(0, 2, torch.device("cpu")))
