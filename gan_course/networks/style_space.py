"""The space W of styles (Karras et al., 2019): the way into it, and what can be done there."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .equalized import PixelNorm, equalized

__all__ = ["mapping_network", "mix", "truncate"]


def mapping_network(latent: int, dim: int, depth: int = 4) -> nn.Sequential:
    """Build f: Z -> W, from z `[N, latent]` to w `[N, dim]`.

    Pixel norm of z, then `depth` dense layers with leaky ReLU, which learn at a
    hundredth of the rate of all others (Karras et al., 2019, who have 8 of 512).
    Without a layer w is z, normed.

    Args:
        latent: dimensions of z.
        dim: dimensions of w.
        depth: layers, at least 0.
    """
    layers: list[nn.Module] = [PixelNorm()]
    for i in range(depth):
        layers += [nn.Linear(dim if i else latent, dim), nn.LeakyReLU(0.2)]
    return equalized(nn.Sequential(*layers), rate=0.01)


def truncate(w: Tensor, mean: Tensor, psi: float | Tensor) -> Tensor:
    """Return `mean + psi (w - mean)`, nearer to the mean for psi < 1: truncation in W.

    (Karras et al., 2019; their pictures have psi = .7 in the coarse layers only,
    their scores 1.)

    Args:
        w: styles `[N, dim]` or `[N, layers, dim]`.
        mean: the centre of W, `[dim]`, such as `G.mean_w`.
        psi: a number, or one for each layer `[layers, 1]`; below 0 are opposites.
    """
    return mean + psi * (w - mean)


def mix(ws: Tensor, others: Tensor, layer: int) -> Tensor:
    """Return the styles of `ws` before `layer`, from there on those of `others`.

    Args:
        ws: styles `[N, layers, dim]`, such as `G.styles(z)`.
        others: of the same shape.
        layer: 0 .. layers; at 0 all are the others', at `layers` none.

    Raises:
        ValueError: the shapes differ, or there is no such layer.
    """
    if ws.shape != others.shape or ws.dim() != 3 or not 0 <= layer <= ws.shape[1]:
        raise ValueError(
            "mix takes two tensors of styles [N, layers, dim] of one shape and a layer from 0 to "
            f"their number, got {list(ws.shape)}, {list(others.shape)} and {layer}."
        )
    return torch.cat([ws[:, :layer], others[:, layer:]], 1)
