"""DCGAN (Radford, Metz and Chintala, 2016): convolutions all the way, for any size and label.

Every rule of the paper is an argument whose default is that rule. To see what a rule is worth,
pass something else: `norm=nn.Identity`, `activation=nn.Sigmoid`, `init=torch_init`,
`up=upsampled`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import nn

from .conditional import ConcatEmbedding, ConcatGaussian, ConcatOneHot
from .layers import Chain, Takes, dcgan_init, leaky_relu, one_logit, stages

__all__ = [
    "dcgan_discriminator",
    "dcgan_generator",
    "pooled",
    "strided",
    "transposed",
    "upsampled",
]

Concat = ConcatOneHot | ConcatEmbedding | ConcatGaussian
Layer = Callable[..., nn.Module]


def transposed(before: int, after: int, bias: bool = True) -> nn.Module:
    """Doubles H and W by a transposed convolution, 4x4 with stride 2: the paper's way.

    Args:
        before: channels in.
        after: channels out.
        bias: whether to add a constant to each channel.
    """
    return nn.ConvTranspose2d(before, after, 4, stride=2, padding=1, bias=bias)


def upsampled(before: int, after: int, bias: bool = True) -> nn.Module:
    """Doubles H and W by repeating pixels, then convolves 3x3 (Odena et al., 2016).

    It cannot make checkerboards (doi:10.23915/distill.00003) and costs about twice as much.

    Args:
        before: channels in.
        after: channels out.
        bias: whether to add a constant to each channel.
    """
    return nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(before, after, 3, 1, 1, bias=bias))


def strided(before: int, after: int, bias: bool = True) -> nn.Module:
    """Halves H and W by a convolution, 4x4 with stride 2: the paper's way.

    Args:
        before: channels in.
        after: channels out.
        bias: whether to add a constant to each channel.
    """
    return nn.Conv2d(before, after, 4, stride=2, padding=1, bias=bias)


def pooled(before: int, after: int, bias: bool = True) -> nn.Module:
    """Convolves 3x3, then halves H and W by keeping the largest of each 2x2 pixels.

    Args:
        before: channels in.
        after: channels out.
        bias: whether to add a constant to each channel.
    """
    return nn.Sequential(nn.Conv2d(before, after, 3, 1, 1, bias=bias), nn.MaxPool2d(2))


def dcgan_generator(
    latent: int = 64,
    shape: Sequence[int] = (1, 32, 32),
    width: int = 32,
    *,
    condition: Concat | None = None,
    norm: Layer = nn.BatchNorm2d,
    activation: Layer = nn.ReLU,
    up: Layer = transposed,
    init: Callable[[nn.Module], None] = dcgan_init,
) -> Chain:
    """Build G of Radford et al. (2016, arXiv:1511.06434): z `[N, latent]` to `[N, *shape]`.

    A linear layer fills 4x4 pixels; then H and W double and the channels halve, down to
    `width` before the last layer: for 32 pixels 4 width, 2 width, width, C. Norm and activation
    stand behind all layers but the last, which ends in tanh and therefore in [-1, 1].

    Args:
        latent: dimensions of z.
        shape: `(C, H, W)` of one image, H = W in 8, 16, 32, 64, ...
        width: channels before the last layer.
        condition: appends the label to z, such as `ConcatOneHot(10)`; G is then `G(z, y)`.
        norm: `norm(channels)`; `partial(ConditionalBatchNorm2d, classes=10)` makes it `G(z, y)`.
        activation: called once for each hidden layer.
        up: `up(before, after, bias)` doubles H and W.
        init: applied to every layer at the end.

    Raises:
        ValueError: the shape is not that of such an image, or a size is below 1; later, z has
            another shape, or labels are missing or wrong.
    """
    doublings = stages(shape, latent, width)
    widths = [width * 2**k for k in reversed(range(doublings))]  # such as 128, 64, 32
    bias = norm is nn.Identity  # batch norm has a shift of its own
    inputs = latent + (condition.added if condition else 0)
    layers: list[nn.Module] = [Takes((latent,)), *([condition] if condition else [])]
    layers += [nn.Linear(inputs, widths[0] * 16, bias=bias), nn.Unflatten(1, (widths[0], 4, 4))]
    layers += [norm(widths[0]), activation()]
    for before, after in pairwise(widths):
        layers += [up(before, after, bias=bias), norm(after), activation()]
    G = Chain(*layers, up(width, shape[0]), nn.Tanh()).apply(init)
    return G.to(memory_format=torch.channels_last)  # same numbers, faster convolutions


def dcgan_discriminator(
    shape: Sequence[int] = (1, 32, 32),
    width: int = 32,
    *,
    condition: Concat | None = None,
    norm: Layer = nn.BatchNorm2d,
    activation: Layer = leaky_relu,
    down: Layer = strided,
    head: Callable[[int], nn.Module] = one_logit,
    init: Callable[[nn.Module], None] = dcgan_init,
) -> Chain:
    """Build D of Radford et al. (2016, arXiv:1511.06434): `[N, *shape]` to logits `[N, 1]`.

    H and W halve and the channels double, from `width` up, until 4x4 pixels are left, which one
    linear layer reads. The activation stands behind every convolution, the norm behind all but
    the first, since batch statistics of the raw input would hide its brightness.

    Args:
        shape: `(C, H, W)` of one image, H = W in 8, 16, 32, 64, ...
        width: channels behind the first layer.
        condition: appends the label to the image, such as `ConcatOneHot(10)`: `D(x, y)`.
        norm: `norm(channels)`; `nn.Identity` for a critic with a penalty or `spectral`.
        activation: called once for each convolution.
        down: `down(before, after, bias)` halves H and W.
        head: `head(features)` ends D; `partial(Projection, classes=10)` makes it `D(x, y)`.
        init: applied to every layer at the end.

    Raises:
        ValueError: the shape is not that of such an image, or a size is below 1; later, x has
            another shape, or labels are missing or wrong.
    """
    widths = [width * 2**k for k in range(stages(shape, width=width))]  # such as 32, 64, 128
    bias = norm is nn.Identity
    inputs = shape[0] + (condition.added if condition else 0)
    layers: list[nn.Module] = [Takes(shape), *([condition] if condition else [])]
    layers += [down(inputs, width), activation()]
    for before, after in pairwise(widths):
        layers += [down(before, after, bias=bias), norm(after), activation()]
    D = Chain(*layers, nn.Flatten(), head(widths[-1] * 16)).apply(init)
    return D.to(memory_format=torch.channels_last)
