"""Put the book's public address into its pages, or leave out what needs one.

The address is found when the book is built (tools/set_address.py). With it, the buttons lead to the
repository and to Colab, which opens the plain notebooks of the branch `notebooks`. Without it there are
no such buttons, and links that would lead to the placeholder are only their words. Of two boxes of the
classes `if-published` and `if-not-published` a page keeps the one that holds. Either way the download
button gives the plain notebook.
"""

import sys
from pathlib import Path

import nbformat
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

sys.path.append(str(Path(__file__).resolve().parents[1]))

from plain_notebooks import ROOT, plain_notebook
from set_address import BRANCH, address, public, site

LEFT_OUT = {True: "if-not-published", False: "if-published"}


def configure(app: Sphinx, config: Config) -> None:
    """Tell the theme where the book stands, before it prepares its buttons."""
    slug = config.public_address = address() or ""
    theme = config.html_theme_options
    if slug:
        theme |= {"repository_url": f"https://github.com/{slug}", "repository_branch": BRANCH}
        config.html_baseurl = f"{site(slug)}/"
    else:
        theme |= {"repository_url": "", "launch_buttons": {}}
        theme |= {"use_repository_button": False, "use_issues_button": False}


def read_source(app: Sphinx, page: str, source: list[str]) -> None:
    """Put the address into a page's text, or take links out."""
    source[0] = public(source[0], app.config.public_address or None)


def keep_what_holds(app: Sphinx, doctree: nodes.document) -> None:
    """Drop the boxes for the other case."""
    left_out = LEFT_OUT[bool(app.config.public_address)]
    for box in list(doctree.findall(nodes.container)):
        if left_out in box["classes"]:
            box.parent.remove(box)


def write_sources(app: Sphinx, exception: Exception | None) -> None:
    """Put plain notebooks, and texts with the address, where the download buttons lead."""
    if exception is not None or app.builder.name != "html" or Path(app.srcdir) != ROOT:
        return
    slug = app.config.public_address or None
    for written in sorted((Path(app.outdir) / "_sources" / "book").rglob("*.*")):
        source = ROOT / written.relative_to(Path(app.outdir) / "_sources")
        if written.suffix == ".ipynb" and source.exists():
            nbformat.write(plain_notebook(source, slug), written)
        elif written.suffix == ".md" and source.exists():
            written.write_text(public(source.read_text(encoding="utf-8"), slug), encoding="utf-8")


def setup(app: Sphinx) -> dict:
    """Register with Sphinx."""
    app.add_config_value("public_address", "", "env", str)
    app.connect("config-inited", configure, priority=100)
    app.connect("source-read", read_source)
    app.connect("doctree-read", keep_what_holds)
    app.connect("build-finished", write_sources)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
