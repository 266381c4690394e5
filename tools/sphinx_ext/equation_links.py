"""Links where a text names a formula by its number: "(2.3)" leads to the formula that bears `\\tag{2.3}`.

The notebooks stay plain Markdown: numbers are typed, and a link is set in the rendered book only. A
number in brackets is a formula's if the formula stands in the page's own chapter, or if the words
before say so: "equation (1.3)". Other numbers in brackets are numbers.
"""

import re
from collections.abc import Iterator

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

TAG = re.compile(r"\\tag\{(\d+\.\d+)\}")
MENTION = re.compile(
    r"(?P<called>(?i:\b(?:equations?|formulas?|eq\.|theorem)[\s\N{NO-BREAK SPACE}]))?\((?P<number>\d+\.\d+)\)"
)
CHAPTER = re.compile(r"book/(?:solutions/)?(\d\d)_")
APART = (nodes.reference, nodes.literal, nodes.math, nodes.math_block, nodes.title)
APART += (nodes.literal_block, nodes.raw)
# Of a quiz, the explanations may hold links; a choice is a button's label.
QUIZ_TEXT = "quiz-why"


def kept(env: BuildEnvironment) -> dict[str, tuple[str, str]]:
    """Return where each numbered formula stands: its page and its place there, by its number."""
    if not hasattr(env, "numbered_formulas"):
        env.numbered_formulas = {}
    return env.numbered_formulas


def mark(app: Sphinx, doctree: nodes.document) -> None:
    """Give each formula with a number a place to link to."""
    for formula in doctree.findall(nodes.math_block):
        for number in TAG.findall(formula.astext()):
            name = f"formula-{number.replace('.', '-')}"
            if name not in formula["ids"]:
                formula["ids"].append(name)
            kept(app.env)[number] = (app.env.docname, name)


def forget(app: Sphinx, env: BuildEnvironment, page: str) -> None:
    """Forget a page that is read anew or gone."""
    for number in [number for number, place in kept(env).items() if place[0] == page]:
        del kept(env)[number]


def merge(app: Sphinx, env: BuildEnvironment, pages: list[str], other: BuildEnvironment) -> None:
    """Take over what another process has read."""
    kept(env).update({number: at for number, at in kept(other).items() if at[0] in pages})


def mentions(text: str, page: str, known: dict) -> Iterator[re.Match]:
    """Yield the places of a text that name a formula."""
    own = CHAPTER.match(page)
    for match in MENTION.finditer(text):
        chapter = int(match["number"].split(".")[0])
        is_own = own is not None and chapter == int(own[1])
        if match["number"] in known and (is_own or match["called"]):
            yield match


def may_hold_a_link(text: nodes.Text) -> bool:
    """Return whether a link may be set in this text."""
    in_quiz, explains, node = False, False, text.parent
    while node is not None:
        if isinstance(node, APART):
            return False
        explains = explains or QUIZ_TEXT in node.get("classes", ())
        in_quiz = in_quiz or "data-quiz" in node.get("attributes", {})
        node = node.parent
    return explains or not in_quiz


def link(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Set the links of one page."""
    known = kept(app.env)
    for text in list(doctree.findall(nodes.Text)):
        found = list(mentions(str(text), page, known))
        if not found or not may_hold_a_link(text):
            continue
        pieces, end = [], 0
        for match in found:
            start, stop = match.start("number") - 1, match.end()
            pieces += [nodes.Text(text[end:start]), reference(app, page, match["number"])]
            end = stop
        text.parent.replace(text, [*pieces, nodes.Text(text[end:])])


def reference(app: Sphinx, page: str, number: str) -> nodes.reference:
    """Return the link from a page to a formula."""
    target, name = kept(app.env)[number]
    path = app.builder.get_relative_uri(page, target) if target != page else ""
    words = f"({number})"
    return nodes.reference("", words, internal=True, refuri=f"{path}#{name}")


def setup(app: Sphinx) -> dict:
    """Register with Sphinx."""
    app.connect("doctree-read", mark)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    app.connect("doctree-resolved", link)
    return {
        "version": "1",
        "env_version": 1,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
