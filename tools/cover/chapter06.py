"""Chapter 6 on the course map."""

import numpy as np
from PIL import Image

from gan_course.divergences import wasserstein_lp
from gan_course.plots import style

from .drawing import drawn, plane


def picture() -> Image.Image:
    """Draw fourteen points, fourteen others, and the cheapest way from these to those."""
    random = np.random.default_rng(5)
    x = random.normal((-1.4, 0), (0.5, 0.45), (14, 2))
    y = random.normal((1.4, 0), (0.35, 0.6), (14, 2))
    cost = np.linalg.norm(x[:, None] - y[None], axis=2)
    even = np.full(14, 1 / 14)
    plan = wasserstein_lp(even, even, cost).plan
    figure, ax = plane()
    for i, j in zip(*np.nonzero(plan > 1e-9)):
        ax.plot(*np.stack([x[i], y[j]]).T, color=style.QUIET, linewidth=1)
    ax.scatter(*x.T, color=style.REAL, s=45, zorder=3)
    ax.scatter(*y.T, color=style.FAKE, s=45, marker="s", zorder=3)
    return drawn(figure)
