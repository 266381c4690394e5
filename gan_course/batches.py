"""Minibatches as training wants them: without end, as tuples, on the right device."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor


class Endless:
    """Starts an iterable, such as a `DataLoader`, again whenever it ends."""

    def __init__(self, batches: Iterable) -> None:
        # started by the first `next`: a DataLoader then draws from the game's random state
        self.batches, self.iterator = batches, iter(())

    def __next__(self) -> object:
        try:
            return next(self.iterator)
        except StopIteration:
            self.iterator = iter(self.batches)
            return next(self.iterator)


def endless(batches: Iterable) -> Iterator:
    """Returns `batches` itself if it is an iterator, else one that starts it again at its end.

    Raises:
        TypeError: `batches` is not something to take batches from.
    """
    if hasattr(batches, "__next__"):
        return batches
    if isinstance(batches, Tensor) or not hasattr(batches, "__iter__"):
        raise TypeError(
            "train needs batches, such as digits().batches(64) or a DataLoader, "
            f"and got a {type(batches).__name__}."
        )
    return Endless(batches)


def next_batch(batches: Iterator, device: torch.device) -> tuple[Tensor, ...]:
    """Returns the next batch as a tuple `(x, *y)` on `device`.

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
    return tuple(tensor.to(device, non_blocking=True) for tensor in batch)
