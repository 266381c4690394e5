"""Pairs of lines and painted glyphs for a G that must cope with what a hand draws: chapter 14's demo."""

from __future__ import annotations

import string

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan_course.data import Matched, edges, from_images, glyphs, matched, painted
from gan_course.networks import UNet, unet

SIDE = 32
CHARACTERS = string.digits + string.ascii_uppercase
BENT, STROKES, AS_THEY_ARE = 0.7, 0.25, 0.3  # shares of the pairs


def rough_pairs(n: int, seed: int = 0) -> Matched:
    """Return n pairs (lines, painted glyph): digits and capitals, their outlines or their strokes.

    Most glyphs are bent first, with their paint, as a hand bends them. A quarter of the drawings
    show the middle line of each stroke in place of its outline. Of all but 30 % the lines are
    made rough.
    """
    generator = torch.Generator().manual_seed(seed)
    glyph = painted(glyphs(n, SIDE, CHARACTERS, seed), seed)
    y = torch.where(_chosen(n, BENT, generator), bent(glyph.x, generator), glyph.x)
    lines, strokes = edges(y) > 0, _chosen(n, STROKES, generator).flatten()
    lines[strokes] = middle_lines(y[strokes].amax(1, keepdim=True) > 0)
    lines = torch.where(_chosen(n, AS_THEY_ARE, generator), lines, roughened(lines, generator))
    x = from_images(2 * lines.float() - 1, glyph.y, glyph.classes)
    return matched(x, from_images(y, glyph.y, glyph.classes))


def _chosen(n: int, share: float, generator: torch.Generator) -> Tensor:
    return torch.rand(n, 1, 1, 1, generator=generator) < share


def bent(images: Tensor, generator: torch.Generator, size: float = 0.9) -> Tensor:
    """Move the pixels of images `[N, C, H, W]` along a smooth random field of `size` pixels."""
    n, side = len(images), images.shape[-1]
    field = torch.randn(n, 2, 4, 4, generator=generator) * (2 * size / side)
    field = F.interpolate(field, size=side, mode="bicubic", align_corners=True)
    still = F.affine_grid(torch.eye(2, 3).expand(n, 2, 3), [n, 1, side, side], align_corners=False)
    grid = still + field.permute(0, 2, 3, 1)
    return F.grid_sample(images + 1, grid, align_corners=False).clamp(0, 2) - 1  # beyond: dark


def roughened(lines: Tensor, generator: torch.Generator) -> Tensor:
    """Let lines bool `[N, 1, H, W]` tremble (40 %), break (40 %) and grow two pixels wide (20 %)."""
    n = len(lines)

    def uniform(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=generator)

    stays = uniform(*lines.shape) > 0.25 * _chosen(n, 0.4, generator)
    way = (4 * uniform(*lines.shape)).long()
    drawn = lines & stays
    for k, (axis, by) in enumerate(((2, 1), (2, -1), (3, 1), (3, -1))):
        drawn |= (lines & ~stays & (way == k)).roll(by, axis)
    often = 0.03 * uniform(n, 1, 1, 1) * _chosen(n, 0.4, generator)
    gaps = F.max_pool2d((uniform(*lines.shape) < often).float(), 3, 1, 1) > 0
    drawn &= ~gaps
    thick = F.max_pool2d(F.pad(drawn.float(), (0, 1, 0, 1)), 2, 1) > 0
    return torch.where(_chosen(n, 0.2, generator), thick, drawn)


def middle_lines(light: Tensor) -> Tensor:
    """Thin what is light, bool `[N, 1, H, W]`, to lines of one pixel (Zhang and Suen, 1984)."""
    thin = F.pad(light[:, 0], (1, 1, 1, 1))
    before = None
    while before is None or not torch.equal(before, thin):
        before = thin
        for first, second in (((0, 2, 4), (2, 4, 6)), ((0, 2, 6), (0, 4, 6))):
            around = _neighbours(thin)
            count = around.sum(0)
            jumps = (~around & around.roll(-1, 0)).sum(0)  # from dark to light, once round
            edge = (count >= 2) & (count <= 6) & (jumps == 1)
            kept = around[[*first]].all(0) | around[[*second]].all(0)
            thin = thin & ~(edge & ~kept)
    return thin[:, None, 1:-1, 1:-1]


def _neighbours(thin: Tensor) -> Tensor:
    """Return the eight neighbours of each pixel, clockwise from above: bool `[8, N, H, W]`."""
    ways = [(1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1)]
    return torch.stack([thin.roll(way, (1, 2)) for way in ways])


def sketched_unet() -> UNet:
    """Return the demo's U-Net, untrained: down to 2 x 2, small enough for a page.

    Its noise is in the innermost doubling alone: nearer to the end it would be a grain.
    """
    G = unet((1, 3), (16, 32, 40, 40))
    for up in G.ups[1:-1]:
        up[2] = nn.Identity()
    return G
