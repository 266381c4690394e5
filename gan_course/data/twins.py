"""Two kinds of writing of the same characters: domains whose true pairs are known."""

from __future__ import annotations

import torch

from ..arguments import torch_generator
from .dataset import Dataset
from .glyphs import FONTS, check_glyphs, draw_glyphs, random_style

__all__ = ["twins"]

UPRIGHT = [i for i, font in enumerate(FONTS) if "Oblique" not in font and "Ita" not in font]
UPRIGHT.remove(FONTS.index("cmti10"))  # an italic by another name
LEAN = 0.1  # the first set leans by at most this, to either side (tangent of the angle)
LEANS_MORE = 0.45  # and the second by so much more, to the right


def twins(
    n: int = 20_000, size: int = 16, characters: str = "0123456789", seed: int = 0
) -> tuple[Dataset, Dataset]:
    """Draw characters twice: upright and light on dark, and leaning and dark on light.

    Row i of both sets is the same character in the same font, weight and stretch, so row i of
    the second is the true translation of row i of the first. A game that must not know it
    is given `paired(a.take(some), b.take(others))`, without a common row.

    Args:
        n: number of images in each set; the classes are balanced to within one.
        size: side of the square images in pixels, at least 8.
        characters: distinct ASCII letters and digits, one class each.
        seed: fixes the images; torch's global random state is left alone.

    Returns:
        Two sets of images uint8 `[n, 1, size, size]` in random order, with labels and the factors
        of `glyphs`. The first leans by at most 0.1 (tangent of the angle), the second by 0.45 more;
        fonts are upright ones.

    Raises:
        ValueError: n < 1, size < 8, or characters other than distinct ASCII letters and digits.
    """
    check_glyphs(n, size, characters, "twins")
    generator = torch_generator(seed)
    y = torch.randperm(n, generator=generator) % len(characters)
    style = random_style(n, generator)
    style["font"] = torch.tensor(UPRIGHT)[torch.randint(len(UPRIGHT), (n,), generator=generator)]
    style["slant"] = LEAN * (2 * torch.rand(n, generator=generator) - 1)
    leaning = {**style, "slant": style["slant"] + LEANS_MORE}
    state = generator.get_state()  # both are stretched and placed by the same draws
    light = draw_glyphs(characters, y, style, size, generator)
    dark = 255 - draw_glyphs(characters, y, leaning, size, generator.set_state(state))
    classes = tuple(characters)
    return (
        Dataset("upright", light, y, classes, style),
        Dataset("leaning", dark, y, classes, leaning),
    )
