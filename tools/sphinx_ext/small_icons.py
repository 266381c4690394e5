"""The icons that the theme shows, as one small style sheet made at build: `icons.css`.

The theme would load two web fonts with every icon of Font Awesome, and half a megabyte of script that
draws the same ones. `icons.css` declares the fonts again, with the outlines that are used and no others;
so they are part of it, and need no request of their own.
"""

import base64
import io
import re
from pathlib import Path

import pydata_sphinx_theme
from fontTools import subset
from fontTools.ttLib import TTFont
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

STATIC = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static"
FONTS = (
    ("Font Awesome 6 Free", 900, "fa-solid-900"),
    ("Font Awesome 6 Brands", 400, "fa-brands-400"),
)
# By their classes: `fa-sun`. Others, of boxes for example, stand in the theme's variables.
NAMES = (
    *(
        "angle-left",
        "angle-right",
        "arrow-up",
        "bars",
        "chevron-down",
        "circle-half-stroke",
        "code",
    ),
    *("download", "expand", "file", "file-pdf", "github", "lightbulb", "list", "magnifying-glass"),
    *("moon", "pencil", "play", "rocket", "sun", "xmark"),
)
OF_VARIABLES = re.compile(r'--pst-icon-[\w-]+:"(.)"')


def codes(css: str) -> set[int]:
    """Return the characters by which the theme's style sheet shows the icons.

    Raises:
        ExtensionError: the theme has no icon of one of the names.
    """
    found = {ord(sign) for sign in OF_VARIABLES.findall(css)}
    for name in NAMES:
        match = re.search(rf'\.fa-{name}:before[^{{}}]*\{{content:"\\([0-9a-f]+)"\}}', css)
        if match is None:
            raise ExtensionError(f"small_icons: the theme has no icon {name!r}")
        found.add(int(match[1], 16))
    return found | {0xF107}  # the theme's arrow beside "On this page"


def reduced(file: Path, characters: set[int]) -> bytes:
    """Return a font with the outlines of some characters only, as WOFF."""
    font = TTFont(file)
    worker = subset.Subsetter(subset.Options(layout_features=[], notdef_outline=False))
    worker.populate(unicodes=characters)
    worker.subset(font)
    font.flavor = "woff"
    buffer = io.BytesIO()
    font.save(buffer)
    return buffer.getvalue()


def style_sheet() -> str:
    """Return the declarations of the reduced fonts."""
    css = (STATIC / "styles" / "pydata-sphinx-theme.css").read_text(encoding="utf-8")
    used = codes(css)
    faces = []
    for family, weight, name in FONTS:
        file = STATIC / "vendor" / "fontawesome" / "webfonts" / f"{name}.ttf"
        data = base64.b64encode(reduced(file, used)).decode()
        faces.append(
            f'@font-face{{font-family:"{family}";font-weight:{weight};font-display:block;'
            f'src:url(data:font/woff;base64,{data}) format("woff")}}\n'
        )
    return "".join(faces)


def write(app: Sphinx) -> None:
    """Write the style sheet where the pages look for it."""
    if app.builder.format == "html":
        folder = Path(app.outdir) / "_static"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "icons.css").write_text(style_sheet(), encoding="utf-8")


def setup(app: Sphinx) -> dict:
    """Register with Sphinx; the sheet comes after the theme's, and so is the one that counts."""
    app.add_css_file("icons.css")
    app.connect("builder-inited", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
