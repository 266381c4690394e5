"""The search: an index of sections, made at build, in place of Sphinx' index of pages.

One entry for each section, exercise, theorem, term of the glossary, object of the package and paper, with
what it says as plain text. It is written as a script, `search_index.js`, for a page that was opened from a
file may load scripts but read nothing else; a page asks for it when its reader begins to search
(_static/search.js). The engine is MiniSearch, as published.
"""

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from docutils import nodes
from pybtex.richtext import Text as RichText
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

sys.path.append(str(Path(__file__).resolve().parents[1]))  # last: tools/demos is not our demos.py

import glossary_links
from chapters import pages
from page_text import is_unsaid, said
from progress import exercises

INDEX = "search_index.js"
# Scripts of Sphinx' own search and of the marks that it leaves: nothing else needs them.
REPLACED = ("sphinx_highlight.js", "doctools.js", "searchtools.js", "language_data.js")
LABEL = re.compile(r"^(?:Exercise )?\d+\.?\s*|\s*\(?★+\)?:?")
IDENTIFIER = re.compile(r"[A-Za-z_]\w{2,}")


@dataclass
class Entry:
    """Something to be found: where it stands, what it is called, what it says, and the names in its code."""

    anchor: str
    title: str
    over: str = ""
    text: str = ""
    names: set[str] = field(default_factory=set)
    kind: str = "section"


def is_section(node: nodes.Node) -> bool:
    """Return whether a node is a section that readers see as one: with a heading of its own."""
    return (
        isinstance(node, nodes.section) and bool(node.children) and isinstance(node[0], nodes.title)
    )


def is_entry(node: nodes.Node) -> bool:
    """Return whether a node is found by itself, apart from the section around it."""
    if isinstance(node, addnodes.desc):
        return bool(node[0]["ids"])
    if isinstance(node, nodes.definition_list_item):
        return any(child["ids"] for child in node.findall(nodes.term))
    if {"proof", "theorem"} <= set(getattr(node, "attributes", {}).get("classes", ())):
        return True
    return is_section(node) or "exercise" in getattr(node, "attributes", {})


def mark_exercises(app: Sphinx, doctree: nodes.document) -> None:
    """Give each exercise its number, and where it begins with bold words a place to link to."""
    for number, opening in exercises(doctree).items():
        opening["exercise"] = number
        if not opening["ids"]:
            opening["ids"].append(f"exercise-{number}")


def inner(node: nodes.Element) -> list[nodes.Node]:
    """Return what is found by itself inside a node, the outermost of each."""
    found = []
    for child in node.children:
        if is_entry(child):
            found.append(child)
        elif isinstance(child, nodes.Element) and not is_unsaid(child):
            found += inner(child)
    return found


def entries(env: BuildEnvironment, node: nodes.Element, over: str = "") -> Iterator[Entry]:
    """Yield the entry of a section, and those that stand in it."""
    apart = inner(node)
    entry = described(env, node, apart)
    entry.over = over
    yield entry
    inside = over if node.parent is node.document else " › ".join(filter(None, (over, entry.title)))
    for part in apart:
        yield from entries(env, part, inside)


def described(env: BuildEnvironment, node: nodes.Element, apart: list[nodes.Node]) -> Entry:
    """Return a node as an entry, without what stands apart from it."""
    names = {
        name
        for block in own(node, nodes.literal_block, apart)
        if "output" not in block["classes"]
        for name in IDENTIFIER.findall(block.astext())
    }
    if isinstance(node, addnodes.desc):
        signature, *content = node.children
        called = signature.get("fullname") or signature.astext()
        text = " ".join(said(env, part, apart) for part in content)
        return Entry(signature["ids"][0], called, "", text, names, "name")
    if isinstance(node, nodes.definition_list_item):
        called = [said(env, term) for term in node.findall(nodes.term)]
        anchor = next(term["ids"][0] for term in node.findall(nodes.term))
        text = said(env, node.next_node(nodes.definition))
        return Entry(anchor, " · ".join(called), "", text, names, "term")
    if "exercise" in node:
        first = node.next_node(nodes.strong) if isinstance(node, nodes.paragraph) else node[0]
        name = LABEL.sub("", said(env, first)).strip(" .:")
        called = f"Exercise {node['exercise']}: {name}"
        return Entry(node["ids"][0], called, "", said(env, node, (first, *apart)), names)
    if not is_section(node):
        first = node.next_node(nodes.strong)
        called = said(env, first).rstrip(".") if first is not None else "Theorem"
        return Entry(node["ids"][0], f"Theorem: {called}", "", said(env, node, (first,)), names)
    title = node[0]
    text = said(env, node, (title, *apart))
    pictures = own(node, nodes.image, apart)
    told = [picture["alt"] for picture in pictures if len(picture.get("alt", "")) > 40]
    text = " ".join([text, *(f"Picture: {words}" for words in told)])
    return Entry(node["ids"][0], said(env, title), "", text, names)


def own(node: nodes.Element, kind: type, apart: list[nodes.Node]) -> list[nodes.Element]:
    """Return the nodes of one kind in a node, without those in what stands apart."""
    others = {id(one) for part in apart for one in part.findall(kind)}
    return [one for one in node.findall(kind) if id(one) not in others]


def papers(app: Sphinx) -> Iterator[Entry]:
    """Yield the papers of the list of references."""
    domain = app.env.get_domain("cite")
    for citation in domain.citations:
        paper = citation.entry
        people = [" ".join(person.last_names) for person in paper.persons.get("author", ())]
        fields = {name: plain_tex(text) for name, text in paper.fields.items()}
        title = f"{', '.join(map(plain_tex, people[:3]))}{' et al.' * (len(people) > 3)}, {fields['year']}"
        more = f"{fields['title']}. {fields.get('why', '')}"
        yield Entry(citation.citation_id, title, "", more, kind="paper")


def plain_tex(text: str) -> str:
    """Return a field of a BibTeX entry as plain text."""
    return str(RichText.from_latex(text)).strip()


def kind_of(page: str, chapters: set[str]) -> str:
    """Return what kind of page one is, by which the search ranks it."""
    name = page.removeprefix("book/")
    if page in chapters:
        return "chapter"
    if name.startswith("solutions/"):
        return "solution"
    return {"api": "api", "glossary": "glossary", "references": "references"}.get(name, "page")


def listed(app: Sphinx) -> dict:
    """Return all pages and their entries, as short as a script can hold them."""
    chapters, found = pages(Path(app.srcdir)), []
    order = [page for page in [app.config.root_doc, *app.env.found_docs] if page in app.env.titles]
    rows = []
    for page in sorted(dict.fromkeys(order)):
        doctree = app.env.get_doctree(page)
        top = next((node for node in doctree.children if is_section(node)), None)
        if top is None:
            continue
        here = list(entries(app.env, top))
        if page == "book/references":
            here += list(papers(app))
        title, here[0].anchor = here[0].title, ""
        found.append([app.builder.get_target_uri(page), title, kind_of(page, chapters)])
        rows += [
            [len(found) - 1, one.anchor, one.title, one.over, one.text, " ".join(sorted(one.names)), one.kind]
            for one in here
        ]  # fmt: skip
    return {"pages": found, "entries": rows, "same": synonyms(app)}


def synonyms(app: Sphinx) -> list[list[str]]:
    """Return groups of words for one thing: of the glossary's terms, and of how chapters call them."""
    terms = glossary_links.read_glossary(app.env.get_doctree(glossary_links.GLOSSARY))
    groups = {term.name: glossary_links.phrases(term.name) for term in terms}
    for phrase, name in glossary_links.ALSO.items():
        groups[name].append(phrase)
    return [group for group in groups.values() if len(group) > 1]


def write(app: Sphinx, exception: Exception | None) -> None:
    """Write the index beside the pages, and take away Sphinx' own."""
    if exception is not None or app.builder.name != "html":
        return
    text = json.dumps(listed(app), ensure_ascii=False, separators=(",", ":"))
    out = Path(app.outdir)
    (out / INDEX).write_text(f"window.COURSE_INDEX = {text};\n", encoding="utf-8")
    for name in ("searchindex.js", *(f"_static/{script}" for script in REPLACED)):
        (out / name).unlink(missing_ok=True)


def do_without(app: Sphinx) -> None:
    """Keep Sphinx from making an index of its own."""
    if app.builder.format == "html":
        app.builder.search = False


def search_page(app: Sphinx) -> Iterator[tuple[str, dict, str]]:
    """Make the page of the search, which Sphinx makes only with its own index."""
    yield "search", {"title": "Search"}, "search.html"


def drop_scripts(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Take the scripts that have no work left out of a page."""
    kept = [
        script
        for script in context["script_files"]
        if not str(getattr(script, "filename", script) or "").endswith(REPLACED)
    ]
    context["script_files"] = kept


def setup(app: Sphinx) -> dict:
    """Register with Sphinx."""
    app.add_css_file("search.css")
    app.add_js_file("search.js", loading_method="defer")
    app.connect("builder-inited", do_without)
    app.connect("doctree-read", mark_exercises)
    app.connect("html-collect-pages", search_page)
    app.connect("html-page-context", drop_scripts, priority=900)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
