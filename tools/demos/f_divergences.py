"""The f-divergence explorer of chapter 8: its grid and ranges, and a picture of its start."""

from importlib import import_module

from matplotlib.figure import Figure

from gan_course.widgets import bounds

shapes = import_module("gan_course.widgets.divergences")  # the names in the package are functions
widget = import_module("gan_course.widgets.f_divergences")


def data() -> dict:
    """Return the grid of midpoints, how D can be spoilt, and the range of T that is drawn."""
    return {
        "first": bounds.FIRST,
        "dx": bounds.DX,
        "cells": bounds.CELLS,
        "farthest": bounds.FARTHEST,
        "sure": bounds.SURE,
        "spoilt": bounds.SPOILT,
        "shown": widget.SHOWN,
    }


def picture() -> Figure:
    """Return N(0, 1) and N(1.5, 1), KL, and what a D shows whose log p/q is half as steep."""
    densities = bounds.pair(shapes.gaussian, 1.0, shapes.gaussian, 1.0, 1.5)
    return widget.figure(widget.objectives.KL, "line", 0.5, densities, 2.0)
