"""Tells two functions of the same name apart, as far as that can be told.

What a reader's own function does is its code, the values it has closed over and the functions
among them. Code is compared as Python compiled it, so on one version of Python only (3.11 and
3.12 compile differently), and comments, names of local variables and line numbers do not count.
Not looked into: global variables, what stands in lists and dicts, tensors, and the inside of
published functions, torch's and this course's, which are known by their names.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import is_dataclass
from functools import partial
from pathlib import Path
from types import CodeType, FunctionType, MethodType

import numpy as np
from torch import nn

PUBLISHED = ("torch", "gan_course", "numpy", "functools", "builtins")
PLAIN = (bool, int, float, complex, str, bytes, type(None))
Seen = dict[int, object]  # by id, and kept: a freed object's id would be given to another
DEVICES = ("cpu", "cuda", "mps", "xpu")  # where a game is played is not what it is


def fingerprint(value: object, apart: Iterable[nn.Module] = ()) -> str:
    """Return a digest of the reader's own code in `value`, with the version of Python.

    Args:
        value: a function, a module, or what holds some.
        apart: modules that are described elsewhere, wherever they are met.

    Returns:
        Such as `"1f0c9a2b7d3e (Python 3.11)"`.
    """
    seen: Seen = {id(module): module for network in apart for module in network.modules()}
    words = _words(value, False, seen)
    digest = hashlib.sha256("\n".join(words).encode(errors="replace")).hexdigest()[:12]
    return f"{digest} (Python {sys.version_info.major}.{sys.version_info.minor})"


def same_code(one: str, other: str) -> bool:
    """Whether two fingerprints may be of the same code: those of two Pythons always may."""
    return one == other or one.partition(" ")[2] != other.partition(" ")[2]


def is_published(kind: type | Callable) -> bool:
    """Whether a class or function comes with an installed package or with this course."""
    name = getattr(kind, "__module__", None) or ""
    file = getattr(sys.modules.get(name), "__file__", None) or ""
    installed = {"site-packages", "dist-packages"} & {*Path(file).parts}
    return name.split(".")[0] in PUBLISHED or (name != "__main__" and bool(installed))


def _words(value: object, own: bool, seen: Seen) -> Iterator[str]:
    """Yield what tells `value` apart; plain values count where the reader's code holds them."""
    if isinstance(value, PLAIN):
        if own and not (isinstance(value, str) and value.split(":")[0] in DEVICES):
            yield repr(value.item() if isinstance(value, np.generic) else value)
    elif isinstance(value, tuple):
        yield from _each(value, own, seen)
    elif id(value) not in seen:
        seen[id(value)] = value
        yield from _of_holder(value, own, seen)


def _of_holder(value: object, own: bool, seen: Seen) -> Iterator[str]:
    if isinstance(value, list):
        yield from _each([v for v in value if not isinstance(v, PLAIN)], own, seen)
    elif isinstance(value, partial):
        own = own or not is_published(value.func)  # what is bound to the reader's own function
        yield from _each([value.func, value.args, *sorted(value.keywords.items())], own, seen)
    elif isinstance(value, MethodType):
        yield from _each([value.__func__, value.__self__], own, seen)
    elif isinstance(value, FunctionType):
        yield from _of_function(value, own, seen)
    elif isinstance(value, nn.Module):
        yield from _of_layers(value, seen)
    elif isinstance(value, type) or (callable(value) and not hasattr(value, "__dict__")):
        if own:
            yield getattr(value, "__qualname__", type(value).__qualname__)
    elif getattr(type(value), "described_elsewhere", False):
        return
    elif callable(value) or is_dataclass(value):
        yield from _of_object(value, own, seen)


def _each(values: Iterable[object], own: bool, seen: Seen) -> Iterator[str]:
    for value in values:
        yield from _words(value, own, seen)


def _of_function(function: FunctionType, own: bool, seen: Seen) -> Iterator[str]:
    published = is_published(function)
    if not published:
        yield from _of_code(function.__code__, function.__doc__)
    elif own:
        yield function.__qualname__
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    for _, cell in sorted(cells, key=lambda pair: pair[0]):
        try:
            yield from _words(cell.cell_contents, not published, seen)
        except ValueError:  # still empty
            continue
    defaults = [function.__defaults__, *sorted((function.__kwdefaults__ or {}).items())]
    yield from _each(defaults, not published, seen)


def _of_code(code: CodeType, doc: str | None) -> Iterator[str]:
    yield code.co_code.hex()
    yield " ".join(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _of_code(constant, None)
        elif isinstance(constant, frozenset):  # its order differs between processes
            yield repr(sorted(map(repr, constant)))
        elif constant is None or constant != doc:
            yield repr(constant)


def _of_class(kind: type, seen: Seen) -> Iterator[str]:
    for base in kind.__mro__:
        if not is_published(base):
            yield base.__qualname__
            methods = {k: v for k, v in vars(base).items() if isinstance(v, FunctionType)}
            kept = [
                methods[k] for k in sorted(methods) if k == "__call__" or not k.startswith("__")
            ]
            yield from _each(kept, True, seen)


def _of_object(value: object, own: bool, seen: Seen) -> Iterator[str]:
    published = is_published(type(value))
    if not published:
        yield from _of_class(type(value), seen)
    fields = sorted(getattr(value, "__dict__", {}).items())
    yield from _each([v for _, v in fields], own or not published, seen)


def _of_layers(network: nn.Module, seen: Seen) -> Iterator[str]:
    """Yield the code of the layers' own classes, and of functions kept as attributes."""
    for module in network.modules():
        if (module is network or id(module) not in seen) and not is_published(type(module)):
            seen[id(module)] = module
            yield from _of_class(type(module), seen)
            kept = {k: v for k, v in vars(module).items() if not k.startswith("_") and callable(v)}
            yield from _each([v for _, v in sorted(kept.items())], True, seen)
