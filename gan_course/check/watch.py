"""Between a check and an answer: copies both ways, so that neither can spoil what the other holds."""

from __future__ import annotations

import copy
import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from .expect import WrongAnswerError
from .stubs import is_stub


class UnansweredError(Exception):
    """The learner's function has not been written yet."""


@dataclass
class Call:
    """What a learner's function was called with, and what came back (`...` if nothing did)."""

    name: str
    args: tuple
    result: Any = ...


def copied(value: Any) -> Any:
    """Return a value whose tensors, arrays and containers, at any depth, are copies.

    A tensor's copy stays in the graph, so that a check can differentiate through an answer.
    Networks, optimizers, functions and whatever else has an identity are handed on as they are:
    a check makes its own at each call, and looks at them afterwards.

    Args:
        value: anything; tensors and arrays of any shape, tuples, lists, sets and dicts of them.

    Returns:
        The same values, in memory of their own.
    """
    if isinstance(value, Tensor):
        with torch.enable_grad():
            twin = value.clone()
        if twin.requires_grad:
            twin.retain_grad()  # an answer may call backward() and read .grad, as on a leaf
        return twin
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, dict):
        twin = copy.copy(value)
        twin.update({key: copied(part) for key, part in value.items()})
        return twin
    if isinstance(value, (tuple, list, set)):
        make = getattr(value, "_make", type(value))  # a named tuple is not made like a tuple
        return make([copied(part) for part in value])
    return value


def fixed(values: ArrayLike) -> np.ndarray:
    """Return an array that nobody can change: what a check may keep at the level of its module.

    Args:
        values: numbers of any shape.

    Returns:
        A read-only array of them; its copies are ordinary arrays.
    """
    array = np.array(values)
    array.setflags(write=False)
    return array


def watch(answer: Any, name: str, in_place: bool, calls: list[Call]) -> Any:
    """Hand an answer to a check so that it works on copies and a result with holes is noticed.

    Args:
        answer: a value, or whatever can be called: function, method, partial, class, network.
        name: what the check calls it; what has an identifier for a name is told by its own.
        in_place: whether it works by side effect: then nothing is copied, and None is a result.
        calls: receives the latest call, in place of the one before.

    Returns:
        The value, copied, or a callable that stands for the answer.
    """
    if isinstance(answer, nn.Module):
        return answer if in_place else _watched_network(answer, name, calls)
    if not callable(answer):
        return answer if in_place else copied(answer)
    share = _same if in_place else copied
    own = str(getattr(answer, "__name__", ""))  # "<lambda>" is of no use to anybody
    name = own if own.isidentifier() else name

    @functools.wraps(answer, updated=())
    def watched(*args: Any, **kwargs: Any) -> Any:
        args, kwargs = share(args), share(kwargs)
        call = Call(name, (*args, *kwargs.values()))
        calls[:] = [call]
        call.result = result = answer(*args, **kwargs)
        calls[:] = [call]  # also where another answer was called on the way
        _expect_whole(result, name, in_place)
        if callable(result) and not any(result is given for given in args):
            return watch(result, name, in_place, calls)  # what a class makes is called next
        return share(result)

    return watched


def _same(value: Any) -> Any:
    return value


def _expect_whole(result: Any, name: str, in_place: bool) -> None:
    """Stop at a result that is missing or has holes."""
    if result is None and not in_place:
        raise WrongAnswerError(
            f"Your function {name} returned None: is a `return` missing?",
            "End it with `return` and the value; print shows a value, and gives it to nobody.",
        )
    if result is not None and is_stub(result):
        raise UnansweredError


def _watched_network(network: nn.Module, name: str, calls: list[Call]) -> nn.Module:
    """Copy a learner's network, whose forward gets copies too."""
    try:
        twin = copy.deepcopy(network)
    except RuntimeError:  # weights that are no leaves, as with torch's old spectral norm
        return network

    def before(_: nn.Module, args: tuple, kwargs: dict) -> tuple[tuple, dict]:
        args, kwargs = copied(args), copied(kwargs)
        calls[:] = [Call(name, (*args, *kwargs.values()))]
        return args, kwargs

    def after(_: nn.Module, __: tuple, result: Any) -> Any:
        calls[0].result = result
        _expect_whole(result, name, in_place=False)
        return copied(result)

    twin.register_forward_pre_hook(before, with_kwargs=True)
    twin.register_forward_hook(after)
    return twin
