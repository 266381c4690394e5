"""Classical augmentation: images turned, moved and stretched a little, so that they stay what they are."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from ..draws import draw_rows
from .pixels import check_images

__all__ = ["warped"]


def warped(
    images: Tensor, degrees: float = 10.0, pixels: float = 0.5, stretch: float = 0.1
) -> Tensor:
    """Turn, move and stretch each image at random, each differently.

    An image is turned by an angle uniform in [-degrees, degrees], moved along both axes by
    a distance uniform in [-pixels, pixels], and each axis is stretched by a factor uniform
    in [1 - stretch, 1 + stretch], with bilinear interpolation. What comes in at the edge
    repeats it.

    Args:
        images: float `[N, C, H, W]` in [-1, 1].
        degrees: the largest angle.
        pixels: the largest distance.
        stretch: the largest change of an axis, in [0, 1).

    Returns:
        Images of the same shape and range; draws come from torch's random state on their
        device.

    Raises:
        TypeError: the images are no floating point tensor.
        ValueError: they have another shape or range.

    Source:
        Simard, Steinkraus and Platt (2003), Best practices for convolutional neural networks.
    """
    check_images(images, "Images to warp must lie")
    if images.dim() != 4:
        raise ValueError(f"warped takes images [N, C, H, W], got {list(images.shape)}.")
    n, _, height, width = images.shape
    r = 2 * draw_rows(torch.rand, (n, 5), dtype=images.dtype, device=images.device) - 1
    angle = r[:, 0] * math.radians(degrees)
    sx, sy = (1 + stretch * r[:, 1:3]).unbind(1)
    move = 2 * pixels * r[:, 3:] / torch.tensor([width, height], device=r.device, dtype=r.dtype)
    ratio = height / width  # the grid counts both axes from -1 to 1
    rows = [
        torch.stack([angle.cos() * sx, -angle.sin() * sx * ratio, move[:, 0]], 1),
        torch.stack([angle.sin() * sy / ratio, angle.cos() * sy, move[:, 1]], 1),
    ]
    grid = F.affine_grid(torch.stack(rows, 1), list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, padding_mode="border", align_corners=False).clamp(-1, 1)
