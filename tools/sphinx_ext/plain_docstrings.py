"""Let docstrings write |x| for a norm: reStructuredText would read it as a substitution.

Docstrings are read in editors, in `help()` and in notebooks far more often than on the API page, so
their formulas stay plain and are escaped here.
"""

import re

from sphinx.application import Sphinx

CODE_SPAN = re.compile(r"(``.*?``)")


def escaped(line: str) -> str:
    """Return the line with bars escaped outside of code spans."""
    parts = CODE_SPAN.split(line)
    return "".join(
        part if part.startswith("``") else re.sub(r"(?<!\\)\|", r"\\|", part) for part in parts
    )


def escape_bars(app: Sphinx, what, name, thing, options, lines: list[str]) -> None:
    """Escape all lines of a docstring, in place, except literal blocks."""
    literal = None  # the indentation of the line that opened a literal block
    for number, line in enumerate(lines):
        indentation = len(line) - len(line.lstrip())
        if literal is not None and line.strip() and indentation <= literal:
            literal = None
        if literal is None and not line.lstrip().startswith(">>>"):
            lines[number] = escaped(line)
            literal = indentation if line.rstrip().endswith("::") else None


def setup(app: Sphinx) -> dict:
    """Register with Sphinx, after napoleon has read the docstring's sections."""
    app.connect("autodoc-process-docstring", escape_bars, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
