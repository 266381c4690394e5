"""Letters and digits drawn from matplotlib's own fonts: labelled images without a download."""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from ..arguments import is_whole, shown, torch_generator
from .dataset import Dataset

# Only fonts whose characters really are the letters and digits of their code: some of
# matplotlib's mathematical fonts draw other shapes there, which would make wrong labels.
FONTS = (
    *("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSans-BoldOblique"),
    *("DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSerif-Italic", "DejaVuSerif-BoldItalic"),
    *("DejaVuSansMono", "DejaVuSansMono-Bold"),
    *("DejaVuSansMono-Oblique", "DejaVuSansMono-BoldOblique"),
    *("STIXGeneral", "STIXGeneralBol", "STIXGeneralItalic", "STIXGeneralBolIta"),
    *("cmr10", "cmb10", "cmss10", "cmti10", "cmtt10"),
)
RASTER = 128  # side in pixels of the drawing from which distances are measured
GLYPH = 96  # longer side of the glyph in it; the margin leaves room for heavier strokes
DIRECTIONS = 32  # in which the reach of a glyph is measured, to fit it into the frame
CHUNK = 2048  # images warped at once, to bound memory at about 50 MB


def glyphs(
    n: int = 20_000, size: int = 32, characters: str = "0123456789", seed: int = 0
) -> Dataset:
    """Draw characters in random font, slant, weight and affine warp, filling the frame.

    Each (font, character) is drawn once and turned into a signed distance d to its outline
    (Green 2007, "Improved alpha-tested magnification"). A pixel's brightness is then
    clip(1/2 + d + w, 0, 1), with d at the warped position and the weight w in pixels: outlines
    stay sharp under any warp, and w thickens strokes.

    Args:
        n: number of images; the classes are balanced to within one.
        size: side of the square images in pixels, at least 8.
        characters: distinct ASCII letters and digits, one class each. Every glyph fills the frame,
            so letters that differ only in size, as "o" and "O", look alike.
        seed: fixes the images; torch's global random state is left alone.

    Returns:
        `n` white-on-black images uint8 [n, 1, size, size] in random order with labels, and the
        factors `font` (int64, position in `FONTS`), `slant` (leaning right, tangent of the angle),
        `weight` (what each side of a stroke gained, as a share of the glyph's size), `rotation`
        (radians, clockwise) and `fill` (longer side as a share of the frame).

    Raises:
        ValueError: n < 1, size < 8, or characters other than distinct ASCII letters and digits.
    """
    check_glyphs(n, size, characters)
    generator = torch_generator(seed)
    y = torch.randperm(n, generator=generator) % len(characters)
    factors = random_style(n, generator)
    stored = draw_glyphs(characters, y, factors, size, generator)
    return Dataset("glyphs", stored, y, tuple(characters), factors)


def draw_glyphs(
    characters: str,
    y: Tensor,
    style: dict[str, Tensor],
    size: int,
    generator: torch.Generator,
) -> Tensor:
    """Draw one glyph for each row of a style; stretch and place are drawn anew.

    Args:
        characters: K letters and digits.
        y: which of them, int64 `[n]`.
        style: as `random_style` returns it.
        size: side of the images in pixels.
        generator: of stretch and place.

    Returns:
        White-on-black images uint8 `[n, 1, size, size]`.
    """
    distances, corners = draw_masters(characters)  # [F K, R, R], [F K, DIRECTIONS, 2]
    which = style["font"] * len(characters) + y  # [n]
    theta, scale = _warp(corners[which], style, generator)
    parts = [
        _render(distances[which[k]], theta[k], scale[k], style["weight"][k], size)
        for k in torch.arange(len(y)).split(CHUNK)
    ]
    return torch.cat(parts)


def draw_masters(characters: str) -> tuple[Tensor, Tensor]:
    """Draw every character in every font, as signed distances to the outline.

    Args:
        characters: K letters and digits.

    Returns:
        distances float32 [F K, 64, 64], positive inside, and the glyphs' outermost points (x, y)
        float32 [F K, 32, 2], y down; both in units of the glyph's longer side. Fonts change slowest.
    """
    from matplotlib import get_data_path
    from PIL import ImageFont

    folder = Path(get_data_path()) / "fonts" / "ttf"
    drawn = []
    for name in FONTS:
        path = str(folder / f"{name}.ttf")
        font = ImageFont.truetype(path, GLYPH, layout_engine=ImageFont.Layout.BASIC)
        drawn += [_draw(font, character) for character in characters]
    distances = torch.stack([_signed_distance(inside) for inside in drawn]) / GLYPH
    corners = torch.stack([_corners(inside) for inside in drawn]) / GLYPH
    return F.avg_pool2d(distances, 2), corners


def _draw(font, character: str) -> Tensor:
    """One glyph, its longer side GLYPH pixels, centred: bool [RASTER, RASTER]."""
    import numpy as np
    from PIL import Image, ImageDraw, ImageOps

    image = Image.new("L", (3 * GLYPH, 3 * GLYPH))
    ImageDraw.Draw(image).text((GLYPH, GLYPH), character, fill=255, font=font)
    image = ImageOps.pad(image.crop(image.getbbox()), (GLYPH, GLYPH))
    image = ImageOps.expand(image, (RASTER - GLYPH) // 2)
    return torch.from_numpy(np.asarray(image) > 127)


def _signed_distance(inside: Tensor) -> Tensor:
    """Distance in pixels to the outline, positive inside: bool to float32 [RASTER, RASTER]."""
    from scipy.ndimage import distance_transform_edt

    mask = inside.numpy()
    # The transform measures to the nearest pixel of the other kind, half a pixel too far.
    signed = distance_transform_edt(mask) - distance_transform_edt(~mask) + (0.5 - mask)
    return torch.from_numpy(signed).float()


def _corners(inside: Tensor) -> Tensor:
    """Return the farthest inside pixel in every direction, from the centre: [DIRECTIONS, 2]."""
    angle = torch.arange(DIRECTIONS) * (2 * torch.pi / DIRECTIONS)
    points = inside.nonzero().flip(1) - (RASTER - 1) / 2  # [P, 2] as (x, y)
    reach = points @ torch.stack([angle.cos(), angle.sin()])  # [P, DIRECTIONS]
    return points[reach.argmax(0)]


def _uniform(n: int, low: float, high: float, generator: torch.Generator) -> Tensor:
    return low + (high - low) * torch.rand(n, generator=generator)


def random_style(n: int, generator: torch.Generator) -> dict[str, Tensor]:
    """Draw the five factors of `glyphs` for n images, `[n]` each."""
    return {
        "font": torch.randint(len(FONTS), (n,), generator=generator),
        "slant": _uniform(n, -0.2, 0.25, generator),
        "weight": _uniform(n, 0.0, 0.025, generator),
        "rotation": _uniform(n, -0.12, 0.12, generator),
        "fill": _uniform(n, 0.72, 0.9, generator),
    }


def _warp(
    corners: Tensor, style: dict[str, Tensor], generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Map of the frame [-1, 1]^2 into the masters, and glyph sizes in frame units."""
    n = len(corners)
    matrix = _matrix(style, torch.exp(_uniform(n, -0.15, 0.15, generator)))  # [n, 2, 2]
    reach = corners @ matrix.mT  # [n, DIRECTIONS, 2], warped
    low, high = reach.amin(1), reach.amax(1)
    edge = 0.5 / GLYPH + style["weight"][:, None]  # from the last pixel's centre to the outline
    half = (high - low) / 2 + edge  # [n, 2]
    scale = style["fill"] / half.amax(1)  # frame units per glyph size
    slack = (0.96 - half * scale[:, None]).clamp(0, 0.12)  # stay in the frame, near its centre
    shift = slack * (2 * torch.rand(n, 2, generator=generator) - 1)
    shift = shift - (low + high) / 2 * scale[:, None]
    back = torch.linalg.inv(matrix) / scale[:, None, None]  # frame to glyph
    theta = torch.cat([back, -back @ shift[:, :, None]], 2) * (2 * GLYPH / RASTER)
    return theta, scale  # [n, 2, 3], [n]


def _matrix(style: dict[str, Tensor], aspect: Tensor) -> Tensor:
    """Rotation times slant times stretch, of determinant 1: [n, 2, 2]."""
    cos, sin, slant = style["rotation"].cos(), style["rotation"].sin(), style["slant"]
    one, zero = torch.ones_like(slant), torch.zeros_like(slant)
    turn = torch.stack([cos, -sin, sin, cos], 1).view(-1, 2, 2)
    shear = torch.stack([one, -slant, zero, one], 1).view(-1, 2, 2)  # y points down
    return turn @ shear @ torch.diag_embed(torch.stack([aspect.sqrt(), aspect.rsqrt()], 1))


def _render(distances: Tensor, theta: Tensor, scale: Tensor, weight: Tensor, size: int) -> Tensor:
    """Warp distances [n, R, R] and shade them: uint8 [n, 1, size, size]."""
    grid = F.affine_grid(theta, [len(theta), 1, size, size], align_corners=False)
    moved = F.grid_sample(distances[:, None], grid, padding_mode="border", align_corners=False)
    pixels = (scale * size / 2).view(-1, 1, 1, 1)  # per glyph size
    light = (0.5 + (moved + weight.view(-1, 1, 1, 1)) * pixels).clamp(0, 1)
    return light.mul(255).round().to(torch.uint8)


def check_glyphs(n: int, size: int, characters: str, who: str = "glyphs") -> None:
    """Raise ValueError for a number, a size or characters that cannot be drawn."""
    if not (is_whole(n) and n >= 1 and is_whole(size) and size >= 8):
        raise ValueError(
            f"{who} needs whole numbers n >= 1 and size >= 8, got n = {shown(n)} and "
            f"size = {shown(size)}."
        )
    allowed = isinstance(characters, str) and characters.isascii() and characters.isalnum()
    if not allowed or len(set(characters)) != len(characters):
        raise ValueError(f"characters must be distinct ASCII letters and digits: {characters!r}.")
