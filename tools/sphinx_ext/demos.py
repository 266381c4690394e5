"""Loads a demo's scripts on the pages that hold its box, and nowhere else.

A page holds a box with a static picture and a text: a sphinx-design `{div}` of the classes `demo` and
`demo-NAME`. The scripts are plain ones, not modules, so that they also load from `file://`.

Three readers need three texts about a demo. Inside the box a `{div}` says for whom it is:

- `on-page`: what to do, where the demo is alive;
- `on-paper`: what the static picture shows, in print and where no script runs;
- `in-notebook`: how to open it in a kernel, in Jupyter and Colab; a page leaves it out.

The style sheet shows one of the first two; tools/plain_notebooks.py drops the first; tools/reading.py counts
it alone.
"""

from collections.abc import Iterable

from docutils import nodes

# In the order in which they must run; `data/NAME.js` is made by `make demos`.
SCRIPTS = {
    "cover": ["nn.js", "gan.js", "toys.js", "plane.js", "data/cover.js", "cover.js"],
    "playground": [
        *("nn.js", "gan.js", "toys.js", "plane.js", "world.js", "trainer.js", "graph.js"),
        *("drawing.js", "data/playground.js", "playground.js"),
    ],
    "divergences": ["data/divergences.js", "distances.js", "divergences.js"],
    "dirac": ["data/dirac.js", "dynamics.js", "portrait.js", "dirac.js"],
    "field": [
        *("data/dirac.js", "dynamics.js", "data/field.js", "fields.js", "methods.js"),
        *("marks.js", "field_pictures.js", "field_words.js", "field.js"),
    ],
    "transport": ["data/transport.js", "assignment.js", "transport.js"],
    "sampler-dcgan": ["layers.js", "data/sampler-dcgan.js", "sampler.js"],
    "sampler-cgan": ["layers.js", "data/sampler-cgan.js", "sampler.js"],
    "discriminator": ["data/discriminator.js", "discriminator.js"],
    "f-divergences": [
        *("data/divergences.js", "distances.js", "data/f-divergences.js", "family.js"),
        *("explorer.js", "f-divergences.js"),
    ],
    "torture": ["product.js", "scores.js", "data/torture.js", "torture.js"],
    "faces": [
        *("layers.js", "style.js", "data/faces.js", "faces.js", "faces_chart.js", "faces_box.js"),
    ],
    "edges": ["layers.js", "data/edges.js", "edges.js", "edges_box.js"],
}
# What a script stands on; it comes before it.
NEEDS = {"nn.js": ["product.js"]}
# Large ones, which a demo fetches by `Demo.later` when its box comes near.
LATER = {
    f"data/{name}.js"
    for name in ("sampler-dcgan", "sampler-cgan", "discriminator", "torture", "faces", "edges")
}


def demos_on(doctree) -> list[str]:
    """Return the names of the demos whose boxes a page holds."""
    classes = {name for node in doctree.findall(nodes.container) for name in node["classes"]}
    return [name for name in SCRIPTS if f"demo-{name}" in classes]


def add_scripts(app, page, template, context, doctree) -> None:
    """Let the page load what its demos need, each script once."""
    names = demos_on(doctree) if doctree is not None else []
    if not names:
        return
    app.add_css_file("demos/demos.css")
    if "cover" in names:
        app.add_css_file("first_screen.css")
    for script in scripts_of(names):
        app.add_js_file(f"demos/{script}", loading_method="defer")


def scripts_of(names: Iterable[str]) -> list[str]:
    """Return the scripts that load with a page of these demos, in order, each once."""
    asked = ["ui.js", *(script for name in names for script in SCRIPTS[name])]
    whole = [part for script in asked for part in (*NEEDS.get(script, []), script)]
    return [script for script in dict.fromkeys(whole) if script not in LATER]


def leave_out_notebook_texts(app, doctree) -> None:
    """Take what only a notebook's reader needs out of a page, and so out of its search index."""
    for node in list(doctree.findall(nodes.container)):
        if "in-notebook" in node["classes"]:
            node.parent.remove(node)


def setup(app) -> dict:
    app.connect("doctree-read", leave_out_notebook_texts)
    app.connect("html-page-context", add_scripts)
    return {"version": "2", "parallel_read_safe": True}
