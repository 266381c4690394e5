"""The generators that the book stored, ready to run, and what the samplers need of each."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from demos._layers import exported
from gan_course.checkpoint import load_generator
from gan_course.networks import (
    ConcatOneHot,
    ConditionalBatchNorm2d,
    dcgan_generator,
    mlp_generator,
)
from gan_course.stored import model_path
from gan_course.widgets.sampler import main_directions

# What builds each stored generator, as in its recipe in tools/models.
BUILD: dict[str, Callable[[], nn.Module]] = {
    "03_digits": partial(mlp_generator, 64, hidden=(128, 160)),
    "03_digits_r1": partial(mlp_generator, 64, hidden=(128, 160)),
    "03_digits_200": partial(mlp_generator, 64, hidden=(128, 160)),
    "04_digits": partial(dcgan_generator, 64, (1, 16, 16), 16),
    "04_glyphs": partial(dcgan_generator, 48, (1, 32, 32), 12),
    "05_page": partial(dcgan_generator, 48, (1, 32, 32), 12, condition=ConcatOneHot(10)),
    "07_conditional": partial(
        dcgan_generator, 48, (1, 32, 32), 12, norm=partial(ConditionalBatchNorm2d, classes=10)
    ),
}


def stored(name: str) -> nn.Module:
    """Return a stored generator in eval mode."""
    return load_generator(BUILD[name](), model_path(f"{name}.pt"))


def codes(dim: int, n: int, seed: int = 0) -> Tensor:
    """Return z ~ N(0, I), [n, dim], of one seed."""
    return torch.randn(n, dim, generator=torch.Generator().manual_seed(seed))


def for_the_page(name: str, title: str, dim: int, side: int, classes: int = 0) -> dict:
    """Return a generator's operations and weights, and its four main directions [4, dim]."""
    G, z = stored(name), codes(dim, 64)
    labels = torch.arange(len(z)) % classes if classes else None
    return {
        "title": title,
        "dim": dim,
        "side": side,
        "classes": classes,
        "directions": main_directions(G, z, 4, labels).flatten().numpy(),
        **exported(G),
    }
