"""Chapter 2 on the course map."""

import numpy as np
from PIL import Image

from gan_course.divergences import optimal_discriminator
from gan_course.plots import style

from .drawing import drawn, plane


def picture() -> Image.Image:
    """Draw two densities and the best discriminator between them."""
    x = np.linspace(-4, 4, 400)
    p, q = (np.exp(-((x - mean) ** 2) / 2) / np.sqrt(2 * np.pi) for mean in (-1, 1))
    figure, ax = plane()
    for density, colour in ((p, style.REAL), (q, style.FAKE)):
        ax.fill_between(x, density, color=colour, alpha=0.25)
        ax.plot(x, density, color=colour)
    ax.plot(x, 0.42 * optimal_discriminator(p, q), color=style.D, linewidth=2.5)
    return drawn(figure)
