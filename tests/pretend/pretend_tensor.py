"""Tensors on the pretended device, and what it lets pass and refuses as CUDA does."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from weakref import WeakValueDictionary

import torch
from torch.utils._python_dispatch import TorchDispatchMode

NAME = "pretend"
BETWEEN_DEVICES = {"_to_copy", "copy_", "_foreach_copy_"}
INDEXING = {"index", "index_put", "index_put_", "_unsafe_index", "_unsafe_index_put"}
# These take a number on the CPU though they are not marked as working on single elements.
TAKES_NUMBERS = {"index_put", "index_put_", "masked_fill", "masked_fill_", "index_fill_", "fill_"}
LACKING = {"histogram", "_histogramdd_bin_edges", "_histogramdd_from_bin_cts"}  # on CUDA
_generators: WeakValueDictionary = WeakValueDictionary()  # torch hands on others of the same data


class Pretend(torch.Tensor):
    """The CPU tensor `inner`, which says that it is on the pretended device."""

    inner: torch.Tensor

    @staticmethod
    def __new__(cls, inner: torch.Tensor) -> Pretend:
        tensor = torch.Tensor._make_wrapper_subclass(
            cls,
            inner.shape,
            strides=inner.stride(),
            storage_offset=inner.storage_offset(),
            dtype=inner.dtype,
            device=torch.device(NAME, 0),
            dispatch_device=True,
        )
        tensor.inner = inner
        return tensor

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        return _run(func, args, kwargs or {})

    def __repr__(self) -> str:
        return f"{self.detach().cpu()!r}"[:-1] + f", device='{self.device}')"

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if self.dim() == 0 else object.__format__(self, spec)

    def __reduce_ex__(self, protocol: int) -> tuple:
        parts = self.detach().cpu(), self.dtype, str(self.device), self.requires_grad
        return torch._utils._rebuild_device_tensor_from_cpu_tensor, parts

    def tolist(self) -> list:
        return self.detach().cpu().tolist()

    def numpy(self, *, force: bool = False) -> Any:
        if force:
            return self.detach().cpu().numpy()
        raise TypeError(
            f"can't convert {self.device} device type tensor to numpy. Use Tensor.cpu() to copy "
            "the tensor to host memory first."
        )

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return self.numpy()  # which refuses


class Generator(torch.Generator):
    """A generator that knows its device; torch cannot make one for a device written in Python."""

    def __new__(cls, device: torch.device | str = "cpu") -> Generator:
        generator = super().__new__(cls)
        generator.place = torch.device(device)
        _generators[generator._cdata] = generator
        return generator

    @property
    def device(self) -> torch.device:
        return self.place


def is_ours(device: torch.device | str | int | None) -> bool:
    return device is not None and torch.device(device).type == NAME


def _tensors(values: Iterable) -> list[torch.Tensor]:
    """Returns the tensors among arguments, also those in lists: what pytree does, but faster."""
    found = []
    for value in values:
        if isinstance(value, torch.Tensor):
            found.append(value)
        elif isinstance(value, list | tuple):
            found += _tensors(value)
    return found


def _map(change: Callable, value: Any) -> Any:
    """Returns the value with each of its leaves changed."""
    if type(value) in (list, tuple):
        return type(value)(_map(change, item) for item in value)
    if isinstance(value, tuple):  # one with names, such as (values, indices)
        return type(value)(_map(change, item) for item in value)
    return change(value)


def _bare(value: Any) -> Any:
    """Takes the disguise off a tensor, and the pretended device off an argument."""
    if isinstance(value, Pretend):
        return value.inner
    if isinstance(value, torch.device) and value.type == NAME:
        return torch.device("cpu")
    return value


@dataclass(frozen=True)
class _Rule:
    """What CUDA does about one operation."""

    name: str
    numbers: bool  # whether it takes a number that is on the CPU
    mutable: bool
    changes_shape: bool  # of its first argument, in place


@functools.cache
def _rule(func: Any) -> _Rule:
    name = func.overloadpacket.__name__
    pointwise = torch.Tag.pointwise in func.tags or name.startswith(("_foreach", "_fused"))
    numbers = pointwise or name in TAKES_NUMBERS
    return _Rule(name, numbers, func._schema.is_mutable, torch.Tag.inplace_view in func.tags)


def _run(func: Callable, args: tuple, kwargs: dict) -> Any:
    """Does on the CPU what was asked for, and disguises what belongs on the pretended device."""
    rule, tensors = _rule(func), _tensors((*args, *kwargs.values()))
    if rule.name == "device":
        return torch.device(NAME, 0)
    ours, device = any(isinstance(t, Pretend) for t in tensors), kwargs.get("device")
    here = is_ours(device) or (ours and device is None)
    if ours and rule.name not in BETWEEN_DEVICES:
        _refuse_mixture(func, rule, args, kwargs, tensors)
    if here and rule.name in LACKING:
        raise NotImplementedError(f"Could not run 'aten::{rule.name}' on the '{NAME}' device.")
    _refuse_generator(kwargs.get("generator"), NAME if here else "cpu")
    out = func(*_map(_bare, args), **{key: _map(_bare, value) for key, value in kwargs.items()})
    if rule.name == "_local_scalar_dense":
        return out
    if rule.changes_shape:  # unsqueeze_ and its like: the disguise changes, too
        with torch._C._DisableTorchDispatch():
            func(*args, **kwargs)
    given = {id(_bare(t)): t for t in tensors}  # in place: the very argument, disguise and all
    return _map(lambda t: _disguised(t, given, here) if isinstance(t, torch.Tensor) else t, out)


def _disguised(out: torch.Tensor, given: dict[int, torch.Tensor], here: bool) -> torch.Tensor:
    if id(out) not in given:
        return Pretend(out) if here and not isinstance(out, Pretend) else out
    if given[id(out)].shape != out.shape:
        raise NotImplementedError("a pretended tensor cannot be resized.")
    return given[id(out)]


def _refuse_mixture(
    func: Callable, rule: _Rule, args: tuple, kwargs: dict, tensors: list[torch.Tensor]
) -> None:
    """Raises what CUDA raises where an operation gets tensors of both devices."""
    if rule.name in INDEXING and isinstance(args[0], Pretend):  # its indices may be on the CPU
        tensors = _tensors((args[0], *args[2:], *kwargs.values()))
    there = [t for t in tensors if not isinstance(t, Pretend)]
    if not there:
        return
    into_cpu = rule.mutable and there[0] is tensors[0]
    if into_cpu or not rule.numbers or any(t.dim() for t in there):
        raise RuntimeError(
            "Expected all tensors to be on the same device, but found at least two devices, "
            f"{NAME}:0 and cpu! (when calling {func})"
        )


def _refuse_generator(generator: torch.Generator | None, device: str) -> None:
    place = generator and _generators.get(generator._cdata, generator).device.type
    if place not in (None, device):
        raise RuntimeError(f"Expected a '{device}' device type for generator but found '{place}'")


class Mode(TorchDispatchMode):
    """Brings functions that make tensors, and moves between devices, to `_run`."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # nothing is compiled here, and keeping the compiler out costs time

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        ours = is_ours(kwargs.get("device")) or any(issubclass(t, Pretend) for t in types)
        if ours:
            return _run(func, args, kwargs)
        _refuse_generator(kwargs.get("generator"), "cpu")
        return func(*args, **kwargs)
