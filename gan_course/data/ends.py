"""Strips whose two far ends must agree: what no look at one place can tell."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from ..arguments import is_whole, shown, torch_generator
from .dataset import Dataset

__all__ = ["KINDS", "ends", "ends_agree", "exchanged", "read_ends"]

KINDS = ("cross", "ring", "square", "triangle")
HEIGHT, WIDTH = 16, 32  # of a strip; either half of it is a square
ALONG, ACROSS = 1, 2  # how far a symbol moves from its usual place, in pixels
CENTRE = 4.5  # columns from the strip's end to the usual middle of a symbol
ALIKE = 0.85  # cosine between a half and the nearest drawing, from which it can be read
INK = 0.5  # length of a half's ink, as a share of the drawing's, from which there is a symbol


def ends(n: int = 10_000, seed: int = 0) -> Dataset:
    """Draw strips with a symbol at each far end, of the same kind at both.

    Four kinds, as often as each other to within one. Each symbol is moved by whole pixels, at
    most 1 along the strip and 2 across it, whatever the other one does; the fourteen columns in
    the middle are empty. So each half is one of 60 drawings, and all that ties the two is the kind.

    Args:
        n: number of strips, at least 1.
        seed: fixes them; torch's global random state is left alone.

    Returns:
        White-on-black images uint8 `[n, 1, 16, 32]` in random order, their kinds as labels, and
        the factors `left_x`, `left_y`, `right_x`, `right_y` (int64: how many pixels the symbol is
        moved to the right and down).

    Raises:
        ValueError: n is not a whole number of at least 1.
    """
    if not is_whole(n) or n < 1:
        raise ValueError(f"ends needs a whole number of strips, at least 1, got {shown(n)}.")
    generator = torch_generator(seed)
    y = torch.randperm(n, generator=generator) % len(KINDS)
    moved = {}
    for name in ("left_x", "left_y", "right_x", "right_y"):
        most = ALONG if name.endswith("x") else ACROSS
        moved[name] = torch.randint(-most, most + 1, (n,), generator=generator)
    halves = [_places(moved["left_x"], moved["left_y"], left=True)]
    halves += [_places(moved["right_x"], moved["right_y"], left=False)]
    ink = torch.cat([_draw(place, kind=y) for place in halves], 2)  # [n, 16, 32]
    stored = ink.mul(255).round().to(torch.uint8)[:, None]
    return Dataset("ends", stored, y, KINDS, moved)


def read_ends(images: Tensor) -> tuple[Tensor, Tensor]:
    """Read which symbol stands at the left end of each strip, and which at the right.

    A half is compared with the drawings of all kinds at all places, half pixels included, by the
    cosine between their inks. Its kind is that of the nearest drawing, if that cosine is at least
    0.85 and there is at least half as much ink: so a symbol of another brightness can be read,
    and a torn one cannot. No network takes part. On the strips of `ends` it
    makes no mistake.

    Args:
        images: `[n, 1, 16, 32]` in [-1, 1], drawn or generated, on any device.

    Returns:
        Kinds of the left and of the right end, int64 `[n]` each: positions in
        `("cross", "ring", "square", "triangle")`, or -1 where there is nothing to be read.

    Raises:
        ValueError: the images have another shape.
    """
    if images.shape[1:] != (1, HEIGHT, WIDTH):
        raise ValueError(f"strips are images [n, 1, 16, 32], got {list(images.shape)}.")
    ink = (images.detach().float()[:, 0] + 1) / 2
    left, right = ink.split(WIDTH // 2, 2)
    return _read(left, left=True), _read(right, left=False)


def ends_agree(images: Tensor) -> Tensor:
    """Return which strips have one and the same symbol at both ends, each of them readable.

    A generator that makes one kind only agrees always, so look at what `read_ends` says, too. Ends
    drawn one by one, with shares p_k at the left and q_k at the right, agree with chance
    sum_k p_k q_k: 1/4 for four kinds that are equally likely.

    Args:
        images: `[n, 1, 16, 32]` in [-1, 1].

    Returns:
        bool `[n]`.

    Raises:
        ValueError: the images have another shape.
    """
    left, right = read_ends(images)
    return (left == right) & (left >= 0)


def exchanged(images: Tensor) -> Tensor:
    """Return the strips with their right halves handed on, each to the next strip.

    Left halves and right halves are the same as before, and nothing ties them any more: what
    tells these strips from the first ones has looked at both ends at once.

    Args:
        images: `[n, 1, 16, 32]`, in random order.
    """
    left, right = images.chunk(2, 3)
    return torch.cat([left, right.roll(1, 0)], 3)


def _places(x: Tensor, y: Tensor, left: bool) -> Tensor:
    """Return the middles of symbols in a half, in pixels from its corner: [n, 2]."""
    column = CENTRE if left else WIDTH // 2 - CENTRE
    return torch.stack([x + column, y + (HEIGHT - 1) / 2], 1)


def _draw(place: Tensor, kind: Tensor) -> Tensor:
    """Draw symbols of these kinds [n] at these places [n, 2]: ink [n, 16, 16] in [0, 1]."""
    across = torch.arange(WIDTH // 2) + 0.5 - place[:, 0, None]  # [n, 16]
    down = torch.arange(HEIGHT) + 0.5 - place[:, 1, None]
    distances = _distances(across[:, None, :], down[:, :, None])  # [4, n, 16, 16]
    return (0.5 - distances[kind, torch.arange(len(kind))]).clamp(0, 1)


def _distances(x: Tensor, y: Tensor) -> Tensor:
    """Return how far pixels lie outside each kind of symbol, below 0 inside: [4, n, 16, 16]."""
    x, y = torch.broadcast_tensors(x, y)
    far, near = torch.maximum(x.abs(), y.abs()), torch.minimum(x.abs(), y.abs())
    cross = torch.maximum(far - 3.5, (far - near) / 2**0.5 - 0.75)
    ring = ((x.square() + y.square()).sqrt() - 2.75).abs() - 0.75
    square = far - 3.5
    triangle = torch.maximum(y - 3.0, (x.abs() * 2 - y - 3.5) / 5**0.5)
    return torch.stack([cross, ring, square, triangle])


@cache
def _drawings(left: bool) -> tuple[Tensor, Tensor]:
    """Return all drawings of a half, at half pixels, and their kinds: [M, 256] and [M]."""
    x = torch.arange(-2 * ALONG, 2 * ALONG + 1) / 2
    y = torch.arange(-2 * ACROSS, 2 * ACROSS + 1) / 2
    kind, x, y = torch.cartesian_prod(torch.arange(len(KINDS)).float(), x, y).unbind(1)
    return _draw(_places(x, y, left), kind.long()).flatten(1), kind.long()


def _read(half: Tensor, left: bool) -> Tensor:
    drawings, kinds = (tensor.to(half.device) for tensor in _drawings(left))
    ink = half.flatten(1)  # [n, 256]
    lengths, wanted = ink.norm(dim=1), drawings.norm(dim=1)
    cosine, nearest = (
        (ink / lengths.clamp(min=1e-6)[:, None]) @ (drawings / wanted[:, None]).T
    ).max(1)
    readable = (cosine >= ALIKE) & (lengths >= INK * wanted[nearest])
    return kinds[nearest].where(readable, -1)
