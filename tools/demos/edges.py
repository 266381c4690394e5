"""The lines of chapter 14: two U-Nets that paint them, with an adversary and without, and what to begin with."""

import torch
from matplotlib.figure import Figure
from models.rough_lines import CHARACTERS, SIDE, sketched_unet
from torch import Tensor

from demos import _style, _unet
from demos.discriminator import levels
from gan_course import plots
from gan_course.checkpoint import load_generator
from gan_course.data import INKS, edges, glyphs, painted
from gan_course.data.outlines import NEAR
from gan_course.networks import UNet
from gan_course.stored import model_path

NAMES = ("orange", "pink", "lime", "violet", "green", "azure")  # of INKS
BEGIN = "A5GR8SKBQ3"  # one example each
# Drawn by hand, as strokes of corners (x, y): no glyph of the data looks like the last three.
SKETCHES = {
    "a letter in single strokes": [[(5, 27), (15, 4), (26, 28)], [(10, 18), (21, 18)]],
    "a house": [[(6, 27), (6, 14), (16, 5), (26, 14), (26, 27), (6, 27)], [(13, 27), (13, 20), (18, 20), (18, 27)]],
    "a heart": [[(16, 27), (5, 15), (5, 9), (9, 6), (13, 7), (16, 11), (19, 7), (23, 6), (27, 9), (27, 15), (16, 27)]],
    "a star": [[(16, 3), (19, 12), (28, 12), (21, 18), (24, 28), (16, 22), (8, 28), (11, 18), (4, 12), (13, 12), (16, 3)]],
}  # fmt: skip


def stored(name: str) -> UNet:
    """Return one of the demo's networks in eval mode, in the 16 bits in which it is stored."""
    return _style.halved(load_generator(sketched_unet(), model_path(f"{name}.pt")))


def examples() -> Tensor:
    """Return painted glyphs that the networks were not trained on, one of each character of `BEGIN`, float32 [n, 3, 32, 32]."""
    unseen = painted(glyphs(2_000, SIDE, CHARACTERS, seed=1), seed=1)
    first = [int((unseen.y == CHARACTERS.index(one)).nonzero()[0]) for one in BEGIN]
    return unseen.x[first]


def drawn(strokes: list[list[tuple[int, int]]], side: int = SIDE) -> Tensor:
    """Return lines of 1 on a ground of -1 along strokes from corner to corner, as the page's pen draws them: float32 [1, side, side]."""
    lines = torch.full((1, side, side), -1.0)
    for stroke in strokes:
        for begin, end in zip(stroke, stroke[1:], strict=False):
            for x, y in _cells(*begin, *end):
                lines[0, y, x] = 1.0
    return lines


def _cells(x: int, y: int, to_x: int, to_y: int) -> list[tuple[int, int]]:
    """Return the cells of a straight line (Bresenham, 1965)."""
    wide, high = abs(to_x - x), abs(to_y - y)
    right, down = (1 if to_x > x else -1), (1 if to_y > y else -1)
    cells, error = [(x, y)], wide - high
    while (x, y) != (to_x, to_y):
        twice = 2 * error
        if twice >= -high:
            error, x = error - high, x + right
        if twice <= wide:
            error, y = error + wide, y + down
        cells.append((x, y))
    return cells


def data() -> dict:
    """Return the two networks, examples, sketches and the names of the inks."""
    return assembled(stored("14_edges"), stored("14_edges_l1"))


def assembled(G: UNet, alone: UNet) -> dict:
    """Return what the page needs of two networks."""
    inks = [{"name": name, "colour": ink.tolist()} for name, ink in zip(NAMES, INKS, strict=True)]
    return {
        "side": SIDE,
        "G": _unet.exported(G, SIDE),
        "L1": _unet.exported(alone, SIDE),
        "inks": inks,
        "near": NEAR,
        "examples": [levels(one) for one in examples()],
        "sketches": [{"name": name, "strokes": strokes} for name, strokes in SKETCHES.items()],
    }


ROWS = ["lines", "the data", "L1 alone", "adversary + L1", "other noise"]


@torch.no_grad()
def picture() -> Figure:
    """Return six outlines and four sketches, what the data and both networks make of them."""
    y = examples()[:6]
    x = torch.cat([edges(y), *(drawn(strokes)[None] for strokes in SKETCHES.values())])
    nothing = -torch.ones(len(SKETCHES), 3, SIDE, SIDE)
    G, alone = stored("14_edges"), stored("14_edges_l1")
    torch.manual_seed(0)
    shown = [x.expand(-1, 3, -1, -1), torch.cat([y, nothing]), alone(x), G(x), G(x)]
    return plots.image_grid(torch.cat(shown), columns=len(x), row_labels=ROWS).figure
