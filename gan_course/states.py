"""What is changed for a while and must be undone: random states, train and eval mode.

Each is a context manager that puts things back whatever happens inside, so that an
interrupted cell leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

RandomState = dict[str, Tensor]


def get_random_state(device: torch.device) -> RandomState:
    """Returns a copy of torch's random state: the CPU's and, on CUDA, that of `device` too."""
    state = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(device)
    return state


def set_random_state(state: RandomState, device: torch.device) -> None:
    """Makes torch go on from `state`, as `get_random_state` returned it."""
    torch.set_rng_state(state["cpu"])
    if device.type == "cuda" and "cuda" in state:
        torch.cuda.set_rng_state(state["cuda"], device)


@contextmanager
def kept_random_state(device: torch.device) -> Iterator[None]:
    """Gives the caller's random state back at the end."""
    before = get_random_state(device)
    try:
        yield
    finally:
        set_random_state(before, device)


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Runs its body from `seed` and leaves the caller's random state as it was."""
    with kept_random_state(device):
        torch.manual_seed(seed)
        yield


@contextmanager
def mode(networks: Iterable[nn.Module], training: bool) -> Iterator[None]:
    """Sets networks to train or eval mode, and every layer back to its own mode afterwards."""
    networks = list(networks)
    before = [(module, module.training) for net in networks for module in net.modules()]
    try:
        for network in networks:
            network.train(training)
        yield
    finally:
        for module, was in before:
            module.training = was
