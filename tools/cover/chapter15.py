"""Chapter 15 on the course map."""

import numpy as np
from PIL import Image

from gan_course.divergences import decoder_joint, encoder_joint, log_gaussian
from gan_course.plots import style

from .drawing import drawn, plane

A, NOISE = 1.5, 0.8
LEVELS = (0.2, 0.55, 0.9)  # share of the height


def picture() -> Image.Image:
    """Draw two joint densities of (x, z) with equal marginals: a decoder's, and one whose E ignores x.

    Behind them lies what the best D says of each pair; below and to the left stand the marginals.
    """
    p = decoder_joint(A, NOISE)
    q = encoder_joint(0.0, 1.0, p[0, 0])
    x, z = np.meshgrid(np.linspace(-5, 5, 321), np.linspace(-2.9, 2.9, 201))
    grid = np.stack([x.ravel(), z.ravel()], 1)
    log_p, log_q = (log_gaussian(grid, np.zeros(2), S).reshape(x.shape) for S in (p, q))
    figure, ax = plane()
    ax.pcolormesh(x, z, np.clip(log_q - log_p, -2.5, 2.5), cmap="RdBu", alpha=0.35, shading="auto")
    for log_density, colour in ((log_q, style.REAL), (log_p, style.FAKE)):
        heights = np.exp(log_density - log_density.max())
        ax.contour(x, z, heights, levels=LEVELS, colors=colour, linewidths=2.2)
    for along, S in ((0, p[0, 0]), (1, p[1, 1])):
        v = np.linspace(-5, 5, 300) if along == 0 else np.linspace(-2.9, 2.9, 300)
        height = np.exp(-(v**2) / (2 * S))
        line = (v, -2.9 + 0.9 * height) if along == 0 else (-5 + 1.1 * height, v)
        ax.plot(*line, color=style.THEORY, linewidth=2.2)
    ax.set(xlim=(-5, 5), ylim=(-2.9, 2.9))
    return drawn(figure)
