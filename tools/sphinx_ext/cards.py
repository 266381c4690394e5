"""Cards: what a link leads to, shown beside it. For terms, formulas, theorems, figures and papers.

At build each link to one of these gets a mark, `data-card`, and the contents of all cards are cut out of
the finished pages into one script, `cards_index.js`, that a page loads when a reader first points at such
a link (_static/cards.js). Without a script, links are links.
"""

import json
import posixpath
import re
import sys
from collections.abc import Iterator
from html import escape
from pathlib import Path
from urllib.parse import unquote, urlsplit

from docutils import nodes
from pybtex.database import Entry
from pybtex.richtext import Text as RichText
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

sys.path.append(str(Path(__file__).resolve().parents[1]))  # last: tools/demos is not our demos.py

import drawn_formulas
import equation_links
from formulas import sheet

INDEX = "cards_index.js"
THEOREMS = {"theorem", "lemma", "proposition", "corollary", "definition"}
LINK = re.compile(r'<a\b(?P<before>[^>]*?)\bhref="(?P<address>[^"]+)"(?P<after>[^>]*)>')
ARXIV = re.compile(r"https?://(?:www\.)?arxiv\.org/(?:abs|pdf)/([\w./-]*\w)", re.IGNORECASE)
DOI = re.compile(r"https?://(?:dx\.)?doi\.org/(\S+)", re.IGNORECASE)
# Of what is cut out of a page: links become their words, and places lose their names.
ANCHORS = re.compile(r'<a class="headerlink".*?</a>|</?a\b[^>]*>', re.DOTALL)
NAMES = re.compile(r'\s(?:id|title|aria-\w+|role|loading)="[^"]*"(?=[^<>]*>)')


def kept(env: BuildEnvironment) -> dict[str, dict[str, str]]:
    """Return what each page holds that has a card: its kind, by its place on the page."""
    if not hasattr(env, "card_places"):
        env.card_places = {}
    return env.card_places


def collect(app: Sphinx, doctree: nodes.document) -> None:
    """Remember what a page holds."""
    places = {}
    for node in doctree.findall(nodes.Element):
        kind = kind_of(node)
        if kind and node["ids"]:
            places[node["ids"][0]] = kind
    kept(app.env)[app.env.docname] = places


def kind_of(node: nodes.Element) -> str:
    """Return what kind of card an element has, or ""."""
    if isinstance(node, nodes.math_block):
        return "formula" if equation_links.TAG.search(node.astext()) else ""
    if isinstance(node, nodes.figure):
        return "figure"
    if isinstance(node, nodes.term):
        return "term"
    return "theorem" if "proof" in node["classes"] and THEOREMS & set(node["classes"]) else ""


def forget(app: Sphinx, env: BuildEnvironment, page: str) -> None:
    """Forget a page that is read anew or gone."""
    kept(env).pop(page, None)


def merge(app: Sphinx, env: BuildEnvironment, pages: list[str], other: BuildEnvironment) -> None:
    """Take over what another process has read."""
    kept(env).update({page: kept(other)[page] for page in pages if page in kept(other)})


def papers(env: BuildEnvironment) -> dict[str, tuple[str, Entry, str]]:
    """Return the papers by their addresses: name, entry, and place in the list of references."""
    found = {}
    for citation in env.get_domain("cite").citations:
        fields, place = citation.entry.fields, citation.citation_id
        for name in ("eprint", "doi"):
            if name in fields:
                found[fields[name].lower()] = (citation.key, citation.entry, place)
    return found


def paper_of(address: str, known: dict) -> str:
    """Return the name of the paper that an address leads to, or ""."""
    match = ARXIV.match(address) or DOI.match(unquote(address))
    identifier = match[1].lower() if match else ""
    identifier = re.sub(r"v\d+$|\.pdf$", "", identifier.removeprefix("10.48550/arxiv."))
    return known[identifier][0] if identifier in known else ""


def mark_links(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Mark the links of a page that have a card; a browser's own small tip would say things twice."""
    if doctree is None or "body" not in context or app.builder.name != "html":
        return
    here = app.builder.get_target_uri(page)
    known = papers(app.env) if page != "book/references" else {}  # which says it all itself
    marked = False

    def with_card(match: re.Match) -> str:
        nonlocal marked
        address = match["address"]
        card = paper_of(address, known) if ":" in address else place_of(app, address, here)
        if not card or "headerlink" in match[0]:
            return match[0]
        marked = True
        rest = re.sub(
            r'\s+title="[^"]*"', "", match["before"] + f'href="{address}"' + match["after"]
        )
        return f'<a data-card="{escape(card)}"{rest}>'

    context["body"] = LINK.sub(with_card, context["body"])
    if marked:
        app.add_css_file("cards.css")
        app.add_js_file("cards.js", loading_method="defer")


def place_of(app: Sphinx, address: str, here: str) -> str:
    """Return the name of the card of a place in the book, or ""."""
    parts = urlsplit(address)
    page = posixpath.normpath(
        posixpath.join(posixpath.dirname(here), parts.path or posixpath.basename(here))
    )
    anchor = unquote(parts.fragment)
    places = kept(app.env).get(page.removesuffix(".html"), {})
    return f"{page}#{anchor}" if anchor in places else ""


def element_at(html: str, name: str) -> str:
    """Return the element of a page that bears an id, with all that is in it."""
    opening = re.search(rf'<(\w+)\b[^>]*\bid="{re.escape(name)}"[^>]*>', html)
    if opening is None:
        return ""
    depth = 0
    for tag in re.compile(rf"<(/?){opening[1]}\b[^>]*>").finditer(html, opening.start()):
        depth += -1 if tag[1] else 1
        if depth == 0:
            return html[opening.start() : tag.end()]
    return ""


def tidied(html: str, page: str) -> str:
    """Return a piece of a page as it can stand on any other: no links, no names, pictures from the root."""
    folder = posixpath.dirname(page)

    def from_root(match: re.Match) -> str:
        return f'data-src="{posixpath.normpath(posixpath.join(folder, match[1]))}"'

    html = re.sub(r'\bsrc="(?!data:)([^"]+)"', from_root, ANCHORS.sub("", html))
    return " ".join(NAMES.sub("", html).split())


def content(html: str, page: str, name: str, kind: str, title: str) -> dict[str, str]:
    """Return one card: what it is called, and what it shows."""
    element = element_at(html, name)
    if kind == "term":
        return term(html, name, page)
    if kind == "formula":
        number = name.removeprefix("formula-").replace("-", ".")
        return {"called": f"Formula ({number})", "in": title, "html": tidied(element, page)}
    if kind == "figure":
        return figure(element, page, title)
    inside = re.search(r'<section class="theorem-content"[^>]*>(.*)</section>', element, re.DOTALL)
    return {
        "called": "Theorem",
        "in": title,
        "html": tidied(inside[1] if inside else element, page),
    }


def figure(element: str, page: str, title: str) -> dict[str, str]:
    """Return the card of a figure: its pictures and its caption, called by its number if it has one."""
    caption = re.search(r"<figcaption\b[^>]*>(.*?)</figcaption>", element, re.DOTALL)
    text = ANCHORS.sub("", caption[1]) if caption else ""
    number = re.search(r"<strong[^>]*>\s*(Figure [\d.]*\d)\.?\s*</strong>", text)
    text = text.replace(number[0], "") if number else text
    pictures = "".join(re.findall(r"<img\b[^>]*>", element))
    called = number[1] if number else "Figure"
    return {"called": called, "in": title, "html": tidied(f"{pictures}{text}", page)}


def term(html: str, name: str, page: str) -> dict[str, str]:
    """Return the card of a word of the glossary."""
    at = html.index(element_at(html, name))
    start = max(html.rfind("</dd>", 0, at), 0)
    end = html.index("</dd>", at)
    entry = html[start:end]
    called = [
        re.sub(r"<[^>]+>", "", ANCHORS.sub("", one))
        for one in re.findall(r"<dt\b.*?</dt>", entry, re.DOTALL)
    ]
    meaning = entry[entry.rindex("<dd>") + len("<dd>") :]
    return {"called": " · ".join(called), "in": "Glossary", "html": tidied(meaning, page)}


def plain(tex: str) -> str:
    """Return a field of a BibTeX entry as plain text."""
    return str(RichText.from_latex(tex)).strip()


def authors(entry: Entry, most: int = 6) -> str:
    """Return the names of those who wrote a paper, as many as a line holds."""
    people = [
        " ".join(
            plain(part) for part in (*person.first_names, *person.prelast_names, *person.last_names)
        )
        for person in entry.persons.get("author", ())
    ]
    if len(people) > most:
        people = [*people[: most - 1], f"{len(people) - most + 1} others"]
    return people[0] if len(people) == 1 else f"{', '.join(people[:-1])} and {people[-1]}"


def paper(entry: Entry, place: str, page: str) -> dict[str, str]:
    """Return the card of a paper."""
    fields = {name: plain(text) for name, text in entry.fields.items()}
    venue = fields.get("journal") or fields.get("booktitle") or fields.get("howpublished") or ""
    lines = [f"<p>{escape(authors(entry))}, {fields['year']}.</p>"]
    lines += [f'<p class="card-venue">{escape(venue)}</p>'] if venue else []
    lines += [f'<p class="card-why">{escape(fields["why"])}</p>'] if "why" in fields else []
    return {
        "called": fields["title"],
        "in": "",
        "html": "".join(lines),
        "listed": f"{page}#{place}",
    }


def say_why(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Say below each entry of the list of references why the book cites it."""
    reasons = {place: entry.fields.get("why") for _, entry, place in papers(app.env).values()}
    for citation in doctree.findall(nodes.citation):
        why = next((reasons[name] for name in citation["ids"] if reasons.get(name)), None)
        if why:
            citation.append(nodes.paragraph("", plain(why), classes=["citation-why"]))


def cards(app: Sphinx) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield all cards of the book by their names."""
    for page, places in sorted(kept(app.env).items()):
        if not places or page not in app.env.titles:
            continue
        uri, title = app.builder.get_target_uri(page), app.env.titles[page].astext()
        html = (Path(app.outdir) / uri).read_text(encoding="utf-8")
        for name, kind in places.items():
            yield f"{uri}#{name}", content(html, uri, name, kind, title)
    listed = app.builder.get_target_uri("book/references")
    for key, entry, place in papers(app.env).values():
        yield key, paper(entry, place, listed)


def write(app: Sphinx, exception: Exception | None) -> None:
    """Write the cards and the glyphs of their formulas."""
    if exception is not None or app.builder.name != "html":
        return
    made = dict(cards(app))
    text = json.dumps(made, ensure_ascii=False, separators=(",", ":"))
    glyphs = sheet("".join(card["html"] for card in made.values()), drawn_formulas.kept(app.env)[2])
    script = f"window.COURSE_CARDS = {text};\nwindow.COURSE_CARD_GLYPHS = {json.dumps(glyphs)};\n"
    (Path(app.outdir) / INDEX).write_text(script, encoding="utf-8")


def setup(app: Sphinx) -> dict:
    """Register with Sphinx, after what makes links, before scripts are sorted out."""
    app.connect("doctree-read", collect, priority=950)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    app.connect("doctree-resolved", say_why)
    app.connect("html-page-context", mark_links, priority=890)
    app.connect("build-finished", write)
    return {
        "version": "1",
        "env_version": 1,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
