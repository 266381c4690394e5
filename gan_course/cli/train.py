"""`gan-course train`: plays a game into a run folder, and goes on where a run has stopped."""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from pathlib import Path

import click
import torch

from gan_course import Game
from gan_course.accelerate import compiled, graphed
from gan_course.data import Dataset
from gan_course.runs import Run

from .choices import DATA, PRESETS, data_source
from .config import Config, config_for, read_config, write_config
from .loop import play
from .options import DEVICE, number, path_option

DEFAULTS = {
    "preset": "dcgan",
    "data": "digits",
    "batch": 64,
    "seed": 0,
    "bf16": False,
    "fast": False,
    "steps": 2000,
    "every": 500,
}
REPORT = 20  # steps between two records, if --every is a multiple of it
CHANGEABLE = {"steps", "every"}  # by a run that is resumed


def _whole_path(context: click.Context, parameter: click.Parameter, data: str | None) -> str | None:
    """A folder's full path, so that a run can be resumed from anywhere."""
    return str(Path(data).resolve()) if data and data not in DATA and Path(data).is_dir() else data


@click.command(short_help="Train a GAN into a run folder, or go on with one.")
@click.option(
    "--preset", type=click.Choice(list(PRESETS)), help="Which game to play.  [default: dcgan]"
)
@click.option(
    "--data",
    callback=_whole_path,
    help=f"{', '.join(DATA)}, or a folder of images.  [default: digits]",
)
@number("--size", "Side of the images in pixels: 8, 16, 32, ...  [default: the set's own]", 8)
@number("--width", "Channels of the networks.  [default: 32, enough for two cores]")
@number("--batch", "Images in each move.  [default: 64]")
@number("--steps", "Steps to play in all.  [default: 2000]")
@number("--seed", "Fixes weights, batches and noise.  [default: 0]", 0)
@click.option("--bf16", is_flag=True, default=None, help="Run the networks in bfloat16.")
@click.option(
    "--fast", is_flag=True, default=None, help="Compile the moves, or record them as CUDA graphs."
)
@number("--every", "Steps between two checkpoints, each with a picture.  [default: 500]")
@number("--report", "Steps between two records in the history.  [default: 20]")
@DEVICE
@path_option("--out", "Run folder.  [default: runs/PRESET-DATA]")
@path_option("--resume", "Go on with the run in this folder.")
def train(device: torch.device, out: Path | None, resume: Path | None, **asked: object) -> None:
    """Train a GAN into a run folder.

    The folder gets config.json, history.jsonl, a picture in samples/ for every checkpoint,
    generator.pt (G alone) and checkpoint.pt (everything). Ctrl-C saves and stops; so does
    SIGTERM. A run that was stopped, or killed, goes on as if nothing had happened:

    \b
        gan-course train --resume RUN
        gan-course train --resume RUN --steps 5000
    """
    if resume and out:
        raise click.UsageError("--resume names the run folder already: leave --out out.")
    asked = {name: value for name, value in asked.items() if value is not None}
    if resume:
        run = Run(resume)
        config, dataset = _resumed(run, asked)
    else:
        config, dataset = _asked_for(asked)
        run = _free(Run(out or Path("runs") / f"{config.preset}-{Path(config.data).name}"))
    if config.every % config.report:
        raise click.UsageError(
            f"--every must be a multiple of --report, got {config.every} and {config.report}."
        )
    game = _faster(config.build(device)) if config.fast else config.build(device)
    with run.alone():
        if run.restore(game).step > config.steps:
            raise click.UsageError(
                f"{run.folder} is at step {game.step:,} already: give it more --steps than that."
            )
        write_config(run, config)
        sys.exit(play(run, config, game, dataset))


def _free(run: Run) -> Run:
    """The same run, if nothing of another one is in its folder."""
    if any(file.exists() for file in (run.config, run.history, run.checkpoint)):
        raise click.UsageError(
            f"{run.folder} holds a run already: go on with --resume {run.folder}, or choose "
            "another folder with --out."
        )
    return run


def _faster(game: Game) -> Game:
    """The same game in fewer seconds a step, after some seconds for its preparation."""
    try:
        return graphed(game) if game.device.type == "cuda" else compiled(game)
    except RuntimeError as error:
        raise click.UsageError(f"--fast is not to be had here: {error}") from error


def _asked_for(asked: dict[str, object]) -> tuple[Config, Dataset]:
    """Fills in what was left out, and loads the data, whose shape and classes the game needs."""
    asked = {**DEFAULTS, **asked}
    asked.setdefault("report", math.gcd(REPORT, asked["every"]))
    preset, source = PRESETS[asked["preset"]], data_source(asked["data"])
    size = asked.pop("size", source.size)
    dataset = source.train(size)
    if preset.labels and dataset.y is None:
        raise click.UsageError(
            f"--preset {asked['preset']} needs classes, and {asked['data']} has none: sort the "
            "images into one folder for each class, or choose another preset."
        )
    width = asked.pop("width", preset.width)
    return config_for(dataset, width=width, **asked), dataset


def _resumed(run: Run, asked: dict[str, object]) -> tuple[Config, Dataset]:
    """The config of a run, with what may change, and its data; refuses all other changes."""
    config = read_config(run)
    for name, value in asked.items():
        if name not in CHANGEABLE and value != getattr(config, name):
            raise click.UsageError(
                f"{run.folder} was begun with --{name} {getattr(config, name)} and cannot go on "
                f"with {value}: leave --{name} out, or begin a new run."
            )
    dataset = data_source(config.data).train(config.size)
    config.check_data(dataset)
    return replace(config, **{name: asked[name] for name in CHANGEABLE & asked.keys()}), dataset
