"""Tell search engines and link previews what a page is about: its `description`, or its first words."""

import re
from html import escape

from docutils import nodes
from sphinx.application import Sphinx

SHORTEST, LONGEST = 80, 200


def first_words(doctree: nodes.document) -> str:
    """Return the beginning of the first longer paragraph that stands in no list or box."""
    paragraphs = doctree.findall(nodes.paragraph)
    texts = (node.astext() for node in paragraphs if isinstance(node.parent, nodes.section))
    text = " ".join(next((text for text in texts if len(text) >= SHORTEST), "").split())
    return text if len(text) <= LONGEST else text[:LONGEST].rsplit(" ", 1)[0] + " …"


def add_description(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Add the tags to a page that comes from a source."""
    if doctree is None:
        return
    title = escape(re.sub(r"<[^>]+>", "", context["title"]))
    description = escape((context["meta"] or {}).get("description") or first_words(doctree))
    context["metatags"] += (
        f'<meta name="description" content="{description}">\n'
        f'<meta property="og:title" content="{title}">\n'
        f'<meta property="og:description" content="{description}">\n'
        '<meta property="og:type" content="article">\n'
    )


def setup(app: Sphinx) -> dict:
    """Register with Sphinx."""
    app.connect("html-page-context", add_description)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
