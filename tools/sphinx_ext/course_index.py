"""Lists of what the chapters hold, gathered at build: `{course-index} myths`, `clinics`, `theorems`, `figures`.

Nothing is written down twice, so a list cannot go stale. Where an entry has no place to link to, it gets one.
"""

import posixpath
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective

sys.path.append(str(Path(__file__).resolve().parents[1]))  # last: tools/demos is not our demos.py

from chapters import pages
from numbered_figures import output_figures

KINDS = ("myths", "clinics", "theorems", "figures")


@dataclass(frozen=True)
class Entry:
    """One thing to be found: what it is called, where it stands, and what there is to say about it."""

    kind: str
    title: str
    anchor: str
    text: tuple[nodes.Node, ...] = ()
    image: str = ""


def words(node: nodes.Node) -> str:
    """Return a node's text on one line."""
    return " ".join(node.astext().split())


def anchor_of(node: nodes.Element, name: str) -> str:
    """Return the place to link to, giving the node one if it has none."""
    if not node["ids"]:
        node["ids"].append(name)
    return node["ids"][0]


def myths(doctree: nodes.document) -> list[Entry]:
    """Return the folds that are called "Myth: ..."."""
    called = [(heading, words(heading)) for heading in doctree.findall(nodes.rubric)]
    found = [(heading, title) for heading, title in called if title.startswith("Myth: ")]
    return [
        Entry(
            "myths",
            f"“{sentence(title.removeprefix('Myth: '))}.”",
            anchor_of(heading, f"myth-{number}"),
        )
        for number, (heading, title) in enumerate(found, 1)
    ]


def clinics(doctree: nodes.document) -> list[Entry]:
    """Return the page's section called "Bug clinic", or else its exercise of that name.

    Where there is a section, an exercise of the same name mends that section's bug: no other clinic.
    """
    found = []
    for section in doctree.findall(nodes.section):
        title = re.sub(r"^\d+\. | ★+$", "", words(section[0]))
        if title.startswith("Bug clinic"):
            text = without_links(section.next_node(nodes.paragraph))
            found.append((section, title.removeprefix("Bug clinic: "), text))
    return [
        Entry("clinics", sentence(title), anchor_of(node, "bug-clinic"), tuple(text))
        for node, title, text in found[:1]
    ]


def sentence(text: str) -> str:
    """Return the text with a capital at its start."""
    return text[0].upper() + text[1:]


def without_links(paragraph: nodes.paragraph) -> list[nodes.Node]:
    """Return a copy of a paragraph's content; what was a link becomes plain words."""
    copy = paragraph.deepcopy()
    for reference in [*copy.findall(addnodes.pending_xref), *copy.findall(nodes.reference)]:
        reference.replace_self(reference.children)
    return copy.children


def theorems(doctree: nodes.document) -> list[Entry]:
    """Return the theorems by the bold words that they begin with."""
    return [
        Entry("theorems", words(box.next_node(nodes.strong)).rstrip("."), box["ids"][0])
        for box in doctree.findall(nodes.Element)
        if {"proof", "theorem"} <= set(box.get("classes", ()))
    ]


def figures(doctree: nodes.document) -> list[Entry]:
    """Return the figures that code has drawn: their numbers, their captions, their pictures."""
    entries = []
    for figure in output_figures(doctree):
        caption, image = figure.next_node(nodes.caption), figure.next_node(nodes.image)
        label, _, *text = without_links(caption)
        file = image.get("candidates", {}).get("*", "")
        entries.append(
            Entry("figures", label.astext().rstrip("."), figure["ids"][0], tuple(text), file)
        )
    return entries


def collect(app: Sphinx, doctree: nodes.document) -> None:
    """Remember what a chapter holds."""
    if app.env.docname in pages(Path(app.srcdir)):
        entries = [entry for find in (myths, clinics, theorems, figures) for entry in find(doctree)]
        kept(app.env)[app.env.docname] = entries


def kept(env: BuildEnvironment) -> dict[str, list[Entry]]:
    """Return what is remembered, page by page."""
    if not hasattr(env, "course_index"):
        env.course_index = {}
    return env.course_index


def forget(app: Sphinx, env: BuildEnvironment, page: str) -> None:
    """Forget a page that is read anew or gone."""
    kept(env).pop(page, None)


def merge(app: Sphinx, env: BuildEnvironment, pages: list[str], other: BuildEnvironment) -> None:
    """Take over what another process has read."""
    kept(env).update({page: kept(other)[page] for page in pages if page in kept(other)})


def pages_with_lists(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Return the pages to be written again, whatever chapter has changed."""
    return sorted(getattr(env, "course_index_pages", ()))


class placeholder(nodes.General, nodes.Element):  # noqa: N801, docutils names nodes in lower case
    """Where a list will stand once all chapters have been read."""


class CourseIndex(SphinxDirective):
    """`{course-index} myths`: the list of one kind."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Leave a mark."""
        if self.arguments[0] not in KINDS:
            raise self.error(f"course-index knows {', '.join(KINDS)}, not {self.arguments[0]!r}")
        if not hasattr(self.env, "course_index_pages"):
            self.env.course_index_pages = set()
        self.env.course_index_pages.add(self.env.docname)
        return [placeholder(kind=self.arguments[0])]


def fill(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Put the lists where their marks stand."""
    for mark in list(doctree.findall(placeholder)):
        parts = []
        for chapter, entries in sorted(kept(app.env).items()):
            chosen = [entry for entry in entries if entry.kind == mark["kind"]]
            if chosen:
                address = app.builder.get_relative_uri(page, chapter)
                title = link(words(app.env.titles[chapter]), address)
                items = [item(app, entry, address, page) for entry in chosen]
                parts += [
                    nodes.paragraph("", "", nodes.strong("", "", title)),
                    nodes.bullet_list("", *items, classes=[f"course-index-{mark['kind']}"]),
                ]
        mark.replace_self(parts)


def link(text: str, address: str) -> nodes.reference:
    """Return a link inside the book."""
    return nodes.reference("", text, internal=True, refuri=address)


def item(app: Sphinx, entry: Entry, address: str, page: str) -> nodes.list_item:
    """Return one line of a list: a link, what there is to say, and for a figure its picture."""
    line = nodes.paragraph("", "", link(entry.title, f"{address}#{entry.anchor}"))
    if entry.text:
        gap = " " if entry.title[-1] in ".?!" else ". "
        line += [nodes.Text(gap), *(node.deepcopy() for node in entry.text)]
    return nodes.list_item("", *thumbnail(app, entry, page), line)


def thumbnail(app: Sphinx, entry: Entry, page: str) -> list[nodes.Node]:
    """Return a small copy of a figure; its words stand beside it, so it has none of its own."""
    if entry.image not in app.env.images or not hasattr(app.builder, "imagedir"):
        return []
    file = posixpath.join(app.builder.imagedir, app.env.images[entry.image][1])
    source = posixpath.relpath(file, posixpath.dirname(page))
    return [nodes.raw("", f'<img src="{source}" alt="" loading="lazy">', format="html")]


def add_style(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Let pages with a list load its look."""
    if page in getattr(app.env, "course_index_pages", ()):
        app.add_css_file("course_index.css")


def setup(app: Sphinx) -> dict:
    """Register with Sphinx, after the extensions that tidy titles."""
    app.add_node(placeholder)
    app.add_directive("course-index", CourseIndex)
    app.connect("doctree-read", collect, priority=900)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    app.connect("env-updated", pages_with_lists)
    app.connect("doctree-resolved", fill)
    app.connect("html-page-context", add_style)
    return {
        "version": "1",
        "env_version": 1,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
