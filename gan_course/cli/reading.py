"""Reads a folder of images and says how far it is: a large one takes minutes."""

from __future__ import annotations

import functools
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import click
from tqdm import tqdm

from ..data import Dataset, folder
from .options import first

LINES = 1000  # images between two lines, without a terminal


def read_folder(path: str, size: int, channels: int) -> Dataset:
    """Load a folder, with a progress bar or lines, and each warning in one line on stderr.

    Args:
        path: of the folder.
        size: side of the images in pixels.
        channels: 1 or 3.

    Raises:
        ValueError, OSError: as `gan_course.data.folder`.
    """
    watch = functools.partial(_watched, path) if first() else iter
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        images = folder(path, size, channels, watch=watch)
    for warning in caught if first() else ():
        click.echo(f"Warning: {warning.message}", err=True)
    return images


def without_a_bar() -> bool | None:
    """Return whether there is nowhere to draw a bar; `None` leaves that to `tqdm`."""
    return True if sys.stderr is None else None  # Python has none if it was closed, as by 2>&-


def _watched(path: str, files: list[Path]) -> Iterator[Path]:
    bar = tqdm(files, desc=f"Reading {path}", unit="image", disable=without_a_bar(), leave=False)
    if bar.disable:
        click.echo(f"Reading {len(files):,} images from {path}")
    for n, file in enumerate(bar, 1):
        yield file
        if bar.disable and n % LINES == 0:
            click.echo(f"{n:,} of {len(files):,} images are read")
