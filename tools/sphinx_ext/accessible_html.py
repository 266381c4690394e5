"""Mend what the theme and docutils write against the rules of accessible HTML.

Each of these was found by axe-core in a real browser (tests/site); nothing else changes.
"""

import re
from collections.abc import Callable

from sphinx.application import Sphinx

# A part of the navigation that opens: its link, and the nameless button after it.
OPENER = re.compile(
    r'(<a class="[^"]*reference internal" href="[^"]*">(.*?)</a><details[^>]*>)<summary>'
)
EMPTY_HEADER = re.compile(r'<th class="head">(?:<p></p>|\s*)</th>')


def with_named_openers(html: str) -> str:
    """Name each opener of the navigation after the page whose subpages it shows."""
    return OPENER.sub(
        lambda match: f'{match[1]}<summary aria-label="Pages under {match[2]}">', html
    )


def with_valid_content(html: str) -> str:
    """Make the empty corner of a table a plain cell, and each reference an item of its list."""
    html = EMPTY_HEADER.sub('<td class="head"></td>', html)
    return html.replace('role="doc-biblioentry"', 'role="listitem"')


def changed(function: Callable, change: Callable[[str], str]) -> Callable:
    """Return the function with its result, some HTML, changed."""
    return lambda *arguments, **options: change(str(function(*arguments, **options)))


def mend(app: Sphinx, page, template, context: dict, doctree) -> None:
    """Change the page's content and the function that its navigation comes from."""
    if "body" in context:
        context["body"] = with_valid_content(context["body"])
    if "generate_toctree_html" in context:
        navigation = context["generate_toctree_html"]
        context["generate_toctree_html"] = changed(navigation, with_named_openers)


def setup(app: Sphinx) -> dict:
    """Register with Sphinx, after the theme has offered its navigation."""
    app.connect("html-page-context", mend, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
