"""What a run is asked for: defaults, what may change when it goes on, and its images."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import click

from ..data import Dataset
from ..runs import Run
from .choices import DATA, PRESETS, open_data
from .config import Config, config_for, read_config
from .loop import has_tensorboard
from .measures import NEEDED
from .options import first
from .sameness import check_there

DEFAULTS = {
    "preset": "dcgan",
    "data": "digits",
    "batch": 64,
    "seed": 0,
    "bf16": False,
    "fast": False,
    "steps": 2000,
    "every": 500,
    "keep": 0,
    "tensorboard": False,
}
REPORT = 20  # steps between two records, if --every is a multiple of it
CHANGEABLE = {"steps", "every", "keep", "tensorboard"}  # by a run that is resumed
FEW = 1000  # images to train on, below which D soon knows them by heart

Asked = tuple[Config, Dataset, Dataset]  # with the images to train on, and those held out


def check_places(out: Path | None, resume: Path | None, go_on: bool) -> None:
    """Refuse options that name the run folder twice."""
    if resume and (out or go_on):
        other = "--out" if out else "--go-on"
        raise click.UsageError(f"--resume names the run folder already: leave {other} out.")


def asked_for(asked: dict[str, object]) -> Asked:
    """Fill in what was left out, and load the data, whose shape and classes the game needs."""
    asked = DEFAULTS | asked
    asked.setdefault("report", math.gcd(REPORT, asked["every"]))
    preset, data = PRESETS[asked["preset"]], asked["data"]
    for name in ("width", "lr", "n_critic", "latent"):
        asked.setdefault(name, getattr(preset, name))
    _check(asked["every"], asked["report"], asked["tensorboard"])
    size, channels = asked.pop("size", None), int(asked.pop("channels", 0))
    images, held_out = open_data(data, size, channels or None)
    if preset.labels and images.y is None:
        raise click.UsageError(
            f"--preset {asked['preset']} needs classes, and {data} has none: sort the "
            "images into one folder for each class, or choose another preset."
        )
    _say_counts(images, held_out)
    return config_for(images, held_out, **asked), images, held_out


def resumed(run: Run, asked: dict[str, object]) -> Asked:
    """Return the config of a run, with what may change, and its data; refuse all other changes."""
    config = read_config(run)
    data = str(asked.get("data", config.data))
    moved = data != config.data and not {data, config.data} & DATA.keys()
    for name, value in asked.items():
        before = getattr(config, name)
        if name not in CHANGEABLE and str(value) != str(before) and not (name == "data" and moved):
            option = f"--{name.replace('_', '-')}"
            raise click.UsageError(
                f"{run.folder} was begun with {option} {before} and cannot go on "
                f"with {value}: leave {option} out, or begin a new run."
            )
    if not moved:
        check_there(run, data)
    changed = replace(config, **{name: asked[name] for name in CHANGEABLE & asked.keys()})
    _check(changed.every, changed.report, changed.tensorboard)
    images, held_out = open_data(data, config.size, config.channels)
    config.check_data(images, held_out, data)
    _say_counts(images, held_out)
    return replace(changed, data=data), images, held_out


def _check(every: int, report: int, tensorboard: bool) -> None:
    """Refuse what cannot be, before images are loaded."""
    if every % report:
        raise click.UsageError(f"--every must be a multiple of --report, got {every} and {report}.")
    if tensorboard and not has_tensorboard():
        raise click.UsageError(
            "--tensorboard needs TensorBoard, which is not installed here: pip install "
            "tensorboard, or give --no-tensorboard."
        )


def _say_counts(images: Dataset, held_out: Dataset) -> None:
    """Say how many images there are and are needed, and warn of few, before time goes by."""
    if not first():
        return
    click.echo(
        f"{len(images):,} images to train on (a run needs 1 at least), and {len(held_out):,} held "
        f"out (its evaluation needs {NEEDED})"
    )
    if len(held_out) < NEEDED:
        _warn(f"too few images are held out for gan-course evaluate: it needs {NEEDED}.")
    if len(images) < FEW:
        _warn(f"{len(images):,} images are few: D soon knows them by heart, and G may copy them.")


def _warn(sentence: str) -> None:
    click.echo(f"Warning: {sentence}", err=True)
