"""What stands at the root of the book: the cover itself, the page for a wrong address, files for robots.

`index.html` is the cover, with its links as seen from the root. `404.html` needs no other file and has
whole addresses, since GitHub shows it at any depth. `sitemap.xml` lists every page made from a source,
with the date of its last change; it can only be written where the book has an address.
"""

import posixpath
import re
import sys
from html import escape
from pathlib import Path
from string import Template
from xml.sax.saxutils import escape as xml_escape

from sphinx.application import Sphinx

sys.path.append(str(Path(__file__).resolve().parents[1]))

from chapters import parts
from course_map import read_chapter
from page_head import address_of, changed_on

TAG = re.compile(r"<[a-zA-Z][^<>]*>")
LINK = re.compile(r'(?<=\s)(href|src|srcset|action|poster|data-[\w-]+)="([^"]*)"')
ELSEWHERE = re.compile(r"[a-z][a-z+.-]*:|[#/]|$", re.IGNORECASE)
NOT_FOUND = Template((Path(__file__).with_name("not_found.html")).read_text(encoding="utf-8"))


def seen_from_root(html: str, folder: str) -> str:
    """Return a page of a folder as it has to be written to stand at the root."""

    def at_root(target: str) -> str:
        if ELSEWHERE.match(target):
            return target
        path, rest = re.match(r"([^?#]*)(.*)", target, re.DOTALL).groups()
        root = posixpath.normpath(posixpath.join(folder, path))
        return ("./" if root == "." else root) + rest

    def moved(match: re.Match) -> str:
        name, target = match[1], match[2]
        if name == "srcset":
            target = ", ".join(at_root(choice) for choice in re.split(r",\s+", target))
        elif not name.startswith("data-") or target.startswith("../"):
            target = at_root(target)
        return f'{name}="{target}"'

    return TAG.sub(lambda tag: LINK.sub(moved, tag[0]), html)


def write_cover(app: Sphinx, out: Path) -> None:
    """Write the cover as the page at the book's bare address."""
    root = app.config.root_doc
    html = (out / f"{root}.html").read_text(encoding="utf-8")
    html = seen_from_root(html, posixpath.dirname(root))
    (out / "index.html").write_text(html, encoding="utf-8")


def write_not_found(app: Sphinx, out: Path) -> None:
    """Write the page that GitHub shows for an address where nothing stands."""
    base, root = app.config.html_baseurl, Path(app.srcdir)
    listed = "".join(
        f'<li><a href="{base}book/{entry["file"]}.html">{int(entry["file"][:2])}. '
        f"{escape(read_chapter(root / 'book' / (entry['file'] + '.ipynb')).title)}</a></li>"
        for part in parts(root)
        for entry in part["chapters"]
    )
    book = escape(app.config.html_title or app.config.project)
    text = NOT_FOUND.substitute(book=book, base=base, home=base or "index.html", chapters=listed)
    (out / "404.html").write_text(text, encoding="utf-8")


def write_sitemap(app: Sphinx, out: Path) -> None:
    """Write the list of pages for search engines."""
    entries = []
    for page in sorted(app.env.found_docs):
        changed = changed_on(app, page)
        date = f"<lastmod>{changed.isoformat()}</lastmod>" if changed else ""
        entries.append(f"  <url><loc>{xml_escape(address_of(app, page))}</loc>{date}</url>\n")
    text = (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        f"{''.join(entries)}</urlset>\n"
    )
    (out / "sitemap.xml").write_text(text, encoding="utf-8")


def write(app: Sphinx, exception: Exception | None) -> None:
    """Write all of them when the pages stand."""
    if exception is not None or app.builder.name != "html":
        return
    out, base = Path(app.outdir), app.config.html_baseurl
    write_cover(app, out)
    write_not_found(app, out)
    robots = "User-agent: *\nAllow: /\n"
    if base:
        write_sitemap(app, out)
        robots += f"Sitemap: {base}sitemap.xml\n"
    (out / "robots.txt").write_text(robots, encoding="utf-8")


def setup(app: Sphinx) -> dict:
    """Register with Sphinx, after everything that changes written pages."""
    app.connect("build-finished", write, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
