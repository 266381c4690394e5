"""One look: what each colour means, and sizes that a phone can show."""

from __future__ import annotations

import sys

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import FuncFormatter, MaxNLocator

# After Okabe and Ito (2008): a test simulates colour blindness and finds them apart.
REAL = "#0072B2"  # blue: data
FAKE = "#D55E00"  # vermilion: what G makes
D = "#009E73"  # green
G = "#C06AA0"  # purple
THEORY = "#2B2B2B"  # what mathematics predicts; always dashed
QUIET = "#8A8A8A"

WIDTH = 5.6  # inches; at the 350 pixels of a phone, 11 points are still 10 pixels high

DOUBT = LinearSegmentedColormap.from_list("doubt", ["#F0A878", "#FFFFFF", "#74AFD8"], N=20)
"""From "fake" over "cannot tell" (white) to "real": the colours of D's opinion, in tints on which
points of the full colours can be seen, in steps that read as contours."""

_STYLE = {
    "figure.figsize": (WIDTH, 3.5),
    "figure.dpi": 110,
    "figure.facecolor": "white",  # a light card on light and dark pages alike
    "figure.constrained_layout.use": True,
    "savefig.dpi": "figure",
    "savefig.facecolor": "white",
    "font.family": "DejaVu Sans",  # ships with matplotlib: the same picture everywhere
    "font.size": 11,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.labelsize": 11,
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
    "legend.fontsize": 10,
    "legend.frameon": False,
    "legend.handlelength": 1.4,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E4E4E4",
    "lines.linewidth": 1.8,
    "axes.prop_cycle": plt.cycler(color=[REAL, FAKE, D, G, THEORY, "#56B4E9", "#E69F00"]),
    "image.interpolation": "nearest",
    "svg.hashsalt": "gan_course",
}


def apply_style() -> None:
    """Give every figure from now on the look of the book; done when the module is imported."""
    plt.rcParams.update(_STYLE)
    _sharp_in_notebooks()


def _sharp_in_notebooks() -> None:
    """In a live notebook, draw two pixels where the page has one, for the screens that have them."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is not None and hasattr(shell, "kernel"):
        from matplotlib_inline.config import InlineBackend

        InlineBackend.instance(parent=shell).figure_formats = {"retina"}


def axes_or_new(ax: Axes | None, height: float = 3.5) -> Axes:
    """Return the axes given, or those of a new figure as wide as the page.

    Args:
        ax: axes, or None.
        height: of the new figure, in inches.

    Returns:
        Axes to draw into.
    """
    return plt.subplots(figsize=(WIDTH, height))[1] if ax is None else ax


def steps_axis(ax: Axes) -> None:
    """Label the horizontal axis as steps, writing 20000 as 20k.

    Args:
        ax: axes whose x is a count of steps.
    """
    ax.set_xlabel("step")
    ax.xaxis.set_major_formatter(FuncFormatter(lambda step, _: short(step)))
    ax.xaxis.set_major_locator(MaxNLocator(4, integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))


def short(count: float) -> str:
    """Return a count in few characters: 20000 is 20k.

    Args:
        count: a number, usually of steps.

    Returns:
        The text.
    """
    return f"{count / 1000:g}k" if count >= 1000 else f"{count:g}"
