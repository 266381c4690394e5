"""Drop scripts that a page would load twice.

Jupyter Book 1 registers the inline scripts of sphinx-thebe and sphinx-togglebutton twice; the
second `const` of the same name is a JavaScript error on every page.
"""

from sphinx.application import Sphinx


def drop_repeated_scripts(app: Sphinx, page, template, context: dict, doctree) -> None:
    """Keep the first of equal scripts in the page's list."""
    unique = {
        (str(script.filename or ""), *sorted(script.attributes.items())): script
        for script in reversed(context["script_files"])
    }
    context["script_files"] = list(reversed(unique.values()))


def setup(app: Sphinx) -> dict:
    """Register with Sphinx, after every extension that adds scripts."""
    app.connect("html-page-context", drop_repeated_scripts, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
