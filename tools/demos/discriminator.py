"""The game of chapter 1: real digits that no generator was trained on, and four stored generators."""

import base64

import matplotlib.pyplot as plt
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
    pairs = torch.stack([held_out()[-10:], fake], dim=1)  # [10, 2, 1, 16, 16]
    figure, panels = plt.subplots(2, 5, figsize=(5.6, 2.0), layout="constrained")
    for k, panel in enumerate(panels.flat):
        pair = pairs[k] if k % 3 else pairs[k].flip(0)
        plots.image_grid(pair, columns=2, title=f"pair {k + 1}", ax=panel)
    return figure
