"""What each layer of a network has to do at least: operations and bytes, from its shapes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

PASSES = ("forward", "input", "weights")  # and the gradients with respect to these


@dataclass(frozen=True)
class Layer:
    """One layer as a network calls it.

    Attributes:
        module: the layer.
        x: its input `[N, ...]`.
        y: its output `[N, ...]`.
    """

    module: nn.Module
    x: Tensor
    y: Tensor

    @property
    def kind(self) -> str:
        """The name of the layer's class."""
        return type(self.module).__name__


@dataclass(frozen=True)
class Work:
    """The least that one pass has to do.

    Attributes:
        operations: additions and multiplications.
        bytes: read from and written to memory, each tensor once.
    """

    operations: float
    bytes: float


def layers_of(network: nn.Module, *inputs: Tensor) -> list[Layer]:
    """Return the layers of a network that compute something, in the order of their calls.

    Args:
        network: called once.
        *inputs: its arguments.
    """
    found: list[Layer] = []

    def note(module: nn.Module, args: tuple[Tensor, ...], y: Tensor) -> None:
        if not any(module.children()) and args[0].data_ptr() != y.data_ptr():  # a view is free
            found.append(Layer(module, args[0].detach(), y.detach()))

    handles = [module.register_forward_hook(note) for module in network.modules()]
    try:
        network(*inputs)
    finally:
        for handle in handles:
            handle.remove()
    return found


def work_of(layer: Layer) -> dict[str, Work]:
    """Return what each pass through a layer has to do.

    With X, Y and W the sizes of input, output and weights, a layer of products needs
    2 * (products) operations in each pass. Its forward pass reads X and W and writes Y, the
    gradient of the input reads Y and W and writes X, that of the weights reads X and Y and
    writes W. A batch norm reads X twice, for the statistics and to apply them; its gradients
    come from one pass, which reads X and Y twice. An activation reads X and writes Y, and back
    it reads both and writes X.

    Args:
        layer: with the shapes of one call.

    Returns:
        Work by the names in `PASSES`; no `weights` where there are none or they come for free.
    """
    size, x, y = layer.x.element_size(), layer.x.numel(), layer.y.numel()
    w = sum(p.numel() for p in layer.module.parameters())
    if products := _products(layer):
        one = 2.0 * products
        return {
            "forward": Work(one, size * (x + w + y)),
            "input": Work(one, size * (y + w + x)),
            "weights": Work(one, size * (x + y + w)),
        }
    if isinstance(layer.module, nn.modules.batchnorm._BatchNorm):
        return {
            "forward": Work(5.0 * x, size * (2 * x + y)),
            "input": Work(8.0 * x, size * (2 * x + 2 * y + x)),
        }
    return {"forward": Work(1.0 * x, size * (x + y)), "input": Work(1.0 * x, size * (x + y + x))}


def _products(layer: Layer) -> int:
    """Return how many multiplications a convolution or a linear layer makes."""
    module = layer.module
    if isinstance(module, nn.Linear):
        return layer.y.numel() * module.in_features
    if isinstance(module, nn.Conv2d):
        return layer.y.numel() * module.weight[0].numel()
    if isinstance(module, nn.ConvTranspose2d):
        return layer.x.numel() * module.weight[0].numel()
    return 0


def passes(layer: Layer) -> Iterator[tuple[str, object]]:
    """Yield functions that make the passes of a layer: forward, then also back.

    The later ones begin with a forward pass; what they take beyond it is the gradient.

    Args:
        layer: called on its own input.
    """
    x = layer.x.clone().requires_grad_(True)
    back = torch.ones_like(layer.y)
    weights = [p for p in layer.module.parameters() if p.requires_grad]
    yield "forward", lambda: layer.module(x)
    yield "input", lambda: torch.autograd.grad(layer.module(x), x, back)
    if "weights" in work_of(layer):
        x_fixed = layer.x.clone()
        yield "weights", lambda: torch.autograd.grad(layer.module(x_fixed), weights, back)
