"""Images at hand: digits embedded in scikit-learn, or a folder of your own."""

from pathlib import Path

import torch
from torch import Tensor

from .dataset import Dataset
from .pixels import resize

SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp"}
MODES = {1: "L", 3: "RGB"}  # channels to Pillow's name


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
    """
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    stored = torch.from_numpy(pixels).view(-1, 1, 8, 8).mul(255 / 16).round().to(torch.uint8)
    y = torch.from_numpy(labels).long()
    return Dataset("digits", resize(stored, size), y, tuple("0123456789"))


def folder(path: str | Path, size: int = 64, channels: int = 3) -> Dataset:
    """Load your own images, cropped to the central square and resized.

    If the folder holds no image itself, each of its sub-folders that does is a class.

    Args:
        path: a folder of PNG, JPEG, BMP, GIF, TIFF or WebP files, or of such folders.
        size: side of the square images in pixels, at least 8.
        channels: 3 for colour, 1 for grey.

    Returns:
        Images uint8 [N, channels, size, size] in order of their names, with labels if there are
        sub-folders.

    Raises:
        NotADirectoryError: path is not a folder.
        ValueError: there is no image, size < 8, or channels is neither 1 nor 3.
        OSError: a file is not a readable image; the message names it.
    """
    path = Path(path)
    if channels not in MODES or size < 8:
        raise ValueError(
            f"folder needs channels of 1 or 3 and size >= 8, got {channels} and {size}."
        )
    if not path.is_dir():
        raise NotADirectoryError(f"{path} is not a folder: give the folder that holds your images.")
    groups = {"": _image_files(path)}
    if not groups[""]:
        groups = {part.name: _image_files(part) for part in sorted(path.iterdir()) if part.is_dir()}
    groups = {name: files for name, files in groups.items() if files}
    if not groups:
        raise ValueError(
            f"{path} and its sub-folders hold no image ({', '.join(sorted(SUFFIXES))})."
        )
    images = [_read_image(file, size, channels) for files in groups.values() for file in files]
    counts = torch.tensor([len(files) for files in groups.values()])
    labelled = "" not in groups
    y = torch.arange(len(groups)).repeat_interleave(counts) if labelled else None
    return Dataset(path.resolve().name, torch.stack(images), y, tuple(groups) if labelled else ())


def _image_files(path: Path) -> list[Path]:
    return sorted(each for each in path.iterdir() if each.suffix.lower() in SUFFIXES)


def _read_image(file: Path, size: int, channels: int) -> Tensor:
    """One image, upright, cropped and resized: uint8 [channels, size, size]."""
    import numpy as np
    from PIL import Image, ImageOps

    try:
        with Image.open(file) as image:
            upright = ImageOps.exif_transpose(image)
            if upright.mode.startswith("I"):  # 16 bits a pixel: PIL would cut, not scale
                upright = upright.convert("I").point(lambda value: value * (1 / 257)).convert("L")
            upright = upright.convert(MODES[channels])
            square = ImageOps.fit(upright, (size, size), Image.Resampling.BICUBIC)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise OSError(f"{file} cannot be read as an image: repair or remove it.") from error
    return torch.from_numpy(np.array(square)).view(size, size, channels).permute(2, 0, 1)
