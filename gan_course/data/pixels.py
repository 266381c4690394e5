"""Pixels: bytes while stored, numbers in [-1, 1] for networks."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ..arguments import whole_number


def bytes_to_images(stored: Tensor) -> Tensor:
    """Turn stored pixels into what networks read: byte / 127.5 - 1.

    Args:
        stored: uint8 [N, C, H, W] in 0..255.

    Returns:
        float32 [N, C, H, W] in [-1, 1].
    """
    return stored.float().div_(127.5).sub_(1.0)


def check_images(x: Tensor, demand: str = "Images must lie", slack: float = 0.01) -> None:
    """Refuse what cannot be images in [-1, 1] by its type or its range.

    Pixels in [0, 1] pass: alone they cannot be told from bright images.

    Args:
        x: a tensor of any shape.
        demand: how an error message begins, before "in [-1, 1]".
        slack: how far beyond [-1, 1] is put down to rounding.

    Raises:
        TypeError: x is not a floating point tensor.
        ValueError: x has a value outside [-1, 1] or that is not a number.
    """
    if not (isinstance(x, Tensor) and x.is_floating_point()):
        kind = x.dtype if isinstance(x, Tensor) else f"a {type(x).__name__}"
        raise TypeError(
            f"{demand} in [-1, 1], in a floating point tensor, got {kind}: for pixels in 0..255 "
            "divide by 127.5 and subtract 1."
        )
    if not x.numel():
        return
    low, high = x.min().item(), x.max().item()
    if not (low >= -1 - slack and high <= 1 + slack):  # also refuses NaN
        remedy = (
            "for pixels in 0..255 divide by 127.5 and subtract 1, and where a G without tanh "
            "overshoots call images.clamp(-1, 1)."
        )
        if low != low:  # NaN is not equal to itself
            remedy = "a value is not a number, so look for a broken file or a G that diverged."
        raise ValueError(f"{demand} in [-1, 1], got {low:.3g} to {high:.3g}: {remedy}")


def images_to_bytes(x: Tensor) -> Tensor:
    """Turn images into stored pixels, the inverse of `bytes_to_images`: round(127.5 (x + 1)).

    Args:
        x: float [N, C, H, W] in [-1, 1].

    Returns:
        uint8 [N, C, H, W] in 0..255.

    Raises:
        TypeError: x is not a floating point tensor.
        ValueError: x has a value outside [-1, 1] or that is not a number.
    """
    check_images(x, slack=0.0)
    return x.add(1.0).mul(127.5).round().to(torch.uint8)


def check_size(size: int) -> None:
    """Refuse a side of images that is no whole number of at least 8 pixels, by a ValueError."""
    whole_number(size, "size (in pixels)", at_least=8)


def resize(stored: Tensor, size: int) -> Tensor:
    """Resize images by bicubic interpolation, antialiased where they shrink.

    Args:
        stored: uint8 [N, C, H, W].
        size: new height and width in pixels, at least 8.

    Returns:
        uint8 [N, C, size, size].

    Raises:
        ValueError: size < 8.
    """
    check_size(size)
    if stored.shape[2:] == (size, size):
        return stored
    parts = [
        F.interpolate(part.float(), (size, size), mode="bicubic", antialias=True)
        for part in stored.split(4096)  # bounds the memory of the float copy
    ]
    return torch.cat([part.round().clamp(0, 255).to(torch.uint8) for part in parts])
