"""Networks as lists of plain operations on packed numbers, which `layers.js` runs in the page."""

import numpy as np
from torch import Tensor, nn

from gan_course.networks import (
    ConcatEmbedding,
    ConcatOneHot,
    ConditionalBatchNorm2d,
    DropoutNoise,
    Takes,
)


class Packer:
    """Collects tensors in one float32 array; an operation knows its place there."""

    def __init__(self) -> None:
        self.parts: list[np.ndarray] = []
        self.length = 0

    def put(self, tensor: Tensor | None) -> list[int] | None:
        """Append a tensor and return [first, last + 1] of its numbers."""
        if tensor is None:
            return None
        part = tensor.detach().float().contiguous().flatten().numpy()
        self.parts.append(part)
        self.length += len(part)
        return [self.length - len(part), self.length]


def exported(network: nn.Sequential) -> dict:
    """Return {"ops": operations in order, "weights": float32 [n]} of a network in eval mode."""
    packer = Packer()
    ops = [operation(layer, packer) for layer in _flat(network)]
    return {"ops": [op for op in ops if op], "weights": np.concatenate(packer.parts)}


def _flat(network: nn.Module) -> list[nn.Module]:
    if isinstance(network, nn.Sequential):
        return [layer for part in network for layer in _flat(part)]
    return [network]


def operation(layer: nn.Module, packer: Packer) -> dict | None:
    """One layer as an operation of `layers.js`; None for a layer that only checks or passes."""
    if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
        return _weighted(layer, packer)
    if isinstance(layer, nn.BatchNorm2d):
        scale, shift = folded(layer)
        return {"op": "affine", "scale": packer.put(scale), "shift": packer.put(shift)}
    if isinstance(layer, ConditionalBatchNorm2d):
        return _conditional_norm(layer, packer)
    if isinstance(layer, ConcatEmbedding):
        table = layer.embedding.weight
        return {"op": "embedding", "table": packer.put(table), "size": table.shape[1]}
    return _plain(layer)


def _plain(layer: nn.Module) -> dict | None:
    """Return a layer without weights."""
    match layer:
        case ConcatOneHot():
            return {"op": "oneHot", "classes": layer.classes}
        case nn.Unflatten():
            return {"op": "unflatten", "shape": list(layer.unflattened_size)}
        case nn.LeakyReLU():
            return {"op": "leakyRelu", "slope": layer.negative_slope}
        case nn.ReLU():
            return {"op": "leakyRelu", "slope": 0.0}
        case DropoutNoise():
            return {"op": "dropout", "p": layer.p}
        case nn.Tanh():
            return {"op": "tanh"}
        case nn.Upsample(scale_factor=2.0, mode="nearest"):
            return {"op": "upsample"}
        case Takes() | nn.Identity() | nn.Flatten():
            return None
    raise TypeError(f"the page cannot run a {type(layer).__name__}: add it to layers.js and here.")


def _weighted(layer: nn.Module, packer: Packer) -> dict:
    """Return a linear layer, a convolution or a transposed one."""
    numbers = {"weight": packer.put(layer.weight), "bias": packer.put(layer.bias)}
    if isinstance(layer, nn.Linear):
        return {"op": "linear", **numbers}
    if layer.groups != 1 or layer.dilation != (1, 1) or layer.padding_mode != "zeros":
        raise TypeError("the page runs convolutions without groups, dilation and fancy padding.")
    name = "transposed" if isinstance(layer, nn.ConvTranspose2d) else "convolution"
    sizes = {"kernel": layer.kernel_size[0], "stride": layer.stride[0], "padding": layer.padding[0]}
    return {
        "op": name,
        "before": layer.in_channels,
        "after": layer.out_channels,
        **sizes,
        **numbers,
    }


def folded(norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """Batch norm in eval mode is h -> scale h + shift; in float64, as the page is checked to 1e-5."""
    weight = norm.weight.double() if norm.affine else 1.0
    bias = norm.bias.double() if norm.affine else 0.0
    scale = weight / (norm.running_var.double() + norm.eps).sqrt()
    return scale, bias - scale * norm.running_mean.double()


def _conditional_norm(layer: ConditionalBatchNorm2d, packer: Packer) -> dict:
    """Return a scale and a shift for each class and channel, tables [K, C]."""
    scale, shift = folded(layer.norm)
    gamma, beta = layer.scale.weight.double(), layer.shift.weight.double()  # [K, C]
    return {
        "op": "affine",
        "scale": packer.put(gamma * scale),
        "shift": packer.put(gamma * shift + beta),
    }
