"""The field explorer of chapter 10: where the forsaken game rests, and a picture of four methods."""

from importlib import import_module

from matplotlib.figure import Figure

widget = import_module("gan_course.widgets.field")  # the name in the package is its function


def data() -> dict:
    """Return the point of rest of the forsaken game, which Newton's method found."""
    return {"forsaken": list(widget.forsaken().rest)}


def picture() -> Figure:
    """Return the paths of the bilinear game without curvature, h = 0.2."""
    return widget.figure(widget.GAMES["bilinear, a and b"](0.0, 0.0, 0.0))
