"""Chapter 11 on the course map."""

import torch
from PIL import Image

from gan_course.data import glyphs
from gan_course.networks import at_stage

from .drawing import fitted, tiles

MOMENTS = ((1, 1.0), (2, 1 / 3), (2, 2 / 3), (2, 1.0), (3, 1 / 3), (3, 2 / 3), (3, 1.0))


def picture() -> Image.Image:
    """Show four glyphs as D sees them while a game grows from 8 to 32 pixels, from left to right."""
    data = glyphs(200)
    shown = torch.stack([data.x[data.y == digit][1] for digit in (2, 8, 5, 3)])
    grown = torch.stack([at_stage(shown, *moment) for moment in MOMENTS], 1)  # [4, 7, 1, 32, 32]
    return fitted(tiles(grown.flatten(0, 1), columns=len(MOMENTS), scale=2))
