"""Make the pictures of the cover and the course map from the course's own stored models.

    python tools/make_cover.py

Writes `book/_static/cover/*.png`. Each picture is a sample, a stored run or an exact computation, the
same at every run. Its text for readers who do not see it stands in `book/chapters.yml`.
"""

import io
from functools import partial
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from gan_course import Normal, generate
from gan_course.checkpoint import load_generator
from gan_course.data import digits
from gan_course.divergences import optimal_discriminator, wasserstein_lp
from gan_course.networks import ConditionalBatchNorm2d, dcgan_generator, mlp_generator
from gan_course.plots import style
from gan_course.stored import load_run, model_path

FOLDER = Path(__file__).resolve().parents[1] / "book" / "_static" / "cover"
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


def banner() -> Image.Image:
    """The cover's band: the ten digits in ten handwritings, two to a row."""
    return tiles(by_class(rows=10, seed=4), columns=20, scale=2)


def background() -> Image.Image:
    """Real digits and generated ones, mixed: which are which?"""
    G = load_generator(dcgan_generator(64, (1, 16, 16), 16), model_path("04_digits.pt"))
    count = 32
    fake = generate(G, Normal(64), count // 2, seed=3)
    real = digits(16).x[: count // 2]
    order = torch.randperm(count, generator=torch.Generator().manual_seed(1))
    return fitted(tiles(torch.cat([real, fake])[order], columns=8, scale=3, gap=3))


def value_function() -> Image.Image:
    """Two densities and the best discriminator between them."""
    x = np.linspace(-4, 4, 400)
    p, q = (np.exp(-((x - mean) ** 2) / 2) / np.sqrt(2 * np.pi) for mean in (-1, 1))
    figure, ax = plane()
    for density, colour in ((p, style.REAL), (q, style.FAKE)):
        ax.fill_between(x, density, color=colour, alpha=0.25)
        ax.plot(x, density, color=colour)
    ax.plot(x, 0.42 * optimal_discriminator(p, q), color=style.D, linewidth=2.5)
    return drawn(figure)


def vanilla() -> Image.Image:
    """Samples over the first thousand steps of training on a ring, from grey to vermilion."""
    frames = load_run("03_watch")["data"]["frames"]
    figure, ax = plane()
    for step, colour in (("0", "#BBBBBB"), ("300", "#F0B48A"), ("1000", style.FAKE)):
        ax.scatter(*np.array(frames[step]).T, s=9, color=colour, linewidths=0)
    angles = np.arange(8) * np.pi / 4
    ax.scatter(np.cos(angles), np.sin(angles), s=160, facecolors="none", edgecolors=style.REAL)
    ax.set(xlim=(-2.4, 2.4), ylim=(-1.35, 1.35))
    return drawn(figure)


def dcgan() -> Image.Image:
    """Glyphs by chapter 4's convolutional generator."""
    G = load_generator(dcgan_generator(48, GLYPH, 12), model_path("04_glyphs.pt"))
    return fitted(tiles(generate(G, Normal(48), 28, seed=2), columns=7, scale=2))


def cgan() -> Image.Image:
    """Ten columns, one for each digit that was asked for."""
    return fitted(tiles(by_class(rows=6, seed=9), columns=10, scale=1, gap=5))


def wgan() -> Image.Image:
    """Fourteen points, fourteen others, and the cheapest way from these to those."""
    random = np.random.default_rng(5)
    x = random.normal((-1.4, 0), (0.5, 0.45), (14, 2))
    y = random.normal((1.4, 0), (0.35, 0.6), (14, 2))
    cost = np.linalg.norm(x[:, None] - y[None], axis=2)
    even = np.full(14, 1 / 14)
    plan = wasserstein_lp(even, even, cost).plan
    figure, ax = plane()
    for i, j in zip(*np.nonzero(plan > 1e-9)):
        ax.plot(*np.stack([x[i], y[j]]).T, color=style.QUIET, linewidth=1)
    ax.scatter(*x.T, color=style.REAL, s=45, zorder=3)
    ax.scatter(*y.T, color=style.FAKE, s=45, marker="s", zorder=3)
    return drawn(figure)


def evaluation() -> Image.Image:
    """Four generators, a row of samples each: whose are better?"""
    rivals = [
        (mlp_generator(48, GLYPH, (64, 60)), "07_perceptron.pt"),
        (dcgan_generator(48, GLYPH, 12), "07_convolutional.pt"),
        (dcgan_generator(48, GLYPH, 12), "07_wasserstein_gp.pt"),
        (dcgan_generator(48, GLYPH, 12), "04_glyphs.pt"),
    ]
    loaded = [load_generator(G, model_path(file)) for G, file in rivals]
    rows = [generate(G, Normal(48), 7, seed=1) for G in loaded]
    return fitted(tiles(torch.cat(rows), columns=7, scale=2))


PICTURES = {
    "banner": banner,
    "01": background,
    "02": value_function,
    "03": vanilla,
    "04": dcgan,
    "05": cgan,
    "06": wgan,
    "07": evaluation,
}


def main() -> None:
    """Make all pictures."""
    FOLDER.mkdir(exist_ok=True)
    for name, picture in PICTURES.items():
        picture().save(FOLDER / f"{name}.png", optimize=True)
        print(f"{name}.png: {(FOLDER / f'{name}.png').stat().st_size / 1000:.0f} KB")


if __name__ == "__main__":
    main()
