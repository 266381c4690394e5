"""One folder of images against another, as `gan-course evaluate A B` measures it."""

from __future__ import annotations

import contextlib
import shlex
from pathlib import Path

import click
import torch

from ..data import Dataset, folder
from ..metrics import Evaluator, train_classifier
from .choices import data_source
from .measures import MEANINGS, NEEDED, name_of, small_pixels, some

GREY = {"1", "L", "LA", "I", "F"}  # Pillow's modes of images without colour, and I;16
STEADY = 10  # images for each feature, below which the Fréchet distance is clearly too high


def compare(
    paths: tuple[Path, Path],
    n: int | None,
    data: str | None,
    size: int | None,
    seed: int,
    device: torch.device,
) -> None:
    """Print how far the images in one folder are from those in another.

    Args:
        paths: the folder that stands for the real images, and the one for the generated ones.
        n: how many of each, drawn at random; `None` means all.
        data: what a classifier is trained on whose features are used; `None` means pixels.
        size: side to which all images are resized; `None` means that they have one size.
        seed: fixes which images are drawn.
        device: where features are computed.

    Raises:
        ValueError: a folder has too few images or is a run, the images have several sizes, or
            the data have no classes.
        OSError: an image cannot be read.
    """
    names = [shlex.quote(str(path)) for path in paths]
    click.echo(f"{names[1]} against {names[0]}: at least {NEEDED} images in each are needed.")
    side, channels = _common_look(paths, size)
    training = _labelled(data, side) if data else None
    channels = training.shape[0] if training else channels
    real, fake = (_read(path, side, channels, n, seed) for path in paths)
    features = train_classifier(training, device=device) if training else small_pixels
    evaluator = Evaluator(real.x, features)
    scores = evaluator.score(fake.x)
    click.echo(
        f"{len(real):,} images that stand for real, {len(fake):,} for generated; {side}x{side}, "
        f"{'grey' if channels == 1 else 'colour'}; features: {name_of(features)}"
        f"{f' on {data}' if data else ''}\n"
    )
    for name, meaning in MEANINGS.items():
        if name in scores:
            click.echo(f"{name:14}{round(scores[name], 3) + 0.0:10.3f}  {meaning}")
    _warn_of_few(min(len(real), len(fake)), evaluator.x.shape[1])


def _common_look(paths: tuple[Path, Path], size: int | None) -> tuple[int, int]:
    """Return the side and channels with which both folders are read: as they are, if they agree."""
    looks = [look for path in paths for look in _looks(path)]
    sizes = {sides: file for file, sides, _ in looks}
    if size is None and len(sizes) > 1:
        (one, first), (other, second), *_ = sizes.items()
        raise ValueError(
            f"the images have {len(sizes)} sizes, such as {first} with {_times(one)} pixels and "
            f"{second} with {_times(other)}: --size N crops each to its central square and "
            "resizes it to N pixels."
        )
    shortest = min((min(sides) for sides in sizes), default=64)
    return size or shortest, 1 if all(grey for *_, grey in looks) else 3


def _labelled(data: str, side: int) -> Dataset:
    """Return the images to train a classifier on."""
    training = data_source(data).train(side)
    if training.y is None:
        raise ValueError(f"{data} has no classes to train a classifier on: leave --data out.")
    return training


def _read(path: Path, side: int, channels: int, n: int | None, seed: int) -> Dataset:
    """All images of a folder, or n of them; refuses a folder of few."""
    images = folder(path, side, channels)
    if len(images) < NEEDED:
        raise ValueError(f"{path} holds {len(images)} images: give it at least {NEEDED}.")
    return some(images, n or len(images), seed)


def _looks(path: Path) -> list[tuple[Path, tuple[int, int], bool]]:
    """Of each image, without reading its pixels: its file, shorter and longer side, whether grey.

    What is no image, or broken, is left to `folder` to judge; a run is no folder of images.
    """
    from PIL import Image

    if (path / "config.json").is_file():
        raise ValueError(
            f"{path} is a run: write its images with gan-course sample --single "
            f"{shlex.quote(str(path))}, and give that folder."
        )
    looks = []
    for file in sorted([*path.glob("[!.]*"), *path.glob("[!.]*/[!.]*")]):
        with contextlib.suppress(OSError, SyntaxError, ValueError, Image.DecompressionBombError):
            with Image.open(file) as image:
                shorter, longer = sorted(image.size)
                grey = image.mode in GREY or image.mode.startswith("I;16")
            looks.append((file, (shorter, longer), grey))
    return looks


def _times(sides: tuple[int, int]) -> str:
    return "x".join(map(str, sides))


def _warn_of_few(images: int, features: int) -> None:
    """Say on stderr that the distance of few images is biased: by about c / n."""
    if images < STEADY * features:
        click.echo(
            f"Warning: {images:,} images are few for {features} features: the Fréchet distance is "
            f"too high, by half as much with twice as many; give {STEADY * features:,} or more, or "
            "compare it only with numbers from as many images.",
            err=True,
        )
