"""Drop a box's bold opening where it only repeats the box's title.

Unrendered, in Colab and on GitHub, the bold words are the only title that a `:::` fence has; in the
rendered book the title would stand twice.
"""

from docutils import nodes
from sphinx.application import Sphinx


def plain(node: nodes.Node) -> str:
    """Return the node's words, for comparison."""
    return node.astext().strip(" .:?()").casefold()


def drop_repeated_titles(app: Sphinx, doctree: nodes.document) -> None:
    """Compare the title of each box with the bold words that its text begins with."""
    for title in doctree.findall(lambda node: isinstance(node, nodes.title | nodes.rubric)):
        text = title.next_node(nodes.paragraph, descend=False, siblings=True)
        if isinstance(title.parent, nodes.section) or text is None:
            continue
        words = [child for child in text.children if child.astext()]
        if words and isinstance(words[0], nodes.strong) and plain(words[0]) == plain(title):
            if len(words) > 1 and isinstance(words[1], nodes.Text):
                words[1] = nodes.Text(words[1].lstrip())
            text[:] = words[1:]


def setup(app: Sphinx) -> dict:
    """Register with Sphinx."""
    app.connect("doctree-read", drop_repeated_titles)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
