"""Draw formulas when the book is built: TeX in, SVG and MathML out, so that a page needs no script for them.

MathJax does it, as published (tools/vendor), inside a small JavaScript engine that pip installs
(mini-racer): a reader who builds the book needs nothing but Python.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

MATHJAX = Path(__file__).resolve().parent / "vendor" / "mathjax"
FILES = (
    *("loader.js", "core.js", "adaptors/liteDOM.js", "input/tex-full.js"),
    *("output/svg.js", "output/svg/fonts/tex.js", "a11y/assistive-mml.js"),
)
# A component that is not listed is an error of the book's text, not a surprise in a reader's browser.
PACKAGES = ("base", "ams", "newcommand", "boldsymbol", "cancel", "color", "mathtools", "textmacros")
START = """
const parts = MathJax._;
const adaptor = parts.adaptors.liteAdaptor.liteAdaptor();
parts.a11y["assistive-mml"].AssistiveMmlHandler(parts.handlers.html_ts.RegisterHTMLHandler(adaptor));
const input = new parts.input.tex_ts.TeX({
  packages: PACKAGES,
  formatError: (jax, error) => { throw error; },
});
const font = new parts.output.svg.fonts.tex_ts.TeXFont();
const output = new parts.output.svg_ts.SVG({ fontCache: "global", font });
const page = parts.mathjax.mathjax.document("", { InputJax: input, OutputJax: output });

function draw(formulas) {
  const drawn = formulas.map(([tex, display]) => {
    input.reset();
    try {
      const measures = { display, em: 16, ex: 8, containerWidth: 80 * 16 };
      return [adaptor.outerHTML(page.convert(tex, measures)), ""];
    } catch (error) {
      return ["", error.message];
    }
  });
  return JSON.stringify([drawn, adaptor.innerHTML(output.fontCache.getCache())]);
}
0
"""
# What MathJax writes for its own scripts, or for XML; its looks stand in _static/formulas.css.
SUPERFLUOUS = re.compile(
    r' (?:data-mml-node|data-mjx-texclass|data-c|class|jax|xmlns|xmlns:xlink|role|focusable|unselectable)="[^"]*"'
)
GLYPH = re.compile(r'<path id="([^"]+)" d="([^"]*)">')
USED = re.compile(r'<use href="#(MJX-[^"]+)"')

Formula = tuple[str, bool]  # TeX, and whether it is displayed


@dataclass(frozen=True)
class Drawing:
    """A formula as HTML whose signs refer to a page's sheet of glyphs, or why there is none."""

    html: str
    error: str = ""


def tidied(html: str) -> str:
    """Return MathJax's HTML without what a page of its own does not need."""
    html = SUPERFLUOUS.sub("", html).replace("xlink:href", "href")
    return html.replace(' style="position: relative;"', "").replace(" position: relative;", "")


def draw(formulas: Iterable[Formula]) -> tuple[dict[Formula, Drawing], dict[str, str]]:
    """Return drawings by their formulas, and the outlines of all glyphs that they use by their names.

    Raises:
        ImportError: mini-racer is not installed.
    """
    from py_mini_racer import MiniRacer

    listed = list(formulas)
    with MiniRacer() as engine:
        engine.eval("var global = globalThis; var MathJax = { loader: { load: [] } }; 0")
        for file in FILES:
            engine.eval(f"(function () {{{(MATHJAX / file).read_text(encoding='utf-8')}\n}})(); 0")
        engine.eval(START.replace("PACKAGES", json.dumps(PACKAGES)))
        drawn, glyphs = json.loads(engine.eval(f"draw({json.dumps(listed)})"))
    drawings = [Drawing(tidied(html), error) for html, error in drawn]
    return dict(zip(listed, drawings, strict=True)), dict(GLYPH.findall(glyphs))


def sheet(html: str, glyphs: dict[str, str]) -> str:
    """Return an invisible drawing of the glyphs that a piece of HTML uses, or "" if there are none."""
    used = sorted(set(USED.findall(html)))
    paths = "".join(f'<path id="{name}" d="{glyphs[name]}"/>' for name in used)
    attributes = 'class="formula-glyphs" aria-hidden="true" width="0" height="0"'
    return f"<svg {attributes}><defs>{paths}</defs></svg>" if used else ""
