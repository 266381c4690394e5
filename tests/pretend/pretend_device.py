"""A second device on a machine that has none, so that a test on a CPU finds what a GPU would.

    with pretending() as device:             # "pretend:0"
        net = nn.Linear(2, 1).to(device)
        net(torch.randn(3, 2))               # RuntimeError: expected all tensors on one device

A tensor on it is a CPU tensor in disguise: the numbers are the CPU's, but what CUDA refuses is
refused here, too: operations on tensors of two devices, `.numpy()`, generators of another device,
and the few operations that CUDA lacks. What CUDA lets pass passes: a number on the CPU (a tensor
without dimensions) in an operation on single elements, and indices on the CPU.

It stands on parts of torch that are experimental (a backend written in Python) and was made with
torch 2.13: `AVAILABLE` says whether this torch is new enough. It costs about three times the CPU's
time, on small networks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

import torch
from pretend_tensor import NAME, Generator, Mode, is_ours
from torch.utils._pytree import tree_map

AVAILABLE = tuple(map(int, torch.__version__.split(".")[:2])) >= (2, 13)
_open = 0  # how many `pretending()` are open; outside, torch sees no device


class _Module:
    """What stands as `torch.pretend`, as `torch.cuda` stands for CUDA; one state with the CPU's."""

    def is_available(self) -> bool:
        return _open > 0

    def is_initialized(self) -> bool:
        return True

    def device_count(self) -> int:
        return int(_open > 0)

    def current_device(self) -> int:
        return 0

    def synchronize(self, device: torch.device | str | int | None = None) -> None:
        pass

    def _is_in_bad_fork(self) -> bool:
        return False

    def get_amp_supported_dtype(self) -> list[torch.dtype]:
        return [torch.bfloat16]

    def manual_seed_all(self, seed: int) -> None:
        pass  # torch.manual_seed has seeded the CPU's, which is ours

    manual_seed = manual_seed_all

    def get_rng_state(self, device: torch.device | str | int = 0) -> torch.Tensor:
        return torch.get_rng_state()

    def set_rng_state(self, state: torch.Tensor, device: torch.device | str | int = 0) -> None:
        torch.set_rng_state(state)


def _register() -> None:
    """Makes the device known to torch, once in a process: there is no way back."""
    from torch.utils import backend_registration

    if torch._C._get_privateuse1_backend_name() == NAME:
        return

    class Hook(backend_registration._DummyPrivateUse1Hook):
        def is_available(self) -> bool:
            return _open > 0

    backend_registration._setup_privateuseone_for_python_backend(
        NAME, backend_module=_Module(), hook=Hook()
    )
    _register.autocast = torch.library.Library("_", "IMPL")  # it lives as long as this does
    _register.autocast.fallback(torch.library.fallthrough_kernel, "AutocastPrivateUse1")


if AVAILABLE:
    # now, as test files are collected: autograd counts the devices in a process's first backward
    _register()


def _load(load: Callable) -> Callable:
    """Lets `torch.load` put pretended tensors where `map_location` says."""

    def loading(f: Any, map_location: Any = None, **options: Any) -> Any:
        loaded = load(f, map_location="cpu" if is_ours(map_location) else map_location, **options)
        if map_location is None:
            return loaded
        move = lambda t: t.to(map_location) if isinstance(t, torch.Tensor) else t  # noqa: E731
        return tree_map(move, loaded)  # of dicts

    return loading


@contextmanager
def _flag(get: Callable[[], bool], put: Callable[[bool], None]) -> Iterator[None]:
    before = get()
    put(True)
    try:
        yield
    finally:
        put(before)


@contextmanager
def pretending() -> Iterator[torch.device]:
    """Lets tensors and networks live on the pretended device inside, and returns that device."""
    global _open
    future = torch.__future__
    with ExitStack() as stack:
        # parameters must become others: one cannot move to another device in place
        swap = (
            future.get_swap_module_params_on_conversion,
            future.set_swap_module_params_on_conversion,
        )
        stack.enter_context(_flag(*swap))
        # torch.tensor(..., device=...) must show its move to the device
        lift = torch._C._only_lift_cpu_tensors, torch._C._set_only_lift_cpu_tensors
        stack.enter_context(_flag(*lift))
        stack.enter_context(mock.patch.object(torch, "Generator", Generator))
        stack.enter_context(mock.patch.object(torch, "load", _load(torch.load)))
        stack.enter_context(Mode())
        _open += 1
        try:
            yield torch.device(NAME, 0)
        finally:
            _open -= 1
