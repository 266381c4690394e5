"""Telling an answer from a stub, before it is run and by what it raises."""

from __future__ import annotations

import dis
import functools
import inspect
import sysconfig
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
        answer: a value, or whatever can be called: a function, method, partial, network or class;
            a tuple or list is a stub if any of its parts is.

    Returns:
        True if there is nothing to check yet.
    """
    if isinstance(answer, (tuple, list)):
        return any(is_stub(part) for part in answer)
    body = _body(answer)
    if isinstance(body, types.FunctionType):
        return _does_nothing(body)
    return answer is None or answer is ...


def _body(answer: Any) -> Any:
    """Return the function behind an answer: inside decorators, networks and classes."""
    while isinstance(answer, functools.partial):
        answer = answer.func
    kind = answer if isinstance(answer, type) else type(answer)
    if issubclass(kind, nn.Module):
        return inspect.unwrap(kind.forward)
    if not inspect.isroutine(answer):  # for a class, what its instances do
        answer = kind.__call__
    return getattr(inspect.unwrap(answer), "__func__", inspect.unwrap(answer))


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
        True if a `raise` of the learner's own raised NotImplementedError (torch raises it too,
        for operations that it lacks), or if an ellipsis was computed with.
    """
    raised = isinstance(error, NotImplementedError) and _by_raise(error.__traceback__)
    return raised or "ellipsis" in str(error)


def _by_raise(place: types.TracebackType | None) -> bool:
    """Whether an exception comes from a `raise` in a learner's code, not from a call there."""
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    if place is None or not is_learners(place.tb_frame.f_code.co_filename):
        return False
    steps = {step.offset: step.opname for step in dis.get_instructions(place.tb_frame.f_code)}
    return steps.get(place.tb_lasti, "").startswith("RAISE")


def is_learners(filename: str) -> bool:
    """Whether a file is neither this package, nor Python's own, nor an installed library.

    Args:
        filename: as a traceback has it.

    Returns:
        True for a notebook's cell or a script.
    """
    return not filename.startswith(_LIBRARIES) and "-packages" not in filename
