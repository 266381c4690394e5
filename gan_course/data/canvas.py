"""Antialiased drawing of many pictures at once: signed distances, and paint over paint."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Canvas:
    """A stack of pictures over the square [-1, 1]^2 (y points down), painted in place.

    A shape is a signed distance d [n, h, w], negative inside, in units of the square. A pixel's
    share of it is clip(1/2 - d / pixel, 0, 1): exact for a straight edge along the pixels.

    Args:
        image: colours float32 [n, 3, h, w] in [0, 1].
        figure: float32 [n, 1, h, w], how much of each pixel is no longer background.
        X, Y: where the pixels' centres lie, [1, 1, w] and [1, h, 1].
        pixel: a pixel's side, in units of the square.
    """

    image: Tensor
    figure: Tensor
    X: Tensor
    Y: Tensor
    pixel: float

    def window(self, left: float, right: float, top: float, bottom: float) -> Canvas:
        """Return the part of the canvas in which a shape lies: a view, cheaper to paint on."""
        columns = self._slice(self.X.flatten(), left, right)
        rows = self._slice(self.Y.flatten(), top, bottom)
        image, figure = self.image[:, :, rows, columns], self.figure[:, :, rows, columns]
        return Canvas(image, figure, self.X[..., columns], self.Y[:, rows], self.pixel)

    def _slice(self, centres: Tensor, low: float, high: float) -> slice:
        inside = ((centres > low - self.pixel) & (centres < high + self.pixel)).nonzero()
        return slice(int(inside[0]), int(inside[-1]) + 1)

    def cover(self, d: Tensor) -> Tensor:
        """Return the share of each pixel that lies inside a shape: [n, h, w] in [0, 1]."""
        return (0.5 - d / self.pixel).clamp_(0, 1)

    def band(self, d: Tensor, half: float | Tensor) -> Tensor:
        """Return the share that lies within `half` of an outline, right also for thin lines."""
        return self.cover(d - half) - self.cover(d + half)

    def paint(self, share: Tensor, colour: Tensor) -> None:
        """Lay one colour [n, 3] per picture over it, where and as thick as the share says."""
        share = share.unsqueeze(1)
        self.image.lerp_(colour[:, :, None, None], share.expand_as(self.image))
        self.figure.lerp_(torch.ones(()), share)


def blank(colour: Tensor, size: int) -> Canvas:
    """Return a canvas of size x size pixels for each colour [n, 3]."""
    centres = (torch.arange(size) + 0.5) * (2 / size) - 1
    image = colour[:, :, None, None].repeat(1, 1, size, size)
    figure = torch.zeros(len(colour), 1, size, size)
    return Canvas(image, figure, centres[None, None, :], centres[None, :, None], 2 / size)


def ellipse(x: Tensor, y: Tensor, a: Tensor | float, b: Tensor | float) -> Tensor:
    """Return the distance [n, h, w] to an ellipse of half axes a and b, right near its outline.

    With r = |(x / a, y / b)| it is r (r - 1) / |(x / a^2, y / b^2)|.
    """
    u, v = x / a, y / b
    r = (u * u + v * v).clamp_(min=1e-8).sqrt_()
    u, v = u / a, v / b
    return r * (r - 1) / (u * u + v * v).clamp_(min=1e-8).sqrt_()


def both(d: Tensor, e: Tensor, radius: float | Tensor = 0.0) -> Tensor:
    """Return the distance [n, h, w] to what lies inside two shapes, its corners rounded."""
    d, e = d + radius, e + radius
    outside = (d.clamp(min=0) ** 2 + e.clamp(min=0) ** 2).sqrt_()
    return torch.maximum(d, e).clamp(max=0) + outside - radius


def mixed(palette: tuple[tuple[float, float, float], ...], u: Tensor) -> Tensor:
    """Return the colour at u in [0, 1] of a path through equally spaced colours: [n, 3]."""
    colours = torch.tensor(palette)
    place = u * (len(colours) - 1)
    low = place.floor().clamp(0, len(colours) - 2).long()
    return torch.lerp(colours[low], colours[low + 1], (place - low)[:, None])
