"""How a run ends before its end: signals, closed terminals and pipes, and a lack of memory."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from command_for_tests import SMALL, command, history, refused, trained

from gan_course.cli import loop
from gan_course.cli.errors import out_of_memory
from gan_course.writing import write_atomically

pytestmark = pytest.mark.usefixtures("elsewhere")

POSIX = pytest.mark.skipif(os.name != "posix", reason="signals and pipes are POSIX")


# Stops and pipes


def started(line, **options):
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "gan_course", *line.split()],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        **options,
    )


def wait_for_records(child):
    while not Path("run/history.jsonl").exists():
        assert child.poll() is None, child.communicate()


@POSIX
def test_nohup_lets_a_run_outlive_its_terminal():
    ignored = {"preexec_fn": lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)}
    child = started(f"train {SMALL} --steps 100000 --every 50000 --out run", **ignored)
    wait_for_records(child)
    child.send_signal(signal.SIGHUP)
    before = len(history())
    while len(history()) < before + 5:
        assert child.poll() is None, child.communicate()
    child.terminate()
    assert "Saved at step" in child.communicate(timeout=60)[0]
    assert child.returncode == 128 + signal.SIGTERM


@POSIX
def test_a_run_whose_errors_nobody_wants_is_played_all_the_same():
    closed = f"exec {sys.executable} -m gan_course train {SMALL} --steps 4 --every 4 --out run 2>&-"
    subprocess.run(["sh", "-c", closed], check=True, capture_output=True, timeout=120)
    assert [record["step"] for record in history()] == [2, 4] and Path("run/checkpoint.pt").exists()


@POSIX
def test_a_closed_pipe_ends_quietly_saves_and_can_be_resumed():
    child = started(f"train {SMALL} --steps 100000 --every 50000 --out run")
    child.stdout.readline()
    child.stdout.close()
    assert child.stderr.read() == ""
    assert child.wait(timeout=60) == 128 + signal.SIGPIPE
    last = history()[-1]["step"]
    assert torch.load("run/checkpoint.pt", weights_only=True)["step"] == last < 100_000
    trained(f"train --resume run --steps {last + 2} --device cpu")


@POSIX
@pytest.mark.parametrize("line", ["--help", "data list", "train --help"])
def test_other_commands_end_quietly_too(line):
    child = started(line)
    child.stdout.close()
    assert child.stderr.read() == ""


# Memory

ERRORS = {
    "cpu": RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: 12 bytes."),
    "windows": RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 1"),
    "numpy": MemoryError("Unable to allocate 3 TiB"),
    "gpu": torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    "cublas": RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"),
}


@pytest.mark.parametrize("name", ERRORS)
@pytest.mark.parametrize("moment", [0, 5])
def test_out_of_memory_is_one_sentence_and_the_folder_stays_usable(name, moment, monkeypatch):
    playing = loop.train_game

    def until_memory_is_full(game, batches, steps, report):
        yield from playing(game, batches, moment // 2 * 2, report)
        raise ERRORS[name]

    line = f"train {SMALL} --every 4 --steps 8 --out run"
    with monkeypatch.context() as small:
        small.setattr(loop, "train_game", until_memory_is_full)
        said = ("not enough memory for batches of 8", "lower --batch, --width or --size")
        refused(line, *said, code=1)
    if moment:
        assert torch.load("run/checkpoint.pt", weights_only=True)["step"] == 4
        trained("train --resume run --device cpu")
    else:
        trained(line.replace("--batch 8", "--batch 4"))


@pytest.mark.parametrize("much", ["--width 100000000", "--latent 100000000000"])
def test_networks_that_no_memory_holds_are_one_sentence_and_leave_nothing(much):
    _, _, err = command(f"train --data digits --size 8 {much} --device cpu --out run")
    assert err.count("\n") == 1 and "there is not enough memory for this: lower --batch" in err
    assert not Path("run").exists()


@pytest.mark.parametrize(("number", "remedy"), [(28, "Make room, and go on"), (13, "Go on")])
def test_only_a_full_disk_is_called_one(number, remedy, monkeypatch):
    def refuse(*anything):
        raise OSError(number, os.strerror(number))

    def save(game, path):
        with monkeypatch.context() as disk:
            disk.setattr(os, "fsync", refuse)
            write_atomically(path, b"")

    monkeypatch.setattr("gan_course.runs.save", save)
    line = f"train {SMALL} --steps 2 --every 2 --out run"
    refused(line, "could not be written", os.strerror(number), f". {remedy} with gan", code=1)


def test_other_errors_are_not_called_a_lack_of_memory():
    assert not out_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    assert not out_of_memory(ValueError("out of memory"))


def test_a_signal_that_comes_while_the_processes_agree_is_not_lost(monkeypatch):
    stop = loop.Stop()

    def gathered(tensor):
        stop._ask(signal.SIGTERM, None)
        return tensor

    monkeypatch.setattr("gan_course.cli.stop.gather", gathered)
    assert stop.agree() == 0
    monkeypatch.setattr("gan_course.cli.stop.gather", lambda tensor: tensor)
    assert stop.agree() == signal.SIGTERM
