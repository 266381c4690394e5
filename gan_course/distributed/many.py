"""One game on many processes, started by `torchrun`: the same numbers as on one, sooner. ::

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
process with B, up to rounding, if the losses are means over samples and draw by `draw_rows`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch import distributed as dist

from ..draws import OwnDraws, sharing_draws
from ..game import Game
from ..game.describe import settings_of
from ..game.player import Player, Record
from .batch_norm import synchronise_batch_norm
from .world import World, world

__all__ = ["World", "distributed", "gather", "mean_over_ranks", "world"]


def distributed(game: Game) -> Game:
    """Lets all processes of the `world` play one game together; call it on every one of them.

    The game is made equal to that of rank 0 in all that a checkpoint holds, so a checkpoint
    loaded before needs to be present on rank 0 only. Then, in every move,

    - z, the penalties' weights and the data's indices are drawn for all, and each process takes
      its rows (`dataset.batches(128)` means 128 for the whole world);
    - noise that a network or a loss draws in another way, such as dropout, is each rank's own;
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
        ValueError: the processes built different games, compiled or graphed ones, or games on
            another device than the world's.
    """
    if not dist.is_initialized():
        if int(os.environ.get("WORLD_SIZE", 1)) > 1:
            raise RuntimeError("several processes train together inside `with world() as here:`.")
        return game
    _check(game)
    _copy_first(game)
    for network in game.networks.values():
        synchronise_batch_norm(network)
    own = OwnDraws(lambda: (game.step, game.random_state))
    for player in game.players:
        player.loss = WorldLoss(player.loss, own)
    for optimizer in {id(player.optimizer): player.optimizer for player in game.players}.values():
        optimizer.register_step_pre_hook(_average_gradients)
    return game


def _meeting_place() -> torch.device:
    """Return where tensors lie that the processes exchange."""
    return torch.device("cuda" if dist.get_backend() == "nccl" else "cpu")


def _check(game: Game) -> None:
    """Raise a sentence if this game cannot be played by many."""
    graphed = game._recordings is not None and game._recordings.strict
    if graphed or any(type(player) is not Player for player in game.players):
        raise ValueError(
            "compiled and graphed games play in one process: give `distributed` the plain game."
        )
    if game.device.type != _meeting_place().type:
        raise ValueError(
            f"the processes meet on {_meeting_place().type} and this game is on {game.device}: "
            "build it with device=here.device, or choose by world('cpu')."
        )


def _copy_first(game: Game) -> None:
    """Make this process's game what that of rank 0 is."""
    everyone, own = [None] * dist.get_world_size(), settings_of(game)
    dist.all_gather_object(everyone, own)
    if any(settings != own for settings in everyone):  # all find out, so none waits
        raise ValueError("the processes built different games: build the same one on every rank.")
    optimizers = [player.optimizer for player in game.players]
    ages = {name: average.age for name, average in game.averages.items()}
    state = [game.step, game.record, game.random_state, ages, *(o.state_dict() for o in optimizers)]
    dist.broadcast_object_list(state, src=0)
    game.step, game.record, game.random_state, ages, *states = state
    for name, age in ages.items():
        game.averages[name].age = age
    for optimizer, stored in zip(optimizers, states, strict=True):
        optimizer.load_state_dict(stored)
    averages = [average.network for average in game.averages.values()]
    for network in [*game.networks.values(), *averages]:
        for tensor in network.state_dict().values():
            row_major = tensor.contiguous()
            dist.broadcast(row_major, src=0)
            tensor.copy_(row_major)


class _Valued(torch.autograd.Function):
    """Has the second argument's value and the first one's gradient."""

    @staticmethod
    def forward(ctx: object, own: Tensor, value: Tensor) -> Tensor:
        return value.clone()

    @staticmethod
    def backward(ctx: object, gradient: Tensor) -> tuple[Tensor, None]:
        return gradient, None


@dataclass(frozen=True)
class WorldLoss:
    """A loss that draws for all ranks and whose value and notes are their mean.

    Attributes:
        own: the loss of this rank's rows.
        draws: where it draws what is not shared, such as dropout: one for all players.
    """

    own: Callable[..., tuple[Tensor, dict[str, Tensor]]]
    draws: OwnDraws = field(default_factory=OwnDraws)

    def __call__(self, *batch: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        own, notes = sharing_draws(self.own, *batch, own=self.draws)
        means = torch.stack([value.detach().to(own.dtype) for value in (own, *notes.values())])
        mean, *rest = _mean(means)
        return _Valued.apply(own, mean), dict(zip(notes, rest, strict=True))


def _average_gradients(optimizer: torch.optim.Optimizer, args: tuple, kwargs: dict) -> None:
    """Replace the gradients that `optimizer` is about to use by their means over the ranks."""
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    moved = [p for p in parameters if p.grad is not None]
    flat = _mean(torch.cat([p.grad.flatten() for p in moved]))
    for p, part in zip(moved, flat.split([p.numel() for p in moved]), strict=True):
        p.grad = torch.empty_like(p).copy_(part.view_as(p))  # in the memory format of p


def _mean(x: Tensor) -> Tensor:
    """Replace `x` by its mean over all ranks, in place."""
    dist.all_reduce(x)
    return x.div_(dist.get_world_size())


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
    values = torch.tensor([*record.values()], dtype=torch.float64, device=_meeting_place())
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
    """Put the rows of all processes one below the other, in the order of ranks, on every one.

    So a metric sees all samples: each rank finds the features of its part,
    `x.tensor_split(here.size)[here.rank]`, and the metric is computed on `gather(features)`.

    Args:
        tensor: `[n, ...]`; n may differ between the ranks.

    Returns:
        `[n_0 + n_1 + ..., ...]` on the same device.
    """
    if not dist.is_initialized():
        return tensor
    there, size = _meeting_place(), dist.get_world_size()
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
