"""What a network's weight matrices are like: their singular values, and their angles."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .layers import WEIGHTED

__all__ = ["orthogonal_penalty", "spectra", "weight_matrices"]


def weight_matrices(network: nn.Module) -> dict[str, Tensor]:
    """Return the weights of linear and convolutional layers as matrices, one row per output.

    The trained weights themselves: under `spectral` those before the division. A convolution is
    its matrix `[out, in * k * k]`.

    Args:
        network: whose weights.

    Returns:
        By the layer's name, `[out, in * ...]`; gradients flow back to the weights.
    """
    layers = (pair for pair in network.named_modules() if isinstance(pair[1], WEIGHTED))
    return {name: _matrix(layer) for name, layer in layers}


def _matrix(layer: nn.Module) -> Tensor:
    parametrized = nn.utils.parametrize.is_parametrized(layer, "weight")
    weight = layer.parametrizations.weight.original if parametrized else layer.weight
    if isinstance(layer, nn.ConvTranspose2d):  # its weight is [in, out, k, k]
        weight = weight.transpose(0, 1)
    return weight.flatten(1)


@torch.no_grad()
def spectra(network: nn.Module) -> dict[str, Tensor]:
    """Return the singular values of each weight matrix, the largest first.

    Brock et al. (2019, arXiv:1809.11096) watch the first three of every layer: before a large GAN
    collapses, some of G's grow without bound.

    Args:
        network: G or D.

    Returns:
        By the layer's name, float32 `[min(out, in * k * k)]`; see `weight_matrices`.
    """
    matrices = weight_matrices(network)
    return {name: torch.linalg.svdvals(W.float()) for name, W in matrices.items()}


def orthogonal_penalty(network: nn.Module) -> Tensor:
    """Return how far the rows of all weight matrices are from being at right angles.

        sum over W of |W W^T * (1 - I)|^2,

    the squares of all scalar products of two different rows: 0 for orthogonal rows of
    any length, where Brock et al. (2017, arXiv:1609.07093) ask for length 1 too. Its
    gradient is 4 (W W^T * (1 - I)) W. (BigGAN, arXiv:1809.11096, for G, weight 1e-4. The
    authors' code adds half that gradient.)

    Args:
        network: whose weights; embeddings and norms are left out.

    Returns:
        A scalar, at least 0.

    Raises:
        ValueError: the network has no linear or convolutional layer.
    """
    matrices = weight_matrices(network).values()
    if not matrices:
        raise ValueError("orthogonal_penalty needs a network with linear or convolutional layers.")
    return torch.stack([_between_rows(W) for W in matrices]).sum()


def _between_rows(W: Tensor) -> Tensor:
    products = W @ W.T  # [out, out]
    return (products - products.diagonal().diag()).square().sum()
