"""What a learner is told whose code stops with an exception: where, why, and where to look."""

from __future__ import annotations

import linecache
import re
import traceback
from collections.abc import Sequence
from typing import Any

import numpy as np
from torch import Tensor

from .stubs import is_learners
from .watch import Call

# What an exception looks like, `Kind: message`, and where to look then; the first that fits counts.
ADVICE = (
    (r"positional argument|keyword argument|takes no arg", "Keep the arguments of the stub, in their order."),
    (r"does not require grad|used in the graph", "Somewhere between the input and the result the graph is cut: look for detach, item, NumPy and no_grad, or call requires_grad_() on what you differentiate in."),
    (r"leaf [Vv]ariable", "Change weights in place only under torch.no_grad()."),
    (r"inplace operation", "A value that backward() needs was changed in place: write a new tensor."),
    (r"call numpy\(\)|requires grad. Use", "Stay in torch, or detach first if no gradient is needed."),
    (r"'NoneType' object", "Something in this line is None: what a function without `return` gives, or a weight or bias that a layer does not have."),
    (r"^AttributeError", "Print type(...) of what stands before the dot: arrays and tensors have different methods."),
    (r"^(NameError|UnboundLocalError)", "Is the name misspelt, or the cell that defines it not run?"),
    (r"^IndexError|out of (range|bounds)", "Print the index, and the shape of what it goes into."),
    (r"^KeyError", "Print the keys that are there."),
    (r"^ZeroDivisionError", "Which argument makes the denominator zero?"),
    (r"^RecursionError", "The function calls itself without an end."),
    (r"not implemented for '(Long|Int|Short|Char|Byte|Bool)'", "torch does not do this with whole numbers: convert them, or, if they only count something, copy them."),
    (r"must be (Tensor|real number)|type of .* must be", "Print type(...) of each value in this line: functions of torch take tensors, those of math take numbers."),
    (r"math domain error|expected a positive input", "0 or a negative number goes into a logarithm or a root: which argument allows that, and what is right then?"),
    (r"dtype|scalar type", "Numbers of two kinds meet here: convert one, as in y.to(x.dtype)."),
    (r"size|shape|dimension|broadcast|mat1|input", "Print the shapes of what meets in this line."),
    (r"^TypeError", "Print type(...) of each value in this line."),
)  # fmt: skip
OTHERWISE = "Run this line alone, and print what goes into it."


def blame(error: Exception, calls: Sequence[Call]) -> tuple[str, ...]:
    """Put one sentence and hints in place of a traceback.

    Args:
        error: the exception that ended the check, with its traceback.
        calls: the latest call of a learner's function, if there was one.

    Returns:
        What was raised in which line of the learner's and where to look; then, if a function was
        called, with what.
    """
    first_line = (str(error).strip().splitlines() or ["no message"])[0].rstrip(".")
    what = f"{type(error).__name__}: {first_line}"
    advice = next((text for form, text in ADVICE if re.search(form, what)), OTHERWISE)
    return (f"{_where(error)} {what}. {advice}", *(_called(call) for call in calls))


def _where(error: Exception) -> str:
    """Return the line in which an exception was raised, if it is one of the learner's."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if is_learners(f.filename)]
    if not frames:
        return "Your answer could not be used:"
    frame = frames[-1]
    code = linecache.getline(frame.filename, frame.lineno).strip()
    return f"Your code stopped in line {frame.lineno} of {frame.name}, `{code}`, with"


def _called(call: Call) -> str:
    """Return what a function was called with, and what it returned, by kinds and shapes."""
    given = ", ".join(map(_kind, call.args)) or "nothing"
    back = "" if call.result is ... else f", and returned {_kind(call.result)}"
    return f"{call.name} was last called with {given}{back}."


def _kind(value: Any) -> str:
    """Return a value in a few words."""
    if isinstance(value, Tensor):
        return f"a tensor {list(value.shape)} of {str(value.dtype).removeprefix('torch.')}"
    if isinstance(value, np.ndarray):
        return f"a NumPy array {list(value.shape)} of {value.dtype}"
    if isinstance(value, (bool, int, float, str, type(None))):
        return repr(value)
    size = f" of {len(value)}" if isinstance(value, (tuple, list, dict)) else ""
    return f"a {type(value).__name__}{size}"
