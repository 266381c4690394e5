"""Multilayer perceptrons: all that a GAN needs on 2-D points and small images."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from torch import nn

__all__ = ["mlp", "mlp_discriminator", "mlp_encoder", "mlp_generator"]


def mlp(
    inputs: int,
    outputs: int,
    hidden: Sequence[int] = (128, 128),
    activation: Callable[[], nn.Module] = nn.ReLU,
) -> nn.Sequential:
    """Build linear layers with an activation between them: `[N, inputs] -> [N, outputs]`.

    Args:
        inputs: features in, at least 1.
        outputs: features out, at least 1.
        hidden: widths of the hidden layers, in order; none makes it linear.
        activation: called once for each hidden layer.

    Raises:
        ValueError: a width is below 1.
    """
    widths = [inputs, *hidden, outputs]
    if min(widths) < 1:
        raise ValueError(f"every layer needs at least one feature, got widths {widths}.")
    layers: list[nn.Module] = []
    for before, after in pairwise(widths):
        layers += [nn.Linear(before, after), activation()]
    return nn.Sequential(*layers[:-1])  # nothing behind the last layer


def _leaky_relu() -> nn.Module:
    return nn.LeakyReLU(0.2)


def mlp_generator(
    latent: int, shape: Sequence[int] = (1, 16, 16), hidden: Sequence[int] = (256, 256)
) -> nn.Sequential:
    """Build G for images in [-1, 1]: `[N, latent] -> [N, *shape]`.

    Args:
        latent: dimensions of z.
        shape: `(C, H, W)` of one image.
        hidden: widths of the hidden layers, ReLU behind each.
    """
    body = mlp(latent, math.prod(shape), hidden)
    return nn.Sequential(*body, nn.Tanh(), nn.Unflatten(1, tuple(shape)))


def mlp_discriminator(
    shape: Sequence[int] = (1, 16, 16), hidden: Sequence[int] = (256, 256), dropout: float = 0.0
) -> nn.Sequential:
    """Build D for images: `[N, *shape] -> logits [N, 1]`.

    Args:
        shape: `(C, H, W)` of one image.
        hidden: widths of the hidden layers, LeakyReLU 0.2 (and dropout) behind each.
        dropout: share of hidden features dropped while training, in [0, 1).
    """

    def activation() -> nn.Module:
        return nn.Sequential(_leaky_relu(), nn.Dropout(dropout)) if dropout else _leaky_relu()

    return nn.Sequential(nn.Flatten(), *mlp(math.prod(shape), 1, hidden, activation))


def mlp_encoder(
    outputs: int, shape: Sequence[int] = (1, 16, 16), hidden: Sequence[int] = (256, 256)
) -> nn.Sequential:
    """Build E for images: `[N, *shape] -> [N, outputs]`, the mirror of `mlp_generator`.

    Args:
        outputs: dimensions of the code; twice as many for the body of a `Gaussian`.
        shape: `(C, H, W)` of one image.
        hidden: widths of the hidden layers, ReLU behind each.
    """
    return nn.Sequential(nn.Flatten(), *mlp(math.prod(shape), outputs, hidden))
