"""Chapter 12 on the course map."""

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

from gan_course.data import ends
from gan_course.plots import style

from .drawing import drawn

WIDTH, HEIGHT, LIFT = 32, 16, 6.5  # of a strip, and how high a line between its ends rises


def picture() -> Image.Image:
    """Draw a strip of each kind, with a line from one end to the other that has to agree with it."""
    strips = ends(100, seed=3)
    figure, axes = plt.subplots(2, 2)
    for kind, ax in enumerate(axes.flat):
        k = int((strips.y == kind).nonzero()[0])
        moved = {name: int(values[k]) for name, values in strips.factors.items()}
        left = np.array([4.5 + moved["left_x"], 7.5 + moved["left_y"]]) - 0.5
        right = np.array([WIDTH - 4.5 + moved["right_x"], 7.5 + moved["right_y"]]) - 0.5
        share = np.linspace(0.17, 0.83, 50)[:, None]  # of the way; it begins outside the symbols
        line = left + share * (right - left) - LIFT * np.sin(np.pi * share) * [0, 1]
        ax.imshow(strips.stored[k, 0], cmap="gray", vmin=0, vmax=255)
        ax.plot(*line.T, color=style.FAKE, linewidth=2.5)
        ax.set(xlim=(-0.5, WIDTH - 0.5), ylim=(HEIGHT - 0.5, -0.5))
        ax.set_axis_off()
    return drawn(figure)
