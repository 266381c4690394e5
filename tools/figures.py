"""What the book keeps of a figure: a sharp PNG for any Jupyter, and beside it the drawing as SVG.

The runner of the notebooks lets `keep_drawings` loose in each kernel. From then on a figure's PNG has
two pixels where the page has one, and carries in its metadata, packed, the same figure as an SVG,
which the rendered pages show, light or `dark`. Both come from one run, as do the numbers printed
beside them. GitHub and a Jupyter that does not trust the notebook show no SVG, so the PNG stays.
"""

import base64
import io
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

PIXELS = 110 / 72  # of the page for a point, as in gan_course.plots.style
COLORS = 64  # of the PNG: shades of grey for the digits, edges of some six hues, and no large file
AS_IS = "as-is"  # what a group of the SVG is called whose colours are data
KEY = "gan_course"  # of an output's metadata

# The colours of gan_course.plots.style on a dark page; a test sees to their contrast.
PAPER = "#121212"
DARK = {
    "#ffffff": PAPER,
    "#000000": "#e6e8eb",
    "#2b2b2b": "#e6e8eb",  # theory
    "#8a8a8a": "#9aa3ad",  # quiet
    "#e4e4e4": "#333a44",  # grid
    "#0072b2": "#5cb3f0",  # real
    "#d55e00": "#f58d3d",  # fake
    "#009e73": "#3fc7a4",  # D
    "#c06aa0": "#d79bc6",  # G
    "#56b4e9": "#a8dcff",
    "#e69f00": "#f5c451",
}
COLOR = re.compile(r"#[0-9a-f]{6}\b")
TAG = re.compile(r"<(/?)(\w+)([^>]*?)(/?)>")
NUMBER = re.compile(r"-?\d+\.\d{3,}")
EMBEDDED = re.compile(r"base64,\s*([A-Za-z0-9+/=\s]+)")
DRAWN = re.compile(r'\b(d|x|y|width|height|viewBox|transform)="([^"]*)"')


def keep_drawings() -> None:
    """Let every figure of this kernel carry its drawing, and say what runs through its legend."""
    import matplotlib_inline.backend_inline  # noqa: F401, otherwise it would undo what follows
    from IPython import get_ipython
    from legends import crossings
    from matplotlib.figure import Figure

    import gan_course.plots  # noqa: F401, its style is in force before the first figure

    def carrying(figure: Figure) -> tuple[bytes, dict]:
        crossed = list(crossings(figure))
        content, width, height = png(figure)
        drawing = {"svg": pack(svg(figure))} | ({"crossed": crossed} if crossed else {})
        return content, {"width": width, "height": height, KEY: drawing}

    get_ipython().display_formatter.formatters["image/png"].for_type(Figure, carrying)


def png(figure) -> tuple[bytes, int, int]:
    """Return a figure with two pixels for one of the page, in few colours, and its size on the page."""
    from PIL import Image

    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", bbox_inches="tight", dpi=2 * figure.dpi)
    picture = Image.open(buffer).convert("RGB")
    buffer = io.BytesIO()
    few = picture.quantize(COLORS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(buffer, "PNG", optimize=True)
    return buffer.getvalue(), round(picture.width / 2), round(picture.height / 2)


def svg(figure) -> str:
    """Return a figure as a small SVG of its size on the page; text is drawn, pictures keep their pixels."""
    pictures = [image for ax in figure.axes for image in ax.images]
    nearest = [image for image in pictures if image.get_interpolation() == "nearest"]
    marked = {artist: f"{AS_IS}-{i}" for i, artist in enumerate(over_pictures(figure))}
    for image in nearest:
        image.set_interpolation("none")
    for artist, name in marked.items():
        artist.set_gid(name)
    buffer = io.StringIO()
    figure.savefig(
        buffer, format="svg", bbox_inches="tight", dpi=2 * figure.dpi, metadata={"Date": None}
    )
    for image in nearest:
        image.set_interpolation("nearest")
    for artist in marked:
        artist.set_gid(None)
    return smaller(buffer.getvalue())


def over_pictures(figure) -> Iterator:
    """Yield what is drawn on a picture, a map or its colour bar: there, white stays white."""
    from matplotlib.collections import QuadMesh
    from matplotlib.contour import ContourSet
    from matplotlib.text import Text

    for ax in figure.axes:
        bands = [c for c in ax.collections if isinstance(c, ContourSet) and c.filled]
        if not ax.images and not bands and not any(isinstance(c, QuadMesh) for c in ax.collections):
            continue
        paper = [ax.patch] * bool(bands)  # of translucent colours: it is seen through them
        for artist in [*paper, *ax.images, *ax.collections, *ax.lines, *ax.patches, *ax.texts]:
            if not isinstance(artist, Text) or ax.bbox.contains(*middle(artist)):
                yield artist


def middle(artist) -> tuple[float, float]:
    """Return where a text has its middle, in pixels."""
    box = artist.get_window_extent()
    return (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2


def smaller(text: str) -> str:
    """Return matplotlib's SVG without what no reader sees, in hundredths of a point."""
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", text, flags=re.DOTALL)
    text = DRAWN.sub(lambda match: f'{match[1]}="{rounded(match[2])}"', text)
    text = EMBEDDED.sub(lambda match: f"base64,{without_waste(match[1])}", text)
    text = re.sub(r">\s+<", "><", text)
    *_, width, height = map(float, re.search(r'viewBox="([^"]*)"', text)[1].split())
    size = f'width="{round(width * PIXELS)}" height="{round(height * PIXELS)}"'
    return re.sub(r'width="[^"]*pt" height="[^"]*pt"', size, text, count=1)


def without_waste(encoded: str) -> str:
    """Return an embedded PNG in fewer bytes: grey as grey, opaque as opaque, colours in 64 levels.

    No eye tells a level from its neighbours, but their last bits are noise, which no PNG makes small.
    """
    from PIL import Image

    picture = Image.open(io.BytesIO(base64.b64decode(encoded))).convert("RGBA")
    red, green, blue, alpha = picture.split()
    grey = red.tobytes() == green.tobytes() == blue.tobytes()
    opaque = alpha.getextrema()[0] == 255
    picture = picture.convert(("L" if grey else "RGB") + ("" if opaque else "A"))
    if not grey:
        picture = picture.point(lambda value: min(255, 4 * round(value / 4)))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return base64.b64encode(buffer.getvalue()).decode()


def rounded(numbers: str) -> str:
    """Return the numbers of a path or a place in hundredths, factors near or below one more exactly."""

    def short(match: re.Match) -> str:
        value = float(match[0])
        return f"{value:.2f}".rstrip("0").rstrip(".") if abs(value) > 2 else f"{value:.4g}"

    return " ".join(NUMBER.sub(short, numbers).split())


def dark(text: str) -> str:
    """Return the SVG for a dark page: other colours for all but pictures and what is drawn on them."""
    parts, end, depth, kept = [], 0, 0, None
    for tag in TAG.finditer(text):
        closing, name, attributes, alone = tag.groups()
        parts.append(text[end : tag.start()])
        end = tag.end()
        if name == "g" and not closing and not alone:
            depth += 1
            if kept is None and f'id="{AS_IS}-' in attributes:
                kept = depth
        as_it_is = kept is not None or name == "image"
        whole = tag[0] if as_it_is else COLOR.sub(lambda color: darker(color[0]), tag[0])
        if depth == 1 and whole == '<g id="figure_1">':  # what names no colour is ink
            whole = f'<g id="figure_1" fill="{DARK["#000000"]}">'
        elif kept == depth and not closing and name == "g":
            whole = whole.replace("<g", '<g fill="#000000"', 1)
        parts.append(whole)
        if name == "g" and closing:
            if kept == depth:
                kept = None
            depth -= 1
    return "".join(parts) + text[end:]


def darker(color: str) -> str:
    """Return what stands for a colour on a dark page: grey and tints as far from it as they were from white."""
    if color in DARK:
        return DARK[color]
    paper = [int(PAPER[i : i + 2], 16) for i in (1, 3, 5)]
    rgb = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
    grey = max(rgb) - min(rgb) < 12
    if grey:  # from white to the paper, from black to the ink
        ink = [int(DARK["#000000"][i : i + 2], 16) for i in (1, 3, 5)]
        share = sum(rgb) / 3 / 255
        mixed = [share * p + (1 - share) * k for p, k in zip(paper, ink, strict=True)]
    else:  # the share of white in a tint becomes paper
        white = min(rgb) / 255
        mixed = [c - 255 * white + white * p for c, p in zip(rgb, paper, strict=True)]
    return "#" + "".join(f"{round(min(255, max(0, c))):02x}" for c in mixed)


def pack(text: str) -> str:
    """Return a text in few characters."""
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


def unpack(packed: str) -> str:
    """Return the text that was packed."""
    return zlib.decompress(base64.b64decode(packed)).decode()


def numbered(path: Path, cells: list) -> Iterator[tuple]:
    """Yield the cells of a chapter that draw a figure, each with the figure's number: "Figure 3.4"."""
    drawn = [cell for cell in cells if "figure" in cell["metadata"].get("mystnb", {})]
    for count, cell in enumerate(drawn, 1):
        yield cell, f"Figure {int(path.stem[:2])}.{count}"


def drawing(output: dict) -> dict:
    """Return what a stored output carries beside its PNG: its SVG, packed, and what crosses a legend."""
    return output.get("metadata", {}).get("image/png", {}).get(KEY, {})
