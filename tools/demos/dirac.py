"""The Dirac-GAN of chapters 3 and 6: the noise of its quadrature, and a picture of one run."""

from importlib import import_module

from matplotlib.figure import Figure

from gan_course.dynamics.fields import quadrature

widget = import_module("gan_course.widgets.dirac")  # the name in the package is its function


def data() -> dict:
    """Return nodes and weights of Gauss-Hermite quadrature for N(0, 1), as pairs."""
    nodes, weights = quadrature()
    return {"noise": [list(pair) for pair in zip(nodes.tolist(), weights.tolist(), strict=True)]}


def picture() -> Figure:
    """Return the path of the minimax game without a leash, both players moving together."""
    return widget.figure(widget.DiracGame(), (1.0, 1.0), "", 0.2)
