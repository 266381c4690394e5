"""BigGAN (Brock, Donahue and Simonyan, 2019, arXiv:1809.11096) for images of 8 to 64 pixels.

Both players are residual, spectrally normalised, and attend to themselves once. G learns one code
for each class and uses it in all its norms, together with a piece of z (skip-z); D sees the class
by projection. To see what an idea is worth, leave it out: `embedding=None`, `skip=False`,
`attention=None`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from .attention import SelfAttention
from .conditional import ConditionalBatchNorm2d, Projection
from .layers import Chain, Conditional, Takes, spectral, stages
from .resnet import SumPool, _down_block

__all__ = ["BigGenerator", "CodedBatchNorm2d", "biggan_discriminator", "biggan_generator"]


class CodedBatchNorm2d(nn.Module):
    """Batch norm whose scale and shift are linear in a code: `(h, c) -> h'`.

        h' = (1 + A c) (h - mean) / sqrt(variance + eps) + B c.

    One short code c for each class, shared by all layers, in place of tables of scales
    and shifts in each of them: the shared embedding of BigGAN.

    Args:
        channels: C of the maps h `[N, C, H, W]`.
        code: dimensions of c `[N, code]`.
    """

    def __init__(self, channels: int, code: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.scale = nn.Linear(code, channels, bias=False)
        self.shift = nn.Linear(code, channels, bias=False)

    def forward(self, h: Tensor, c: Tensor) -> Tensor:
        scale, shift = 1 + self.scale(c)[:, :, None, None], self.shift(c)[:, :, None, None]
        return torch.addcmul(shift.to(h.dtype), self.norm(h), scale.to(h.dtype))


class _UpBlock(nn.Module):
    """Doubles H and W of maps `[N, width, H, W]`; c, a code or labels, sets its norms."""

    def __init__(self, width: int, norm: Callable[[int], nn.Module], attend: bool) -> None:
        super().__init__()
        self.norm1, self.norm2 = norm(width), norm(width)
        self.conv1 = nn.Conv2d(width, width, 3, padding=1)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)
        self.skip = nn.Conv2d(width, width, 1)
        self.attend = SelfAttention(width) if attend else nn.Identity()

    def forward(self, h: Tensor, c: Tensor) -> Tensor:
        body = self.conv1(interpolate(self.norm1(h, c).relu(), scale_factor=2))
        body = self.conv2(self.norm2(body, c).relu())
        return self.attend(interpolate(self.skip(h), scale_factor=2) + body)


class BigGenerator(Conditional):
    """The G that `biggan_generator` builds.

    Attributes:
        pieces: how many dimensions of z go to the start and, with skip-z, to each block.
        embedding: the shared codes of the classes; None without.
    """

    def __init__(
        self,
        latent: int,
        shape: Sequence[int],
        width: int,
        classes: int,
        embedding: int | None,
        skip: bool,
        attention: int | None,
    ) -> None:
        super().__init__(classes)
        blocks = stages(shape, latent, width)
        _check(latent, blocks, embedding, skip)
        parts = blocks + 1 if skip else 1
        self.latent = latent
        self.pieces = [(latent + part) // parts for part in range(parts)]  # as equal as can be
        self.embedding = nn.Embedding(classes, embedding) if embedding else None
        self.start = nn.Linear(self.pieces[0], width * 16)
        self.blocks = nn.ModuleList()
        for block in range(blocks):
            code = (embedding or 0) + sum(self.pieces[1:][block : block + 1])
            shared = partial(CodedBatchNorm2d, code=code)
            own = partial(ConditionalBatchNorm2d, classes=classes)  # tables in each norm
            norm = own if embedding is None else shared
            self.blocks.append(_UpBlock(width, norm, attend=attention == 8 * 2**block))
        self.end = nn.Sequential(
            *(nn.BatchNorm2d(width), nn.ReLU(), nn.Conv2d(width, shape[0], 3, padding=1), nn.Tanh())
        )

    def forward(self, z: Tensor, y: Tensor) -> Tensor:
        self.check_labels(z, y)
        if z.shape[1:] != (self.latent,):
            raise ValueError(f"this G takes z [N, {self.latent}], got {list(z.shape)}.")
        first, *rest = z.split(self.pieces, 1)
        h = self.start(first).unflatten(1, (-1, 4, 4))
        for k, block in enumerate(self.blocks):
            h = block(h, self.code(y, *rest[k : k + 1]))
        return self.end(h)

    def code(self, y: Tensor, *piece: Tensor) -> Tensor:
        """Return what sets a block's norms: the class's code and the block's piece of z.

        Args:
            y: labels `[N]`.
            *piece: of z, `[N, d]`; none without skip-z.

        Returns:
            `[N, embedding + d]`; without an embedding y itself.
        """
        if self.embedding is None:
            return y
        return torch.cat([cast(Tensor, self.embedding(y)), *piece], 1)


def biggan_generator(
    latent: int = 64,
    shape: Sequence[int] = (1, 32, 32),
    width: int = 32,
    classes: int = 10,
    *,
    embedding: int | None = 32,
    skip: bool = True,
    attention: int | None = 16,
) -> BigGenerator:
    """Build BigGAN's G, kept small: z `[N, latent]` and y `[N]` to images `[N, *shape]`.

    A linear layer fills 4x4 pixels; each block doubles H and W with the same `width`, as the
    authors' network for 32x32 pixels does (256 there). First weights are orthogonal; all weights
    are spectrally normalised but those of the embedding.

    Args:
        latent: dimensions of z. With `skip` it is cut into one piece more than there are blocks.
        shape: `(C, H, W)` of one image, H = W in 8, 16, 32, 64.
        width: channels of every block, at least 8 with attention.
        classes: how many labels there are.
        embedding: dimensions of the classes' shared codes (128 in the paper); None: each norm
            has tables of its own, which needs `skip=False`.
        skip: hands each block a piece of z; else all of z enters at the start.
        attention: side of the maps that attend to themselves, in pixels; None: nowhere.

    Raises:
        ValueError: the shape is not that of such an image, a size is too small, no block makes
            maps of this side, or there is no embedding for skip-z to join; later, z or y have
            another shape.
    """
    _check_side(attention, [8 * 2**block for block in range(stages(shape))])
    G = BigGenerator(latent, shape, width, classes, embedding, skip, attention).apply(_orthogonal)
    return spectral(G).to(memory_format=torch.channels_last)


def biggan_discriminator(
    shape: Sequence[int] = (1, 32, 32),
    width: int = 32,
    classes: int = 10,
    *,
    attention: int | None = 16,
) -> Chain:
    """Build BigGAN's D, kept small: images `[N, *shape]` and y `[N]` to logits `[N, 1]`.

    A strided convolution enters, each block halves H and W, down to 4x4 pixels, which are summed
    and read by a `Projection`. First weights are orthogonal, all of them spectrally normalised.
    (The paper keeps more resolution for longer; on two cores that is too slow.)

    Args:
        shape: `(C, H, W)` of one image, H = W in 8, 16, 32, 64.
        width: channels of every block, at least 8 with attention.
        classes: how many labels there are.
        attention: side of the maps that attend to themselves, in pixels; None: nowhere.

    Raises:
        ValueError: the shape is not that of such an image, a size is too small, or there are no
            maps of this side.
    """
    sides = [shape[-1] // 2**halved for halved in range(1, stages(shape, width=width) + 1)]
    _check_side(attention, sides)
    layers: list[nn.Module] = [Takes(shape)]
    for side in sides:
        first = side == sides[0]
        layers.append(
            nn.Conv2d(shape[0], width, 4, stride=2, padding=1)
            if first
            else _down_block(width, width, nn.Identity)
        )
        if side == attention:
            layers.append(SelfAttention(width))
    D = Chain(*layers, nn.ReLU(), SumPool(), Projection(width, classes)).apply(_orthogonal)
    return cast(Chain, spectral(D)).to(memory_format=torch.channels_last)


def _orthogonal(layer: nn.Module) -> None:
    """Draw first weights whose rows, or columns, are orthonormal; biases are zero."""
    if isinstance(layer, nn.Linear | nn.Conv2d | nn.Embedding):
        nn.init.orthogonal_(layer.weight)
    if isinstance(layer, nn.Linear | nn.Conv2d) and layer.bias is not None:
        nn.init.zeros_(layer.bias)


def _check(latent: int, blocks: int, embedding: int | None, skip: bool) -> None:
    if skip and embedding is None:
        raise ValueError(
            "skip-z joins the classes' shared code: with embedding=None pass skip=False too."
        )
    if skip and latent <= blocks:
        raise ValueError(
            f"skip-z cuts z into {blocks + 1} pieces, one for the start and for each block: a "
            f"latent of {latent} is too short."
        )


def _check_side(attention: int | None, sides: list[int]) -> None:
    if attention is not None and attention not in sides:
        raise ValueError(
            f"this network has maps of {', '.join(map(str, sides))} pixels a side, and none of "
            f"{attention} to attend to."
        )
