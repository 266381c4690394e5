"""A StyleGAN generator as 16-bit numbers and the places of its parts, which `style.js` runs in the page."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from gan_course.networks import StyleGenerator


class Halves:
    """Collects tensors in one float16 array; a part knows its place there and its factor."""

    def __init__(self) -> None:
        self.parts: list[np.ndarray] = []
        self.length = 0

    def put(self, tensor: Tensor, times: float = 1.0) -> dict:
        """Append v and return {"at": [first, last + 1], "times": c}: the network's tensor is c v."""
        part = tensor.detach().half()
        if not torch.equal(part.float(), tensor.detach().float()):
            raise ValueError("the page holds 16 bits of each number: give it `halved(G)`.")
        self.parts.append(part.contiguous().flatten().numpy())
        self.length += part.numel()
        return {"at": [self.length - part.numel(), self.length], "times": times}

    def named(self, layer: nn.Module, name: str) -> dict:
        """Append a layer's weight or bias: where it is equalised, the v of `w = c v` that was learned."""
        if not parametrize.is_parametrized(layer, name):
            return self.put(getattr(layer, name))
        held = layer.parametrizations[name]
        return self.put(held.original, held[0].c)

    def dense(self, layer: nn.Linear) -> dict:
        """Append a dense layer."""
        return {"weight": self.named(layer, "weight"), "bias": self.named(layer, "bias")}


@torch.no_grad()
def halved(G: nn.Module) -> nn.Module:
    """Round all numbers of a network to 16 bits, in place; one that was stored so stays as it is."""
    for tensor in (*G.parameters(), *G.buffers()):
        tensor.copy_(tensor.half())
    return G


def exported(G: StyleGenerator) -> dict[str, Any]:
    """Return G of `style_generator` with modulated layers, for `Demos.style.network`.

    Raises:
        TypeError: its layers are others.
        ValueError: a number of it has more than 16 bits.
    """
    halves, synthesis = Halves(), G.synthesis
    stored = {
        "mapping": [halves.dense(layer) for layer in G.mapping if isinstance(layer, nn.Linear)],
        "start": halves.put(synthesis.start.value),
        "layers": [_layer(layer, halves) for layer in synthesis.layers],
        "paints": [_paint(k, paint, halves) for k, paint in enumerate(synthesis.painters)],
        "bias": halves.put(synthesis.bias),
        "mean": halves.put(G.mean_w),
    }
    side = synthesis.layers[-1].noise.shape[-1]
    dim = next(layer for layer in G.mapping if isinstance(layer, nn.Linear)).in_features
    return {**stored, "side": side, "dim": dim, "numbers": np.concatenate(halves.parts)}


def _layer(layer: nn.Module, halves: Halves) -> dict:
    conv = getattr(layer, "conv", None)
    if not getattr(conv, "demodulate", False):
        raise TypeError(f"the page runs modulated layers, not a {type(layer).__name__}.")
    after, before = conv.conv.weight.shape[:2]
    return {
        "before": before,
        "after": after,
        "side": layer.noise.shape[-1],
        "up": layer.up,
        "style": halves.dense(conv.style),
        "weight": halves.named(conv.conv, "weight"),
        "bias": halves.put(layer.bias),
        "strength": halves.put(layer.strength),
        "noise": halves.put(layer.noise),
    }


def _paint(k: int, paint: nn.Module, halves: Halves) -> dict:
    """Return what paints after the last layer of the k-th size."""
    return {
        "after": 2 * k,
        "before": paint.conv.in_channels,
        "style": halves.dense(paint.style),
        "weight": halves.named(paint.conv, "weight"),
    }
