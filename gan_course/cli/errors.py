"""Errors of the operating system in the words of the command line."""

from __future__ import annotations


def explain(error: OSError) -> str:
    """Returns one sentence on an error, with the file if there is one and without its number."""
    if error.strerror is None:
        return str(error)
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror}".rstrip(".") + "."
