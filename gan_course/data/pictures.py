"""One picture file, turned into bytes: what its numbers mean is decided by rule."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

if TYPE_CHECKING:
    from PIL import Image

CHANNELS = {1: "L", 3: "RGB"}  # to Pillow's name
EIGHT_BITS = {"1", "L", "P", "RGB", "RGBX", "CMYK", "YCbCr", "LA", "La", "PA", "RGBA", "RGBa"}
TRANSPARENT = {"LA", "La", "PA", "RGBA", "RGBa"}
SIXTEEN_BITS = {"PNG", "TIFF", "PPM", "JPEG2000"}  # formats whose 16 bits run from black to white
# Tags of TIFF (Adobe 1992)
BITS, PHOTOMETRIC, SAMPLE_FORMAT = 258, 262, 339
WHITE_IS_ZERO, SIGNED = 0, 2


class Refused(OSError):
    """A file that is not taken; the message names it, says why and what to do."""


def read_picture(file: Path, size: int, channels: int, background: tuple[int, ...]) -> Tensor:
    """Return one picture, upright, on its background, cropped to the central square and resized.

    Args:
        file: any file that Pillow reads; of several frames or pages the first is taken.
        size: side of the square in pixels.
        channels: 1 or 3.
        background: the colour that shows through where the picture is transparent, red, green
            and blue in 0..255.

    Returns:
        uint8 [channels, size, size].

    Raises:
        Refused: the file cannot be read, is too large, or has numbers of unknown meaning.
    """
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of large files and odd metadata; what fails is said
            with Image.open(file) as image:
                picture = _on_background(image, background).convert(CHANNELS[channels])
            square = ImageOps.fit(picture, (size, size), Image.Resampling.BICUBIC)
    except Refused as error:
        raise Refused(f"{file} {error}") from None
    except (Image.DecompressionBombError, MemoryError) as error:
        raise Refused(
            f"{file} is large, not damaged, and is not opened for fear of filling the memory: "
            "shrink it, or trust it by PIL.Image.MAX_IMAGE_PIXELS = None"
        ) from error
    except Exception as error:  # a broken file can raise anything from the depths of a decoder
        reason = getattr(error, "strerror", None)
        said = f" ({reason})" if reason else ""
        raise Refused(f"{file} cannot be read as an image{said}: repair or remove it") from error
    return torch.from_numpy(np.array(square)).view(size, size, channels).permute(2, 0, 1)


def _on_background(image: Image.Image, background: tuple[int, ...]) -> Image.Image:
    """Return the picture upright, of 8 bits a channel and without transparency."""
    from PIL import Image, ImageOps

    white = _white(image)
    if "transparency" in image.info:
        image.info["transparency"] = _transparent_colour(image)
    upright = ImageOps.exif_transpose(image)
    if upright.mode not in EIGHT_BITS:
        upright = _scaled(upright, white)
    palette = upright.palette if upright.mode == "P" else None
    palette_has_alpha = palette is not None and palette.mode.endswith("A")
    if not (upright.mode in TRANSPARENT or "transparency" in upright.info or palette_has_alpha):
        return upright
    if upright.mode == "La":  # its alpha is multiplied in; Pillow knows one way out
        upright = upright.convert("LA")
    ground = Image.new("RGBA", upright.size, background)
    return Image.alpha_composite(ground, upright.convert("RGBA")).convert("RGB")


def _white(image: Image.Image) -> int:
    """Return the number that means white; negative where 0 does, and white counts down to it."""
    tags = getattr(image, "tag_v2", {})
    signed = SIGNED in np.atleast_1d(tags.get(SAMPLE_FORMAT, 1))
    if image.mode in EIGHT_BITS and not signed:
        return 255
    deep = image.mode.startswith("I;16") or (image.mode == "I" and image.format in ("PNG", "PPM"))
    if deep and not signed and image.format in SIXTEEN_BITS:
        white = 4095 if 12 in np.atleast_1d(tags.get(BITS, 16)) else 65535
        return -white if tags.get(PHOTOMETRIC) == WHITE_IS_ZERO else white
    values = np.asarray(image)
    raise Refused(
        f"has mode {image.mode} with values from {values.min():.6g} to {values.max():.6g}"
        f"{', signed' if signed else ''}, and nothing in it says which of them is black and which "
        "white: save it as grey or RGB of 8 or 16 bits, or remove it"
    )


def _scaled(image: Image.Image, white: int) -> Image.Image:
    """Return a picture of 16 bits a pixel with 8: Pillow itself would cut, not scale."""
    from PIL import Image

    values = np.asarray(image).astype(np.float64)
    grey = values * (255 / white) if white > 0 else 255 + values * (255 / white)
    grey = Image.fromarray(np.rint(grey).clip(0, 255).astype(np.uint8))
    if "transparency" not in image.info:
        return grey
    seen = np.where(values == image.info["transparency"], 0, 255).astype(np.uint8)
    return Image.merge("LA", [grey, Image.fromarray(seen)])


def _transparent_colour(image: Image.Image) -> object:
    """Return the colour that a PNG calls transparent in the scale of the pixels.

    Pillow scales pixels of 2, 4 and 3 x 16 bits to 8, and leaves this colour in the file's bits.
    """
    colour = image.info["transparency"]
    depth = image.tile[0][3] if image.format == "PNG" and image.tile else None
    if depth in ("L;2", "L;4"):
        return colour * (85 if depth == "L;2" else 17)
    return tuple(part >> 8 for part in colour) if depth == "RGB;16B" else colour
