"""What can be named on the command line: data sets and games. Only here does a name choose code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ..data import Dataset, cifar10, digits, fashion_mnist, glyphs, mnist
from ..data.published import CIFAR10, FASHION, MNIST
from ..game import Game
from ..presets import dcgan, projection, wgan_gp
from .reading import read_folder

SHARE = 0.8  # of a set without a test part of its own that is trained on
Halves = tuple[Dataset, Dataset]  # images to train on, and images that no training sees


@dataclass(frozen=True)
class DataSource:
    """A data set that the command line knows.

    Attributes:
        about: one line for the list.
        load: the images to train on and those held out, `load(size, channels)`.
        size: side in pixels unless another is asked for.
        channels: of its images unless others are asked for.
        files: what it downloads, by the names in the cache.
    """

    about: str
    load: Callable[[int, int], Halves]
    size: int = 32
    channels: int = 1
    files: tuple[str, ...] = ()

    def train(self, size: int) -> Dataset:
        """Return the images to train on."""
        return self.load(size, self.channels)[0]

    def test(self, size: int) -> Dataset:
        """Return images that no training has seen."""
        return self.load(size, self.channels)[1]


def _idx_files(sources: dict) -> tuple[str, ...]:
    return tuple(file.name for pair in sources.values() for file in pair)


DATA = {
    "digits": DataSource(
        "1,797 handwritten digits of 8x8 pixels, embedded in scikit-learn",
        lambda size, _: digits(size).split(SHARE),
        size=16,
    ),
    "glyphs": DataSource(
        "20,000 digits drawn from matplotlib's fonts, at any size",
        lambda size, _: (glyphs(20_000, size), glyphs(4_000, size, seed=1)),
    ),
    "mnist": DataSource(
        "70,000 handwritten digits of 28x28 pixels, 12 MB to download",
        lambda size, _: (mnist("train", size), mnist("test", size)),
        files=_idx_files(MNIST),
    ),
    "fashion-mnist": DataSource(
        "70,000 pieces of clothing of 28x28 pixels, 31 MB to download",
        lambda size, _: (fashion_mnist("train", size), fashion_mnist("test", size)),
        files=_idx_files(FASHION),
    ),
    "cifar10": DataSource(
        "60,000 colour photographs of 32x32 pixels, 170 MB to download",
        lambda size, _: (cifar10("train", size), cifar10("test", size)),
        channels=3,
        files=(CIFAR10.name,),
    ),
}


def data_source(name: str) -> DataSource:
    """Return the set of this name, or the images in the folder of this path.

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
    return DataSource("your own images", partial(_folder, name), size=64, channels=3)


def _folder(path: str, size: int, channels: int) -> Halves:
    images = read_folder(path, size, channels)
    n = len(images)
    if n < 2:
        raise ValueError(
            f"{path} holds 1 image, and a run needs 2 at least, one to train on and one held out: "
            "give it more."
        )
    return images.split(min(SHARE, (n - 1) / n))


def open_data(name: str, size: int | None = None, channels: int | None = None) -> Halves:
    """Return the images to train on and those held out; a random fifth, if the set has no test part.

    Args:
        name: a key of `DATA`, or the path of a folder of images.
        size: side in pixels; `None` means the set's usual one, for a folder 64.
        channels: 1 or 3; `None` means the set's own, for a folder 3.

    Raises:
        ValueError: there is no such set or folder, it has other channels or a single image, or
            the size is below 8.
        OSError: a download failed, or an image cannot be read.
    """
    source = data_source(name)
    if channels and name in DATA and channels != source.channels:
        raise ValueError(
            f"the images of {name} have {source.channels} channels, not {channels}: leave "
            "--channels out."
        )
    return source.load(size or source.size, channels or source.channels)


@dataclass(frozen=True)
class Preset:
    """A game that the command line knows.

    Attributes:
        assemble: builds it, `assemble(shape, classes, width, bf16, device)`; other rates than
            its own are passed by name.
        width: channels unless others are asked for: small enough for two cores.
        labels: whether it is told the class of each image.
        lr: its step size.
        n_critic: its moves of D in each step.
        latent: its dimensions of z.
    """

    assemble: Callable[..., Game]
    width: int
    labels: bool = False
    lr: float = 2e-4
    n_critic: int = 1
    latent: int = 100

    def build(self, *sizes: object, **rates: float) -> Game:
        """Assemble the game.

        Args:
            *sizes: shape, classes, width, bf16 and device.
            **rates: lr, n_critic and latent; the preset's own ones are left to it.
        """
        changed = {name: rate for name, rate in rates.items() if rate != getattr(self, name)}
        return self.assemble(*sizes, **changed)


PRESETS = {
    "dcgan": Preset(lambda shape, _, *rest, **rates: dcgan(shape, *rest, **rates), width=32),
    "projection": Preset(projection, width=32, labels=True, n_critic=5, latent=128),
    "wgan-gp": Preset(
        lambda shape, _, *rest, **rates: wgan_gp(shape, *rest, **rates),
        width=32,
        lr=1e-4,
        n_critic=5,
        latent=128,
    ),
}
