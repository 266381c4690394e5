"""Many images as one picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor
from torch.nn.functional import pad

from ..arguments import whole_number
from ..data.pixels import check_images
from .style import WIDTH, axes_or_new


def image_grid(
    images: Tensor,
    columns: int = 10,
    column_labels: Sequence[object] = (),
    row_labels: Sequence[object] = (),
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Show images side by side, row by row, pixel by pixel: never smoothed, scaled or clipped.

    Args:
        images: `[N, 1, H, W]` or `[N, 3, H, W]` in [-1, 1], on any device.
        columns: images per row; fewer if there are not that many images.
        column_labels: what to write above the columns, for example classes.
        row_labels: what to write left of the rows, for example steps.
        title: of the picture.
        ax: axes to draw into; a new figure by default.

    Returns:
        The axes.

    Raises:
        TypeError: if the images are no floating point tensor.
        ValueError: if the shape is not that of images, a value lies outside [-1, 1], or columns
            is no count.
    """
    require_images(images, "image_grid")
    columns = min(whole_number(columns, "columns"), len(images))
    picture = mosaic(images, columns)
    ax = axes_or_new(ax, height=WIDTH * picture.shape[0] / picture.shape[1] + 0.4 * bool(title))
    empty = images.flatten(1).amin(1) == 1  # an image that is white all over is a gap
    gaps = torch.where(empty, 1.0, -1.0)[:, None, None, None].expand(-1, 1, *images.shape[2:])
    between = mosaic(gaps, columns) > 0
    look = {"cmap": "gray", "vmin": 0, "vmax": 1, "interpolation": "nearest"}
    ax.imshow(see_through(picture, between), **look)
    height, width = (side + 1 for side in images.shape[-2:])
    ax.set_xticks(width * np.arange(len(column_labels)) + width / 2, list(map(str, column_labels)))
    ax.set_yticks(height * np.arange(len(row_labels)) + height / 2, list(map(str, row_labels)))
    ax.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False)
    ax.spines[:].set_visible(False)
    ax.grid(False)
    if title:
        ax.set_title(title)
    return ax


def mosaic(images: Tensor, columns: int) -> np.ndarray:
    """Lay images out in one array, with white lines one pixel wide between them.

    Args:
        images: `[N, C, H, W]` in [-1, 1], C = 1 or 3.
        columns: images per row; missing ones in the last row stay white.

    Returns:
        `[rows (H + 1) + 1, columns (W + 1) + 1]` for C = 1, else with a last axis of 3; in
        [0, 1].
    """
    x = (images.detach().cpu().float() + 1) / 2  # [N, C, H, W]
    rows = -(-len(x) // columns)
    x = pad(x, (1, 0, 1, 0, 0, 0, 0, rows * columns - len(x)), value=1.0)
    x = x.unflatten(0, (rows, columns)).permute(0, 3, 1, 4, 2)  # [rows, H+1, columns, W+1, C]
    x = x.flatten(2, 3).flatten(0, 1)
    x = pad(x, (0, 0, 0, 1, 0, 1), value=1.0)
    return (x[..., 0] if x.shape[-1] == 1 else x).numpy()


def see_through(picture: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Return a picture that lets the page be seen, light or dark, where it shows no image.

    Args:
        picture: `[H, W]` or `[H, W, 3]`, in [0, 1].
        where: `[H, W]`, true where nothing is to be seen.

    Returns:
        A masked `[H, W]`, or `[H, W, 4]` with transparency.
    """
    if picture.ndim == 2:
        return np.ma.masked_where(where, picture)
    return np.dstack([picture, ~where])


def require_images(images: Tensor, who: str) -> None:
    """Refuse what cannot be shown: images of another type, shape or range.

    Args:
        images: what should be `[N, C, H, W]` in [-1, 1], C = 1 or 3.
        who: which function needs them, for the error message.
    """
    check_images(images, f"{who} needs values")
    shape = list(images.shape)
    if images.ndim != 4 or images.shape[1] not in (1, 3) or not images.numel():
        raise ValueError(
            f"{who} needs images [N, C, H, W] with C = 1 or 3 and N > 0, got {shape}: "
            "reshape flat vectors first."
        )
