"""Keep a comma or a full stop on the line of the formula before it, and an opening bracket after it.

A browser may break a line on either side of a drawn formula, so that a line begins with a full stop.
"""

import re

from docutils import nodes
from sphinx.application import Sphinx

BEFORE = re.compile(r"[(\[“‘]+$")
AFTER = re.compile(r"^[.,;:!?)\]”’%]+(?:s\b)?")


def cut(node: nodes.Node | None, pattern: re.Pattern) -> tuple[str, str]:
    """Return the signs that a text has next to a formula, and the text without them."""
    if not isinstance(node, nodes.Text):
        return "", ""
    match = pattern.search(node)
    return (match[0], pattern.sub("", node, count=1)) if match else ("", str(node))


def neighbours(node: nodes.Node) -> tuple[nodes.Node | None, nodes.Node | None]:
    """Return the siblings before and after a node."""
    at, siblings = node.parent.index(node), node.parent.children
    return (siblings[at - 1] if at else None), (
        siblings[at + 1] if at + 1 < len(siblings) else None
    )


def bind_signs(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Put each formula of a line into one unbreakable piece with the signs that touch it."""
    for formula in list(doctree.findall(nodes.math)):
        before, after = neighbours(formula)
        (opening, text_before), (closing, text_after) = cut(before, BEFORE), cut(after, AFTER)
        if not opening + closing:
            continue
        piece = nodes.inline(classes=["unbroken"])
        formula.replace_self(piece)
        piece += [nodes.Text(opening), formula, nodes.Text(closing)]
        for sibling, signs, text in ((before, opening, text_before), (after, closing, text_after)):
            if signs:
                piece.parent.replace(sibling, nodes.Text(text))


def setup(app: Sphinx) -> dict:
    """Register with Sphinx, after links have been resolved."""
    app.connect("doctree-resolved", bind_signs)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
