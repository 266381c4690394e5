"""Residual networks for GANs (Gulrajani et al., 2017; Miyato et al., 2018), kept small."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from .dcgan import Concat, Layer
from .layers import Chain, Takes, one_logit, stages, xavier_init

__all__ = ["Residual", "SumPool", "residual_critic", "residual_generator"]


class Residual(nn.Module):
    """A chain of layers with a short cut around it: `h -> skip(h) + body(h, *y)`.

    (He et al., 2016, arXiv:1512.03385.)

    Args:
        body: the layers to be learned as a correction.
        skip: what the short cut does to h, so that both ends have one shape.
    """

    def __init__(self, body: nn.Module, skip: nn.Module) -> None:
        super().__init__()
        self.body, self.skip = body, skip

    def forward(self, h: Tensor, *y: Tensor) -> Tensor:
        return self.skip(h) + self.body(h, *y)


class SumPool(nn.Module):
    """Adds up all pixels of each channel: `[N, C, H, W] -> [N, C]`."""

    def forward(self, h: Tensor) -> Tensor:
        return h.sum((2, 3))


def _up_block(before: int, after: int, norm: Layer) -> Residual:
    body = Chain(
        *(norm(before), nn.ReLU(), nn.Upsample(scale_factor=2)),
        *(nn.Conv2d(before, after, 3, padding=1), norm(after), nn.ReLU()),
        nn.Conv2d(after, after, 3, padding=1),
    )
    skip = nn.Sequential(nn.Conv2d(before, after, 1), nn.Upsample(scale_factor=2))
    return Residual(body, skip)


def _down_block(before: int, after: int, norm: Layer) -> Residual:
    body = Chain(
        *(norm(before), nn.ReLU(), nn.Conv2d(before, after, 3, padding=1)),
        *(norm(after), nn.ReLU(), nn.Conv2d(after, after, 3, padding=1), nn.AvgPool2d(2)),
    )
    return Residual(body, nn.Sequential(nn.AvgPool2d(2), nn.Conv2d(before, after, 1)))


def residual_generator(
    latent: int = 64,
    shape: Sequence[int] = (1, 32, 32),
    width: int = 32,
    *,
    condition: Concat | None = None,
    norm: Layer = nn.BatchNorm2d,
    init: Callable[[nn.Module], None] = xavier_init,
) -> Chain:
    """Build the residual G of Miyato et al. (2018): z `[N, latent]` to images `[N, *shape]`.

    A linear layer fills 4x4 pixels; each block doubles H and W with the same `width`; a last
    convolution and tanh make the image (arXiv:1802.05957; `width` is 256 there for CIFAR-10).

    Args:
        latent: dimensions of z.
        shape: `(C, H, W)` of one image, H = W in 8, 16, 32, 64, ...
        width: channels of every block.
        condition: appends the label to z, such as `ConcatOneHot(10)`; G is then `G(z, y)`.
        norm: `norm(channels)`; `partial(ConditionalBatchNorm2d, classes=10)` makes it `G(z, y)`.
        init: applied to every layer at the end.

    Raises:
        ValueError: the shape is not that of such an image, or a size is below 1; later, z has
            another shape, or labels are missing or wrong.
    """
    doublings = stages(shape, latent, width)
    inputs = latent + (condition.added if condition else 0)
    layers: list[nn.Module] = [Takes((latent,)), *([condition] if condition else [])]
    layers += [nn.Linear(inputs, width * 16), nn.Unflatten(1, (width, 4, 4))]
    layers += [_up_block(width, width, norm) for _ in range(doublings)]
    layers += [nn.BatchNorm2d(width), nn.ReLU(), nn.Conv2d(width, shape[0], 3, padding=1)]
    return Chain(*layers, nn.Tanh()).apply(init).to(memory_format=torch.channels_last)


def residual_critic(
    shape: Sequence[int] = (1, 32, 32),
    width: int = 32,
    *,
    condition: Concat | None = None,
    norm: Layer = nn.Identity,
    head: Callable[[int], nn.Module] = one_logit,
    init: Callable[[nn.Module], None] = xavier_init,
) -> Chain:
    """Build a residual critic (Miyato et al., 2018): `[N, *shape]` to logits `[N, 1]`.

    A strided convolution enters; each block halves H and W, down to 4x4 pixels, which are
    summed and read by the head. Without normalisation: put a penalty on it, or `spectral`
    around it. (The paper keeps more resolution for longer; on two cores that is too slow.)

    Args:
        shape: `(C, H, W)` of one image, H = W in 8, 16, 32, 64, ...
        width: channels of every block.
        condition: appends the label to the image, such as `ConcatOneHot(10)`: `D(x, y)`.
        norm: `norm(channels)` inside the blocks.
        head: `head(features)` ends D; `partial(Projection, classes=10)` makes it `D(x, y)`.
        init: applied to every layer at the end.

    Raises:
        ValueError: the shape is not that of such an image, or a size is below 1; later, x has
            another shape, or labels are missing or wrong.
    """
    halvings = stages(shape, width=width)
    inputs = shape[0] + (condition.added if condition else 0)
    layers: list[nn.Module] = [Takes(shape), *([condition] if condition else [])]
    layers += [nn.Conv2d(inputs, width, 4, stride=2, padding=1)]
    layers += [_down_block(width, width, norm) for _ in range(halvings - 1)]
    D = Chain(*layers, nn.ReLU(), SumPool(), head(width)).apply(init)
    return D.to(memory_format=torch.channels_last)
