"""Chapter 17 on the course map."""

from PIL import Image

from .drawing import drawn, plane


def picture() -> Image.Image:
    """TODO: a sample, a stored run or an exact computation. The chapter's number stands in for it."""
    figure, ax = plane()
    ax.text(0.5, 0.5, "17", fontsize=72, ha="center", va="center")
    return drawn(figure)
