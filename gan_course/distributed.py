"""One game on many processes, started by `torchrun`: the same numbers as on one, sooner.

    with world() as here:
        game = distributed(gan(G, D))
        for record in train(game, digits().batches(128), steps=5_000):
            if here.first:
                print(record)
                save(game, "run/game.pt")

`torchrun --nproc-per-node 2 script.py` starts two processes of this script, `python script.py`
one: a world of one, in which nothing here does anything. Every process draws the same random
numbers for the whole world's batch, plays the game on its own rows of it, and the processes
average their gradients by one `all_reduce` a move. So n processes with B/n samples each are one
process with B, up to rounding, if the losses are means over samples.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor
from torch import distributed as dist
from torch.distributed.rendezvous import rendezvous

from .batch_norm import synchronise_batch_norm
from .device import resolve_device
from .draws import placed, sharing_draws
from .game import Game
from .player import Record

__all__ = ["World", "distributed", "gather", "mean_over_ranks", "world"]


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
    """Joins the processes that `torchrun` started; on its own, a process is a world of one.

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
        with placed(here.rank, here.size):
            yield here
        dist.barrier()
        failed = False
    finally:
        if not (
            failed and bound
        ):  # NCCL would wait for the others; the end of the process does not
            dist.destroy_process_group()


def _own(device: torch.device) -> torch.device:
    """Returns this process's own device, and makes it the one that "cuda" means."""
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


def distributed(game: Game) -> Game:
    """Lets all processes of the `world` play one game together; call it on every one of them.

    The game is made equal to that of rank 0 in all that a checkpoint holds, so a checkpoint
    loaded before needs to be present on rank 0 only. Then, in every move,

    - z, the penalties' weights and the data's indices are drawn for all, and each process takes
      its rows (`dataset.batches(128)` means 128 for the whole world);
    - batch norm takes the statistics of the whole world's batch;
    - losses and notes are averaged, so all records are those of the whole world and a loss that
      is not finite stops every process in the same move;
    - gradients are averaged by one `all_reduce`, just before the optimizer's step.

    What mixes samples in another way (minibatch statistics) sees one process's rows only.

    Args:
        game: built alike on every process; changed in place.

    Returns:
        The same game; in a world of one, untouched.

    Raises:
        RuntimeError: several processes were started, but not joined by `with world()`.
        ValueError: the processes built different games.
    """
    if not dist.is_initialized():
        if int(os.environ.get("WORLD_SIZE", 1)) > 1:
            raise RuntimeError("several processes train together inside `with world() as here:`.")
        return game
    _copy_first(game)
    for network in game.networks.values():
        synchronise_batch_norm(network)
    for player in game.players:
        player.loss = _of_the_world(player.loss)
    for optimizer in {id(player.optimizer): player.optimizer for player in game.players}.values():
        optimizer.register_step_pre_hook(_average_gradients)
    return game


def _copy_first(game: Game) -> None:
    """Makes this process's game what that of rank 0 is."""
    everyone = [None] * dist.get_world_size()
    dist.all_gather_object(everyone, game.settings)
    if any(settings != game.settings for settings in everyone):  # all find out, so none waits
        raise ValueError("the processes built different games: build the same one on every rank.")
    optimizers = [player.optimizer for player in game.players]
    state = [game.step, game.record, game.random_state, *(o.state_dict() for o in optimizers)]
    dist.broadcast_object_list(state)
    game.step, game.record, game.random_state, *states = state
    for optimizer, stored in zip(optimizers, states, strict=True):
        optimizer.load_state_dict(stored)
    for network in [*game.networks.values(), *game.averages.values()]:
        for tensor in network.state_dict().values():
            row_major = tensor.contiguous()
            dist.broadcast(row_major, src=0)
            tensor.copy_(row_major)


def _of_the_world(loss: Callable) -> Callable:
    """Returns a loss that draws for all ranks and whose value and notes are their mean."""

    @functools.wraps(loss)
    def world_loss(*batch: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        own, notes = sharing_draws(loss, *batch)
        means = torch.stack([value.detach().to(own.dtype) for value in (own, *notes.values())])
        mean, *rest = _mean(means)
        return own + (mean - own.detach()), dict(zip(notes, rest, strict=True))

    return world_loss


def _average_gradients(optimizer: torch.optim.Optimizer, args: tuple, kwargs: dict) -> None:
    """Replaces the gradients that `optimizer` is about to use by their means over the ranks."""
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    moved = [p for p in parameters if p.grad is not None]
    flat = _mean(torch.cat([p.grad.flatten() for p in moved]))
    for p, part in zip(moved, flat.split([p.numel() for p in moved]), strict=True):
        p.grad = torch.empty_like(p).copy_(part.view_as(p))  # in the memory format of p


def _mean(x: Tensor) -> Tensor:
    """Replaces `x` by its mean over all ranks, in place."""
    dist.all_reduce(x)
    return x.div_(dist.get_world_size())


def _backend_device() -> torch.device:
    return torch.device("cuda" if dist.get_backend() == "nccl" else "cpu")


def mean_over_ranks(record: Record) -> Record:
    """Averages records of all processes, such as what each found on its own share of a set.

    The records of `train` on a `distributed` game are already equal, but for their seconds.

    Args:
        record: numbers by name, with the same names on every rank, and the same `step` if any.

    Returns:
        The means, equal on all ranks; whole numbers that are equal stay whole.

    Raises:
        RuntimeError: the processes are not at the same step.
    """
    if not dist.is_initialized():
        return record
    values = torch.tensor([*record.values()], dtype=torch.float64, device=_backend_device())
    means = dict(zip(record, _mean(values).tolist(), strict=True))
    if means.get("step") != record.get("step"):
        raise RuntimeError(
            f"rank {dist.get_rank()} is at step {record['step']} and the mean of all is "
            f"{means['step']}: load the same checkpoint on every process."
        )
    return {
        name: type(record[name])(mean) if mean.is_integer() else mean
        for name, mean in means.items()
    }


def gather(tensor: Tensor) -> Tensor:
    """Puts the rows of all processes one below the other, in the order of ranks, on every one.

    So a metric sees all samples: each rank finds the features of its part,
    `x.tensor_split(here.size)[here.rank]`, and the metric is computed on `gather(features)`.

    Args:
        tensor: `[n, ...]`; n may differ between the ranks.

    Returns:
        `[n_0 + n_1 + ..., ...]` on the same device.
    """
    if not dist.is_initialized():
        return tensor
    there, size = _backend_device(), dist.get_world_size()
    lengths = torch.zeros(size, dtype=torch.int64, device=there)
    lengths[dist.get_rank()] = len(tensor)
    dist.all_reduce(lengths)
    longest = int(lengths.max())
    padded = torch.zeros(longest, *tensor.shape[1:], dtype=tensor.dtype, device=there)
    padded[: len(tensor)] = tensor
    parts = [torch.empty_like(padded) for _ in range(size)]
    dist.all_gather(parts, padded)
    rows = [part[:n] for part, n in zip(parts, lengths.tolist(), strict=True)]
    return torch.cat(rows).to(tensor.device)
