"""Whether a folder still holds the images that a run began with, and split as it did then.

The split into images to train on and images held out is drawn for a number of images in an
order: with one image more, most of the "held out" ones have been trained on.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..data import Dataset
from ..runs import Run
from .choices import DATA
from .options import first

if TYPE_CHECKING:
    from .config import Config


def digest_of(training: Dataset, held_out: Dataset) -> str:
    """Return 32 hexadecimal digits that no other images, labels, classes or split have.

    Args:
        training: the images to train on.
        held_out: the images that are not trained on.
    """
    return training.digest + held_out.digest


def check_there(run: Run, data: str) -> None:
    """Refuse a run whose folder of images has gone.

    Args:
        run: the run.
        data: the set or folder that it began with.

    Raises:
        click.UsageError: it is a folder that is no longer there.
    """
    if data not in DATA and not Path(data).is_dir():
        raise click.UsageError(
            f"the images of {run.folder} are no longer in {data}: say with --data where they are."
        )


def check_same(config: Config, training: Dataset, held_out: Dataset, data: str) -> None:
    """Refuse images that are not those of a run; one without a digest is told so, and goes on.

    Args:
        config: of the run.
        training: the images to train on, as they are now.
        held_out: the images that are not trained on, as they are now.
        data: the set or folder that they come from.

    Raises:
        ValueError: they differ from those that the run began with; the message says in what.
    """
    if not config.digest and first():
        click.echo(
            "The run is of an older version, so only the number of its images and classes can be "
            "compared.",
            err=True,
        )
    different = _difference(config, training, held_out)
    if different:
        moved = f"{data} is not what the run began with, {config.data}"
        changed = f"{data} has changed since the run began"
        raise ValueError(
            f"{changed if data == config.data else moved}: {different}; put back what was there, "
            "or begin a new run."
        )


def warn_of_others(config: Config, training: Dataset, held_out: Dataset, data: str) -> None:
    """Warn that images, compared with in place of those of a run that have gone, are others.

    Args:
        config: of the run.
        training: other images, in the place of those trained on.
        held_out: other images, in the place of those held out.
        data: the folder that they come from.
    """
    different = _difference(config, training, held_out)
    if different:
        click.echo(
            f"Warning: {data} is not what the run began with, {config.data}: {different}. If it "
            "holds images of the run, some that count as held out have been trained on.",
            err=True,
        )


def _difference(config: Config, training: Dataset, held_out: Dataset) -> str:
    """Say what is not as it was, or nothing."""
    shape = (config.channels, config.size, config.size)
    before = config.images + config.held_out
    now = len(training) + (len(held_out) if config.held_out else 0)
    if now != before:
        return f"it had {before:,} images, and now it has {now:,}"
    if training.classes != config.classes:
        return f"it had {_named(config.classes)}, and now it has {_named(training.classes)}"
    if training.shape != shape or len(training) != config.images:
        return f"it was {config.images:,} images of {shape}, and now it is {training!r}"
    if config.digest and config.digest != digest_of(training, held_out):
        return "it has as many images, but some are others, or lie in another class or order"
    return ""


def _named(classes: tuple[str, ...]) -> str:
    shown = ", ".join(classes[:5]) + (", ..." if len(classes) > 5 else "")
    return f"{len(classes)} class{'es' * (len(classes) > 1)} ({shown})" if classes else "no classes"
