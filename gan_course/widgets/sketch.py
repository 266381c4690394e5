"""Lines that the reader draws with letters, and what a translator paints, in a live kernel."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ..device import device_of
from ..game.states import seeded
from .live import panel

if TYPE_CHECKING:
    from ipywidgets import VBox
    from matplotlib.axes import Axes

__all__ = ["lines_of", "sketch", "text_of"]

LINE, GROUND = "#", "."
SQUARE = (  # letters as wide as high, so that a drawing looks like itself
    "<style>.gan-lines textarea {font: 12px/1 monospace; letter-spacing: 0.4em; white-space: pre}"
    "</style>"
)


def lines_of(text: str, size: int = 32) -> Tensor:
    """Read a drawing made of letters: each character is a pixel, `#` a line, all else ground.

    Args:
        text: at most `size` rows of at most `size` characters; what is missing is ground.
        size: side of the drawing in pixels.

    Returns:
        float32 `[1, 1, size, size]`, lines of 1 on a ground of -1.

    Raises:
        ValueError: there are more rows or longer ones.

    Example:
        >>> lines_of("##\\n.#", 2).tolist()
        [[[[1.0, 1.0], [-1.0, 1.0]]]]
    """
    rows = [row.rstrip() for row in text.rstrip().split("\n")]
    if len(rows) > size or max(map(len, rows)) > size:
        raise ValueError(
            f"a drawing has at most {size} rows of {size} characters, got {len(rows)} rows, "
            f"the longest of {max(map(len, rows))}."
        )
    on = [[character == LINE for character in row.ljust(size)] for row in rows]
    lines = torch.full((1, 1, size, size), -1.0)
    lines[0, 0, : len(on)][torch.tensor(on)] = 1.0
    return lines


def text_of(lines: Tensor) -> str:
    """Write a drawing in letters, so that `lines_of` reads it back.

    Args:
        lines: `[1, H, W]` or `[1, 1, H, W]`, above 0 where a line is.

    Returns:
        H rows of W characters, `#` for a line and `.` for ground.

    Raises:
        ValueError: the drawing has another shape.
    """
    if lines.dim() not in (3, 4) or lines.numel() != lines.shape[-2] * lines.shape[-1]:
        raise ValueError(f"text_of writes one drawing [1, H, W], got {list(lines.shape)}.")
    rows = (lines.reshape(lines.shape[-2:]) > 0).tolist()
    return "\n".join("".join(LINE if on else GROUND for on in row) for row in rows)


def sketch(G: Callable[[Tensor], Tensor], examples: Tensor) -> VBox:
    """Play with a trained translator in a live kernel: draw lines, G paints them.

    The drawing is a text, `#` for a line, to type in; one slider takes an example, the other
    one draws G's noise anew. Shown are the lines and the painting.

    Args:
        G: in eval mode; maps lines `[1, 1, H, H]` in {-1, 1} to images `[1, C, H, H]` in [-1, 1].
        examples: lines to begin with, `[N, 1, H, H]`, such as `edges(images)`.

    Returns:
        A box of `ipywidgets` to show as the last value of a cell.

    Raises:
        ValueError: the examples are no square drawings.
    """
    import ipywidgets

    if examples.dim() != 4 or examples.shape[1] != 1 or examples.shape[2] != examples.shape[3]:
        raise ValueError(f"sketch needs examples [N, 1, H, H], got {list(examples.shape)}.")
    size, device = examples.shape[-1], device_of(G)
    room = ipywidgets.Layout(width="34em", height="36em")
    text = ipywidgets.Textarea(value=text_of(examples[0]), description="lines", layout=room)
    text.add_class("gan-lines")
    example = ipywidgets.IntSlider(max=len(examples) - 1, description="example")
    noise = ipywidgets.IntSlider(max=99, description="noise")

    def begin(_: object) -> None:
        text.value = text_of(examples[example.value])

    def draw(drawing: str, seed: int) -> Axes:
        return _beside(G, lines_of(drawing, size).to(device), seed)

    example.observe(begin, names="value")
    shown = panel(draw, [text, noise], "the lines of the text, and what the network paints")
    return ipywidgets.VBox([example, ipywidgets.HTML(SQUARE), *shown.children])


@torch.no_grad()
def _beside(G: Callable[[Tensor], Tensor], lines: Tensor, seed: int) -> Axes:
    """Return the lines and G's answer for one seed of its noise, side by side."""
    from .. import plots

    with seeded(seed, lines.device):
        painting = G(lines).clamp(-1, 1)
    pictures = torch.cat([lines.expand_as(painting), painting])
    return plots.image_grid(pictures, columns=2, column_labels=["lines", "painted"])
