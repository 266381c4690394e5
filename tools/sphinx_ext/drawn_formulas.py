"""Formulas as drawings that are part of the page: no script, no font, nothing to wait for.

Registers the renderer `drawn` (`html_math_renderer` in _config.yml). All formulas of the pages that were
read are drawn at once before the pages are written, and kept with Sphinx's environment. A formula that
MathJax refuses is a warning, which the strict build takes for an error.
"""

import html
import sys
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.locale import _
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

sys.path.append(str(Path(__file__).resolve().parents[1]))  # last: tools/demos is not our demos.py

from formulas import Drawing, Formula, draw, sheet

logger = logging.getLogger(__name__)
CLASSES = "math notranslate nohighlight"


def formula_of(node: nodes.math | nodes.math_block) -> Formula:
    """Return a node's TeX as Sphinx hands it to MathJax: several lines of a display are aligned."""
    tex = node.astext()
    if isinstance(node, nodes.math) or node["nowrap"]:
        return tex, isinstance(node, nodes.math_block)
    parts = [part for part in tex.split("\n\n") if part.strip()]
    lines = [rf"\begin{{split}}{part}\end{{split}}" if r"\\" in part else part for part in parts]
    aligned = r"\begin{align}\begin{aligned}", r"\end{aligned}\end{align}"
    opening, closing = aligned if len(lines) > 1 else ("", "")
    return opening + r"\\".join(lines) + closing, True


def kept(env: BuildEnvironment) -> tuple[set[Formula], dict[Formula, Drawing], dict[str, str]]:
    """Return what is remembered: formulas that were read, drawings, glyphs."""
    if not hasattr(env, "drawn_formulas"):
        env.drawn_formulas = (set(), {}, {})
    return env.drawn_formulas


def collect(app: Sphinx, doctree: nodes.document) -> None:
    """Remember the formulas of a page that was read."""
    read, _, _ = kept(app.env)
    read.update(map(formula_of, doctree.findall(nodes.math)))
    read.update(map(formula_of, doctree.findall(nodes.math_block)))


def merge(app: Sphinx, env: BuildEnvironment, pages: list[str], other: BuildEnvironment) -> None:
    """Take over what another process has read."""
    kept(env)[0].update(kept(other)[0])


def draw_all(app: Sphinx, env: BuildEnvironment) -> None:
    """Draw the formulas that were read and have not been drawn."""
    read, drawings, _ = kept(env)
    if app.builder.format == "html" and read - set(drawings):
        add(env, read - set(drawings))


def add(env: BuildEnvironment, formulas: set[Formula]) -> None:
    """Draw formulas and remember them."""
    _, drawings, glyphs = kept(env)
    try:
        more, their_glyphs = draw(sorted(formulas))
    except ImportError as error:
        raise ExtensionError(
            "formulas are drawn by mini-racer, which is not installed: "
            "pip install -r requirements.txt (`make book` does it)"
        ) from error
    drawings.update(more)
    glyphs.update(their_glyphs)


def drawing(env: BuildEnvironment, node: nodes.Element) -> str:
    """Return a formula's HTML."""
    formula, (_, drawings, _) = formula_of(node), kept(env)
    if formula not in drawings:  # set after the pages were read
        add(env, {formula})
    drawn = drawings[formula]
    if drawn.error:
        logger.warning("formula: %s: %s", drawn.error, formula[0], location=node)
        return html.escape(formula[0])
    return drawn.html


def visit_math(translator, node: nodes.math) -> None:
    """Write a formula in a line."""
    opening = translator.starttag(node, "span", "", CLASS=CLASSES)
    translator.body.append(f"{opening}{drawing(translator.builder.env, node)}</span>")
    raise nodes.SkipNode


def visit_display(translator, node: nodes.math_block) -> None:
    """Write a displayed formula, with its number where Sphinx gives it one."""
    translator.body.append(translator.starttag(node, "div", CLASS=CLASSES))
    if node["number"]:
        translator.body.append(f'<span class="eqno">({get_node_equation_number(translator, node)})')
        translator.add_permalink_ref(node, _("Link to this equation"))
        translator.body.append("</span>")
    translator.body.append(f"{drawing(translator.builder.env, node)}</div>\n")
    raise nodes.SkipNode


def add_sheet(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Put the glyphs that a page needs before its content, and load the looks of formulas."""
    drawn = str([context.get(part) for part in ("body", "toc", "prev", "next")])
    glyphs = sheet(drawn, kept(app.env)[2])
    if glyphs:
        context["body"] = glyphs + context["body"]
        app.add_css_file("formulas.css")


def setup(app: Sphinx) -> dict:
    """Register with Sphinx."""
    app.add_html_math_renderer("drawn", (visit_math, None), (visit_display, None))
    app.connect("doctree-read", collect, priority=900)
    app.connect("env-merge-info", merge)
    app.connect("env-updated", draw_all)
    app.connect("html-page-context", add_sheet)
    return {
        "version": "1",
        "env_version": 1,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
