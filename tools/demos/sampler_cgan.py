"""The sampler of chapter 5: two conditional generators, one code for each row of digits."""

import torch
from matplotlib.figure import Figure

from demos._generators import codes, for_the_page, stored
from gan_course import plots


def data() -> dict:
    """Return the generators that hear the class by a one-hot code and in every batch norm."""
    one_hot = "a one-hot code, appended to z"
    norm = "conditional batch norm, in every layer"
    generators = [
        for_the_page("05_page", one_hot, dim=48, side=32, classes=10),
        for_the_page("07_conditional", norm, dim=48, side=32, classes=10),
    ]
    return {"generators": generators}


@torch.no_grad()
def picture() -> Figure:
    """Return three codes, each in all ten classes."""
    z = codes(48, 3, seed=1).repeat_interleave(10, 0)
    pictures = stored("05_page")(z, torch.arange(10).repeat(3))
    return plots.image_grid(pictures, columns=10, column_labels=range(10)).figure
