"""The field explorer of chapter 10: the forsaken game of the paper, and a picture of four methods."""

from importlib import import_module

from matplotlib.figure import Figure

widget = import_module("gan_course.widgets.field")  # the name in the package is its function


def data() -> dict:
    """Return the shift of the forsaken game in its paper, and where the game then rests."""
    return {"shift": widget.SHIFT, "rest": list(widget.forsaken(widget.SHIFT).rest)}


def picture() -> Figure:
    """Return the paths of the bilinear game without curvature, h = 0.2."""
    return widget.figure(widget.GAMES["bilinear, a and b"](0.0, 0.0, 0.0))
