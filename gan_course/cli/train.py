"""`gan-course train`: plays a game into a run folder, and goes on where a run has stopped."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click
import torch

from .. import Game
from ..accelerate import compiled
from ..distributed import World, distributed, world
from ..runs import Run
from .asked import DEFAULTS, asked_for, check_places, resumed
from .choices import DATA, PRESETS
from .config import Config, write_config
from .errors import pasted
from .keep import judge
from .loop import Training, play
from .options import DEVICE, number, path_option, rate


def _whole_path(context: click.Context, parameter: click.Parameter, data: str | None) -> str | None:
    """Return a folder's full path, so that a run can be resumed from anywhere."""
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
@click.option(
    "--channels",
    type=click.Choice(["1", "3"]),
    help="Read a folder as grey or colour images.  [default: 3]",
)
@number("--width", "Channels of the networks.  [default: 32, enough for two cores]")
@number("--latent", "Dimensions of z.  [default: the preset's own]")
@number("--batch", "Images in each move.  [default: 64]")
@rate("--lr", "Step size of both players.  [default: the preset's own]")
@number("--n-critic", "Moves of D in each step.  [default: the preset's own]")
@number("--steps", "Steps to play in all.  [default: 2000]")
@number("--seed", "Fixes weights, batches and noise.  [default: 0]", 0)
@click.option("--bf16", is_flag=True, default=None, help="Run the networks in bfloat16.")
@click.option(
    "--fast",
    is_flag=True,
    default=None,
    help="Compile the moves; on a GPU they are recorded anyway.",
)
@number("--every", "Steps between two checkpoints, each with a picture.  [default: 500]")
@number("--report", "Steps between two records in the history.  [default: 20]")
@number("--keep", "Score G at each checkpoint; keep the last N, and the best.  [default: 0]", 0)
@click.option("--tensorboard/--no-tensorboard", default=None, help="Log to TensorBoard, too.")
@DEVICE
@path_option("--out", "Run folder.  [default: runs/PRESET-DATA]")
@path_option("--resume", "Go on with the run in this folder.")
@click.option("--go-on", is_flag=True, help="Go on if the run folder holds this run already.")
def train(device: torch.device, **asked: object) -> None:
    """Train a GAN into a run folder.

    The folder gets config.json, history.jsonl, a picture in samples/ for every checkpoint,
    generator.pt (G alone) and checkpoint.pt (everything). Ctrl-C saves and stops; so do SIGTERM
    and a terminal that is closed. A run that was stopped, or killed, goes on as if nothing had
    happened:

    \b
        gan-course train --resume RUN
        gan-course train --resume RUN --steps 5000

    \b
    On several GPUs, or as several processes, with the same words:
        torchrun --nproc-per-node 2 -m gan_course train ...
    """
    with _joined(device) as here:
        code = _train(here, **{name: value for name, value in asked.items() if value is not None})
    sys.exit(code)


@contextmanager
def _joined(device: torch.device) -> Iterator[World]:
    """Join the processes of `torchrun`, or say why that cannot be."""
    with ExitStack() as stack:
        try:
            here = stack.enter_context(world(device))
        except RuntimeError as error:
            raise click.UsageError(str(error)) from error
        yield here


def _train(
    here: World,
    out: Path | None = None,
    resume: Path | None = None,
    go_on: bool = False,
    **asked: object,
) -> int:
    """Train in this process, alone or as one of many; return the exit code."""
    check_places(out, resume, go_on)
    words = DEFAULTS | asked
    run = Run(resume or out or Path("runs") / f"{words['preset']}-{Path(words['data']).name}")
    if resume or (go_on and run.config.is_file()):
        config, images, held_out = resumed(run, asked)
    else:
        _check_free(run)
        config, images, held_out = asked_for(asked)
    game = _built(config, here)
    run = Run(run.folder, writes=here.first)  # all processes read it, the first one writes
    score = judge(images, held_out, config.labels) if config.keep and here.first else None
    with run.alone():
        if run.restore(game).step > config.steps:
            raise click.UsageError(
                f"{run.folder} is at step {game.step:,} already: give it more --steps than that."
            )
        distributed(game)  # waits for all: nothing is written while one still looks around
        write_config(run, config)
        return play(Training(run, config, game, images, score))


def _check_free(run: Run) -> None:
    """Refuse a folder that holds anything of another run."""
    if not run.empty:
        raise click.UsageError(
            f"{run.folder} holds a run already: go on with {pasted('train', '--resume', run.folder)}, "
            "or choose another folder with --out."
        )


def _built(config: Config, here: World) -> Game:
    """Return the game before its first step; a fast one takes some seconds more to begin."""
    if not config.fast:
        return config.build(here.device)
    if here.size > 1:
        raise click.UsageError("--fast plays in one process: leave it out, or start one alone.")
    game = config.build(here.device)
    try:
        return game if game.device.type == "cuda" else compiled(game)  # there, it is recorded
    except RuntimeError as error:
        raise click.UsageError(f"--fast is not to be had here: {error}") from error
