"""Running averages of weights (EMA): G circles around a good place; its average sits in it."""

from __future__ import annotations

import copy

import torch
from torch import nn


def average_of(network: nn.Module) -> nn.Module:
    """Returns a copy of `network` to keep its running average in: in eval mode, not trained."""
    return copy.deepcopy(network).eval().requires_grad_(False)


@torch.no_grad()
def update_average(average: nn.Module, network: nn.Module, decay: float, step: int) -> None:
    """Pulls the average a towards the weights w, in place; buffers are copied.

        a <- d a + (1 - d) w,     d = min(decay, (1 + step) / (10 + step)).

    The ramp forgets the first, random weights soon: with a fixed decay of 0.999 they would
    still make up a third of the average after 1,000 steps. (Yazıcı et al., 2019,
    arXiv:1806.04498, on averaging for GANs.)

    Args:
        average: from `average_of(network)`.
        network: the one being trained.
        decay: in [0, 1); 0 copies the weights.
        step: steps played before this one, at least 0.
    """
    decay = min(decay, (1 + step) / (10 + step))
    torch._foreach_lerp_([*average.parameters()], [*network.parameters()], 1 - decay)
    if buffers := [*average.buffers()]:
        torch._foreach_copy_(buffers, [*network.buffers()])
