"""A discriminator that judges patches: many small verdicts in place of one."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from .dcgan import Layer, strided
from .layers import Chain, dcgan_init, leaky_relu

__all__ = ["patch_discriminator"]


def patch_discriminator(
    channels: int = 1,
    width: int = 32,
    halvings: int = 2,
    *,
    norm: Layer = nn.BatchNorm2d,
    init: Callable[[nn.Module], None] = dcgan_init,
) -> Chain:
    """Build D of Isola et al. (2017, arXiv:1611.07004): `[N, C, H, W]` to logits `[N, 1, h, w]`.

    4x4 convolutions all the way: `halvings` of stride 2, whose channels double up to 8 width, one
    of stride 1, and one of stride 1 to a logit. So each logit sees a square of 16, 34, 70, 142
    pixels for 1, 2, 3, 4 halvings, and a loss, a mean over logits, is one over patches.

    Args:
        channels: C; for pairs, those of both images.
        width: channels behind the first layer.
        halvings: at least 0; without any, D looks at single pixels by 1x1 convolutions, as
            the paper's does.
        norm: `norm(channels)` behind all layers but the first and the last.
        init: applied to every layer at the end.

    Raises:
        ValueError: a number is too small.
    """
    if channels < 1 or width < 1 or halvings < 0:
        raise ValueError(
            "a patch D needs channels and width of at least 1 and halvings of at least 0, got "
            f"{channels}, {width} and {halvings}."
        )
    bias = norm is nn.Identity
    if halvings == 0:
        layers = [nn.Conv2d(channels, width, 1), leaky_relu()]
        layers += [nn.Conv2d(width, 2 * width, 1, bias=bias), norm(2 * width), leaky_relu()]
        return Chain(*layers, nn.Conv2d(2 * width, 1, 1)).apply(init)
    layers, before = [strided(channels, width), leaky_relu()], width
    for k in range(1, halvings + 1):
        after = width * min(2**k, 8)
        conv = strided if k < halvings else _sliding
        layers += [conv(before, after, bias=bias), norm(after), leaky_relu()]
        before = after
    D = Chain(*layers, _sliding(before, 1)).apply(init)
    return D.to(memory_format=torch.channels_last)


def _sliding(before: int, after: int, bias: bool = True) -> nn.Module:
    return nn.Conv2d(before, after, 4, stride=1, padding=1, bias=bias)
