"""Two inventions of ProGAN that any network can use: equalised learning rate and pixel norm."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from .layers import WEIGHTED

__all__ = ["PixelNorm", "equalized", "he_init"]

HE = math.sqrt(2.0)  # keeps the second moment through layers of ReLU


class Scaled(nn.Module):
    """Makes a tensor w of a parameter v at each use: `w = c v`."""

    def __init__(self, c: float) -> None:
        super().__init__()
        self.c = c

    def extra_repr(self) -> str:
        return f"c={self.c:.4g}"

    def forward(self, v: Tensor) -> Tensor:
        return self.c * v

    def right_inverse(self, w: Tensor) -> Tensor:
        return w / self.c


def fan_in(layer: nn.Module) -> float:
    """Return how many inputs reach one output of a linear or convolutional layer.

    Of a transposed convolution it is the mean over outputs: its stride parts the kernel.
    """
    weight = layer.weight
    if isinstance(layer, nn.ConvTranspose2d):
        return weight[:, 0].numel() / layer.groups / math.prod(layer.stride)
    return weight[0].numel()


@torch.no_grad()
def equalized(network: nn.Module, gain: float = HE, rate: float = 1.0) -> nn.Module:
    """Let every weight of a network learn at one relative rate, from now on.

        w = c v,     c = rate gain / sqrt(fan_in),     v ~ N(0, 1 / rate^2) at the start,

    of Karras et al. (2018, arXiv:1710.10196). The player moves v. All v are of one size, so a
    step of Adam, which is of one size too, changes all layers by the same share; w starts with
    He's standard deviation gain / sqrt(fan_in). Biases start at zero.

    Args:
        network: changed in place; layers that are equalised already stay as they are, so one
            with a gain of its own can be equalised first.
        gain: sqrt(2) before a ReLU, 1 for a layer whose output is used as it is.
        rate: a factor on the learning rate of weights *and* biases, above 0, as StyleGAN's
            mapping network has it (0.01); the first w do not depend on it.

    Returns:
        The same network; `layer.weight` is w and `layer.parametrizations.weight.original` is v.

    Raises:
        ValueError: `gain` or `rate` is not above 0.
    """
    if not (gain > 0 and rate > 0):
        raise ValueError(f"equalized needs a gain and a rate above 0, got {gain} and {rate}.")
    for layer in [m for m in network.modules() if isinstance(m, WEIGHTED)]:
        if parametrize.is_parametrized(layer, "weight"):
            continue
        he_init(layer, gain)
        parametrize.register_parametrization(
            layer, "weight", Scaled(rate * gain / math.sqrt(fan_in(layer)))
        )
        if rate != 1 and layer.bias is not None:
            parametrize.register_parametrization(layer, "bias", Scaled(rate))
    return network


@torch.no_grad()
def he_init(network: nn.Module, gain: float = HE) -> nn.Module:
    """Draw first weights from N(0, gain^2 / fan_in), in place; biases are zero.

    The start of He et al. (2015, arXiv:1502.01852), and, from the same seed, of `equalized`: the
    two networks are the same function, and learn differently.

    Args:
        network: changed in place; equalised layers stay as they are.
        gain: sqrt(2) before a ReLU.

    Returns:
        The same network.
    """
    for layer in [m for m in network.modules() if isinstance(m, WEIGHTED)]:
        if not parametrize.is_parametrized(layer, "weight"):
            layer.weight.normal_(0.0, gain / math.sqrt(fan_in(layer)))
            if layer.bias is not None:
                layer.bias.zero_()
    return network


class PixelNorm(nn.Module):
    """Divides the channels of each pixel by their root mean square: `[N, C, ...]` stays so.

        h -> h / sqrt(mean_c h_c^2 + 1e-8)

    (Karras et al., 2018, arXiv:1710.10196). Behind it every pixel has length sqrt(C), or less
    where it was near 0: no signal can grow from layer to layer. Codes z `[N, d]` count as pixels.
    """

    def forward(self, h: Tensor) -> Tensor:
        return h * (h.square().mean(1, keepdim=True) + 1e-8).rsqrt()
