"""Films of generated images: GIF always, MP4 where ffmpeg is installed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
from torch import Tensor

RATE = 20  # pictures a second; GIF counts in hundredths, so that 24 would come out as 25
WIDTH = 256  # pixels, up to which small images are enlarged


def frames_of(images: Tensor, columns: int) -> list[np.ndarray]:
    """Lay out the images of each moment side by side, enlarged by whole pixels.

    Args:
        images: `[T, K, C, H, W]` in [-1, 1], K images for each of T moments, C = 1 or 3.
        columns: images per row.

    Returns:
        T pictures, uint8 `[H', W']` for C = 1, else `[H', W', 3]`.
    """
    from ..plots.images import mosaic

    columns = min(columns, images.shape[1])
    factor = max(1, WIDTH // (images.shape[-1] * columns))
    pictures = []
    for moment in images.clamp(-1, 1).cpu():
        larger = moment.repeat_interleave(factor, 2).repeat_interleave(factor, 3)
        pictures.append((mosaic(larger, columns) * 255).round().astype("uint8"))
    return pictures


def check_can_film(path: Path) -> None:
    """Raise a ValueError if a film of this name cannot be made on this machine."""
    if path.suffix != ".mp4":
        return
    from matplotlib.animation import FFMpegWriter

    if not FFMpegWriter.isAvailable():
        raise ValueError(
            f"{path} needs ffmpeg, which is not installed here: install it, or name a .gif."
        )


def write_film(pictures: list[np.ndarray], path: Path) -> None:
    """Write pictures as a film that plays at 20 a second, a GIF for ever.

    Args:
        pictures: uint8 `[H, W]` or `[H, W, 3]`, all of one shape.
        path: a `.gif` or `.mp4`; its folder is made if it is missing.

    Raises:
        OSError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    (_write_gif if path.suffix == ".gif" else _write_mp4)(pictures, path)


def _write_gif(pictures: list[np.ndarray], path: Path) -> None:
    from PIL import Image

    first, *others = map(Image.fromarray, pictures)
    first.save(path, save_all=True, append_images=others, duration=1000 // RATE, loop=0)


def _write_mp4(pictures: list[np.ndarray], path: Path) -> None:
    from matplotlib.animation import FFMpegWriter
    from matplotlib.figure import Figure

    height, width = pictures[0].shape[:2]
    figure = Figure(figsize=(width / 100, height / 100), dpi=100)
    shown = figure.figimage(pictures[0], cmap="gray", vmin=0, vmax=255)  # pixel by pixel
    writer = FFMpegWriter(fps=RATE)
    try:
        with writer.saving(figure, path, dpi=100):
            for picture in pictures:
                shown.set_data(picture)
                writer.grab_frame()
    except (subprocess.CalledProcessError, BrokenPipeError) as error:
        raise OSError(f"ffmpeg could not write {path}: name a .gif instead.") from error
