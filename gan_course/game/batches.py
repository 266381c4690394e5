"""Minibatches as training wants them: without end, as tuples, on the right device."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast

import torch
from torch import Tensor

REMEMBERED = 4  # loaders of which a game knows where it stands in them


class Endless(Iterator):
    """Starts an iterable, such as a `DataLoader`, again whenever it ends."""

    def __init__(self, batches: Iterable) -> None:
        # started by the first `next`: a DataLoader then draws from the game's random state
        self.batches = batches
        self.iterator: Iterator = iter(())

    def __next__(self) -> object:
        try:
            return next(self.iterator)
        except StopIteration:
            self.iterator = iter(self.batches)
            return next(self.iterator)


def endless(batches: Iterable, known: list[Endless]) -> Iterator:
    """Return `batches` itself if it is an iterator, else one that starts it again at its end.

    Args:
        batches: an iterator, or a `DataLoader` or list.
        known: those made before, which go on where they stopped; the new one joins them.

    Raises:
        TypeError: `batches` is not something to take batches from.
    """
    if hasattr(batches, "__next__"):
        return cast(Iterator, batches)
    if isinstance(batches, Tensor) or not hasattr(batches, "__iter__"):
        raise TypeError(
            "train needs batches, such as digits().batches(64) or a DataLoader, "
            f"and got a {type(batches).__name__}."
        )
    for one in known:
        if one.batches is batches:
            return one
    known.append(Endless(batches))
    del known[:-REMEMBERED]
    return known[-1]


def next_batch(batches: Iterator) -> tuple[Tensor, ...]:
    """Return the next batch as a tuple `(x, *y)`.

    Raises:
        TypeError: it is not made of tensors.
        ValueError: there is none.
    """
    try:
        batch = next(batches)
    except StopIteration:
        raise ValueError(
            "the batches came to an end: pass a source that goes on for ever, "
            "such as digits().batches(64), or a DataLoader that is not empty."
        ) from None
    batch = (batch,) if isinstance(batch, Tensor) else batch
    if not isinstance(batch, tuple | list) or not all(isinstance(x, Tensor) for x in batch):
        raise TypeError(
            f"a batch must be a tensor x or a tuple (x, *y) of tensors, got a {type(batch).__name__}: "
            "turn it into one, in a DataLoader by its collate_fn."
        )
    return tuple(batch)


def own(batch: tuple[Tensor, ...], device: torch.device) -> tuple[Tensor, ...]:
    """Return a copy of a batch on `device`: a network may change it in place, its source not.

    Args:
        batch: `(x [N, ...], *y)`.
        device: where to.
    """
    return tuple(tensor.to(device, non_blocking=True, copy=True) for tensor in batch)
