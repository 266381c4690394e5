"""What can be named on the command line: data sets and games. Only here does a name choose code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from gan_course.data import Dataset, cifar10, digits, fashion_mnist, folder, glyphs, mnist
from gan_course.data.published import CIFAR10, FASHION, MNIST
from gan_course.game import Game
from gan_course.presets import dcgan, projection, wgan_gp

SHARE = 0.8  # of a set without a test part of its own that is trained on


@dataclass(frozen=True)
class DataSource:
    """A data set that the command line knows.

    Attributes:
        about: one line for the list.
        train: the images to train on, `train(size)`.
        test: images that no training has seen, `test(size)`.
        size: side in pixels unless another is asked for.
        files: what it downloads, by the names in the cache.
    """

    about: str
    train: Callable[[int], Dataset]
    test: Callable[[int], Dataset]
    size: int = 32
    files: tuple[str, ...] = ()


def _idx_files(sources: dict) -> tuple[str, ...]:
    return tuple(file.name for pair in sources.values() for file in pair)


DATA = {
    "digits": DataSource(
        "1,797 handwritten digits of 8x8 pixels, embedded in scikit-learn",
        lambda size: digits(size).split(SHARE)[0],
        lambda size: digits(size).split(SHARE)[1],
        size=16,
    ),
    "glyphs": DataSource(
        "20,000 digits drawn from matplotlib's fonts, at any size",
        lambda size: glyphs(20_000, size),
        lambda size: glyphs(4_000, size, seed=1),
    ),
    "mnist": DataSource(
        "70,000 handwritten digits of 28x28 pixels, 12 MB to download",
        lambda size: mnist("train", size),
        lambda size: mnist("test", size),
        files=_idx_files(MNIST),
    ),
    "fashion-mnist": DataSource(
        "70,000 pieces of clothing of 28x28 pixels, 31 MB to download",
        lambda size: fashion_mnist("train", size),
        lambda size: fashion_mnist("test", size),
        files=_idx_files(FASHION),
    ),
    "cifar10": DataSource(
        "60,000 colour photographs of 32x32 pixels, 170 MB to download",
        lambda size: cifar10("train", size),
        lambda size: cifar10("test", size),
        files=(CIFAR10.name,),
    ),
}


def data_source(name: str) -> DataSource:
    """Returns the set of this name, or the images in the folder of this path.

    Args:
        name: a key of `DATA`, or the path of a folder of images.

    Raises:
        ValueError: it is neither.
    """
    if name in DATA:
        return DATA[name]
    if not Path(name).is_dir():
        raise ValueError(
            f"there are no data called {name!r}: choose from {', '.join(DATA)}, or give the path "
            "of a folder of images."
        )
    return DataSource(
        "your own images",
        lambda size: folder(name, size).split(SHARE)[0],
        lambda size: folder(name, size).split(SHARE)[1],
        size=64,
    )


def open_data(name: str, size: int | None = None) -> Dataset:
    """Returns the images to train on; of a set without a test part, a random four fifths.

    Args:
        name: a key of `DATA`, or the path of a folder of images.
        size: side in pixels; `None` means the set's usual one, for a folder 64.

    Raises:
        ValueError: there is no such set or folder, or the size is below 8.
        OSError: a download failed, or an image cannot be read.
    """
    source = data_source(name)
    return source.train(size or source.size)


@dataclass(frozen=True)
class Preset:
    """A game that the command line knows.

    Attributes:
        assemble: builds it, `assemble(shape, classes, width, bf16, device)`.
        width: channels unless others are asked for: small enough for two cores.
        labels: whether it is told the class of each image.
    """

    assemble: Callable[[tuple[int, ...], int, int, bool, torch.device], Game]
    width: int
    labels: bool = False


PRESETS = {
    "dcgan": Preset(lambda shape, _, *rest: dcgan(shape, *rest), width=32),
    "projection": Preset(projection, width=32, labels=True),
    "wgan-gp": Preset(lambda shape, _, *rest: wgan_gp(shape, *rest), width=32),
}
