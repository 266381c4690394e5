"""The training loop of the command line: records, pictures, checkpoints, and a stop that saves."""

from __future__ import annotations

import contextlib
import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from tqdm import tqdm

from .. import Game, NonFiniteLoss
from .. import train as train_game
from ..data import Dataset
from ..runs import SAMPLES, Run
from ..writing import NO_ROOM
from .config import Config
from .errors import LESS, explain, out_of_memory, pasted
from .keep import SCORE, keep, tidy
from .reading import without_a_bar
from .stop import Stop

Log = Callable[[dict[str, float]], None]


@dataclass(frozen=True)
class Training:
    """What one training needs.

    Attributes:
        run: its folder.
        config: what was asked for.
        game: as it was at the last checkpoint.
        images: to train on.
        score: of the game's G, lower is better; `None` where none is asked for.
    """

    run: Run
    config: Config
    game: Game
    images: Dataset
    score: Callable[[Game], float] | None = None

    @property
    def go_on(self) -> str:
        """The command that goes on with it."""
        return pasted("train", "--resume", self.run.folder)

    @property
    def labels(self) -> list[torch.Tensor]:
        """What G takes for the samples of a picture: classes in turn."""
        classes = len(self.images.classes)
        return [torch.arange(SAMPLES) % classes] if self.config.labels else []


def play(training: Training) -> int:
    """Play a run to its last step, or until it is stopped; return the exit code.

    Raises:
        OSError: something cannot be written; the last checkpoint stays as it is.
        ValueError: a loss became NaN or infinite, or memory ran out; the last checkpoint stays.
    """
    run, config, game = training.run, training.config, training.game
    with Stop(speaks=run.writes) as stop:
        stop.say(f"{training.images!r} into {run.folder}\n{game!r}")
        try:
            asked = _play(training, stop)
        except KeyboardInterrupt:
            stop.say(
                f"Stopped without saving: go on from the last checkpoint with {training.go_on}"
            )
            sys.exit(128 + stop.signal)  # at once: other processes are not waited for
        except Exception as error:
            told = _told(training, error)
            if told is None:
                raise
            raise told from error
        if game.step < config.steps:
            steps = f"{game.step:,} of {config.steps:,}"
            stop.say(f"Saved at step {steps}: go on with {training.go_on}")
            return 128 + asked
        shows = pasted("sample", run.folder)
        stop.say(f"All {config.steps:,} steps are played: {shows} shows more.")
        return 0


def _play(training: Training, stop: Stop) -> int:
    """Play up to the last step, or to the first record after a signal, and return the signal."""
    run, config, game = training.run, training.config, training.game
    batches = training.images.batches(config.batch, labels=config.labels, device=game.device)
    if game.step:  # a kill may have come between the checkpoint and what follows from it
        run.show(game, *training.labels)
        _tidy(training)
    bar = tqdm(total=config.steps, initial=game.step, unit="step", disable=without_a_bar())
    with bar, _board(run, config, game.step) as log:
        for record in train_game(game, batches, config.steps - game.step, config.report):
            due = game.step % config.every == 0 or game.step == config.steps
            if due and training.score:
                record[SCORE] = training.score(game)
                keep(run, game)
            run.log(record)
            log(record)
            bar.update(game.step - bar.n)
            bar.set_postfix_str(_losses(record))
            asked = stop.agree()
            if asked or due:
                run.save(game, *training.labels)
                _tidy(training)
            if asked or due or bar.disable:
                saved = ", saved" if asked or due else ""
                stop.say(f"step {game.step:,}: {_losses(record)}{saved}")
            if asked:
                return asked
    return 0


def _tidy(training: Training) -> None:
    if training.score:
        tidy(training.run, training.config.keep)


def _losses(record: dict[str, float]) -> str:
    shown = [name for name in record if "_loss" in name or name == SCORE]
    return ", ".join(f"{name} {record[name]:.3f}" for name in shown)


def _told(training: Training, error: Exception) -> Exception | None:
    """Return an error in the words of the command line, with what to do; None of a strange one."""
    run, config = training.run, training.config
    if isinstance(error, NonFiniteLoss):
        return ValueError(
            f"the loss of {error.player} stopped being finite in step {error.step}: what was "
            f"saved in {run.folder} before is as it was; begin a new run with another --seed, "
            "--lr, --batch or --preset."
        )
    if isinstance(error, OSError):
        full = getattr(error.__cause__ or error, "errno", None) in NO_ROOM
        remedy = "Make room, and go on" if full else "Go on"
        return OSError(f"{explain(error)} {remedy} with {training.go_on}")
    if not out_of_memory(error):
        return None
    kept = run.checkpoint.is_file()
    run.forget()
    after = f", or go on where there is more, with {training.go_on}" if kept else ""
    return ValueError(
        f"there is not enough memory for batches of {config.batch}, a width of {config.width} and "
        f"images of {config.size}x{config.size}: begin again with a lower {LESS}{after}"
    )


def has_tensorboard() -> bool:
    """Return whether TensorBoard is installed."""
    return importlib.util.find_spec("tensorboard") is not None


@contextmanager
def _board(run: Run, config: Config, step: int) -> Iterator[Log]:
    """Yield what logs a record to TensorBoard, if that was asked for."""
    if not config.tensorboard or not run.writes:
        yield lambda record: None
        return
    from torch.utils.tensorboard import SummaryWriter

    # what a kill has left of later steps is taken back: they are played again
    with contextlib.closing(
        SummaryWriter(str(run.folder / "tensorboard"), purge_step=step + 1)
    ) as writer:

        def log(record: dict[str, float]) -> None:
            for name, value in record.items():
                if name != "step":
                    writer.add_scalar(name, value, record["step"])

        yield log
