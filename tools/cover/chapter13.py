"""Chapter 13 on the course map."""

import torch
from PIL import Image
from torch import Tensor

from gan_course.checkpoint import load_generator
from gan_course.networks import mix, style_generator
from gan_course.stored import model_path

from .drawing import fitted

ROWS, COLUMNS, SIDE, CROSSING = 4, 7, 64, 2


def picture() -> Image.Image:
    """Show a table of faces by chapter 13's G: coarse styles of the row, fine ones of the column."""
    G = load_generator(style_generator(), model_path("13_faces.pt")).eval()
    z = torch.randn(ROWS + COLUMNS, 64, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        ws = G.styles(z)
        coarse, fine = ws[:ROWS].repeat_interleave(COLUMNS, 0), ws[ROWS:].repeat(ROWS, 1, 1)
        faces = G.synthesis(mix(coarse, fine, CROSSING))
    return fitted(_table(faces)).quantize(128)


def _table(faces: Tensor) -> Image.Image:
    """Lay faces [rows * columns, 3, h, h] side by side, each enlarged to 64 pixels."""
    pixels = (faces.clamp(-1, 1) + 1).mul(127.5).round().byte()
    height = faces.shape[2]
    grid = pixels.view(ROWS, COLUMNS, 3, height, height).permute(0, 3, 1, 4, 2)
    table = Image.fromarray(grid.reshape(ROWS * height, COLUMNS * height, 3).numpy())
    return table.resize((COLUMNS * SIDE, ROWS * SIDE), Image.Resampling.NEAREST)
