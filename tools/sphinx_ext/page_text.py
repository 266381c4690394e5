"""What a piece of a page says, as plain text: formulas as readable signs, no code, no markup.

The search and the cards take it from the pages as Sphinx has read them.
"""

import sys
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.environment import BuildEnvironment

sys.path.append(str(Path(__file__).resolve().parents[1]))  # last: tools/demos is not our demos.py

import drawn_formulas
from readable import readable

LONGEST_DISPLAY = 90  # signs; a longer formula on lines of its own is left out
UNSAID = (
    nodes.raw,
    nodes.literal_block,
    nodes.comment,
    nodes.target,
    nodes.Invisible,
    addnodes.toctree,
    addnodes.index,
)
BOXES_OF_ANSWERS = {"exercise-parts", "exercise-hints", "exercise-links"}
BLOCKS = (nodes.Body, nodes.Structural, nodes.entry, nodes.term, nodes.definition, nodes.title)


def formula(env: BuildEnvironment, node: nodes.math | nodes.math_block) -> str:
    """Return a formula as readable text."""
    displayed = isinstance(node, nodes.math_block)
    drawn = drawn_formulas.drawing(env, node)
    return readable(drawn, LONGEST_DISPLAY if displayed else 60)


def asks(node: nodes.Node) -> bool:
    """Return whether a node asks its reader, with the answers in it: a quiz, parts of an exercise."""
    attributes = node.get("attributes", {}) if isinstance(node, nodes.Element) else {}
    return "data-quiz" in attributes or attributes.get("class") in BOXES_OF_ANSWERS


def is_unsaid(node: nodes.Node) -> bool:
    """Return whether a node's words are no prose: code, raw HTML, the answers of a quiz."""
    if isinstance(node, addnodes.pending_xref_condition):  # a type's name, short and in full
        return node.get("condition") != "*"
    return isinstance(node, UNSAID) or asks(node)


def said(env: BuildEnvironment, node: nodes.Node, skip: tuple = ()) -> str:
    """Return the words of a node on one line, without those of the nodes in `skip`."""
    return " ".join(_said(env, node, {id(one) for one in skip}).split())


def _said(env: BuildEnvironment, node: nodes.Node, skip: set[int]) -> str:
    if id(node) in skip or is_unsaid(node):
        return " "
    if isinstance(node, nodes.Text):
        return str(node).replace("\x00", "")  # what docutils puts for a backslash
    if isinstance(node, nodes.math | nodes.math_block):
        gap = " " * isinstance(node, nodes.math_block)
        return gap + formula(env, node) + gap
    text = "".join(_said(env, child, skip) for child in node.children)
    return f" {text} " if isinstance(node, BLOCKS) else text
