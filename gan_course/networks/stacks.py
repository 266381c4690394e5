"""Networks that stand on each other: what one makes is where the next begins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from .conditional import ConcatGaussian
from .layers import Chain, Takes, dcgan_init
from .resnet import Residual

__all__ = ["Joined", "Refined", "Stack", "refiner"]


class Stack(nn.Module):
    """Generators one above the other, `G(z, y)` (Huang et al., 2017, arXiv:1612.04357).

        h_N = y,     h_i = G_i(z_i, h_{i+1}),     x = h_0

    from the top to the bottom: the label becomes features, and features become an image.

    Args:
        generators: G_0, G_1, ...: the one that makes images first. Each maps
            `(z_i [N, dims[i]], h_{i+1})` to h_i; the last one is given labels `[N]`.
        dims: of each part of `z [N, sum(dims)]`.

    Raises:
        ValueError: there is not one number for each generator; later, z has another shape.
    """

    def __init__(self, generators: Sequence[nn.Module], dims: Sequence[int]) -> None:
        super().__init__()
        if len(generators) != len(dims) or not dims:
            raise ValueError(
                f"a stack needs the size of z for each generator, got {len(generators)} "
                f"generators and {len(dims)} sizes."
            )
        self.generators, self.dims = nn.ModuleList(generators), tuple(dims)

    def extra_repr(self) -> str:
        return f"dims={self.dims}"

    def parts(self, z: Tensor) -> list[Tensor]:
        """Return z_0, z_1, ... of `z [N, sum(dims)]`."""
        if z.shape[1:] != (sum(self.dims),):
            raise ValueError(f"this stack takes z [N, {sum(self.dims)}], got {list(z.shape)}.")
        return [*z.split(self.dims, 1)]

    def forward(self, z: Tensor, y: Tensor, down_to: int = 0) -> Tensor:
        """Return h_i for i = `down_to`: the image, unless one asks for features."""
        h, parts = y, self.parts(z)
        for i in reversed(range(down_to, len(self.dims))):
            h = self.generators[i](parts[i], h)
        return h


class Joined(nn.Module):
    """Gives a network two rows as one: `(z [N, d], h [N, e])` becomes `[N, d + e]`.

    Args:
        network: takes the joined rows.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, z: Tensor, h: Tensor) -> Tensor:
        return self.network(torch.cat([z, h], 1))


class Refined(nn.Module):
    """Two stages of one G: `G(z, y) = second(first(z, y), y)` (Zhang et al., 2017).

    The first is frozen, in eval mode, as it is: only the second learns.

    Args:
        first: a trained G that makes small images of `(z, y)`.
        second: makes large images of `(small, y)`, such as `refiner` returns.
    """

    def __init__(self, first: nn.Module, second: nn.Module) -> None:
        super().__init__()
        self.first, self.second = first.eval().requires_grad_(False), second

    def forward(self, z: Tensor, y: Tensor) -> Tensor:
        return self.second(self.first(z, y), y)


def refiner(
    small: Sequence[int],
    size: int,
    width: int = 16,
    *,
    condition: ConcatGaussian,
    blocks: int = 2,
    init: Callable[[nn.Module], None] = dcgan_init,
) -> Chain:
    """Build the second stage of Zhang et al. (2017): small images and labels to large images.

    The image is halved into features, the code of the label joins them at every pixel, residual
    blocks mend them, and they are doubled up to `size`; tanh ends it. (In the paper 64 pixels are
    quartered, mended in four blocks, and become 256.)

    Args:
        small: `(C, H, W)` of a small image, H = W.
        size: of a large image, a power of two times H.
        width: channels at the full size; they double with each halving, up to four times.
        condition: appends the code of the label, such as `ConcatGaussian(10)`.
        blocks: residual blocks, at least 0.
        init: applied to every layer at the end, but not to the codes.

    Raises:
        ValueError: `size` is no power of two times H, or a number is too small.
    """
    channels, side = small[0], small[1]
    times = size // max(side, 1)
    if side < 2 or side % 2 or size != times * side or times & (times - 1) or width < 1:
        raise ValueError(
            "a refiner makes 1, 2, 4, ... times as many pixels of square images of even size, "
            f"got {tuple(small)}, size {size} and width {width}."
        )

    def convolved(before: int, after: int, stride: int = 1) -> list[nn.Module]:
        conv = nn.Conv2d(before, after, 2 + stride, stride, 1, bias=False)
        return [conv, nn.BatchNorm2d(after), nn.ReLU()]

    widths = [min(width << k, 4 * width) for k in reversed(range(times.bit_length() + 1))]
    most = widths[0]
    layers = [Takes(small), *convolved(channels, most, stride=2), condition]
    layers += convolved(most + condition.added, most)
    for _ in range(blocks):
        body = nn.Sequential(*convolved(most, most), *convolved(most, most)[:-1])
        layers += [Residual(body, nn.Identity()), nn.ReLU()]
    for before, after in pairwise(widths):
        layers += [nn.Upsample(scale_factor=2), *convolved(before, after)]
    layers += [nn.Conv2d(widths[-1], channels, 3, padding=1), nn.Tanh()]
    return Chain(*layers).apply(init).to(memory_format=torch.channels_last)
