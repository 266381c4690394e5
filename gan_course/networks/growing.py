"""Networks that grow (Karras et al., 2018): built at full size, used up to a stage.

At stage s they work at 4 * 2^s pixels. G still returns and D still takes images of the full size,
as in the authors' code: G repeats its pixels, D averages them. So data, samples, metrics and
penalties keep one shape, and blocks above the stage cost nothing and have no gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate

from ..arguments import is_whole
from .equalized import HE, PixelNorm, equalized
from .layers import Takes, leaky_relu, stages
from .minibatch import MinibatchDeviation

__all__ = ["Growing", "GrowingDiscriminator", "GrowingGenerator", "at_stage", "fade", "set_stage"]

Weights = Callable[[nn.Module, float], nn.Module]


def fade(old: Tensor, new: Tensor, alpha: float) -> Tensor:
    """Return images on their way from one size to the next.

        (1 - alpha) up(old) + alpha new,     up: each pixel becomes 2x2 equal ones.

    At alpha 0 that is exactly `up(old)`, at 1 exactly `new`.

    Args:
        old: `[N, C, H, W]`.
        new: `[N, C, 2H, 2W]`.
        alpha: in [0, 1].
    """
    return interpolate(old, scale_factor=2).lerp(new, alpha)


def at_stage(x: Tensor, stage: int, alpha: float = 1.0) -> Tensor:
    """Return real images as a G of this stage could draw them, in their full size.

    Averaged down to 4 * 2^stage pixels, faded from the size before like G's images, and
    each pixel repeated. Without the fade D could tell real images by their finer half.

    Args:
        x: images `[N, C, S, S]`, S = 8, 16, 32, ...
        stage: from 0 (4x4 pixels) to where 4 * 2^stage = S.
        alpha: in [0, 1].
    """
    small = avg_pool2d(x, x.shape[-1] >> (stage + 2))
    if stage and alpha < 1:
        small = fade(avg_pool2d(small, 2), small, alpha)
    return interpolate(small, size=x.shape[-1])


class Growing(nn.Module):
    """What both growing networks are: a shape, a stage and how far it is faded in. Base class.

    Stage and alpha are buffers: a checkpoint holds them, a running average follows them.

    Args:
        shape: `(C, H, W)` of one image, H = W in 8, 16, 32, ...
        width: channels at full size; they double with each halving, up to four times.

    Attributes:
        last: the stage of the full size, which a new network has.
        widths: channels at each stage.
    """

    stage: Tensor
    alpha: Tensor

    def __init__(self, shape: Sequence[int], width: int) -> None:
        super().__init__()
        self.shape, self.last = tuple(shape), stages(shape, width=width)
        self.widths = [min(width << (self.last - k), 4 * width) for k in range(self.last + 1)]
        self.register_buffer("stage", torch.tensor(self.last))
        self.register_buffer("alpha", torch.tensor(1.0))

    def now(self) -> tuple[int, float]:
        """Return the stage and alpha."""
        return int(self.stage), float(self.alpha)

    def extra_repr(self) -> str:
        stage, alpha = self.now()
        return f"stage={stage} of {self.last}, alpha={alpha:g}, {4 << stage} pixels"


def set_stage(network: nn.Module, stage: int, alpha: float = 1.0) -> nn.Module:
    """Set the stage of a growing network, and of all that are inside a network.

    Args:
        network: changed in place.
        stage: 0 for 4x4 pixels, then one for each doubling.
        alpha: 0 for what the stage before makes, 1 for this one alone.

    Returns:
        The same network.

    Raises:
        ValueError: the network does not grow, has no such stage, or `alpha` is out of range.
    """
    found = [part for part in network.modules() if isinstance(part, Growing)]
    if not found:
        raise ValueError(f"a {type(network).__name__} has no stages: only growing networks have.")
    for part in found:
        if not (is_whole(stage) and 0 <= stage <= part.last and 0 <= alpha <= 1):
            raise ValueError(
                f"this network has stages 0 to {part.last} and alpha lies in [0, 1], "
                f"got stage {stage} and alpha {alpha}."
            )
        part.stage.fill_(stage), part.alpha.fill_(alpha)
    return network


def _conv(weights: Weights, before: int, after: int, size: int = 3, gain: float = HE) -> nn.Module:
    return weights(nn.Conv2d(before, after, size, padding=size // 2), gain)


class GrowingGenerator(Growing):
    """Map z `[N, latent]` to images `[N, *shape]`, drawn at 4 * 2^stage pixels.

    Of Karras et al. (2018, arXiv:1710.10196): a linear layer fills 4x4 pixels, each block repeats
    them and convolves twice, and at every stage a 1x1 convolution (`to_rgb`) makes an image of the
    features. While alpha < 1 the image is faded from the stage before. There is no tanh.

    Args:
        latent: dimensions of z.
        shape: `(C, H, W)` of one image, H = W in 8, 16, 32, ...
        width: channels at full size; they double with each halving, up to four times.
        norm: called for z and after each 3x3 convolution; `nn.Identity` leaves it out.
        weights: `weights(layer, gain)` starts each layer; `he_init` is without equalised rate.

    Raises:
        ValueError: the shape is not that of such an image, or a size is below 1; later, z has
            another shape.
    """

    def __init__(
        self,
        latent: int = 64,
        shape: Sequence[int] = (1, 32, 32),
        width: int = 16,
        *,
        norm: Callable[[], nn.Module] = PixelNorm,
        weights: Weights = equalized,
    ) -> None:
        super().__init__(shape, width)
        channels, first = shape[0], self.widths[0]

        def convolved(before: int, after: int) -> list[nn.Module]:
            return [_conv(weights, before, after), leaky_relu(), norm()]

        code = weights(nn.Linear(latent, 16 * first), HE / 4)
        start = [Takes((latent,)), norm(), code, nn.Unflatten(1, (first, 4, 4))]
        self.first = nn.Sequential(*start, leaky_relu(), norm(), *convolved(first, first))
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Upsample(scale_factor=2), *convolved(a, b), *convolved(b, b))
            for a, b in pairwise(self.widths)
        )
        self.to_rgb = nn.ModuleList(_conv(weights, a, channels, 1, 1.0) for a in self.widths)
        self.to(memory_format=torch.channels_last)

    def forward(self, z: Tensor) -> Tensor:
        stage, alpha = self.now()
        h = before = self.first(z)
        for block in self.blocks[:stage]:
            before, h = h, block(h)
        images = self.to_rgb[stage](h)
        if stage and alpha < 1:
            images = fade(self.to_rgb[stage - 1](before), images, alpha)
        return interpolate(images, size=self.shape[-1])


class GrowingDiscriminator(Growing):
    """Map images `[N, *shape]` to logits `[N, 1]`, judged at 4 * 2^stage pixels.

    The mirror image of `GrowingGenerator`: at every stage a 1x1 convolution (`from_rgb`) makes
    features of the image, each block convolves twice and averages 2x2 pixels. While alpha < 1 the
    first block's features are faded from those of the image at half the size.

    Args:
        shape: `(C, H, W)` of one image, H = W in 8, 16, 32, ...
        width: channels at full size; they double with each halving, up to four times.
        compare: called for the layer before the last convolution, which lets D compare samples;
            `nn.Identity` leaves it out.
        weights: `weights(layer, gain)` starts each layer; `he_init` is without equalised rate.

    Raises:
        ValueError: the shape is not that of such an image, or a size is below 1; later, x has
            another shape.
    """

    def __init__(
        self,
        shape: Sequence[int] = (1, 32, 32),
        width: int = 16,
        *,
        compare: Callable[[], nn.Module] = MinibatchDeviation,
        weights: Weights = equalized,
    ) -> None:
        super().__init__(shape, width)
        first, layer = self.widths[0], compare()

        def convolved(before: int, after: int) -> list[nn.Module]:
            return [_conv(weights, before, after), leaky_relu()]

        self.takes = Takes(shape)
        self.from_rgb = nn.ModuleList(
            nn.Sequential(_conv(weights, shape[0], a, 1), leaky_relu()) for a in self.widths
        )
        self.blocks = nn.ModuleList(
            nn.Sequential(*convolved(b, b), *convolved(b, a), nn.AvgPool2d(2))
            for a, b in pairwise(self.widths)
        )
        compared = layer(torch.zeros(12, first, 4, 4)).shape[1]  # it appends one map, or none
        dense = weights(nn.Linear(16 * first, first), HE)
        end = [nn.Flatten(), dense, leaky_relu(), weights(nn.Linear(first, 1), 1.0)]
        self.end = nn.Sequential(layer, *convolved(compared, first), *end)
        self.to(memory_format=torch.channels_last)

    def forward(self, x: Tensor) -> Tensor:
        stage, alpha = self.now()
        x = avg_pool2d(self.takes(x), 1 << (self.last - stage))
        h = self.from_rgb[stage](x)
        for k in reversed(range(stage)):
            h = self.blocks[k](h)
            if k == stage - 1 and alpha < 1:
                h = self.from_rgb[k](avg_pool2d(x, 2)).lerp(h, alpha)
        return self.end(h)
