"""How often a classifier is wrong."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..data import Dataset
from ..device import device_of
from ..game.averages import Average
from ..game.states import mode

__all__ = ["error_rate"]


@torch.no_grad()
def error_rate(network: nn.Module | Average, dataset: Dataset) -> float:
    """Return the share of a labelled set whose class a network does not name.

    The class that it names is the largest of its K logits. It is asked in eval mode, a thousand
    samples at a time, and left as it was.

    Args:
        network: maps samples `[N, ...]` to logits `[N, K]`; or the average of one.
        dataset: with labels, which the network has not been trained on.

    Returns:
        The share, in [0, 1].

    Raises:
        ValueError: the set has no labels, or the network returns another shape.
    """
    if dataset.y is None:
        raise ValueError(f"{dataset.name} has no labels, so nobody knows what is wrong.")
    network = network.network if isinstance(network, Average) else network
    device = device_of(network)
    with mode([network], training=False):
        named = [_named(network(part.to(device))) for part in dataset.x.split(1000)]
    return (torch.cat(named).cpu() != dataset.y.cpu()).float().mean().item()


def _named(logits: Tensor) -> Tensor:
    if logits.dim() != 2 or logits.shape[1] < 2:
        raise ValueError(f"A classifier returns logits [N, K], got {list(logits.shape)}.")
    return logits.argmax(1)
