"""What a network costs: its multiply-adds, counted while it runs once."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["multiply_adds"]


def _count(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> int:
    if isinstance(layer, nn.Linear):
        return output.numel() * layer.in_features
    if isinstance(layer, nn.ConvTranspose2d):  # each input pixel is spread over a patch
        return inputs[0].numel() * layer.weight[0].numel()
    return output.numel() * layer.weight[0].numel()  # each output pixel reads a patch


@torch.no_grad()
def multiply_adds(network: nn.Module, *inputs: Tensor) -> int:
    """Count the multiply-adds of one pass: those of linear and convolutional layers.

        linear: outputs * inputs;     convolution: output values * (channels in * patch).

    Borders are counted like the middle. Norms and activations, linear in the number of features,
    are left out; so are layers that this pass does not use, such as blocks not grown yet.

    Args:
        network: called once, in the mode that it is in, without gradients.
        *inputs: what it takes, such as z `[1, 64]` for the cost of one sample.
    """
    found: list[int] = []

    def note(layer: nn.Module, given: tuple[Tensor, ...], output: Tensor) -> None:
        found.append(_count(layer, given, output))

    kinds = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)
    hooks = [m.register_forward_hook(note) for m in network.modules() if isinstance(m, kinds)]
    try:
        network(*inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return sum(found)
