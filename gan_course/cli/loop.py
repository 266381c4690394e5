"""The training loop of the command line: records, pictures, checkpoints, and a stop that saves."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass, field
from types import FrameType

import click
import torch
from tqdm import tqdm

from gan_course import Game, NonFiniteLoss
from gan_course import train as train_game
from gan_course.data import Dataset
from gan_course.runs import SAMPLES, Run

from .config import Config
from .errors import explain

STOPPING = b"\nStopping after the next record; once more to stop at once, without saving.\n"


@dataclass
class Stop:
    """Turns the first SIGINT or SIGTERM into a wish, and the second into KeyboardInterrupt."""

    signal: int = 0
    before: dict = field(default_factory=dict)

    def __enter__(self) -> Stop:
        for number in (signal.SIGINT, signal.SIGTERM):
            self.before[number] = signal.signal(number, self._ask)
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.signal:
            raise KeyboardInterrupt
        self.signal = number
        os.write(2, STOPPING)  # print could be what was interrupted


def play(run: Run, config: Config, game: Game, dataset: Dataset) -> int:
    """Plays a run to its last step, or until it is stopped; returns the exit code.

    Args:
        run: its folder.
        config: what was asked for.
        game: as it was at the last checkpoint.
        dataset: the images to train on.

    Raises:
        OSError: something cannot be written; the last checkpoint stays as it is.
        ValueError: a loss became NaN or infinite; the last checkpoint stays as it is.
    """
    click.echo(f"{dataset!r} into {run.folder}\n{game!r}")
    go_on = f"gan-course train --resume {run.folder}"
    with Stop() as stop:
        try:
            _play(run, config, game, dataset, stop)
        except NonFiniteLoss as error:
            raise ValueError(
                f"the loss of {error.player} stopped being finite in step {error.step}: what was "
                f"saved in {run.folder} before is as it was; begin a new run with another --seed, "
                "--batch or --preset."
            ) from error
        except OSError as error:
            raise OSError(f"{explain(error)} Make room, and go on with {go_on}") from error
        except KeyboardInterrupt:
            click.echo(f"Stopped without saving: go on from the last checkpoint with {go_on}")
            return 128 + stop.signal
    if game.step < config.steps:
        click.echo(f"Saved at step {game.step:,} of {config.steps:,}: go on with {go_on}")
        return 128 + stop.signal
    click.echo(f"All {config.steps:,} steps are played: gan-course sample {run.folder} shows more.")
    return 0


def _play(run: Run, config: Config, game: Game, dataset: Dataset, stop: Stop) -> None:
    """Plays up to the last step, or to the first record after a signal, which is saved."""
    batches = dataset.batches(config.batch, labels=config.labels, device=game.device)
    y = [torch.arange(SAMPLES) % len(dataset.classes)] if config.labels else []
    bar = tqdm(total=config.steps, initial=game.step, unit="step", disable=None)
    with bar:  # without a terminal there is no bar
        for record in train_game(game, batches, config.steps - game.step, config.report):
            run.log(record)
            bar.update(game.step - bar.n)
            bar.set_postfix_str(_losses(record))
            if stop.signal or game.step % config.every == 0 or game.step == config.steps:
                run.save(game, *y)
                tqdm.write(f"step {game.step:,}: {_losses(record)}, saved")
            if stop.signal:
                return


def _losses(record: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in record.items() if "_loss" in name)
