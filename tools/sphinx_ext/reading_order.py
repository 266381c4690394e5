"""Let "Next" lead from chapter to chapter: solutions and the parts' overviews stand beside the way.

A page of solutions leads back to its chapter, and on to what comes after it.
"""

import sys
from pathlib import Path

from sphinx.application import Sphinx

sys.path.append(str(Path(__file__).resolve().parents[1]))  # last: tools/demos is not our demos.py

from chapters import pages, parts

SOLUTIONS = "book/solutions/"
BEFORE, AFTER = 1, 2  # places in Sphinx's table of relations: the page above comes first


def neighbour(relations: dict[str, tuple], page: str, side: int, beside: set[str]) -> str | None:
    """Return the page before or after a page, leaving out solutions and the pages in `beside`."""
    found = relations.get(page, (None, None, None))[side]
    while found and (found.startswith(SOLUTIONS) or found in beside):
        found = relations[found][side]
    return found


def set_neighbours(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Set where a page's links at its end lead."""
    relations = app.builder.relations
    if page not in relations:
        return
    root = Path(app.srcdir)
    chapter = page.replace(SOLUTIONS, "book/") in pages(root)
    beside = {f"book/{part['page']}" for part in parts(root)} if chapter else set()
    for name, side in (("prev", BEFORE), ("next", AFTER)):
        found = neighbour(relations, page, side, beside)
        if found is None:
            context[name] = None
            continue
        title = app.builder.render_partial(app.env.titles[found])["title"]
        context[name] = {"link": app.builder.get_relative_uri(page, found), "title": title}


def setup(app: Sphinx) -> dict:
    """Register with Sphinx, before the theme uses the links."""
    app.connect("html-page-context", set_neighbours, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
