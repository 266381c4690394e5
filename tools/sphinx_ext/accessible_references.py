"""Give the entries of the bibliography the role that their list demands of its children."""

from sphinx.application import Sphinx


def mark_entries(app: Sphinx, page, template, context: dict, doctree) -> None:
    """Replace the deprecated role that docutils writes."""
    if "citation-list" in context.get("body", ""):
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')


def setup(app: Sphinx) -> dict:
    """Register with Sphinx."""
    app.connect("html-page-context", mark_entries)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
