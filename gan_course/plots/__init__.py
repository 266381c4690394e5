"""The figures of the book, in one look: importing this module sets matplotlib's style.

Every function draws into the axes it is given, or makes a figure of its own, and returns what it
drew into. Colours always mean the same: `REAL`, `FAKE`, `D`, `G` and `THEORY`.
"""

from .curves import band, curves
from .health import equilibrium, health
from .images import image_grid
from .plane import arrows, field, points, warped_grid
from .style import FAKE, REAL, THEORY, D, G, apply_style

__all__ = [
    "D",
    "FAKE",
    "G",
    "REAL",
    "THEORY",
    "apply_style",
    "arrows",
    "band",
    "curves",
    "equilibrium",
    "field",
    "health",
    "image_grid",
    "points",
    "warped_grid",
]

apply_style()
