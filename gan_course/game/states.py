"""What is changed for a while and must be undone: random states, train and eval mode.

Each is a context manager that puts things back whatever happens inside, so that an
interrupted cell leaves nothing behind. torch has one random state for the whole process and a
layer one mode, so they belong to one thread while they are changed: a sample that a dashboard's
thread asks for waits until the record that is being played is there.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

RandomState = dict[str, Tensor]

_queue, _turn, _thread = threading.Lock(), threading.Lock(), threading.local()


@contextmanager
def one_thread_at_a_time() -> Iterator[None]:
    """Let one thread do what is inside, in order of arrival; the others wait at the door.

    A thread that is inside already walks through: a loss may sample, and so may a loop's body.
    """
    if getattr(_thread, "inside", False):
        yield
        return
    with _queue:  # who plays on and on queues up like everybody else
        _turn.acquire()
    try:
        _thread.inside = True
        yield
    finally:
        _thread.inside = False
        _turn.release()


def get_random_state(device: torch.device) -> RandomState:
    """Return a copy of torch's random state: the CPU's and, on CUDA, that of `device` too."""
    state = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(device)
    return state


def set_random_state(state: RandomState, device: torch.device) -> None:
    """Make torch go on from `state`, as `get_random_state` returned it."""
    torch.set_rng_state(state["cpu"])
    if device.type == "cuda" and "cuda" in state:
        torch.cuda.set_rng_state(state["cuda"], device)


@contextmanager
def kept_random_state(device: torch.device) -> Iterator[None]:
    """Give the caller's random state back at the end."""
    with one_thread_at_a_time():
        before = get_random_state(device)
        try:
            yield
        finally:
            set_random_state(before, device)


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Run its body from `seed` and leaves the caller's random state as it was."""
    with kept_random_state(device):
        torch.manual_seed(seed)
        yield


def _is_frozen(module: nn.Module) -> bool:
    """Whether it is in eval mode and has parameters, none of which is trained."""
    if module.training:
        return False
    trained = [parameter.requires_grad for parameter in module.parameters()]
    return bool(trained) and not any(trained)


@contextmanager
def mode(networks: Iterable[nn.Module], training: bool) -> Iterator[None]:
    """Set networks to train or eval mode, and every layer back to its own mode afterwards.

    A part that is both frozen (`requires_grad_(False)`) and in eval mode stays as it is, with
    all that is inside it: its running statistics are as fixed as its weights.

    Args:
        networks: whose layers to set.
        training: whether to train mode.
    """
    networks = list(networks)
    with one_thread_at_a_time():
        modules = [module for network in networks for module in network.modules()]
        before = [(module, module.training) for module in modules]
        frozen = {id(part) for m in modules if training and _is_frozen(m) for part in m.modules()}
        try:
            for network in networks:
                network.train(training)
            for module, was in before:
                if id(module) in frozen:
                    module.training = was
            yield
        finally:
            for module, was in before:
                module.training = was
