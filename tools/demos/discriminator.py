"""The game of chapter 1: real digits that no generator was trained on, and four stored generators."""

import base64

import torch
from matplotlib.figure import Figure
from torch import Tensor

from demos._generators import codes, stored
from gan_course import plots
from gan_course.data import digits

EACH = 24  # pictures of each generator
GENERATORS = {
    "03_digits_200": "perceptron, 200 digits seen",
    "03_digits_r1": "perceptron, R1 penalty",
    "03_digits": "perceptron, 1,617 digits seen",
    "04_digits": "convolutions",
}


def levels(pictures: Tensor) -> str:
    """Return pictures in [-1, 1] as base64 of their grey levels, one byte each."""
    bytes_ = ((pictures + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
    return base64.b64encode(bytes_.contiguous().numpy().tobytes()).decode()


def held_out() -> Tensor:
    """Return the digits that none of the generators was trained on, [180, 1, 16, 16].

    They learned from the first seven or nine tenths of one and the same shuffled order.
    """
    return digits(16).split(0.9)[1].x


@torch.no_grad()
def made(name: str, n: int = EACH) -> Tensor:
    """Return n samples of a stored generator, [n, 1, 16, 16]; none is selected."""
    return stored(name)(codes(64, n, seed=1))


def data() -> dict:
    """Return the pictures as bytes, those of the generators with a word on each."""
    fakes = [{"name": title, "pictures": levels(made(name))} for name, title in GENERATORS.items()]
    return {"side": 16, "real": levels(held_out()[: 4 * EACH]), "generators": fakes}


def picture() -> Figure:
    """Return the first ten pairs of one game, which is which left open."""
    fake = torch.cat([made(name, 3) for name in GENERATORS])[:10]
    real, gap = held_out()[-10:], torch.ones(10, 1, 16, 16)  # white between two pairs
    left = torch.arange(10).view(-1, 1, 1, 1) % 3 == 0
    pairs = torch.where(left, real, fake), torch.where(left, fake, real), gap
    row = torch.stack(pairs, dim=1).view(2, 15, 1, 16, 16)[:, :14]
    return plots.image_grid(row.reshape(-1, 1, 16, 16), columns=14).figure
