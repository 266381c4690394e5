"""Chapter 4 on the course map."""

from PIL import Image

from gan_course import Normal, generate
from gan_course.checkpoint import load_generator
from gan_course.networks import dcgan_generator
from gan_course.stored import model_path

from .drawing import GLYPH, fitted, tiles


def picture() -> Image.Image:
    """Show glyphs by chapter 4's convolutional generator."""
    G = load_generator(dcgan_generator(48, GLYPH, 12), model_path("04_glyphs.pt"))
    return fitted(tiles(generate(G, Normal(48), 28, seed=2), columns=7, scale=2))
