"""The recipes run: alone and under torchrun, on embedded data and on a folder, and go on."""

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gan_course.cli import main as gan_course

ROOT = Path(__file__).resolve().parents[1]
RECIPES = ROOT / "recipes"
SMALL = {"data": "digits", "size": 8, "width": 4, "batch": 8}


@pytest.fixture
def recipe(monkeypatch):
    """Imports a recipe as `python recipes/x.py` sees it."""
    monkeypatch.syspath_prepend(str(RECIPES))
    return importlib.import_module


def checkpoint(folder):
    """All tensors of a run's networks."""
    stored = torch.load(Path(folder) / "checkpoint.pt", weights_only=True)
    return {f"{n}.{k}": v for n, net in stored["networks"].items() for k, v in net.items()}


@pytest.mark.parametrize("name", ["dcgan", "projection", "wgan_gp"])
def test_a_recipe_trains_and_started_again_goes_on_exactly(name, recipe, tmp_path, monkeypatch):
    module = recipe(name)
    monkeypatch.setattr(module, "REPORT", 2)
    module.main(**SMALL, steps=6, out=str(tmp_path / "straight"))
    module.main(**SMALL, steps=4, out=str(tmp_path / "halves"))
    module.main(**SMALL, steps=6, out=str(tmp_path / "halves"))
    straight, halves = checkpoint(tmp_path / "straight"), checkpoint(tmp_path / "halves")
    assert all(torch.equal(straight[key], halves[key]) for key in straight)
    history = (tmp_path / "halves" / "history.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in history] == [2, 4, 6]
    assert (tmp_path / "halves" / "samples" / "step_0000006.png").is_file()
    with pytest.raises(SystemExit) as end:  # the command line understands a recipe's folder
        gan_course(["sample", str(tmp_path / "halves"), "--n", "20", "--device", "cpu"])
    assert end.value.code == 0


def test_a_recipe_takes_a_folder_of_images(recipe, tmp_path):
    (tmp_path / "mine").mkdir()
    for k in range(10):
        pixels = np.random.default_rng(k).integers(0, 255, (12, 10, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "mine" / f"{k}.png")
    folder = {**SMALL, "data": str(tmp_path / "mine")}
    recipe("dcgan").main(**folder, steps=2, out=str(tmp_path / "run"))
    with Image.open(tmp_path / "run" / "samples" / "step_0000002.png") as picture:
        assert picture.mode == "RGB"


@pytest.mark.skipif(os.name != "posix", reason="torchrun with gloo is tried on Linux and macOS")
def test_one_recipe_runs_alone_and_on_two_processes(tmp_path):
    """The command of its docstring and `torchrun` play one game: together they go on exactly."""
    words = ["recipes/dcgan.py", "--data", "digits", "--size", "8", "--width", "4"]
    alone = [sys.executable, *words, "--batch", "8", "--out", str(tmp_path / "run")]
    launch = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    options = {"cwd": ROOT, "env": environment, "capture_output": True, "text": True}
    first = subprocess.run([*alone, "--steps", "100"], timeout=120, **options)
    assert first.returncode == 0, first.stderr
    both = [sys.executable, *launch, *alone[1:], "--steps", "200"]
    second = subprocess.run(both, timeout=240, **options)
    assert second.returncode == 0, second.stderr
    assert second.stdout.count("200  D") == 1, "only the first process prints"
    history = (tmp_path / "run" / "history.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in history] == [100, 200]
    assert all(tensor.isfinite().all() for tensor in checkpoint(tmp_path / "run").values())
