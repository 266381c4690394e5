"""Give exercises and chapters the places where progress_page.js shows what a reader has done.

Also puts a chapter's goals, needs, time and data into one box. The notebooks know nothing of either:
an exercise is a section whose heading has a number and stars, `### 2. Title ★★`.
"""

import re

from docutils import nodes
from sphinx.application import Sphinx

CHAPTER = re.compile(r"book/(?P<chapter>\d\d|refresher)\w*")
EXERCISE = re.compile(r"(?P<number>\d+)\. .*★")


def chapter_of(page: str) -> str | None:
    """Return the chapter's part of keys, such as "03"; None for pages without exercises."""
    match = CHAPTER.fullmatch(page)
    return match and match["chapter"]


def place(role: str, **data: str | int) -> nodes.raw:
    """Return an empty element for progress_page.js to fill."""
    attributes = "".join(f' data-{name}="{value}"' for name, value in data.items())
    return nodes.raw("", f'<div class="{role}"{attributes}></div>', format="html")


def exercises(doctree: nodes.document) -> dict[int, nodes.section]:
    """Return the sections of the page's exercises, by number."""
    found = {}
    for section in doctree.findall(nodes.section):
        title = section.next_node(nodes.title)
        match = EXERCISE.match(title.astext()) if title else None
        if match and title.parent is section:
            found[int(match["number"])] = section
    return found


def wrap_header(section: nodes.section, line: nodes.raw) -> None:
    """Put a chapter's goals, needs, time and data into one box, and the line of what is done."""
    opening = [node.astext() for node in section.children if not isinstance(node, nodes.section)]
    starts = [at for at, text in enumerate(opening) if text.startswith("What you will be able")]
    ends = [at for at, text in enumerate(opening) if text.startswith(("Time:", "Data:"))]
    if starts and ends:
        start, end = starts[0], ends[-1] + 1
        section[start:end] = [
            nodes.container("", *section[start:end], line, classes=["chapter-header"])
        ]


def add_places(app: Sphinx, doctree: nodes.document) -> None:
    """Add all places to a chapter that has just been read."""
    chapter = chapter_of(app.env.docname)
    top = next(doctree.findall(nodes.section), None)
    if chapter is None or top is None:
        return
    found = exercises(doctree)
    for number, section in found.items():
        tick = place(
            "progress-tick", key=f"{chapter}/exercise/{number}", label=f"Exercise {number} is done"
        )
        section.append(tick)
    wrap_header(top, place("progress-line", chapter=chapter, exercises=len(found)))
    top.append(place("progress-tick", key=f"{chapter}/read", label="I have read this chapter"))


def setup(app: Sphinx) -> dict:
    """Register with Sphinx."""
    app.connect("doctree-read", add_places)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
