"""Chapter 14 on the course map."""

import torch
from PIL import Image
from torch import Tensor

from gan_course.data import edges, glyphs, painted

from .drawing import fitted

COLUMNS, SCALE = 4, 3.75  # pictures in a row, and how often a pixel is repeated


def picture() -> Image.Image:
    """Show outlines of digits, and below them the painted digits that belong to them."""
    y = painted(glyphs(400, 32, seed=4), seed=2)
    wanted = ((2, 0), (5, 4), (8, 3), (3, 5))  # a digit and its ink
    chosen = [int(((y.y == k) & (y.factors["ink"] == ink)).nonzero()[0]) for k, ink in wanted]
    answers = y.x[chosen]
    return fitted(_table(torch.cat([edges(answers).expand(-1, 3, -1, -1), answers])))


def _table(images: Tensor) -> Image.Image:
    """Lay images [2 * columns, 3, 32, 32] out in two rows, enlarged without smoothing."""
    pixels = (images.clamp(-1, 1) + 1).mul(127.5).round().byte()
    grid = pixels.view(2, COLUMNS, 3, 32, 32).permute(0, 3, 1, 4, 2).reshape(64, COLUMNS * 32, 3)
    size = int(COLUMNS * 32 * SCALE), int(64 * SCALE)
    return Image.fromarray(grid.numpy()).resize(size, Image.Resampling.NEAREST)
