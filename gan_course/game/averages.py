"""Running averages of weights (EMA): G circles around a good place; its average sits in it."""

from __future__ import annotations

import copy
import warnings
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

__all__ = ["Average", "average_of"]


@dataclass(eq=False)
class Average:
    """The running average of one network of a game; called like that network.

    Attributes:
        of: the name of the network that it follows.
        network: the averaged weights, in eval mode and not trained: a view, not a copy, so what
            is changed in it is changed in the game.
        decay: in [0, 1), of the weights before, ramped up while the average is young.
        age: updates so far.
    """

    of: str
    network: nn.Module
    decay: float = 0.999
    age: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.decay < 1:
            raise ValueError(f"the decay of an average lies in [0, 1), got {self.decay}.")

    def follow(self, network: nn.Module) -> None:
        """Pull the average towards the weights of `network`, and grow older by one update."""
        update_average(self.network, network, self.decay, self.age)
        self.age += 1

    def __call__(self, *inputs: Tensor) -> Tensor:
        return self.network(*inputs)

    def __getattr__(self, name: str) -> object:
        # an average used to be the bare network; code of that time goes on for this version
        if name.startswith("__") or name == "network":
            raise AttributeError(name)
        value = getattr(self.network, name)
        _warn(f".{name}")
        return value

    def __getitem__(self, index: int | slice) -> object:
        _warn(f"[{index}]")
        return cast(nn.Sequential, self.network)[index]


def _warn(use: str) -> None:
    warnings.warn(
        f"an average is not the network any more, it holds it: write .network{use}.",
        DeprecationWarning,
        stacklevel=3,
    )


def average_of(network: nn.Module) -> nn.Module:
    """Return a copy of `network` to keep its running average in: in eval mode, not trained.

    Raises:
        ValueError: the network cannot be copied, as with torch's old spectral and weight norm.
    """
    try:
        return copy.deepcopy(network).eval().requires_grad_(False)
    except RuntimeError as error:
        raise ValueError(
            "this network cannot be copied to keep its average, as some weights are computed from "
            "others: use torch.nn.utils.parametrizations.spectral_norm or .weight_norm in place "
            "of torch.nn.utils.spectral_norm or .weight_norm, or keep no average (ema=None)."
        ) from error


def update_average(average: nn.Module, network: nn.Module, decay: float, age: int) -> None:
    """Pull the average a towards the weights w, in place; buffers are copied.

        a <- d a + (1 - d) w,     d = min(decay, (1 + age) / (10 + age)).

    The ramp forgets the first, random weights soon: with a fixed decay of 0.999 they would
    still make up a third of the average after 1,000 steps. (Yazıcı et al., 2019,
    arXiv:1806.04498, on averaging for GANs.)

    Args:
        average: from `average_of(network)`.
        network: the one being trained.
        decay: in [0, 1); 0 copies the weights.
        age: updates before this one, at least 0.
    """
    pull(average, network, weight_of(decay, age))


def weight_of(decay: float, age: int) -> float:
    """Return the weight 1 - d of the network in its average, as `update_average` defines it."""
    return 1 - min(decay, (1 + age) / (10 + age))


@torch.no_grad()
def pull(average: nn.Module, network: nn.Module, weight: float | Tensor) -> None:
    """Pull an average the share `weight` of the way to the network; buffers are copied.

    Args:
        average: moved in place.
        network: the one being trained.
        weight: in [0, 1], a number or, in a recording, a tensor `[]` on their device.
    """
    old, new = [*average.parameters()], [*network.parameters()]
    if isinstance(weight, Tensor):
        torch._foreach_lerp_(old, new, [weight.to(tensor.dtype) for tensor in old])
    else:
        torch._foreach_lerp_(old, new, weight)
    if buffers := [*average.buffers()]:
        torch._foreach_copy_(buffers, [*network.buffers()])
