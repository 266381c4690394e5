"""Chapter 10 on the course map."""

import numpy as np
from PIL import Image

from gan_course.plots import style

from .drawing import drawn, plane

H = 0.18
TURN = np.array([[0.0, -1.0], [1.0, 0.0]])  # the push of the bilinear game V = theta psi


def _path(step: np.ndarray, steps: int) -> np.ndarray:
    """Return where a linear step leads from (1.3, 0), [steps + 1, 2]."""
    places = [np.array([1.3, 0.0])]
    for _ in range(steps):
        places.append(step @ places[-1])
    return np.stack(places)


def picture() -> Image.Image:
    """Draw three ways to step through the bilinear game from one start: out, around, and in."""
    one = np.eye(2)
    first, second = np.array([[1, -H], [0, 1]]), np.array([[1, 0], [H, 1]])
    together, in_turn, ahead = one + H * TURN, second @ first, one + H * TURN @ (one + H * TURN)
    figure, ax = plane()
    for step, steps, colour in (
        (together, 78, style.FAKE),
        (in_turn, 35, style.G),
        (ahead, 130, style.D),
    ):
        path = _path(step, steps)
        ax.plot(*path.T, color=colour, linewidth=1.5)
        ax.scatter(*path.T, s=16, color=colour, linewidths=0)
    ax.scatter(*_path(one, 0).T, s=70, color=style.THEORY, zorder=3)
    ax.set(aspect="equal", xlim=(-3.9, 3.9), ylim=(-2.19, 2.19))
    return drawn(figure)
