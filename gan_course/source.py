"""Shows code from the package on the page, so that the page never holds a copy of it."""

from __future__ import annotations

import ast
import inspect
import textwrap
from dataclasses import dataclass


@dataclass(frozen=True)
class _Source:
    """Python text that a notebook shows highlighted and a console prints as it is."""

    text: str

    def __repr__(self) -> str:
        return self.text

    def _repr_markdown_(self) -> str:
        return f"```python\n{self.text}\n```"


def show(obj: object, docstring: bool = False) -> _Source:
    """Return the source of a function, class or module, to be shown by a notebook.

    Args:
        obj: what to show.
        docstring: whether to show its docstring too; the page usually says it already.

    Raises:
        TypeError: Python keeps no source for `obj`, such as a number or a built-in.
    """
    try:
        text = inspect.getsource(obj)
    except (TypeError, OSError):
        raise TypeError(
            f"show needs a function, class or module written in Python, got {obj!r}."
        ) from None
    text = textwrap.dedent(text)
    return _Source((text if docstring else _without_docstring(text)).strip())


def _without_docstring(text: str) -> str:
    """Drop the first docstring: of the function or class, or of the module itself."""
    tree = ast.parse(text)
    owner = tree.body[0] if isinstance(tree.body[0], ast.FunctionDef | ast.ClassDef) else tree
    if ast.get_docstring(owner) is None:
        return text
    lines, written = text.splitlines(), owner.body[0]
    return "\n".join(lines[: written.lineno - 1] + lines[written.end_lineno :])
