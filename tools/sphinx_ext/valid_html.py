"""Mend what the theme and other extensions write against the rules of HTML, and links that lead nowhere.

Each of these was found by a checker of HTML or of links (tests/book/test_valid.py).
"""

import re

from sphinx.application import Sphinx

# A label of sphinx-design's tabs is no widget that controls anything by itself: its radio button does.
TAB_CONTROLS = re.compile(r'(<label )aria-controls="[^"]*" (class="sd-tab-label")')
ID = re.compile(r' id="([^"]*)"(?=[^<>]*>)')
# The heading of a folded cell: paragraphs may not stand in it, and a label hides the visible words.
FOLD = re.compile(r'<summary aria-label="Toggle hidden content">(.*?)</summary>', re.DOTALL)
LISTING = re.compile(r"<pre>.*?</pre>", re.DOTALL)
OF_API = re.compile(r'(?<=book/api\.html#)([\w.]+)(?=")')
NAMES = {"genindex": "Index", "search": "Search", "py-modindex": "Modules", "prf-prf": "Theorems"}


def without_repeated_ids(body: str) -> str:
    """Return HTML in which the first of several things of one id alone bears it.

    sphinx-proof names a theorem's box and its title alike, and all proofs "proof".
    """
    seen = set()

    def first(match: re.Match) -> str:
        known = match[1] in seen
        seen.add(match[1])
        return "" if known else match[0]

    return ID.sub(first, body)


def inline_blocks(match: re.Match) -> str:
    """Return listed source code whose definitions are marked by spans: no `div` may stand in `pre`."""
    return match[0].replace("<div ", "<span ").replace("</div>", "</span>")


def plain_summary(match: re.Match) -> str:
    """Return a folded cell's heading with spans, which the style sheet makes look the same."""
    return f"<summary>{match[1].replace('<p ', '<span ').replace('</p>', '</span>')}</summary>"


def mend(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Change a page's content and its title on paper."""
    context["pagetitle"] = context.get("pagetitle") or NAMES.get(page) or context.get("title", page)
    if "body" not in context:
        return
    body = FOLD.sub(plain_summary, TAB_CONTROLS.sub(r"\1\2", context["body"]))
    body = without_repeated_ids(body)
    if page.startswith("_modules/"):
        objects = app.env.get_domain("py").objects
        module = page.removeprefix("_modules/").replace("/", ".")

        def where_it_stands(match: re.Match) -> str:
            name = match[1]
            inside = f"{module}.{name.rpartition('.')[2]}"
            return inside if name not in objects and inside in objects else name

        body = OF_API.sub(where_it_stands, LISTING.sub(inline_blocks, body))
    context["body"] = body


def setup(app: Sphinx) -> dict:
    """Register with Sphinx, after what it mends."""
    app.connect("html-page-context", mend, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
