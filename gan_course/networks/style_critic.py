"""The D that StyleGAN2 plays against: residual, and it compares the samples of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from .equalized import equalized
from .layers import Chain, Takes, stages
from .minibatch import MinibatchDeviation
from .style_layers import active

__all__ = ["style_discriminator"]


class Halved(nn.Module):
    """Halves H and W: `(skip(h) + body(h)) / sqrt(2)`.

    The body convolves 3x3, takes the means of 2x2 pixels and convolves again; the skip takes the
    means, and changes the number of channels. (Karras et al., 2020, arXiv:1912.04958.)

    Args:
        before: channels in.
        after: channels out.
    """

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(before, before, 3, padding=1)
        self.second = nn.Conv2d(before, after, 3, padding=1)
        self.skip = nn.Conv2d(before, after, 1, bias=False)

    def forward(self, h: Tensor) -> Tensor:
        body = active(self.second(avg_pool2d(active(self.first(h)), 2)))
        return (self.skip(avg_pool2d(h, 2)) + body) * 0.5**0.5


class Active(nn.Module):
    """sqrt(2) max(h, 0.2 h): leaky ReLU that keeps the second moment, about."""

    def forward(self, h: Tensor) -> Tensor:
        return active(h)


def style_discriminator(
    shape: Sequence[int] = (3, 32, 32), widths: Sequence[int] = (32, 48, 64, 64), group: int = 4
) -> Chain:
    """Build StyleGAN2's D, small and equalised: `[N, *shape]` to logits `[N, 1]`.

    Args:
        shape: `(C, H, W)` of one image, H = W in 8, 16, 32, 64, ...
        widths: channels at H, H / 2, ... down to 4x4.
        group: samples that minibatch deviation compares; N is a multiple of it.

    Raises:
        ValueError: the shape is not that of such an image, or there are not as many
            widths as sizes.
    """
    if len(widths) != stages(shape) + 1:
        raise ValueError(
            f"images {tuple(shape)} take {stages(shape) + 1} widths, one for each size down to "
            f"4x4, got {tuple(widths)}."
        )
    last = widths[-1]
    D = Chain(
        Takes(shape), nn.Conv2d(shape[0], widths[0], 1), Active(),
        *(Halved(before, after) for before, after in pairwise(widths)),
        MinibatchDeviation(group), nn.Conv2d(last + 1, last, 3, padding=1), Active(),
        nn.Flatten(), nn.Linear(last * 16, last), Active(), nn.Linear(last, 1),
    )  # fmt: skip
    return equalized(D, gain=1).to(memory_format=torch.channels_last)
