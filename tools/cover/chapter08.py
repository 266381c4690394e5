"""Chapter 8 on the course map."""

import torch
from PIL import Image
from torch import Tensor

from gan_course import Objective, least_squares, non_saturating
from gan_course.objectives import GAN, KL, NEYMAN, REVERSE_KL, SQUARED_HELLINGER, f_gan
from gan_course.plots import style

from .drawing import drawn, plane

SKY, ORANGE = "#56B4E9", "#E69F00"


def pull(objective: Objective, best: Tensor, s: Tensor) -> Tensor:
    """Return how fast each fake's loss falls as s = log p/q rises, [N]; best: D at its best, [N]."""
    return -len(s) * torch.autograd.grad(objective.g(best, None), s)[0]


def picture() -> Image.Image:
    """Draw how hard seven objectives pull a fake, compared with their pull at p = q.

    To the left are fakes of which there are too many, to the right those of which there are too few.
    """
    s = torch.linspace(-3, 3, 301, dtype=torch.float64, requires_grad=True)
    curves = [
        (f_gan(one), one.best_logit(s), colour)
        for one, colour in (
            (NEYMAN, style.FAKE),
            (REVERSE_KL, style.THEORY),
            (SQUARED_HELLINGER, SKY),
            (GAN, style.REAL),
            (KL, style.D),
        )
    ]
    curves += [(non_saturating, s, style.G), (least_squares, s.sigmoid(), ORANGE)]
    figure, ax = plane()
    for objective, best, colour in curves:
        y = pull(objective, best, s)
        ax.plot(s.detach(), y / y[150], color=colour, linewidth=2.5)
    ax.plot(0, 1, "o", color=style.THEORY, markersize=9, zorder=3)
    ax.set(xlim=(-3, 3), ylim=(-0.08, 2.9))
    return drawn(figure)
