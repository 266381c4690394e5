"""What a heading is called in links, `03_x.ipynb#the-loop`: the id that its HTML has.

So a number before a heading can come and go without breaking a link to it.
"""

from docutils import nodes


def slug(title: str) -> str:
    """Return the id of a heading with this title: "7. Reading a run" has "reading-a-run"."""
    return nodes.make_id(title)
