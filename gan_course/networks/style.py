"""StyleGAN (Karras et al., 2019 and 2020): z becomes a style w that speaks to every layer."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from ..draws import draw_rows
from .equalized import equalized
from .layers import stages
from .style_layers import AdaINLayer, ModulatedLayer, PlainLayer, doubled
from .style_space import mapping_network

__all__ = ["StyleGenerator", "Synthesis", "style_generator"]

Layer = type[ModulatedLayer] | type[AdaINLayer] | type[PlainLayer]


class Constant(nn.Module):
    """Where G begins: one learned image `[C, 4, 4]`, the same for all."""

    def __init__(self, channels: int, dim: int) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.randn(1, channels, 4, 4))

    def forward(self, w: Tensor) -> Tensor:
        return self.value.expand(len(w), -1, -1, -1)


class Dense(nn.Module):
    """Where G began before: a dense layer from w to 4x4 pixels."""

    def __init__(self, channels: int, dim: int) -> None:
        super().__init__()
        self.dense = nn.Linear(dim, channels * 16)

    def forward(self, w: Tensor) -> Tensor:
        return self.dense(w).unflatten(1, (-1, 4, 4))


class Synthesis(nn.Module):
    """Paints styles `ws [N, layers, dim]`, or one w `[N, dim]` for all layers.

    One layer at 4x4, then two at each size, the first of which doubles. After the
    last layer of each size an image is painted with that layer's style and added to
    the doubled image of the size before ("skip" in Karras et al., 2020).

    Args:
        shape: `(C, H, W)` of one image, H = W in 8, 16, 32, ...
        widths: channels at 4x4, 8x8, ... up to H.
        dim: of w.
        layer: `ModulatedLayer`, `AdaINLayer` or `PlainLayer`.
        start: `Constant` or `Dense`.
        noise: whether layers have noise.

    Raises:
        ValueError: the shape is not that of such an image, or there are not as many
            widths as sizes.
    """

    def __init__(
        self,
        shape: Sequence[int],
        widths: Sequence[int],
        dim: int,
        layer: Layer = ModulatedLayer,
        start: type[nn.Module] = Constant,
        noise: bool = True,
    ) -> None:
        super().__init__()
        if len(widths) != stages(shape) + 1:
            raise ValueError(
                f"images {tuple(shape)} take {stages(shape) + 1} widths, one for each size from "
                f"4x4 on, got {tuple(widths)}."
            )
        self.start = start(widths[0], dim)
        self.layers = nn.ModuleList([layer(widths[0], widths[0], dim, 4, noise=noise)])
        for i, (before, after) in enumerate(pairwise(widths)):
            size = 8 * 2**i
            self.layers.append(layer(before, after, dim, size, up=True, noise=noise))
            self.layers.append(layer(after, after, dim, size, noise=noise))
        self.painters = nn.ModuleList(layer.to_rgb(width, shape[0], dim) for width in widths)
        self.bias = nn.Parameter(torch.zeros(shape[0], 1, 1))

    def draw_noise(self, n: int) -> list[Tensor | None]:
        """Return fresh noise for each layer, `[n, 1, size, size]`; None where it takes none."""
        return [layer.draw_noise(n) for layer in self.layers]

    def forward(self, ws: Tensor, noise: Sequence[Tensor | None] | None = None) -> Tensor:
        if ws.dim() == 2:
            ws = ws[:, None].expand(-1, len(self.layers), -1)
        if ws.shape[1] != len(self.layers):
            raise ValueError(
                f"this network takes styles [N, {len(self.layers)}, dim] or [N, dim], got "
                f"{list(ws.shape)}."
            )
        noise = noise if noise is not None else [None] * len(self.layers)
        h, image = self.start(ws[:, 0]), None
        for i, layer in enumerate(self.layers):
            h = layer(h, ws[:, i], noise[i])
            if i % 2 == 0:  # the last layer of a size
                painted = self.painters[i // 2](h, ws[:, i])
                image = painted if image is None else doubled(image) + painted
        return image + self.bias


class StyleGenerator(nn.Module):
    """G(z) = g(f(z), ..., f(z)): a mapping f and a synthesis g, to be called apart.

    In training some images get two styles, from two z: the first up to a layer, the
    other from there on, so that g cannot count on neighbouring layers to agree
    (*style mixing*). And `mean_w`, the centre of W, follows the batches' means:
    w_mean <- .995 w_mean + .005 mean of f(z).

    Args:
        mapping: f, `z [N, latent] -> w [N, dim]`.
        synthesis: g, `ws [N, layers, dim] -> images`.
        mixing: share of the images that get two styles in training; .9 in the
            paper.
        dim: of w.
    """

    def __init__(
        self, mapping: nn.Module, synthesis: Synthesis, mixing: float = 0.9, dim: int = 64
    ) -> None:
        super().__init__()
        self.mapping, self.synthesis, self.mixing = mapping, synthesis, mixing
        self.register_buffer("mean_w", torch.zeros(dim))

    @property
    def layers(self) -> int:
        """How many layers hear a style."""
        return len(self.synthesis.layers)

    def extra_repr(self) -> str:
        return f"mixing={self.mixing}"

    def styles(self, z: Tensor) -> Tensor:
        """Return `ws [N, layers, dim]`: f(z), the same for all layers."""
        w = self.mapping(z)
        if self.training:
            self.mean_w.lerp_(w.detach().float().mean(0), 0.005)
        return w[:, None].expand(-1, self.layers, -1)

    def mixed_styles(self, z: Tensor) -> Tensor:
        """Return `ws [N, layers, dim]` as in training: a share `mixing` of them from two z.

        The layer from which the second one speaks is uniform on 1 .. layers - 1.
        """
        ws = self.styles(z)
        if not self.mixing:
            return ws
        n, device = len(z), z.device
        others = self.styles(draw_rows(torch.randn, z.shape, device=device).to(z.dtype))
        first = 1 + (draw_rows(torch.rand, (n, 1), device=device) * (self.layers - 1)).long()
        mixes = draw_rows(torch.rand, (n, 1), device=device) < self.mixing
        second = mixes & (torch.arange(self.layers, device=device) >= first)  # [N, layers]
        return torch.where(second[:, :, None], others, ws)

    def forward(self, z: Tensor) -> Tensor:
        return self.synthesis(self.mixed_styles(z) if self.training else self.styles(z))


def style_generator(
    latent: int = 64,
    shape: Sequence[int] = (3, 32, 32),
    widths: Sequence[int] = (64, 64, 48, 32),
    *,
    dim: int = 64,
    depth: int = 4,
    layer: Layer = ModulatedLayer,
    constant: bool = True,
    noise: bool = True,
    mixing: float = 0.9,
) -> StyleGenerator:
    """Build a small StyleGAN: z `[N, latent]` to images `[N, *shape]`, without tanh.

    With what it defaults to, the layers are StyleGAN2's (Karras et al., 2020,
    arXiv:1912.04958); the first paper (Karras, Laine and Aila, 2019,
    arXiv:1812.04948) is `layer=AdaINLayer`; and what it began with
    `layer=PlainLayer, depth=0, constant=False, noise=False, mixing=0`. All weights
    are equalised.

    Args:
        latent: dimensions of z.
        shape: `(C, H, W)` of one image, H = W in 8, 16, 32, 64, ...
        widths: channels at 4x4, 8x8, ... up to H.
        dim: dimensions of w.
        depth: dense layers of the mapping; with 0, w is z of length sqrt(dim), and
            dim is latent.
        layer: `ModulatedLayer`, `AdaINLayer` or `PlainLayer`.
        constant: whether g begins with a learned constant, and not with a dense
            layer on w.
        noise: whether each layer gets noise.
        mixing: share of images with two styles in training.

    Raises:
        ValueError: the shape is not that of such an image, or there are not as many
            widths as sizes.

    Example:
        >>> G = style_generator()
        >>> G.layers, G(torch.randn(2, 64)).shape
        (7, torch.Size([2, 3, 32, 32]))
    """
    dim = dim if depth else latent
    start = Constant if constant else Dense
    synthesis = equalized(Synthesis(shape, widths, dim, layer, start, noise), gain=1)
    G = StyleGenerator(mapping_network(latent, dim, depth), synthesis, mixing, dim)
    return G.to(memory_format=torch.channels_last)  # same numbers, faster convolutions
