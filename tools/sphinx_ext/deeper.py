"""Fold every section whose heading begins with "Deeper: ": it can be left out at a first reading.

The heading stays, so that the page's contents lead to it; what is below it, text and code, opens
without a script, and where a link leads into it.
"""

import html
import sys
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

sys.path.append(str(Path(__file__).resolve().parents[1]))

from reading import DEEPER


def fold(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put what follows each such heading between the tags of a closed `details`."""
    if app.builder.format != "html":
        return
    for section in list(doctree.findall(nodes.section)):
        heading = section.next_node(nodes.title)  # an empty section of the index has none
        title = heading.astext() if heading else ""
        if title.startswith(DEEPER):
            about = html.escape(title.removeprefix(DEEPER))
            name = f'aria-label="Show this part: {about}"'
            opening = f'<details class="deeper"><summary {name}>Show this part</summary>'
            section.insert(1, nodes.raw("", opening, format="html"))
            section.append(nodes.raw("", "</details>", format="html"))


def setup(app: Sphinx) -> dict:
    """Register with Sphinx."""
    app.connect("doctree-resolved", fold)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
