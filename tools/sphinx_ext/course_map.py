"""The course map: `:::{course-map}` shows every chapter as a card, with what it takes to read it.

`:::{course-map} part1` shows one part. Parts and pictures stand in `book/chapters.yml`; titles, running
times, needs and the number of exercises are read from the notebooks, so that they cannot go stale.
"""

import html
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

sys.path.append(str(Path(__file__).resolve().parents[1]))  # last: tools/demos is not our demos.py

from chapters import parts
from reading import read, stated

EXERCISE = re.compile(r"^### \d+\. .*★", re.MULTILINE)
NEEDS = re.compile(r"\*\*What you need first:\*\*(.*)")
CHAPTER_LINK = re.compile(r"\]\((\d\d)_\w+\.ipynb\)")


@dataclass(frozen=True)
class Chapter:
    """What the map says about a chapter: read from its notebook."""

    title: str
    runs: str  # "30 s"
    reading: int  # minutes, by the rule of tools/reading.py
    deeper: int  # minutes more, for what is folded
    needs: tuple[int, ...]  # numbers of chapters
    exercises: int


def read_chapter(path: Path) -> Chapter:
    """Return what a notebook says about itself.

    Raises:
        ValueError: the notebook's header does not say how long it takes to read and to run.
    """
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    prose = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    header, needs, reading = stated(path), NEEDS.search(prose), read(path)
    if header is None:
        raise ValueError(
            f"{path.name}: the header needs a line '**Time:** about 40 minutes to read; about 30 s "
            "to run on two cores ...'"
        )
    return Chapter(
        title=re.search(r"^# (?:\d+\. )?(.*)", prose)[1],
        runs=header.runs,
        reading=reading.core,
        deeper=reading.deeper,
        needs=tuple(sorted({int(n) for n in CHAPTER_LINK.findall(needs[1])})) if needs else (),
        exercises=len(EXERCISE.findall(prose)),
    )


def needs_in_words(needs: tuple[int, ...]) -> str:
    """Return "chapters 2 and 3"."""
    if not needs:
        return "Python and a little PyTorch"
    names = " and ".join(map(str, needs))
    return f"chapter{'s' * (len(needs) > 1)} {names}"


def in_hours(minutes: int) -> str:
    """Return "50 min" or "1 h 10 min"."""
    hours, rest = divmod(minutes, 60)
    return " ".join([f"{hours} h"] * bool(hours) + [f"{rest} min"] * bool(rest))


def facts(chapter: Chapter) -> str:
    """Return time, exercises and needs in one line, whose breaks keep a number beside its unit."""
    pieces = (
        f"Reading {in_hours(chapter.reading)}"
        + f" (and {chapter.deeper} min)" * bool(chapter.deeper),
        f"code runs in {chapter.runs}",
        f"{chapter.exercises} exercises",
        f"needs {needs_in_words(chapter.needs)}",
    )
    return re.sub(
        r"(?<=\d) (?=\w)|(?<=\bh) |(?<=chapter) ", "\N{NO-BREAK SPACE}", " · ".join(pieces)
    )


class CourseMap(SphinxDirective):
    """`:::{course-map}`, or with the page of one part as its argument."""

    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the map as HTML: for each part its name and an ordered list of cards."""
        source = Path(self.env.srcdir) / "book" / "chapters.yml"
        self.env.note_dependency(str(source))
        listed = parts(Path(self.env.srcdir))
        asked = [part for part in listed if part["page"] in (self.arguments or [part["page"]])]
        if not asked:
            raise self.error(f"chapters.yml has no part {self.arguments[0]}")
        return [nodes.raw("", "".join(map(self.part, asked)), format="html")]

    def part(self, part: dict) -> str:
        """Return a part: its name, where it is not the page's own, and its cards."""
        cards = "".join(map(self.card, part["chapters"]))
        name = html.escape(part["part"])
        if f"book/{part['page']}" in self.env.found_docs:
            name = f'<a href="{self.link(part["page"])}">{name}</a>'
        heading = "" if self.arguments else f'<p class="course-part">{name}</p>'
        return f'{heading}<ol class="course-map">{cards}</ol>'

    def card(self, entry: dict) -> str:
        """Return the card of one chapter."""
        path = Path(self.env.srcdir) / "book" / f"{entry['file']}.ipynb"
        self.env.note_dependency(str(path))
        chapter, number = read_chapter(path), entry["file"][:2]
        text = {name: html.escape(entry[name]) for name in ("about", "alt")}
        picture = f"{'../' * self.env.docname.count('/')}_static/cover/{number}.png"
        return (
            f'<li class="course-card"><img src="{picture}" alt="{text["alt"]}" width="480" height="270">'
            f'<p class="course-card-title"><a href="{self.link(entry["file"])}">'
            f"{int(number)}. {html.escape(chapter.title)}</a></p>"
            f"<p>{text['about']}.</p>"
            f'<p class="course-card-facts">{facts(chapter)}</p>'
            f'<div class="progress-line" data-chapter="{number}" '
            f'data-exercises="{chapter.exercises}"></div></li>'
        )

    def link(self, page: str) -> str:
        """Return the way from this page to another one of the book."""
        return self.env.app.builder.get_relative_uri(self.env.docname, f"book/{page}")


def setup(app: Sphinx) -> dict:
    """Register with Sphinx."""
    app.add_directive("course-map", CourseMap)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
