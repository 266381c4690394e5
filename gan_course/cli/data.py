"""`gan-course data`: which images there are, on this machine or to download, and how they look."""

from __future__ import annotations

from pathlib import Path

import click
import torch

from ..data.download import cache_folder
from ..runs import write_grid
from .choices import DATA, DataSource, open_data
from .options import SEED, helpful, number, path_option

NAME = click.argument("name")


@click.group(invoke_without_command=True)
@helpful
def data() -> None:
    """List, download and preview data sets."""


@data.command("list")
def list_data() -> None:
    """List the data sets that have a name; a folder of images is named by its path."""
    for name, source in DATA.items():
        click.echo(f"{name:15}{_state(source):14}{source.about}")
    click.echo(f"{'PATH':15}{'yours':14}a folder of images, or of one folder for each class")


def _state(source: DataSource) -> str:
    here = all((cache_folder() / file).is_file() for file in source.files)
    return ("downloaded" if here else "to download") if source.files else "embedded"


@data.command()
@NAME
def download(name: str) -> None:
    """Download a data set into the cache, so that training needs no network."""
    training, held_out = open_data(name)
    click.echo(f"{name} is here: {len(training):,} images to train on, {len(held_out):,} held out")


@data.command()
@NAME
@number("--size", "Side of the images in pixels.  [default: the set's own]", at_least=8)
@number("--n", "How many.", default=100)
@SEED
@path_option("--out", "A .png file.  [default: NAME.png, here]")
def preview(name: str, size: int | None, n: int, seed: int, out: Path | None) -> None:
    """Draw images at random into one picture; of labelled data, a column for each class."""
    out = out or Path(f"{Path(name).resolve().name}.png")
    if out.suffix != ".png":
        raise click.BadParameter(f"{out} must end in .png.", param_hint="--out")
    dataset, _ = open_data(name, size)
    order = torch.randperm(len(dataset), generator=torch.Generator().manual_seed(seed))
    if dataset.y is not None:
        order = _in_columns(order, dataset.y, len(dataset.classes))
    columns = len(dataset.classes) or 10
    write_grid(dataset.take(order[:n]).x, out, columns)
    click.echo(f"{dataset!r}: {min(n, len(order))} images in {out}")


def _in_columns(order: torch.Tensor, y: torch.Tensor, classes: int) -> torch.Tensor:
    """Sorts positions so that classes take turns, as far as each of them reaches."""
    groups = [order[y[order] == label] for label in range(classes)]
    rows = min(len(group) for group in groups)
    return torch.stack([group[:rows] for group in groups], 1).flatten() if rows else order
