"""The sampler of chapter 4: its two stored generators, and the two walks between codes."""

import torch
from matplotlib.figure import Figure

from demos._generators import codes, for_the_page, stored
from gan_course import lerp, plots, slerp


def data() -> dict:
    """Return the generators of glyphs and of digits."""
    generators = [
        for_the_page("04_glyphs", "glyphs, 32 × 32", dim=48, side=32),
        for_the_page("04_digits", "digits, 16 × 16", dim=64, side=16),
    ]
    return {"generators": generators}


@torch.no_grad()
def picture() -> Figure:
    """Return the line and the arc between the same codes, and ten samples."""
    a, b = codes(48, 2, seed=11)
    rows = torch.cat([lerp(a, b, 9), slerp(a, b, 9), codes(48, 9, seed=5)])
    names = ["line", "arc", "random"]
    return plots.image_grid(stored("04_glyphs")(rows), columns=9, row_labels=names).figure
