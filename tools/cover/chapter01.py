"""Chapter 1 on the course map."""

import torch
from PIL import Image

from gan_course import Normal, generate
from gan_course.checkpoint import load_generator
from gan_course.data import digits
from gan_course.networks import dcgan_generator
from gan_course.stored import model_path

from .drawing import fitted, tiles


def picture() -> Image.Image:
    """Mix real digits with generated ones: which are which?"""
    G = load_generator(dcgan_generator(64, (1, 16, 16), 16), model_path("04_digits.pt"))
    count = 32
    fake = generate(G, Normal(64), count // 2, seed=3)
    real = digits(16).x[: count // 2]
    order = torch.randperm(count, generator=torch.Generator().manual_seed(1))
    return fitted(tiles(torch.cat([real, fake])[order], columns=8, scale=3, gap=3))
