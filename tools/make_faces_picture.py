"""Draws the faces that the page on the data shows: `python tools/make_faces_picture.py`.

Above twelve faces of `faces()`, in the order of the set; below one face in which a single factor
goes from its lowest value to its highest, or from kind to kind.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from gan_course.data import FACTORS, Factors, draw_faces, face_factors  # noqa: E402

SIDE, ACROSS = 64, 6
SHOWN = ("turn", "hair", "smile", "light")


def row(face: Factors, name: str) -> Factors:
    """Return six copies of a face in which one factor runs through its range."""
    factor = next(factor for factor in FACTORS if factor.name == name)
    low, high = (0, len(factor.kinds) - 1) if factor.kinds else (factor.low, factor.high)
    return Factors(face.values.repeat(ACROSS, 1)).replaced(
        **{name: torch.linspace(low, high, ACROSS)}
    )


def picture() -> Image.Image:
    """Return two rows of faces from the set, and one row for each factor that is shown."""
    face = Factors(face_factors(1, seed=1).values).replaced(
        turn=0.3, hair=3.0, glasses=0.0, beard=0.0, gaze=0.0, smile=0.6, open=0.2, hair_colour=0.6
    )
    rows = [face_factors(2 * ACROSS), *(row(face, name) for name in SHOWN)]
    return tiled(torch.cat([draw_faces(one, SIDE) for one in rows]))


def tiled(x: Tensor) -> Image.Image:
    """Lay faces [n, 3, side, side] side by side, six in a row."""
    rows = [torch.cat(list(line), 2) for line in x.split(ACROSS)]
    pixels = torch.cat(rows, 1).add(1).mul(127.5).round().to(torch.uint8)
    return Image.fromarray(pixels.permute(1, 2, 0).numpy())


if __name__ == "__main__":
    picture().save(ROOT / "book" / "_static" / "faces.webp", lossless=True, method=6)
