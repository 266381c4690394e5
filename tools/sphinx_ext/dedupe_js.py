"""Drop scripts that a page would load twice, and those of Thebe.

Jupyter Book 1 registers the inline scripts of sphinx-thebe and sphinx-togglebutton twice; the
second `const` of the same name is a JavaScript error on every page. And it registers Thebe's, with
an address outside the book, although no page here runs code by it.
"""

from sphinx.application import Sphinx


def drop_repeated_scripts(app: Sphinx, page, template, context: dict, doctree) -> None:
    """Keep the first of equal scripts in the page's list."""
    unique = {
        (str(script.filename or ""), *sorted(script.attributes.items())): script
        for script in reversed(context["script_files"])
    }
    kept = [script for name, script in reversed(unique.items()) if "thebe" not in str(name).lower()]
    context["script_files"] = kept
    context["css_files"] = [file for file in context["css_files"] if "thebe" not in str(file)]


def setup(app: Sphinx) -> dict:
    """Register with Sphinx, after every extension that adds scripts."""
    app.connect("html-page-context", drop_repeated_scripts, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
