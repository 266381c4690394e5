"""The command line: what it writes, that it goes on exactly, and one sentence for each mistake."""

import errno
import itertools
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from gan_course import Normal, gan
from gan_course.cli import choices, main
from gan_course.cli.choices import PRESETS, Preset
from gan_course.runs import Run

SMALL = "--data digits --size 8 --width 4 --batch 8 --report 2 --device cpu"


@pytest.fixture
def gan_course(capsys, tmp_path, monkeypatch):
    """Runs a command in an empty folder; returns its exit code, output and error."""
    monkeypatch.chdir(tmp_path)

    def run(line):
        with pytest.raises(SystemExit) as end:
            main(line.split())
        return (end.value.code, *capsys.readouterr())

    return run


def refused(result, *parts, code=2):
    """Whether a command ended with its code, and one line on stderr that says all this."""
    returned, _, err = result
    assert returned == code, err
    assert err.startswith("Error: ") and err.count("\n") == 1 and len(err) < 400, err
    for part in parts:
        assert part in err, err


def stored(folder):
    """All that a run's checkpoint holds of networks and averages."""
    content = torch.load(f"{folder}/checkpoint.pt", weights_only=True)
    nets = {**content["networks"], **{f"average {k}": v for k, v in content["averages"].items()}}
    return {f"{n}.{k}": v for n, net in nets.items() for k, v in net.items()}


def steps(folder):
    return [json.loads(line)["step"] for line in open(f"{folder}/history.jsonl", encoding="utf-8")]


def equal(a, b):
    return all(torch.equal(stored(a)[key], stored(b)[key]) for key in stored(a))


@pytest.mark.parametrize("preset", list(PRESETS))
def test_a_run_that_goes_on_equals_one_that_never_stopped(preset, gan_course):
    train = f"train {SMALL} --preset {preset} --every 4"
    assert gan_course(f"{train} --steps 10 --out straight")[0] == 0
    assert gan_course(f"{train} --steps 4 --out halves")[0] == 0
    assert gan_course("train --resume halves --steps 10 --device cpu")[0] == 0
    assert equal("straight", "halves")
    assert steps("halves") == steps("straight") == [2, 4, 6, 8, 10]


def test_records_fall_on_checkpoints_whatever_their_distance(gan_course):
    assert (
        gan_course("train --data digits --size 8 --width 4 --steps 30 --every 15 --out run")[0] == 0
    )
    assert steps("run") == [5, 10, 15, 20, 25, 30]


def test_a_run_folder_holds_config_history_pictures_and_both_networks(gan_course, tmp_path):
    code, out, _ = gan_course(f"train {SMALL} --preset projection --steps 6 --every 4 --out run")
    assert code == 0 and "All 6 steps are played" in out
    assert {path.name for path in (tmp_path / "run").iterdir() if path.name[0] != "."} == {
        *("config.json", "history.jsonl", "samples", "generator.pt", "checkpoint.pt")
    }
    assert json.loads((tmp_path / "run" / "config.json").read_text())["images"] == 1438
    with Image.open("run/samples/step_0000006.png") as picture:
        assert picture.size == (10 * 9 + 1, 10 * 9 + 1), "100 images with lines between them"


def test_what_a_kill_leaves_behind_is_cleared_away(gan_course):
    gan_course(f"train {SMALL} --steps 8 --every 4 --out straight")
    gan_course(f"train {SMALL} --steps 4 --every 4 --out killed")
    with open("killed/history.jsonl", "a", encoding="utf-8") as file:
        file.write('{"step": 6, "D_loss": 1.0}\n{"step": 8, "D_lo')  # after the last checkpoint
    assert gan_course("train --resume killed --steps 8 --device cpu")[0] == 0
    assert equal("straight", "killed")
    assert steps("killed") == [2, 4, 6, 8]


def test_a_run_killed_before_its_first_checkpoint_starts_again(gan_course):
    gan_course(f"train {SMALL} --steps 4 --every 4 --out straight")
    gan_course(f"train {SMALL} --steps 4 --every 4 --out killed")
    for name in ("checkpoint.pt", "generator.pt", "samples/step_0000004.png"):
        os.remove(f"killed/{name}")  # the checkpoint is written first: before it there is neither
    assert gan_course("train --resume killed --device cpu")[0] == 0
    assert equal("straight", "killed") and steps("killed") == [2, 4]


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")
@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_ctrl_c_saves_and_says_how_to_go_on(number, gan_course, tmp_path):
    number = getattr(signal, number)
    line = f"train {SMALL} --steps 100000 --every 50000 --out run"
    child = subprocess.Popen(
        [sys.executable, "-m", "gan_course", *line.split()],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),  # nohup would have it ignored
    )
    while not (tmp_path / "run" / "history.jsonl").exists():
        assert child.poll() is None, child.communicate()
    child.send_signal(number)
    out, err = child.communicate(timeout=60)
    assert child.returncode == 128 + number and "Traceback" not in err, err
    last = steps("run")[-1]
    assert f"Saved at step {last:,} of 100,000: go on with gan-course train --resume run" in out
    assert gan_course(f"train --resume run --steps {last + 3} --device cpu")[0] == 0
    gan_course(f"train {SMALL} --steps {last + 3} --out straight")
    assert equal("run", "straight")


def test_a_second_ctrl_c_stops_at_once_and_keeps_the_last_checkpoint(gan_course, monkeypatch):
    gan_course(f"train {SMALL} --steps 4 --every 4 --out run")
    before = stored("run")
    log = Run.log

    def twice(run, record):
        log(run, record)
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(Run, "log", twice)
    code, out, err = gan_course("train --resume run --steps 8 --device cpu")
    assert code == 130 and "without saving: go on from the last checkpoint" in out, err
    assert all(torch.equal(before[key], value) for key, value in stored("run").items())


def test_samples_are_a_picture_or_arrays_and_repeat_with_their_seed(gan_course):
    gan_course(f"train {SMALL} --preset projection --steps 2 --out run")
    assert gan_course("sample run --n 7 --columns 4")[0] == 0
    with Image.open("run/sample.png") as picture:
        assert picture.size == (4 * 9 + 1, 2 * 9 + 1)
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        line = f"sample run --n 5 --label 3 --label 7 --seed {seed} --out {name}.npz"
        assert gan_course(line)[0] == 0
    a, b, c = (np.load(f"{name}.npz") for name in "abc")
    assert a["x"].shape == (5, 1, 8, 8) and a["y"].tolist() == [3, 7, 3, 7, 3]
    assert (a["x"] == b["x"]).all() and (a["x"] != c["x"]).any()


def test_an_evaluation_puts_real_images_beside_the_generated_ones(gan_course, monkeypatch):
    monkeypatch.setenv("GAN_COURSE_DATA", "cache")
    gan_course(f"train {SMALL} --preset projection --steps 2 --out run")
    code, out, _ = gan_course("evaluate run --n 200 --device cpu")
    assert code == 0 and "digits classifier" in out
    with open("run/evaluation.json", encoding="utf-8") as file:
        scores = json.load(file)
    assert scores["real"]["accuracy"] > 0.9, "the judge knows digits"
    assert scores["generated"]["frechet"] > 5 * scores["real"]["frechet"], "an untrained G"
    assert {"precision", "recall", "density", "coverage", "memorisation", "accuracy"} <= set(
        scores["generated"]
    )


def test_a_folder_without_classes_is_trained_on_and_measured(gan_course, tmp_path, monkeypatch):
    pictures(tmp_path / "mine", 60)
    line = "train --data mine --size 8 --width 4 --batch 8 --steps 2 --out run --device cpu"
    assert gan_course(line)[0] == 0
    code, out, _ = gan_course("evaluate run --device cpu")
    assert code == 0 and "12 images" in out and "pixels" in out, "a fifth was held out"
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert gan_course("train --resume ../run --steps 4 --device cpu")[0] == 0
    pictures(tmp_path / "mine", 70)
    refused(gan_course("train --resume ../run"), "has changed since the run began", code=1)


def pictures(folder, n):
    """Makes a folder of n small random pictures."""
    folder.mkdir(exist_ok=True)
    for k in range(n):
        pixels = np.random.default_rng(k).integers(0, 255, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{k}.png")


def test_data_can_be_listed_and_previewed(gan_course):
    code, out, _ = gan_course("data list")
    assert code == 0 and all(name in out for name in choices.DATA)
    assert gan_course("data preview digits --size 8 --n 30")[0] == 0
    with Image.open("digits.png") as picture:
        assert picture.size == (10 * 9 + 1, 3 * 9 + 1)
    assert "1,438 images to train on, 359 held out" in gan_course("data download digits")[1]


@pytest.mark.parametrize(
    ("line", "parts", "code"),
    [
        ("train --data nothing", ["no data called 'nothing'", "digits", "folder"], 1),
        ("train --preset stylegan", ["'stylegan' is not one of", "dcgan"], 2),
        ("train --steps -3", ["--steps", "at least 1, got -3"], 2),
        ("train --batch 0", ["--batch", "at least 1, got 0"], 2),
        ("train --batch many", ["--batch", "'many' is not a valid int"], 2),
        ("train --seed -1", ["--seed", "at least 0"], 2),
        (f"train --seed {2**64}", ["--seed", "below 2^63"], 2),
        ("train --size 12", ["8, 16, 32, 64", "(1, 12, 12)"], 1),
        (
            "train --every 30 --report 20",
            ["--every must be a multiple of --report, got 30 and 20"],
            2,
        ),
        ("train --device abacus", ["'abacus' cannot be used"], 2),
        ("train --colour red", ["No such option", "--colour"], 2),
        ("train --resume nowhere", ["nowhere holds no run", "config.json"], 1),
        ("train --resume a --out b", ["leave --out out"], 2),
        ("sample nowhere", ["nowhere holds no run"], 1),
        ("sample", ["Missing argument 'RUN'"], 2),
        ("evaluate nowhere", ["nowhere holds no run"], 1),
        ("data preview nothing", ["no data called 'nothing'"], 1),
        ("data preview digits --out a.gif", ["must end in .png"], 2),
        ("paint", ["No such command 'paint'"], 2),
    ],
)
def test_a_wrong_argument_gets_one_sentence(line, parts, code, gan_course, tmp_path):
    refused(gan_course(line), *parts, code=code)
    assert not (tmp_path / "runs").exists(), "nothing is left behind"


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")
def test_cuda_that_is_absent_gets_one_sentence(gan_course):
    refused(gan_course("train --device cuda"), "'cuda' cannot be used", "no CUDA GPU")


@pytest.fixture
def run(gan_course):
    """A small finished run in the folder `run`, and the command to use it."""
    assert gan_course(f"train {SMALL} --steps 2 --out run")[0] == 0
    return gan_course


@pytest.mark.parametrize(
    ("line", "parts", "code"),
    [
        (f"train {SMALL} --out run", ["run holds a run already", "--resume run"], 2),
        ("train --resume run --preset wgan-gp", ["begun with --preset dcgan"], 2),
        ("train --resume run --width 8", ["begun with --width 4", "cannot go on with 8"], 2),
        ("train --resume run --steps 1", ["run is at step 2 already", "more --steps"], 2),
        ("sample run --label 3", ["trained without classes"], 2),
        ("sample run --out picture.jpg", [".png or .npz"], 2),
        ("sample run --n 0", ["at least 1, got 0"], 2),
        ("evaluate run --data nothing", ["no data called 'nothing'"], 1),
    ],
)
def test_what_does_not_fit_the_run_gets_one_sentence(line, parts, code, run):
    refused(run(line), *parts, code=code)


def test_a_folder_with_the_rest_of_a_run_is_not_taken_for_a_new_one(run):
    os.remove("run/config.json")
    refused(run(f"train {SMALL} --out run"), "run holds a run already")


def test_a_label_that_does_not_exist_gets_one_sentence(gan_course):
    gan_course(f"train {SMALL} --preset projection --steps 2 --out run")
    refused(gan_course("sample run --label 12"), "no class '12'", "0, 1, 2")


def test_a_conditional_preset_refuses_images_without_classes(gan_course, tmp_path):
    pictures(tmp_path / "mine", 12)
    refused(gan_course("train --preset projection --data mine"), "needs classes")


@pytest.mark.parametrize(
    ("name", "content", "part"),
    [
        ("config.json", b"{", "config.json is damaged"),
        ("config.json", b"[]", "config.json is damaged"),
        ("config.json", b'{"preset": "dcgan"}', "config.json is damaged, see 'data'"),
        ("history.jsonl", b"no json\n", "history.jsonl is damaged"),
        ("history.jsonl", b"\xff\xfe\n", "history.jsonl is damaged"),
        ("history.jsonl", b'{"step": "two"}\n', "history.jsonl is damaged"),
        ("checkpoint.pt", b"", "checkpoint.pt is not a checkpoint, or it is damaged"),
    ],
)
def test_a_broken_run_folder_gets_one_sentence(name, content, part, run, tmp_path):
    (tmp_path / "run" / name).write_bytes(content)
    refused(run("train --resume run --steps 4"), part, code=1)


def test_a_run_without_a_generator_says_how_to_get_one(run):
    os.remove("run/generator.pt")
    refused(run("sample run"), "no generator.pt yet", code=1)


@pytest.mark.skipif(os.name != "posix", reason="locks are POSIX")
def test_two_processes_do_not_train_in_one_folder(run, tmp_path):
    with Run(tmp_path / "run").alone():
        refused(run("train --resume run"), "another process is training in run", code=1)


def test_the_book_shows_what_the_commands_say(gan_course, tmp_path, monkeypatch):
    """Every mistake of the page, and the list of data, against the real output."""
    monkeypatch.setenv("GAN_COURSE_DATA", str(tmp_path / "cache"))
    gan_course("train --data digits --size 8 --width 16 --batch 8 --steps 2 --out runs/digits")
    page = (Path(__file__).parents[2] / "book" / "command_line.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```text\n(.*?)\n```", page, re.DOTALL)
    shown = [part for block in blocks for part in re.split(r"^\$ gan-course ", block, flags=re.M)]
    compared = 0
    for line, _, expected in (part.partition("\n") for part in shown):
        if expected.startswith("Error:") or line == "data list":
            _, out, err = gan_course(line)
            assert (out + err).strip() == expected.strip()
            compared += 1
    assert compared == 4
    options = gan_course("train --help")[1] + gan_course("sample --help")[1]
    assert all(option in options for option in re.findall(r"`(--[a-z0-9]+)", page))


@pytest.mark.parametrize("moment", range(5))
def test_a_disk_that_fills_at_any_write_is_one_sentence_and_the_run_goes_on_exactly(
    moment, gan_course, monkeypatch
):
    gan_course(f"train {SMALL} --steps 8 --every 4 --out straight")
    gan_course(f"train {SMALL} --steps 4 --every 4 --out run")
    writes, sync = itertools.count(), os.fsync

    def full(number):
        if next(writes) >= moment:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(number)

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        result = gan_course("train --resume run --steps 8 --device cpu")
    refused(result, os.strerror(errno.ENOSPC), code=1)
    assert "Errno" not in result[2] and torch.load("run/checkpoint.pt")["step"] == 4
    assert gan_course("train --resume run --steps 8 --device cpu")[0] == 0
    assert equal("run", "straight") and steps("run") == [2, 4, 6, 8]


def test_nan_is_one_sentence_and_the_checkpoint_stays(gan_course, monkeypatch):
    calls = itertools.count()

    def sick_from_move_seven_on(D, real, fake):
        return D(real).mean() * (float("nan") if next(calls) >= 7 else 0)

    def unstable(shape, classes, width, bf16, device):
        G = nn.Sequential(nn.Linear(4, 64), nn.Unflatten(1, shape))
        D = nn.Sequential(nn.Flatten(), nn.Linear(64, 1))
        penalties = [(1, sick_from_move_seven_on)]
        return gan(G, D, latent=Normal(4), penalties=penalties, device=device)

    monkeypatch.setitem(PRESETS, "dcgan", Preset(unstable, width=4))
    result = gan_course(f"train {SMALL} --every 4 --steps 50 --out run")
    refused(result, "the loss of D stopped being finite in step 7", "as it was", code=1)
    assert torch.load("run/checkpoint.pt", weights_only=True)["step"] == 4
    assert stored("run") and steps("run") == [2, 4, 6]


def test_fast_compiles_the_game_or_says_why_it_cannot(gan_course, monkeypatch):
    seen = []
    monkeypatch.setattr("gan_course.cli.train.compiled", lambda game: seen.append(game) or game)
    assert gan_course(f"train {SMALL} --fast --steps 2 --out run")[0] == 0
    assert gan_course("train --resume run --steps 4 --device cpu")[0] == 0
    assert len(seen) == 2, "a run that was begun so goes on so"

    def no_compiler(game):
        raise RuntimeError("compiled needs a C++ compiler.")

    monkeypatch.setattr("gan_course.cli.train.compiled", no_compiler)
    refused(gan_course(f"train {SMALL} --fast --out other"), "--fast", "needs a C++ compiler")


def test_a_bug_can_be_looked_at_with_its_traceback(gan_course, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="holds no run"):
        main(["--traceback", "sample", "nowhere"])
