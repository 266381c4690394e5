"""Images at hand: digits embedded in scikit-learn, or a folder of your own."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from pathlib import Path

import torch
from torch import Tensor

from ..arguments import is_whole, shown
from .dataset import Dataset
from .folders import look_into
from .pictures import CHANNELS, Refused, read_picture
from .pixels import resize

MOST_NAMED = 10  # files in one error message


def digits(size: int = 16) -> Dataset:
    """Load 1,797 real handwritten digits, embedded in scikit-learn.

    Source: E. Alpaydin and C. Kaynak (1998), Optical Recognition of Handwritten Digits, UCI
    Machine Learning Repository: its test part, by 13 writers. The originals are 8x8 with 17 grey
    levels; larger sizes are bicubic enlargements, which hold no further detail but suit
    convolutions and the eye.

    Args:
        size: side in pixels, at least 8: 8 (the originals), 16, 32, ...

    Returns:
        White-on-black images uint8 [1797, 1, size, size] with labels.

    Raises:
        ValueError: size < 8.

    Example:
        >>> digits(8)
        Dataset(digits: 1,797 samples of (1, 8, 8), 10 classes)
    """
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    stored = torch.from_numpy(pixels).view(-1, 1, 8, 8).mul(255 / 16).round().to(torch.uint8)
    y = torch.from_numpy(labels).long()
    return Dataset("digits", resize(stored, size), y, tuple("0123456789"))


def folder(
    path: str | Path,
    size: int = 64,
    channels: int = 3,
    background: str = "white",
    watch: Callable[[list[Path]], Iterable[Path]] = iter,
) -> Dataset:
    """Load your own images, cropped to the central square and resized.

    If the folder holds no image itself, each of its sub-folders that does is a class. Every
    format that Pillow reads is taken; hidden files and what systems leave behind (`.DS_Store`,
    `Thumbs.db`, `__MACOSX`, ...) are passed over, and one warning counts all else that is left out.

    Pixels of 16 bits are scaled to 8; modes without a known range (32 bits, floats, LAB, HSV) are
    refused. Pictures are turned as their camera says. Of animations and files of several pages
    the first frame is taken.

    Args:
        path: a folder of images, or of such folders.
        size: side of the square images in pixels, at least 8.
        channels: 3 for colour, 1 for grey.
        background: what shows through where a picture is transparent; a colour as in CSS, such
            as "white", "black" or "#808080".
        watch: wraps the list of files while they are read, to show progress, such as `tqdm`.

    Returns:
        Images uint8 [N, channels, size, size] in order of their names, with labels if there are
        sub-folders.

    Raises:
        NotADirectoryError: path is not a folder.
        ValueError: there is no image, or images lie beside folders of images; size < 8, channels
            is neither 1 nor 3, or there is no such colour.
        OSError: files are damaged, too large, or of unknown range; the message names them.
    """
    path = Path(path).expanduser()
    ground = _check_folder(path, size, channels, background)
    contents = look_into(path)
    if contents.left_out:
        warnings.warn(f"Left out of {path}: {contents}.", stacklevel=2)
    images = _read_all(contents.files, watch, size, channels, ground)
    if "" in contents.groups:
        return Dataset(path.resolve().name, images)
    counts = torch.tensor([len(files) for files in contents.groups.values()])
    y = torch.arange(len(counts)).repeat_interleave(counts)
    return Dataset(path.resolve().name, images, y, tuple(contents.groups))


def _check_folder(path: Path, size: int, channels: int, background: str) -> tuple[int, ...]:
    """Refuse arguments that make no sense; returns the background's red, green and blue."""
    from PIL import ImageColor

    if not (is_whole(channels) and channels in CHANNELS and is_whole(size) and size >= 8):
        raise ValueError(
            f"folder needs channels of 1 or 3 and size >= 8, got {shown(channels)} and "
            f"{shown(size)}."
        )
    if not path.is_dir():
        raise NotADirectoryError(f"{path} is not a folder: give the folder that holds your images.")
    try:
        return ImageColor.getrgb(background)[:3]
    except (ValueError, AttributeError, TypeError):  # the last two: no string
        raise ValueError(
            f'background must be a colour such as "white" or "#808080", got {shown(background)}.'
        ) from None


def _read_all(
    files: list[Path],
    watch: Callable[[list[Path]], Iterable[Path]],
    size: int,
    channels: int,
    background: tuple[int, ...],
) -> Tensor:
    """Read the files, uint8 [N, channels, size, size]; all that are refused are named at once."""
    images, refused = [], []
    for file in watch(files):
        try:
            images.append(read_picture(file, size, channels, background))
        except Refused as error:
            refused.append(error)
    if refused:
        more = len(refused) - MOST_NAMED
        named = [str(error) for error in refused[:MOST_NAMED]] + [f"and {more} more"] * (more > 0)
        count = f"{len(refused)} of {len(files)} images are refused: " if len(refused) > 1 else ""
        raise OSError(f"{count}{'; '.join(named)}.") from refused[0]
    return torch.stack(images)
