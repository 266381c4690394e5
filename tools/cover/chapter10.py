"""Chapter 10 on the course map."""

from functools import partial

import torch
from PIL import Image

from gan_course.dynamics import alternating, bilinear, extragradient, path, simultaneous
from gan_course.plots import style

from .drawing import drawn, plane

H = 0.18
START = torch.tensor([1.3, 0.0], dtype=torch.float64)


def picture() -> Image.Image:
    """Draw three ways to step through the bilinear game from one start: out, around, and in."""
    figure, ax = plane()
    for step, steps, colour in (
        (simultaneous, 78, style.FAKE),
        (alternating, 35, style.G),
        (extragradient, 130, style.D),
    ):
        places = path(partial(step, bilinear, h=H), START, steps)  # [steps + 1, 2]
        ax.plot(*places.T, color=colour, linewidth=1.5)
        ax.scatter(*places.T, s=16, color=colour, linewidths=0)
    ax.scatter(*START, s=70, color=style.THEORY, zorder=3)
    ax.set(aspect="equal", xlim=(-3.9, 3.9), ylim=(-2.19, 2.19))
    return drawn(figure)
