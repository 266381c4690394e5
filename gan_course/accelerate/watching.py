"""What a recorded function takes for granted: every Python value that it can reach.

A recording holds numbers as they stood. Whoever changes one of them between two records (an
annealed noise, a penalty's weight, a frozen layer, a learning rate) must be heard, so all that
a loss can reach is walked through once: its closure, defaults and globals, modules' attributes
and hooks, lists, dicts and objects. Looking again then takes some microseconds.
"""

from __future__ import annotations

import enum
import functools
import random
import sys
import types
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from operator import is_

import numpy as np
import torch
from torch import Tensor, nn

LIMIT = 20_000  # objects; whoever reaches more is played as it is
SMALL = 64  # numbers of a tensor on the CPU that are looked at one by one
PLAIN = (int, float, complex, str, bytes, bool, type(None), np.generic, enum.Enum, range, slice)
DRAWING = (np.ndarray, torch.Generator, random.Random, np.random.Generator, np.random.RandomState)
TORCH_PLAIN = (torch.dtype, torch.device, torch.layout, torch.memory_format)
OPAQUE = {"torch", "numpy", "functorch", "torchgen", *sys.stdlib_module_names} - {"__main__"}
OPEN = {"argparse", "types", "collections", "functools", "dataclasses"}  # hold readers' values

Step = tuple[str, object]  # a path for people, and what stands there


class Watch:
    """Remembers all that can be reached from `roots`, and says what has changed since.

    Attributes:
        facts: a path such as `loss.D.fog` and the value there, in the order of the walk.
        tensors: all tensors among them.
        refusal: why this cannot be watched; empty if it can.
    """

    def __init__(self, roots: dict[str, object], frozen_cpu: bool = False) -> None:
        """Walk through everything.

        Args:
            roots: where to begin, by the name with which paths begin.
            frozen_cpu: whether numbers in tensors on the CPU are recorded as they stand.
        """
        self.roots, self.frozen_cpu = roots, frozen_cpu
        self.facts: list[Step] = []
        self.tensors: list[Tensor] = []
        self.refusal = ""
        self._containers: list[Iterable] = []  # live views, whose items are compared by identity
        self._attributes: list[tuple[object, str]] = []
        self._globals: list[tuple[dict, str]] = []
        self._states: list[Callable[[], object]] = []  # of generators and small arrays
        self._seen: dict[int, object] = {}  # keeps what was seen alive, so that ids stay its own
        self._walk(deque(roots.items()))
        self._items = self._read()

    def changed(self) -> str:
        """Return the path of something that has changed since the walk; empty if nothing has."""
        try:
            if self._same(self._read()):
                return ""
        except (KeyError, AttributeError, ValueError, RuntimeError):
            pass  # something is gone: the walk will say what
        now = Watch(self.roots, self.frozen_cpu)
        if now.refusal:
            self.refusal = now.refusal
            return "all of it"
        for (path, new), (_, old) in zip(now.facts, self.facts):
            if not _equal(new, old):
                return path
        if len(now.facts) != len(self.facts):
            return "the number of values that it reaches"
        vars(self).update(vars(now))  # other objects of equal value
        return ""

    def _read(self) -> tuple[list, ...]:
        return (
            [*map(len, self._containers)],
            [*chain.from_iterable(self._containers)],
            [getattr(owner, name) for owner, name in self._attributes],
            [scope[name] for scope, name in self._globals],
            [tensor.data_ptr() for tensor in self.tensors],
            [tensor.requires_grad for tensor in self.tensors],
            [state() for state in self._states],
        )

    def _same(self, items: tuple[list, ...]) -> bool:
        by_identity = zip(self._items[1:4], items[1:4])
        return (
            self._items[0] == items[0]
            and all(all(map(is_, old, new)) for old, new in by_identity)
            and self._items[4:] == items[4:]
        )

    def _walk(self, todo: deque[Step]) -> None:
        while todo and not self.refusal:
            path, value = todo.popleft()
            kind = type(value)
            if isinstance(value, PLAIN + TORCH_PLAIN):
                self.facts.append((path, (kind, value)))
                continue
            self.facts.append((path, id(value)))
            if id(value) in self._seen:
                continue
            self._seen[id(value)] = value
            if len(self._seen) > LIMIT:
                self.refusal = f"it reaches more than {LIMIT:,} Python objects"
            todo.extend(self._inside(path, value))

    def _inside(self, path: str, value: object) -> Iterable[Step]:
        """Return what stands inside a value, and remember where to look for changes."""
        if isinstance(value, Tensor):
            return self._inside_tensor(path, value)
        if isinstance(value, DRAWING):
            return self._state(path, functools.partial(_state_of, value))
        if isinstance(value, dict | types.MappingProxyType):
            self._containers.append(value.values())
            return [(f"{path}[{_name(key, i)}]", value[key]) for i, key in enumerate(value)]
        if isinstance(value, list | tuple | set | frozenset | deque):
            self._containers.append(value)
            return [(f"{path}[{i}]", item) for i, item in enumerate(value)]
        if isinstance(value, types.FunctionType):
            return self._inside_function(path, value)
        if isinstance(value, types.MethodType):
            unwatched = getattr(value.__self__, "unwatched", False)  # what recording lends
            return [] if unwatched else [(path, value.__self__), (path, value.__func__)]
        if isinstance(value, functools.partial):
            return [(path, value.func), (path, value.args), (path, value.keywords)]
        if isinstance(value, type):
            return self._inside_class(path, value)
        if hasattr(type(value), "__next__"):
            self.refusal = f"it can draw from an iterator ({path})"
            return []
        return self._inside_object(path, value)

    def _state(self, path: str, state: Callable[[], object]) -> list[Step]:
        self._states.append(state)
        self.facts.append((f"the numbers in {path}", state()))
        return []

    def _inside_tensor(self, path: str, tensor: Tensor) -> list[Step]:
        if tensor.layout != torch.strided:
            self.refusal = f"it reaches a tensor that is not dense ({path})"
            return []
        self.tensors.append(tensor)
        where = (tensor.data_ptr(), tensor.shape, tensor.stride(), tensor.requires_grad)
        self.facts.append((f"the place of {path}", where))
        if tensor.device.type == "cpu" and self.frozen_cpu:
            self._state(path, functools.partial(_state_of, tensor))
        self._attributes.append((tensor, "_backward_hooks"))
        return [(f"{path} hooks", tensor._backward_hooks)]

    def _inside_function(self, path: str, function: types.FunctionType) -> Iterator[Step]:
        """Yield what a function's code can name: closure, defaults and globals."""
        if _is_opaque(function.__module__):
            return
        parts = ("__code__", "__defaults__", "__kwdefaults__", "__dict__")
        self._attributes += [(function, part) for part in parts]
        yield from ((path, getattr(function, part)) for part in parts)
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or ()):
            try:
                yield f"{path}.{name}", cell.cell_contents
            except ValueError:  # not bound yet
                continue
            self._attributes.append((cell, "cell_contents"))
        names, scopes = sorted(_names(function.__code__)), [function.__globals__]
        for scope in scopes:  # which grows by readers' own modules, such as a `config`
            for name in names:
                value = scope.get(name)
                module = isinstance(value, types.ModuleType)
                if name not in scope or (module and _is_opaque(value.__name__)):
                    continue
                if module and not any(vars(value) is known for known in scopes):
                    scopes.append(vars(value))
                self._globals.append((scope, name))
                yield f"{scope.get('__name__', 'globals')}.{name}", value

    def _inside_class(self, path: str, kind: type) -> list[Step]:
        if _is_opaque(kind.__module__):
            return []
        self._containers.append(kind.__dict__.values())
        inside = [(f"{kind.__name__}.{name}", item) for name, item in vars(kind).items()]
        return [*inside, *((base.__name__, base) for base in kind.__bases__)]

    def _inside_object(self, path: str, value: object) -> list[Step]:
        known = isinstance(value, nn.Module | torch.optim.Optimizer)
        module = type(value).__module__
        if isinstance(value, types.ModuleType) or (
            _is_opaque(module) and not known and module.split(".")[0] not in OPEN
        ):
            return []
        inside: list[Step] = [(type(value).__name__, type(value))]
        if module.startswith("gan_course") and not known:  # private are a game's own books
            names = [name for name in vars(value) if not name.startswith("_")]
            self._attributes += [(value, name) for name in names]
            inside += [(f"{path}.{name}", getattr(value, name)) for name in names]
        elif hasattr(value, "__dict__"):
            self._containers.append(vars(value).values())
            inside += [(f"{path}.{name}", item) for name, item in vars(value).items()]
        slots = [s for kind in type(value).__mro__ for s in getattr(kind, "__slots__", ())]
        for name in slots if not _is_opaque(module) else ():
            if hasattr(value, name):
                self._attributes.append((value, name))
                inside.append((f"{path}.{name}", getattr(value, name)))
        return inside


def _is_opaque(module: str | None) -> bool:
    """Return whether code of this module is not a reader's: torch's, numpy's, Python's own."""
    return module is None or module.split(".")[0] in OPAQUE


def _names(code: types.CodeType) -> set[str]:
    """Return all names that a function's code uses, that of functions inside it included."""
    inner = (const for const in code.co_consts if isinstance(const, types.CodeType))
    return {*code.co_names}.union(*map(_names, inner))


def _state_of(value: object) -> object:
    """Return the numbers inside an array, a small tensor or a generator of random numbers."""
    if isinstance(value, Tensor):
        small = value.numel() <= SMALL
        return value.detach().tolist() if small or value.is_inference() else value._version
    if isinstance(value, np.ndarray):
        return value.tobytes()
    if isinstance(value, torch.Generator):
        return value.get_state().numpy().tobytes() if value.device.type == "cpu" else None
    if isinstance(value, random.Random):
        return value.getstate()
    bits = value.bit_generator if isinstance(value, np.random.Generator) else value._bit_generator
    return repr(bits.state)


def _name(key: object, number: int) -> str:
    return str(key) if isinstance(key, PLAIN) else f"{type(key).__name__} {number}"


def _equal(one: object, other: object) -> bool:
    return one is other or [one] == [other]  # inside a list, NaN equals itself
