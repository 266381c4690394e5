"""Figures that one can refer to: numbered, with their captions, drawn as SVG for light and dark pages.

A figure's caption and name stand in its cell's metadata (`mystnb.figure`), from which MyST-NB makes a
figure. Here a chapter's figures get their numbers, "Figure 3.4", a link of such words has to lead to
the figure of that number, and the PNG in the page gives way to the drawing that it carries
(`tools/figures.py`): once light, once dark, of which a browser fetches the one that it shows.
"""

import base64
import hashlib
import json
import re
import sys
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

sys.path.append(str(Path(__file__).resolve().parents[1]))

from chapters import pages
from figures import dark, drawing, unpack

PICTURE = re.compile(r'<img\b[^>]*?\bsrc="([^"]*?_images/)([0-9a-f]{64})\.png"[^>]*>')
# Sphinx counts figures, too, through the whole book: "Fig. 25".
COUNTED = re.compile(
    r'<span class="caption-number">[^<]*</span>'
    r'(?=<span class="caption-text"><strong class="figure-number">)'
)
LABEL = re.compile(r"Figure \d+\.\d+")
logger = logging.getLogger(__name__)


def output_figures(doctree: nodes.document) -> list[nodes.figure]:
    """Return the figures that code has drawn, in their order on the page."""
    return [figure for figure in doctree.findall(nodes.figure) if is_output(figure)]


def is_output(node: nodes.Node) -> bool:
    """Return whether a node stands in the output of a cell."""
    while node is not None and "cell_output" not in node.get("classes", ()):
        node = node.parent
    return node is not None


def number(app: Sphinx, doctree: nodes.document) -> None:
    """Write the numbers of a chapter's figures before their captions, and remember them."""
    page = app.env.docname
    if page not in pages(Path(app.srcdir)):
        return
    chapter = int(page.split("/")[-1][:2])
    for count, figure in enumerate(output_figures(doctree), 1):
        label = f"Figure {chapter}.{count}"
        caption = figure.next_node(nodes.caption)
        if caption is None or not figure["ids"]:
            logger.warning(f"{label} needs a caption and a name", location=figure)
            continue
        caption.insert(0, nodes.strong("", f"{label}.", classes=["figure-number"]))
        caption.insert(1, nodes.Text(" "))
        figure["classes"].append("numbered")
        kept(app.env)[page, figure["ids"][0]] = label


def kept(env: BuildEnvironment) -> dict[tuple[str, str], str]:
    """Return the numbers of all figures, by page and anchor."""
    if not hasattr(env, "numbered_figures"):
        env.numbered_figures = {}
    return env.numbered_figures


def forget(app: Sphinx, env: BuildEnvironment, page: str) -> None:
    """Forget a page that is read anew or gone."""
    for place in [place for place in kept(env) if place[0] == page]:
        del kept(env)[place]


def merge(app: Sphinx, env: BuildEnvironment, pages: list[str], other: BuildEnvironment) -> None:
    """Take over what another process has read."""
    kept(env).update({place: label for place, label in kept(other).items() if place[0] in pages})


def check_links(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Warn where words like "Figure 3.4" lead to another figure, or to none."""
    labels = {anchor: label for (_, anchor), label in kept(app.env).items()}
    for link in doctree.findall(nodes.reference):
        said = LABEL.match(link.astext())
        if said:
            anchor = link.get("refid") or link.get("refuri", "").partition("#")[2]
            if labels.get(anchor) != said[0]:
                what = labels.get(anchor, "no figure")
                logger.warning(f"a link says {said[0]!r} and leads to {what}", location=link)


def find_drawings(app: Sphinx) -> None:
    """Gather the packed drawings of all notebooks, by what MyST-NB calls the PNG that carries them."""
    app.drawings = {}
    for path in sorted((Path(app.srcdir) / "book").rglob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            for output in cell.get("outputs", []):
                if packed := drawing(output).get("svg"):
                    content = base64.b64decode("".join(output["data"]["image/png"]))
                    app.drawings[hashlib.sha256(content).hexdigest()] = packed


def show_drawings(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Put drawings where a page's content has PNGs that carry one, and leave figures one number."""
    if "body" not in context or app.builder.format != "html":
        return
    folder = Path(app.outdir) / app.builder.imagedir

    def drawn(match: re.Match) -> str:
        tag, place, name = match[0], match[1], match[2]
        if name not in app.drawings:
            return tag
        light = unpack(app.drawings[name])
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.svg").write_text(light, encoding="utf-8")
        (folder / f"{name}-dark.svg").write_text(dark(light), encoding="utf-8")
        width, height = re.search(r'width="(\d+)" height="(\d+)"', light).groups()
        tag = re.sub(r' style="[^"]*"', "", tag)  # a fixed height would not fit a phone
        size = f' width="{width}" height="{height}"'
        lazy = "" if "loading=" in tag else ' loading="lazy"'
        return "".join(
            tag.replace(f"{place}{name}.png", f"{place}{name}{end}.svg").replace(
                "<img", f'<img class="figure-{mode}"{size}{lazy}', 1
            )
            for mode, end in (("light", ""), ("dark", "-dark"))
        )

    context["body"] = PICTURE.sub(drawn, COUNTED.sub("", context["body"]))


def setup(app: Sphinx) -> dict:
    """Register with Sphinx, before the extension that makes other pictures lighter."""
    app.connect("builder-inited", find_drawings)
    app.connect("doctree-read", number, priority=850)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    app.connect("doctree-resolved", check_links, priority=900)
    app.connect("html-page-context", show_drawings, priority=700)
    return {
        "version": "1",
        "env_version": 1,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
