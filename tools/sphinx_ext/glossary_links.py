"""Links each word of the glossary where a chapter first uses it, in the rendered book only.

The notebooks stay plain Markdown. A link is set in running text: not in headings, tables, formulas, code,
quizzes, in words that are a link already, or in the bold words that open a theorem or a box.
"""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

sys.path.append(str(Path(__file__).resolve().parents[1]))  # last: tools/demos is not our demos.py

from chapters import pages

GLOSSARY = "book/glossary"

# Words whose everyday meaning is the commoner one: "in train mode", "recall the picture", "weight and bias".
NEVER = {"support", "bias", "mode", "recall", "rollout", "density", "convolution", "likelihood"}
# What the chapters say for a term of the glossary.
ALSO = {
    "batch norm": "batch normalisation",
    "conditional batch norm": "conditional batch normalisation",
    "spectral norm": "spectral normalisation",
    "earth mover's distance": "Wasserstein distance",
    "Jensen–Shannon divergence": "Jensen-Shannon divergence (JS)",
    "Kullback–Leibler divergence": "Kullback-Leibler divergence (KL)",
    "Kantorovich–Rubinstein duality": "Kantorovich-Rubinstein duality",
    "auxiliary-classifier": "auxiliary classifier",
    "Gaussian mixture": "Gaussian mixture model (GMM)",
    "Fréchet distance": "Fréchet inception distance (FID)",
    "nearest-neighbour test": "two-sample test",
}
APART = (nodes.table, nodes.reference, nodes.literal, nodes.math, nodes.literal_block)
APART += (nodes.title, nodes.rubric)  # headings, of folds, too


@dataclass(frozen=True)
class Term:
    """An entry of the glossary: its name and its place on the page."""

    name: str
    anchor: str


def phrases(name: str) -> list[str]:
    """Return the words by which a term is found: "evidence lower bound (ELBO)" is both.

    What stands in brackets counts if it is a name, with a capital in it, and not a remark.
    """
    word, _, rest = name.partition(" (")
    short = [part.strip() for part in rest.rstrip(")").split(",")]
    return [word, *(part for part in short if re.search("[A-Z]", part) and len(part) > 2)]


def read_glossary(doctree: nodes.document) -> list[Term]:
    """Return the entries of the glossary page, by their names in English."""
    terms = []
    for item in doctree.findall(nodes.definition_list_item):
        term = item.next_node(nodes.term)
        if term is not None and term["ids"]:
            terms.append(Term(term.astext(), term["ids"][0]))
    return terms


def finder(terms: list[Term]) -> tuple[re.Pattern, dict[str, Term]]:
    """Return a pattern for all phrases, and the term that each phrase stands for."""
    by_name = {term.name: term for term in terms}
    meant = {phrase: term for term in terms for phrase in phrases(term.name)}
    meant |= {phrase: by_name[name] for phrase, name in ALSO.items()}
    meant = {phrase: term for phrase, term in meant.items() if phrase not in NEVER}
    longest_first = sorted(meant, key=len, reverse=True)
    alternatives = "|".join(f"{pattern_of(phrase)}" for phrase in longest_first)
    return re.compile(rf"(?<![\w-])(?:{alternatives})(?![\w-])"), meant


def pattern_of(phrase: str) -> str:
    """Return a pattern that finds a phrase at the start of a sentence and in the plural, too."""
    first, rest = phrase[0], re.escape(phrase[1:]).replace(r"\ ", r"\s+").replace("'", "['’]")
    first = f"[{first.upper()}{first}]" if first.islower() else first
    return f"{first}{rest}s?"


def meaning_of(found: str, meant: dict[str, Term]) -> Term:
    """Return the term for the words that the pattern found."""
    found = " ".join(found.replace("’", "'").split())
    for word in (found, found[0].lower() + found[1:]):
        for candidate in (word, word.removesuffix("s")):
            if candidate in meant:
                return meant[candidate]
    raise KeyError(found)


def opens_its_paragraph(text: nodes.Text) -> bool:
    """Return whether the text belongs to bold words at the start of a paragraph: a title, of a kind."""
    bold = text.parent
    if not isinstance(bold, nodes.strong):
        return False
    before = bold.parent.children[: bold.parent.index(bold)]
    return not any(node.astext().strip() for node in before)


def is_running_text(text: nodes.Text) -> bool:
    """Return whether a link may be set in this text."""
    inside, node = False, text
    while node.parent is not None:
        node = node.parent
        if isinstance(node, APART) or "data-quiz" in node.get("attributes", {}):
            return False
        inside = inside or isinstance(node, nodes.paragraph)
    return inside and not opens_its_paragraph(text)


def linked(
    text: str, pattern: re.Pattern, meant: dict, seen: set, address: str
) -> list[nodes.Node]:
    """Return the text in pieces, with a link for each term that has not been seen before."""
    pieces, end = [], 0
    for match in pattern.finditer(text):
        term = meaning_of(match.group(), meant)
        if term in seen:
            continue
        seen.add(term)
        link = nodes.reference("", match.group(), internal=True, refuri=f"{address}#{term.anchor}")
        link["classes"] = ["glossary-link"]
        pieces += [nodes.Text(text[end : match.start()]), link]
        end = match.end()
    return [*pieces, nodes.Text(text[end:])] if pieces else []


def link_first_uses(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Set the links of one page."""
    if page not in pages(Path(app.srcdir)) or GLOSSARY not in app.env.found_docs:
        return
    terms = read_glossary(app.env.get_doctree(GLOSSARY))
    pattern, meant = finder(terms)
    address = app.builder.get_relative_uri(page, GLOSSARY)
    seen: set[Term] = set()
    for text in list(doctree.findall(nodes.Text)):
        pieces = linked(str(text), pattern, meant, seen, address) if is_running_text(text) else []
        if pieces:
            text.parent.replace(text, pieces)


def add_style(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Let chapters load the look of these links."""
    if page in pages(Path(app.srcdir)):
        app.add_css_file("glossary.css")


def setup(app: Sphinx) -> dict:
    """Register with Sphinx."""
    app.connect("doctree-resolved", link_first_uses)
    app.connect("html-page-context", add_style)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
