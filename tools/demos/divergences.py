"""The divergence slider of chapter 2: its grid and its shapes, and a picture of two Gaussians."""

from importlib import import_module

from matplotlib.figure import Figure

widget = import_module("gan_course.widgets.divergences")  # the name in the package is its function


def data() -> dict:
    """Return the grid of midpoints, the humps (share, place, spread) and the largest distance."""
    return {
        "first": widget.FIRST,
        "dx": widget.DX,
        "cells": widget.CELLS,
        "humps": widget.HUMPS,
        "farthest": widget.FARTHEST,
    }


def picture() -> Figure:
    """Return N(0, 1) and N(2, 0.8^2), and their five divergences over the distance."""
    p, q = widget.Density(widget.gaussian), widget.Density(widget.gaussian, 0.8, 2.0)
    return widget.figure(p, q)
