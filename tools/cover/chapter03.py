"""Chapter 3 on the course map."""

import numpy as np
from PIL import Image

from gan_course.plots import style
from gan_course.stored import load_run

from .drawing import drawn, plane


def picture() -> Image.Image:
    """Draw samples over the first thousand steps of training on a ring, from grey to vermilion."""
    frames = load_run("03_watch")["data"]["frames"]
    figure, ax = plane()
    for step, colour in (("0", "#BBBBBB"), ("300", "#F0B48A"), ("1000", style.FAKE)):
        ax.scatter(*np.array(frames[step]).T, s=9, color=colour, linewidths=0)
    angles = np.arange(8) * np.pi / 4
    ax.scatter(np.cos(angles), np.sin(angles), s=160, facecolors="none", edgecolors=style.REAL)
    ax.set(xlim=(-2.4, 2.4), ylim=(-1.35, 1.35))
    return drawn(figure)
