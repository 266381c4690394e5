"""The processes that train together: who they are, how they meet and how they part."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import distributed as dist
from torch.distributed.rendezvous import rendezvous

from ..device import resolve_device
from ..draws import placed

__all__ = ["World", "world"]


@dataclass(frozen=True)
class World:
    """Where this process stands among those that train together.

    Attributes:
        rank: its number, in 0..size-1.
        size: how many there are.
        device: the one on which it trains.
    """

    rank: int
    size: int
    device: torch.device

    @property
    def first(self) -> bool:
        """Whether this is the process that prints and writes files."""
        return self.rank == 0


@contextmanager
def world(device: str | torch.device | None = None) -> Iterator[World]:
    """Join the processes that `torchrun` started; on its own, a process is a world of one.

    They talk by NCCL if they train on GPUs, each on its own, else by gloo. At the end all wait
    for each other and part. If one fails it leaves at once, without waiting, and `torchrun`
    ends the others.

    Args:
        device: `"cpu"` or `"cuda"`; CUDA if present.

    Yields:
        This process's place.

    Raises:
        RuntimeError: CUDA was asked for and is absent, or there are fewer GPUs than processes.
    """
    device, size = resolve_device(device), int(os.environ.get("WORLD_SIZE", 1))
    if size == 1:
        yield World(0, 1, device)
        return
    device = _own(device)
    bound = device if device.type == "cuda" else None
    here = World(_join("nccl" if bound else "gloo", bound), size, device)
    failed = True
    try:
        with placed(here.rank, here.size, device):
            yield here
        dist.barrier()
        failed = False
    finally:
        if not (failed and bound):  # NCCL would wait for the others, who may never come
            dist.destroy_process_group()


def _own(device: torch.device) -> torch.device:
    """Return this process's own device, and make it the one that "cuda" means."""
    if device.type != "cuda":
        return device
    number, present = int(os.environ["LOCAL_RANK"]), torch.cuda.device_count()
    if number >= present:
        raise RuntimeError(
            f"each process needs a GPU of its own and this machine has {present}: "
            f"start at most --nproc-per-node {present}, or train on the CPU by world('cpu')."
        )
    torch.cuda.set_device(number)
    return torch.device("cuda", number)


def _join(backend: str, bound: torch.device | None) -> int:
    """Meets the other processes and returns this one's rank."""
    store, rank, size = next(rendezvous("env://"))
    # addresses of a world that has ended stay in the store: each world writes under its number
    number = store.add(f"worlds of rank {rank}", 1)
    store = dist.PrefixStore(f"world {number}", store)
    dist.init_process_group(backend, store=store, rank=rank, world_size=size, device_id=bound)
    return rank
