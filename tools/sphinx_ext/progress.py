"""Give exercises and chapters the places where progress_page.js shows what a reader has done.

Also puts a chapter's goals, needs, time and data into one box. The notebooks know nothing of either:
an exercise is a heading or a bold opening with a number and stars, `### 2. Title ★★` or
`**Exercise 2 (★★): title.**`
"""

import re

from docutils import nodes
from sphinx.application import Sphinx

CHAPTER = re.compile(r"book/(?P<chapter>\d\d|refresher)\w*")
EXERCISE = re.compile(r"(?:Exercise )?(?P<number>\d+)\b.*★", re.DOTALL)


def chapter_of(page: str) -> str | None:
    """Return the chapter's part of keys, such as "03"; None for pages without exercises."""
    match = CHAPTER.fullmatch(page)
    return match and match["chapter"]


def place(role: str, **data: str | int) -> nodes.raw:
    """Return an empty element for progress_page.js to fill."""
    attributes = "".join(f' data-{name}="{value}"' for name, value in data.items())
    return nodes.raw("", f'<div class="{role}"{attributes}></div>', format="html")


def exercise_number(node: nodes.Node) -> int | None:
    """Return the number of the exercise that a section or paragraph opens, or None."""
    opening = next((child for child in node.children if child.astext()), None)
    if not isinstance(opening, nodes.title | nodes.strong):
        return None
    match = EXERCISE.match(opening.astext())
    return int(match["number"]) if match else None


def exercises(doctree: nodes.document) -> dict[int, nodes.Element]:
    """Return the sections and paragraphs that open the page's exercises, by number."""
    openings = doctree.findall(lambda node: isinstance(node, nodes.section | nodes.paragraph))
    numbered = [(exercise_number(node), node) for node in openings]
    return {number: node for number, node in numbered if number is not None}


def add_tick(opening: nodes.Element, others: list[nodes.Element], tick: nodes.raw) -> None:
    """Put a tick box at the end of an exercise: of its section, or before what follows it."""
    if isinstance(opening, nodes.section):
        opening.append(tick)
        return
    siblings = opening.parent
    after = siblings.index(opening) + 1
    ends = (at for at in range(after, len(siblings)) if _ends(siblings[at], others))
    siblings.insert(next(ends, len(siblings)), tick)


def _ends(node: nodes.Node, others: list[nodes.Element]) -> bool:
    return isinstance(node, nodes.section) or any(node is other for other in others)


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
    for number, opening in found.items():
        tick = place(
            "progress-tick", key=f"{chapter}/exercise/{number}", label=f"Exercise {number} is done"
        )
        add_tick(opening, list(found.values()), tick)
    wrap_header(top, place("progress-line", chapter=chapter, exercises=len(found)))
    top.append(place("progress-tick", key=f"{chapter}/read", label="I have read this chapter"))


def setup(app: Sphinx) -> dict:
    """Register with Sphinx."""
    app.connect("doctree-read", add_places)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
