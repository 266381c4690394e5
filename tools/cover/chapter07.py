"""Chapter 7 on the course map."""

import torch
from PIL import Image

from gan_course import Normal, generate
from gan_course.checkpoint import load_generator
from gan_course.networks import dcgan_generator, mlp_generator
from gan_course.stored import model_path

from .drawing import GLYPH, fitted, tiles


def picture() -> Image.Image:
    """Show a row of samples of each of four generators: whose are better?"""
    rivals = [
        (mlp_generator(48, GLYPH, (64, 60)), "07_perceptron.pt"),
        (dcgan_generator(48, GLYPH, 12), "07_convolutional.pt"),
        (dcgan_generator(48, GLYPH, 12), "07_wasserstein_gp.pt"),
        (dcgan_generator(48, GLYPH, 12), "04_glyphs.pt"),
    ]
    loaded = [load_generator(G, model_path(file)) for G, file in rivals]
    rows = [generate(G, Normal(48), 7, seed=1) for G in loaded]
    return fitted(tiles(torch.cat(rows), columns=7, scale=2))
