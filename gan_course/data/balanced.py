"""Batches in which each class is as likely as the others, however often it occurs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from ..device import resolve_device
from ..draws import draw_rows
from .dataset import Batches, Dataset, as_floats

__all__ = ["Balanced", "balanced"]

MANY = 2**62  # whole numbers below it, taken modulo a count, are even to within 1e-12


@dataclass(frozen=True)
class Balanced:
    """A data set of which each class is drawn as often as the others: see `balanced`.

    Attributes:
        dataset: with labels.
    """

    dataset: Dataset

    def batches(self, n: int, device: str | torch.device | None = None) -> Batches:
        """Draw independent minibatches for ever; the samples move to the device once.

        Args:
            n: samples in a batch, at least 1.
            device: where the samples lie; None means CUDA if present, else the CPU.

        Returns:
            An iterator without end: `(x, y)`, x float32 `[n, ...]`, y int64 `[n]`.

        Raises:
            ValueError: n < 1.
            RuntimeError: CUDA is asked for and absent.
        """
        there = replace(self.dataset.to(resolve_device(device)), factors={})
        return Batches(partial(_draw, there, *_by_class(there)), n)


def _by_class(dataset: Dataset) -> tuple[Tensor, Tensor, Tensor]:
    """Return the samples' positions sorted by class [N], and where each class begins and its size.

    Classes without samples are left out: [K] and [K].
    """
    assert dataset.y is not None  # balanced has asked
    size = dataset.y.bincount()
    return dataset.y.argsort(), (size.cumsum(0) - size)[size > 0], size[size > 0]


def _draw(
    dataset: Dataset, order: Tensor, first: Tensor, size: Tensor, n: int
) -> tuple[Tensor, ...]:
    device = order.device
    k = draw_rows(partial(torch.randint, len(size)), (n,), device=device)
    place = draw_rows(partial(torch.randint, MANY), (n,), device=device) % size[k]
    index = order[first[k] + place]
    assert dataset.y is not None
    return as_floats(dataset.stored.index_select(0, index)), dataset.y.index_select(0, index)


def balanced(dataset: Dataset) -> Balanced:
    """Let each class be as likely as the others: `balanced(dataset).batches(64)`.

    A class is drawn uniformly from those that occur, then one of its samples. So p(y) is uniform
    whatever the data's is, p(x | y) stays what it is, and a rare class's samples come more often:
    one of m samples in a set of N with K classes N / (K m) times as often as in plain batches.

    Args:
        dataset: with labels.

    Returns:
        The set, with batches `(x, y)` that survive an interrupt and resume exactly.

    Raises:
        TypeError: it is not a data set.
        ValueError: it has no labels.
    """
    if not isinstance(dataset, Dataset):
        raise TypeError(f"balanced needs a data set, got a {type(dataset).__name__}.")
    if dataset.y is None:
        raise ValueError(f"{dataset.name} has no labels, so there are no classes to balance.")
    return Balanced(dataset)
