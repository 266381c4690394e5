"""Shows code from the package on the page, so that the page never holds a copy of it."""

from __future__ import annotations

import inspect
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
    """Returns the source of a function, class or module, to be shown by a notebook.

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
    written = inspect.getdoc(obj) and obj.__doc__
    if written and not docstring:
        for quotes in ('"""', "'''"):
            text = text.replace(f"{quotes}{written}{quotes}\n", "", 1)
        lines = [line for line in text.splitlines() if line.strip() or line == ""]
        text = "\n".join(lines)
    return _Source(inspect.cleandoc(text) if text.startswith(" ") else text.rstrip())
