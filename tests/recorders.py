"""Stand-ins for CUDA graphs, so that recording can be tested without a GPU."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.fx.experimental.proxy_tensor import make_fx
from torch.utils._pytree import tree_flatten, tree_map, tree_unflatten

from gan_course import Game


def copied(old: object, new: object) -> object:
    return old.copy_(new) if isinstance(old, Tensor) else old


class Again:
    """Records as a CUDA graph does, but replays by calling again.

    Results of all replays lie in the same tensors, as those of a graph do.
    """

    device = torch.device("cpu")

    def __init__(self) -> None:
        self.recorded: list[Callable] = []

    def frozen_state(self) -> object:
        return random.getstate()

    def warm_up(self, function: Callable[[], object]) -> object:
        return function()

    def record(self, function: Callable[[], object]) -> Callable[[], object]:
        self.recorded.append(function)
        kept: list = []

        def replay() -> object:
            result = function()
            if not kept:
                kept.append(result)
            tree_map(copied, kept[0], result)
            return kept[0]

        return replay


class Frozen(Again):
    """Truly records: what is replayed is a list of tensor operations, blind to Python.

    Numbers stay as they stood, and a function that reads a tensor is refused, as by a GPU.
    """

    def __init__(self, game: Game) -> None:
        super().__init__()
        self.game = game

    def record(self, function: Callable[[], object]) -> Callable[[], object]:
        parts: list = []

        def tensors() -> list[Tensor]:
            leaves, kind = tree_flatten(function())
            parts[:] = leaves, kind
            return [leaf for leaf in leaves if isinstance(leaf, Tensor)]

        with undone(self.game):
            graph = make_fx(tensors)()

        @torch.no_grad()
        def replay() -> object:
            new = iter(graph())
            leaves, kind = parts
            return tree_unflatten([next(new) if isinstance(x, Tensor) else x for x in leaves], kind)

        return super().record(replay)


@contextmanager
def undone(game: Game) -> Iterator[None]:
    """Take back all that happens inside: recording on a GPU runs nothing."""
    nets = [*game.networks.values(), *(a.network for a in game.averages.values())]
    tensors = [t for net in nets for t in (*net.parameters(), *net.buffers())]
    for player in game.players:
        for state in player.optimizer.state.values():
            tensors += [t for t in state.values() if isinstance(t, Tensor)]
    before, drawn = [t.detach().clone() for t in tensors], torch.get_rng_state()
    try:
        yield
    finally:
        torch.set_rng_state(drawn)
        for tensor, value in zip(tensors, before):
            tensor.detach().copy_(value)
