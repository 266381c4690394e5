"""What a page says about itself to search engines and link previews, and to a reader at its end.

Its title, its sentence (tools/descriptions.py), its picture and its address; its version and the date
of its last change (tools/dates.py). Pictures and addresses need to be absolute, so they are left out
where the book has no public address.
"""

import datetime
import re
import sys
from functools import cache
from html import escape, unescape
from pathlib import Path

from sphinx.application import Sphinx

sys.path.append(str(Path(__file__).resolve().parents[1]))

from dates import in_words, last_changes
from descriptions import description, of_chapters

SUBTITLE = "an open course on generative adversarial networks"
VIEWPORT = re.compile(r'<meta\b[^>]*\bname="viewport"[^>]*>\s*')
PICTURE = "_static/share/{}.png"
PICTURE_SIZE = (1200, 630)


@cache
def version(root: Path) -> str:
    """Return the version of course and package."""
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    return re.search(r'^version = "(.+)"', text, re.M)[1]


def source_of(app: Sphinx, page: str) -> str | None:
    """Return the file that a page is made from, by its path in the repository."""
    if page in app.env.found_docs:
        return Path(app.env.doc2path(page)).relative_to(app.srcdir).as_posix()
    name = page.removeprefix("_modules/")
    files = (f"{name}.py", f"{name}/__init__.py") if name != page else ()
    return next((file for file in files if (Path(app.srcdir) / file).is_file()), None)


def changed_on(app: Sphinx, page: str) -> datetime.date | None:
    """Return when a page changed last: its source, or what its source takes in."""
    dates = last_changes(Path(app.srcdir))
    files = [source_of(app, page) or "", *app.env.dependencies.get(page, ())]
    return max((dates[file] for file in files if file in dates), default=None)


def title_of(app: Sphinx, page: str, context: dict) -> str:
    """Return what a browser shows as the page's title."""
    book = app.config.html_title or app.config.project
    if page == app.config.root_doc:
        return f"{book}: {SUBTITLE}"
    title = unescape(re.sub(r"<[^>]+>", "", context.get("title", page)))
    return f"{title} \N{EM DASH} {book}"


def address_of(app: Sphinx, page: str) -> str:
    """Return the page's one address in the net, "" where the book has none: the cover's is the root."""
    base = app.config.html_baseurl
    if not base or page == app.config.root_doc:
        return base
    return base + app.builder.get_target_uri(page)


def picture_of(page: str, root: Path, cover: str) -> tuple[str, str]:
    """Return the name of a page's picture and the text for those who do not see it."""
    entry = of_chapters(root).get(page.replace("/solutions/", "/"))
    if entry is None:
        return "cover", f"{cover}: the title above a band of generated digits."
    return entry["file"], f"Chapter {int(entry['file'][:2])}. {entry['about']}. {entry['alt']}"


def tags(app: Sphinx, page: str, context: dict) -> list[tuple[str, str, str]]:
    """Return a page's tags: kind of name, name, content."""
    root, book = Path(app.srcdir), app.config.html_title or app.config.project
    sentence, address = description(page, context.get("meta"), root), address_of(app, page)
    kind = "website" if page == app.config.root_doc else "article"
    found = [
        ("name", "description", sentence),
        ("property", "og:title", title_of(app, page, context).split(" \N{EM DASH} ")[0]),
        ("property", "og:description", sentence),
        ("property", "og:type", kind),
        ("property", "og:site_name", book),
        ("property", "og:url", address),
    ]
    changed = changed_on(app, page)
    if changed and kind == "article":
        found.append(("property", "article:modified_time", changed.isoformat()))
    if not address:
        return [tag for tag in found if tag[2]]
    name, text = picture_of(page, root, book)
    return [tag for tag in found if tag[2]] + [
        ("property", "og:image", app.config.html_baseurl + PICTURE.format(name)),
        ("property", "og:image:width", str(PICTURE_SIZE[0])),
        ("property", "og:image:height", str(PICTURE_SIZE[1])),
        ("property", "og:image:alt", text),
        ("name", "twitter:card", "summary_large_image"),
    ]


def add_tags(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Give a page its tags, its title, its address, its version and its date."""
    lines = [
        f'<meta {kind}="{name}" content="{escape(text)}">'
        for kind, name, text in tags(app, page, context)
    ]
    context["metatags"] = (
        VIEWPORT.sub("", context.get("metatags", "")) + "\n" + "\n".join(lines) + "\n"
    )
    context["head_title"] = title_of(app, page, context)
    context["pageurl"] = address_of(app, page) or None
    context["course_version"] = version(Path(app.srcdir))
    changed = changed_on(app, page)
    context["page_changed"] = (changed.isoformat(), in_words(changed)) if changed else None


def setup(app: Sphinx) -> dict:
    """Register with Sphinx."""
    app.connect("html-page-context", add_tags)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
