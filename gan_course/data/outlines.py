"""Outlines of drawings, and ink that an outline does not tell: pairs to learn a translation from."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import torch
import torch.nn.functional as F
from torch import Tensor

from ..arguments import torch_generator
from .dataset import Dataset
from .pixels import bytes_to_images, check_images

__all__ = ["INKS", "edges", "ink_of", "painted"]

# All six orders of a full, a middle and a low channel: orange, pink, lime, violet, green, azure.
# So their mean and their median, channel by channel, are one and the same grey.
CHANNELS = (255, 140, 25)
BYTES = torch.tensor([*permutations(CHANNELS)], dtype=torch.uint8)  # [6, 3]
INKS = bytes_to_images(BYTES)  # [6, 3] in [-1, 1]
NEAR = 0.36  # root mean square distance over channels; an ink is .74 from the grey and the next


def edges(images: Tensor) -> Tensor:
    """Return the outlines of what is light in images: lines of 1 on a ground of -1.

    A pixel is light if its largest channel is above 0. It belongs to the outline if it is
    light and one of its four neighbours is not; beyond the frame nothing is light. So an
    outline is one pixel wide, closed, and drawn just inside the shape.

    Args:
        images: `[N, C, H, W]` in [-1, 1], light on dark.

    Returns:
        `[N, 1, H, W]`, on the same device.

    Raises:
        TypeError: the images are not floating point numbers.
        ValueError: they are not `[N, C, H, W]`, or not in [-1, 1].
    """
    if images.dim() != 4:
        raise ValueError(f"edges needs images [N, C, H, W], got {list(images.shape)}.")
    check_images(images, "edges needs images")
    light = (images.amax(1, keepdim=True) > 0).to(images.dtype)  # [N, 1, H, W]
    framed = F.pad(light, (1, 1, 1, 1))
    rows, columns = framed[:, :, :, 1:-1], framed[:, :, 1:-1]
    inside = rows[:, :, :-2] * rows[:, :, 2:] * columns[..., :-2] * columns[..., 2:]
    return 2 * light * (1 - inside) - 1


def painted(dataset: Dataset, seed: int = 0) -> Dataset:
    """Paint white-on-black drawings, each in one of six inks, whatever it shows.

    A pixel of brightness b in [0, 1] becomes b times the ink. The inks have a full channel, so
    `edges` finds the same outlines before and after, and nothing in an outline tells the ink.

    Args:
        dataset: images of one channel, such as `glyphs(size=32)`.
        seed: fixes the inks; torch's global random state is left alone.

    Returns:
        The set with images uint8 `[N, 3, H, W]` in place of its own, and the factor `ink` (int64,
        row of `INKS`), each as likely as the others.

    Raises:
        ValueError: the set does not hold images of one channel.
    """
    if dataset.stored.dtype != torch.uint8 or dataset.shape[0] != 1:
        raise ValueError(
            f"painted needs images of one channel, such as glyphs(), got samples of {dataset.shape}."
        )
    ink = torch.randint(len(INKS), (len(dataset),), generator=torch_generator(seed))
    colours = BYTES[ink].float().div(255)[:, :, None, None]  # [N, 3, 1, 1]
    stored = [
        part.mul(colour).round().to(torch.uint8)
        for part, colour in zip(dataset.stored.split(4096), colours.split(4096), strict=True)
    ]
    factors = {**dataset.factors, "ink": ink}
    name = f"painted {dataset.name}"
    return replace(dataset, name=name, stored=torch.cat(stored), factors=factors)


def ink_of(images: Tensor) -> Tensor:
    """Return in which of the six inks images are painted, or -1 where in none of them.

    The colour of an image is that of its light pixels (largest channel above 0), weighted by
    their brightness b and brought to full brightness: sum of colour over sum of b, in [0, 1]. Its
    ink is the nearest one, if the root mean square distance over the channels is at most 0.36
    in units of [-1, 1]: just under half of the way to the grey, or to the next ink.

    Args:
        images: `[N, 3, H, W]` in [-1, 1], painted or generated.

    Returns:
        int64 `[N]`: rows of `INKS`, or -1.

    Raises:
        ValueError: the images have another shape.
    """
    if images.dim() != 4 or images.shape[1] != 3:
        raise ValueError(f"ink_of needs images [N, 3, H, W], got {list(images.shape)}.")
    colour = (images.detach().float() + 1) / 2
    light = colour.amax(1, keepdim=True)  # [N, 1, H, W]
    light = light * (light > 0.5)
    mean = (colour * (light > 0)).sum((2, 3)) / light.sum((2, 3)).clamp(min=1e-6)  # [N, 3]
    apart = (2 * mean - 1)[:, None] - INKS.to(images.device)  # [N, 6, 3]
    distance, nearest = apart.square().mean(2).sqrt().min(1)
    return nearest.where(distance <= NEAR, -1)
