"""Pictures as light as they can be without losing a pixel: lossless WebP for PNG, fetched when they come near.

Each also gets its size, so that the text below it does not jump when it arrives. The notebooks keep
their PNG; nothing but what a browser fetches changes.
"""

import base64
import io
import re
from pathlib import Path

from PIL import Image
from sphinx.application import Sphinx

PICTURE = re.compile(r'<img\b[^>]*?\bsrc="([^"]*?_images/([^"/]+\.png))"[^>]*>')
EMBEDDED = re.compile(r"data:image/png;base64,([A-Za-z0-9+/=]+)")


def as_webp(picture: Image.Image) -> bytes:
    """Return a picture as lossless WebP; transparency stays where there is any."""
    transparent = picture.convert("RGBA").getextrema()[3][0] < 255
    buffer = io.BytesIO()
    picture.convert("RGBA" if transparent else "RGB").save(
        buffer, "WEBP", lossless=True, exact=True, method=4
    )
    return buffer.getvalue()


def embedded(match: re.Match) -> str:
    """Return the address of an embedded picture, lighter if it can be."""
    content = base64.b64decode(match[1])
    with Image.open(io.BytesIO(content)) as picture:
        lighter = as_webp(picture)
    if len(lighter) >= len(content):
        return match[0]
    return f"data:image/webp;base64,{base64.b64encode(lighter).decode()}"


def written(source: Path, target: Path) -> bool:
    """Write a picture as WebP where that is lighter and not done yet; return whether it is there."""
    if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
        with Image.open(source) as picture:
            content = as_webp(picture)
        if len(content) >= source.stat().st_size:
            return False
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return True


def lighten(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Change the pictures of a page's content; the first of them is not put off."""
    if "body" not in context or app.builder.format != "html":
        return
    sources = {names[-1]: Path(app.srcdir) / file for file, names in app.env.images.items()}
    folder = Path(app.outdir) / app.builder.imagedir
    seen = 0

    def lighter(match: re.Match) -> str:
        nonlocal seen
        seen += 1
        tag, address, name = match[0], match[1], match[2]
        if name not in sources:
            return tag
        with Image.open(sources[name]) as picture:
            width, height = picture.size
        if written(sources[name], (folder / name).with_suffix(".webp")):
            tag = tag.replace(address, address.removesuffix(".png") + ".webp")
        more = "" if re.search(r'\b(width|style)="', tag) else f' width="{width}" height="{height}"'
        more += ' loading="lazy"' if seen > 1 and "loading=" not in tag else ""
        return re.sub(r"<img\b", f"<img{more}", tag, count=1)

    context["body"] = EMBEDDED.sub(embedded, PICTURE.sub(lighter, context["body"]))


def setup(app: Sphinx) -> dict:
    """Register with Sphinx, after the extensions that put pictures into pages."""
    app.connect("html-page-context", lighten, priority=800)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
