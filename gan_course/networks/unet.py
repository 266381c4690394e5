"""From image to image: the U-Net of pix2pix, with its noise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .dcgan import Layer, strided, transposed
from .layers import dcgan_init, leaky_relu

__all__ = ["DropoutNoise", "UNet", "unet"]

NOISY = 3  # innermost doublings that get dropout, but never the last one


class DropoutNoise(nn.Module):
    """Dropout that stays on in eval mode: `[N, ...]` to the same shape.

    All the noise of pix2pix: each value is 0 with chance p and divided by 1 - p otherwise, also
    where samples are made.

    Args:
        p: in [0, 1).
    """

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = p

    def extra_repr(self) -> str:
        return f"p={self.p}"

    def forward(self, h: Tensor) -> Tensor:
        return F.dropout(h, self.p, training=True)


class UNet(nn.Module):
    """Halves an image into features, and doubles them again: `[N, C, H, W]` to `[N, C', H, W]`.

    Each doubling sees what the one before made *and*, by a skip, the features of this size on
    the way down (Ronneberger et al., 2015, arXiv:1505.04597): where things are need not pass
    through the middle.

    Attributes:
        downs: halvings, the outermost first.
        ups: doublings, the innermost first.
        skips: whether they are joined.
    """

    def __init__(
        self, downs: Sequence[nn.Module], ups: Sequence[nn.Module], skips: bool = True
    ) -> None:
        super().__init__()
        self.downs, self.ups, self.skips = nn.ModuleList(downs), nn.ModuleList(ups), skips

    def extra_repr(self) -> str:
        return f"skips={self.skips}"

    def forward(self, x: Tensor) -> Tensor:
        side = 2 ** len(self.downs)
        if x.dim() != 4 or x.shape[2] % side or x.shape[3] % side:
            raise ValueError(
                f"this network halves images {len(self.downs)} times, so their sides are multiples "
                f"of {side}, and it got {list(x.shape)}."
            )
        kept, h = [], x
        for down in self.downs:
            h = down(h)
            kept.append(h)
        h = self.ups[0](kept.pop())
        for up in self.ups[1:]:
            skip = kept.pop()
            h = up(torch.cat([h, skip], 1) if self.skips else h)
        return h


def unet(
    channels: tuple[int, int] = (1, 3),
    widths: Sequence[int] = (16, 32, 64),
    *,
    norm: Layer = nn.BatchNorm2d,
    dropout: float = 0.5,
    up: Layer = transposed,
    skips: bool = True,
    init: Callable[[nn.Module], None] = dcgan_init,
) -> UNet:
    """Build G of Isola et al. (2017, arXiv:1611.07004): x `[N, C, H, W]` to `[N, C', H, W]`.

    One halving for each width, by 4x4 convolutions with leaky ReLU, and as many doublings with
    ReLU; no norm behind the first and the last layer, dropout that stays on behind the norm of
    the first three doublings, tanh at the end.

    Args:
        channels: C and C'.
        widths: channels behind each halving, from the outside in; H and W are multiples of
            2^len(widths). (The paper: 64, 128, 256 and five times 512, for 256 pixels.)
        norm: `norm(channels)`. Batch norm uses running statistics in eval mode, where the paper
            takes those of its one image.
        dropout: chance of a zero; 0: no dropout, and G is a function of x.
        up: `up(before, after, bias)` doubles H and W.
        skips: whether doublings see the features on the way down.
        init: applied to every layer at the end.

    Raises:
        ValueError: a number is too small, or `dropout` not in [0, 1); later, sides are no such
            multiples.
    """
    if not widths or min(*channels, *widths) < 1 or not 0 <= dropout < 1:
        raise ValueError(
            "a U-Net needs widths and channels of at least 1 and a dropout in [0, 1), got "
            f"channels={channels}, widths={tuple(widths)} and dropout={dropout}."
        )
    bias = norm is nn.Identity
    downs = [nn.Sequential(strided(channels[0], widths[0]), leaky_relu())]
    for before, after in pairwise(widths):
        downs.append(nn.Sequential(strided(before, after, bias=bias), norm(after), leaky_relu()))
    ups: list[nn.Module] = []
    entering = widths[-1]
    for i, after in enumerate(reversed(widths[:-1])):
        noise = [DropoutNoise(dropout)] if dropout and i < NOISY else []
        ups.append(nn.Sequential(up(entering, after, bias=bias), norm(after), *noise, nn.ReLU()))
        entering = 2 * after if skips else after
    ups.append(nn.Sequential(up(entering, channels[1]), nn.Tanh()))
    G = UNet(downs, ups, skips).apply(init)
    return G.to(memory_format=torch.channels_last)
