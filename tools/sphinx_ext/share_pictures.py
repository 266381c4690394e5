"""Draw the pictures that link previews show: the cover's, and one for each chapter.

Each has the chapter's title and line beside its own picture of the course map, which is a sample, a
stored run or an exact computation. They are drawn when a book with a public address is built, since a
preview's picture needs an absolute address.
"""

import sys
from pathlib import Path

import matplotlib
from PIL import Image, ImageDraw, ImageFont
from sphinx.application import Sphinx

sys.path.append(str(Path(__file__).resolve().parents[1]))

from course_map import read_chapter
from descriptions import of_chapters
from page_head import PICTURE, PICTURE_SIZE, SUBTITLE

PAPER, INK, QUIET, LINE = "#0f172a", "#f8fafc", "#cbd5e1", "#f59e0b"
MARGIN = 64


def font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """Return the font that comes with matplotlib, so that every machine draws the same."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(str(Path(matplotlib.get_data_path(), "fonts", "ttf", name)), size)


def broken(text: str, face: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """Return a text in lines that are no wider than this."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if face.getlength(longer) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def written(draw: ImageDraw.ImageDraw, at: tuple[int, int], lines: list[str], face, colour) -> int:
    """Write lines below each other; return where the next one would stand."""
    x, y = at
    for line in lines:
        draw.text((x, y), line, fill=colour, font=face)
        y += round(face.size * 1.28)
    return y


def card(title: str, line: str, book: str, picture: Image.Image) -> Image.Image:
    """Return the picture of a chapter: words on the left, its own picture on the right."""
    width, height = PICTURE_SIZE
    sheet = Image.new("RGB", PICTURE_SIZE, PAPER)
    draw = ImageDraw.Draw(sheet)
    shown = picture.convert("RGBA").convert("RGB").resize((576, 324), Image.Resampling.LANCZOS)
    sheet.paste(shown, (width - 576, (height - 324) // 2))
    room = width - 576 - 2 * MARGIN
    draw.rectangle((MARGIN, MARGIN, MARGIN + 72, MARGIN + 7), fill=LINE)
    size = next(s for s in (54, 48, 42, 36, 30) if _fits(title, s, room))
    heading = font(size, bold=True)
    y = written(draw, (MARGIN, MARGIN + 44), broken(title, heading, room), heading, INK)
    about = font(29)
    written(draw, (MARGIN, y + 24), broken(line, about, room), about, QUIET)
    draw.text((MARGIN, height - MARGIN - 26), book, fill=INK, font=font(24, bold=True))
    return _small(sheet)


def cover(book: str, line: str, banner: Image.Image) -> Image.Image:
    """Return the picture of the whole course: its title above the banner of generated digits."""
    width, height = PICTURE_SIZE
    sheet = Image.new("RGB", PICTURE_SIZE, PAPER)
    draw = ImageDraw.Draw(sheet)
    shown = (
        banner.convert("RGBA").convert("RGB").resize((width, width * banner.height // banner.width))
    )
    sheet.paste(shown, (0, height - shown.height))
    draw.rectangle((MARGIN, MARGIN, MARGIN + 72, MARGIN + 7), fill=LINE)
    y = written(draw, (MARGIN, MARGIN + 36), [book], font(72, bold=True), INK)
    face = font(33)
    written(draw, (MARGIN, y + 14), broken(line, face, width - 2 * MARGIN), face, QUIET)
    return _small(sheet)


def _fits(title: str, size: int, room: int) -> bool:
    face = font(size, bold=True)
    lines = broken(title, face, room)
    return len(lines) <= 4 and all(face.getlength(line) <= room for line in lines)


def _small(sheet: Image.Image) -> Image.Image:
    return sheet.quantize(64, dither=Image.Dither.NONE)


def pictures(root: Path, book: str) -> dict[str, Image.Image]:
    """Return all pictures by name: "cover", "03_vanilla_gan"."""
    folder = root / "book" / "_static" / "cover"
    drawn = {
        "cover": cover(book, SUBTITLE[0].upper() + SUBTITLE[1:], Image.open(folder / "banner.png"))
    }
    for page, entry in of_chapters(root).items():
        number = entry["file"][:2]
        title = f"{int(number)}. {read_chapter(root / f'{page}.ipynb').title}"
        own = Image.open(folder / f"{number}.png")
        drawn[entry["file"]] = card(title, f"{entry['about']}.", book, own)
    return drawn


def write(app: Sphinx, exception: Exception | None) -> None:
    """Write the pictures into a book that has an address."""
    if exception is not None or app.builder.name != "html" or not app.config.html_baseurl:
        return
    book = app.config.html_title or app.config.project
    for name, picture in pictures(Path(app.srcdir), book).items():
        path = Path(app.outdir) / PICTURE.format(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.save(path, optimize=True)


def setup(app: Sphinx) -> dict:
    """Register with Sphinx."""
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
