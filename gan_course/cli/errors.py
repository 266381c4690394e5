"""Errors of the operating system and of memory in the words of the command line."""

from __future__ import annotations

import shlex

import torch

LESS = "--batch, --width or --size"  # what a run needs its memory for
NO_MEMORY = ("allocate memory", "out of memory", "not enough memory", "bad_alloc", "ALLOC_FAILED")


def explain(error: OSError) -> str:
    """Return one sentence on an error, with the file if there is one and without its number."""
    if error.strerror is None:
        return str(error)
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror}".rstrip(".") + "."


def out_of_memory(error: BaseException) -> bool:
    """Return whether memory ran out: torch has a kind of its own for that on GPUs only."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(word in str(error) for word in NO_MEMORY)


def pasted(*words: object) -> str:
    """Return a command of the course that a shell takes as it stands, paths with spaces too."""
    return shlex.join(["gan-course", *map(str, words)])
