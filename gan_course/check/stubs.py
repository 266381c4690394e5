"""Telling an answer from a stub, and an error in the learner's code from one elsewhere."""

from __future__ import annotations

import dis
import inspect
import linecache
import sysconfig
import traceback
import types
from pathlib import Path
from typing import Any

from torch import nn

# What the body of `def f(): ...` compiles to, on every Python from 3.10 on.
_IDLE = {"RESUME", "NOP", "LOAD_CONST", "RETURN_CONST", "RETURN_VALUE", "COPY_FREE_VARS"}
_LIBRARIES = (str(Path(__file__).parents[1]), sysconfig.get_paths()["stdlib"], "<frozen")


def is_stub(answer: Any) -> bool:
    """Whether an answer is None, an ellipsis, or code whose body does nothing at all.

    Args:
        answer: a value, a function, a network or its class; a tuple or list is a stub if any of
            its parts is.

    Returns:
        True if there is nothing to check yet.
    """
    if isinstance(answer, (tuple, list)):
        return any(is_stub(part) for part in answer)
    if isinstance(answer, nn.Module):
        return is_stub(type(answer).forward)
    if isinstance(answer, type) and issubclass(answer, nn.Module):
        return is_stub(answer.forward)
    if isinstance(answer, types.FunctionType):
        return _does_nothing(inspect.unwrap(answer))
    return answer is None or answer is ...


def _does_nothing(function: types.FunctionType) -> bool:
    """Whether a body is `pass`, `...`, `return None` or `return ...`, with or without docstring."""
    steps = list(dis.get_instructions(function))
    constants = [step.argval for step in steps if step.opname in ("LOAD_CONST", "RETURN_CONST")]
    return {step.opname for step in steps} <= _IDLE and all(
        c is None or c is ... for c in constants
    )


def stub_raised(error: Exception) -> bool:
    """Whether an exception means that something was left open, not that it is wrong.

    Args:
        error: the exception that ended the check, with its traceback.

    Returns:
        True if the learner's own code raised NotImplementedError (a library below it does not
        count), or if an ellipsis was computed with.
    """
    frames = traceback.extract_tb(error.__traceback__)
    raised = isinstance(error, NotImplementedError) and _is_learners(frames[-1].filename)
    return raised or "ellipsis" in str(error)


def blame(error: Exception) -> str:
    """One sentence in place of a traceback: what was raised, and in which line of the learner's.

    Args:
        error: the exception that ended the check, with its traceback.

    Returns:
        The sentence.
    """
    first_line = (str(error).strip().splitlines() or ["without a message"])[0]
    what = f"{type(error).__name__}: {first_line}"
    frames = [f for f in traceback.extract_tb(error.__traceback__) if _is_learners(f.filename)]
    if not frames:
        return f"Your answer could not be used: {what}"
    frame = frames[-1]
    code = linecache.getline(frame.filename, frame.lineno).strip()
    return f"Your code stopped in line {frame.lineno} of {frame.name}, `{code}`, with {what}"


def _is_learners(filename: str) -> bool:
    """Whether a file is neither this package, nor Python's own, nor an installed library."""
    return not filename.startswith(_LIBRARIES) and "-packages" not in filename
