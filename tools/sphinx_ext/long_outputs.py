"""Fold what a chapter's code printed where it is longer than a reader takes in at a glance.

It opens without a script, where a link or a search leads into it, and on paper.
"""

import sys
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

sys.path.append(str(Path(__file__).resolve().parents[1]))  # last: tools/demos is not our demos.py

from chapters import pages
from numbered_figures import is_output
from quiz import element

LINES = 20


def fold(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Put each long output of a chapter into a closed `details`, which says how long it is."""
    if app.builder.format != "html" or page not in pages(Path(app.srcdir)):
        return
    for output in list(doctree.findall(nodes.literal_block)):
        lines = len(output.astext().strip("\n").splitlines())
        if lines <= LINES or not is_output(output):
            continue
        listing = output.astext().lstrip().startswith(("def ", "class ", "@"))
        words = f"{'Source' if listing else 'Output'}, {lines} lines"
        summary = element("summary", nodes.Text(words))
        output.replace_self(element("details", summary, output.deepcopy(), _class="long-output"))


def setup(app: Sphinx) -> dict:
    """Register with Sphinx."""
    app.connect("doctree-resolved", fold)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
