"""What the pictures of several chapters share: their size, tiles of images, figures without ticks."""

import io
from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from gan_course import Normal
from gan_course.checkpoint import load_generator
from gan_course.networks import ConditionalBatchNorm2d, dcgan_generator
from gan_course.stored import model_path

GLYPH = (1, 32, 32)
SIZE = (480, 270)  # of a chapter's picture, in pixels


def tiles(images: Tensor, columns: int, scale: int, gap: int = 2) -> Image.Image:
    """Return images [N, 1, H, W] in [-1, 1] side by side on black, enlarged without smoothing."""
    grey = ((images.detach().clamp(-1, 1) + 1) * 127.5).round().byte().squeeze(1).numpy()
    grey = grey.repeat(scale, axis=1).repeat(scale, axis=2)  # [N, scale H, scale W]
    grey = np.pad(grey, ((0, 0), (gap, gap), (gap, gap)))
    rows = grey.reshape(-1, columns, *grey.shape[1:]).transpose(0, 2, 1, 3)
    return Image.fromarray(rows.reshape(rows.shape[0] * rows.shape[1], -1))


def fitted(picture: Image.Image) -> Image.Image:
    """Return the picture in the middle of a black card."""
    card = Image.new(picture.mode, SIZE)
    card.paste(picture, ((SIZE[0] - picture.width) // 2, (SIZE[1] - picture.height) // 2))
    return card


def drawn(figure: plt.Figure) -> Image.Image:
    """Return a figure as a picture of a card's size."""
    figure.set_size_inches(SIZE[0] / 100, SIZE[1] / 100)
    file = io.BytesIO()
    figure.savefig(file, dpi=100)
    plt.close(figure)
    return Image.open(file).convert("P", palette=Image.Palette.ADAPTIVE, colors=128)


def plane() -> tuple[plt.Figure, plt.Axes]:
    """Return an empty figure without ticks."""
    figure, ax = plt.subplots()
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    return figure, ax


def conditional() -> nn.Module:
    """Return chapter 7's conditional generator of glyphs, as trained."""
    by_class = partial(ConditionalBatchNorm2d, classes=10)
    return load_generator(
        dcgan_generator(48, GLYPH, 12, norm=by_class), model_path("07_conditional.pt")
    )


def by_class(rows: int, seed: int) -> Tensor:
    """Return samples [10 rows, 1, 32, 32]: one column for each digit, one code z for each row."""
    torch.manual_seed(seed)
    z = Normal(48)(rows).repeat_interleave(10, dim=0)  # [10 rows, 48]
    with torch.no_grad():
        return conditional().eval()(z, torch.arange(10).repeat(rows))
