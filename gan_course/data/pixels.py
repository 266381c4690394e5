"""Pixels: bytes while stored, numbers in [-1, 1] for networks."""

import torch
import torch.nn.functional as F
from torch import Tensor


def bytes_to_images(stored: Tensor) -> Tensor:
    """Turn stored pixels into what networks read: byte / 127.5 - 1.

    Args:
        stored: uint8 [N, C, H, W] in 0..255.

    Returns:
        float32 [N, C, H, W] in [-1, 1].
    """
    return stored.float().div_(127.5).sub_(1.0)


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
    if not (isinstance(x, Tensor) and x.is_floating_point()):
        kind = x.dtype if isinstance(x, Tensor) else type(x).__name__
        raise TypeError(f"Images must be a floating point tensor in [-1, 1], got {kind}.")
    if x.numel() and not (x.min() >= -1 and x.max() <= 1):  # also refuses NaN
        raise ValueError(
            f"Images must lie in [-1, 1], got values from {x.min():.3g} to {x.max():.3g}: "
            "for pixels in 0..255 divide by 127.5 and subtract 1."
        )
    return x.add(1.0).mul(127.5).round().to(torch.uint8)


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
    if not isinstance(size, int) or size < 8:
        raise ValueError(f"size must be a whole number of at least 8 pixels, got {size!r}.")
    if stored.shape[2:] == (size, size):
        return stored
    parts = [
        F.interpolate(part.float(), (size, size), mode="bicubic", antialias=True)
        for part in stored.split(4096)  # bounds the memory of the float copy
    ]
    return torch.cat([part.round().clamp(0, 255).to(torch.uint8) for part in parts])
