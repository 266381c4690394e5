"""Three games with the networks and rates of their papers, for the command line.

Each is a function of the images' shape; `width` makes the same game small enough for two cores
or large enough for a GPU. Rates are those of the paper unless others are asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
from torch import nn

from .game import Game
from .games import gan
from .latents import Normal
from .networks import (
    ConditionalBatchNorm2d,
    Projection,
    dcgan_discriminator,
    dcgan_generator,
    residual_critic,
    residual_generator,
    spectral,
)
from .objectives import hinge, wasserstein
from .penalties import gradient_penalty

__all__ = ["dcgan", "projection", "wgan_gp"]


def dcgan(
    shape: Sequence[int],
    width: int = 64,
    bf16: bool = False,
    device: str | torch.device | None = None,
    *,
    lr: float = 2e-4,
    n_critic: int = 1,
    latent: int = 100,
) -> Game:
    """Build the game of Radford et al. (2016, arXiv:1511.06434), section 3 and 4.

    Transposed and strided convolutions with batch norm, the non-saturating loss, and Adam with
    rate 2e-4 and beta1 = 0.5 for both players; z has 100 dimensions. A width of 64 is that of
    the authors' code, 128 that of the paper's figure 1.

    Args:
        shape: `(C, H, W)` of one image, H = W in 8, 16, 32, 64, ...
        width: channels at full resolution; they double with each halving of the image.
        bf16: runs the networks under bfloat16 autocast.
        device: where to train; CUDA if present.
        lr: Adam's step size of both players.
        n_critic: moves of D in each step.
        latent: dimensions of z.

    Returns:
        The game; its batches are `(x,)`.

    Raises:
        RuntimeError: CUDA was asked for and is absent.
        ValueError: the shape is not that of such an image, or the width is below 1.
    """
    G, D = dcgan_generator(latent, shape, width), dcgan_discriminator(shape, width)
    rates = {"n_critic": n_critic, "lr": lr, "betas": (0.5, 0.999)}
    return gan(G, D, latent=Normal(latent), **rates, bf16=bf16, device=device)


def projection(
    shape: Sequence[int],
    classes: int,
    width: int = 128,
    bf16: bool = False,
    device: str | torch.device | None = None,
    *,
    lr: float = 2e-4,
    n_critic: int = 5,
    latent: int = 128,
) -> Game:
    """Build the class-conditional game of Miyato and Koyama (2018, arXiv:1802.05637).

    Residual networks; G has conditional batch norm, D is a projection critic with spectral norm
    in every layer (Miyato et al., 2018, arXiv:1802.05957); the hinge loss, five moves of D for
    each of G, and Adam with rate 2e-4, beta1 = 0 and beta2 = 0.9; z has 128 dimensions.

    Args:
        shape: `(C, H, W)` of one image, H = W in 8, 16, 32, 64, ...
        classes: how many labels there are, at least 2.
        width: channels of every block; for CIFAR-10 the paper has 256 in G and 128 in D.
        bf16: runs the networks under bfloat16 autocast.
        device: where to train; CUDA if present.
        lr: Adam's step size of both players.
        n_critic: moves of D in each step.
        latent: dimensions of z.

    Returns:
        The game; its batches are `(x, y)`.

    Raises:
        RuntimeError: CUDA was asked for and is absent.
        ValueError: the shape is not that of such an image, a width is below 1, or there are
            fewer than two classes.
    """
    norm = partial(ConditionalBatchNorm2d, classes=classes)
    head = partial(Projection, classes=classes)
    G = residual_generator(latent, shape, width, norm=norm)
    D = spectral(residual_critic(shape, width, head=head))
    rates = {"n_critic": n_critic, "lr": lr, "betas": (0.0, 0.9)}
    return gan(G, D, hinge, latent=Normal(latent), **rates, bf16=bf16, device=device)


def wgan_gp(
    shape: Sequence[int],
    width: int = 128,
    bf16: bool = False,
    device: str | torch.device | None = None,
    *,
    lr: float = 1e-4,
    n_critic: int = 5,
    latent: int = 128,
) -> Game:
    """Build the game of Gulrajani et al. (2017, arXiv:1704.00028), algorithm 1.

    Residual networks, batch norm in G only, the Wasserstein loss with a gradient penalty of
    weight 10, five moves of the critic for each of G, and Adam with rate 1e-4, beta1 = 0 and
    beta2 = 0.9; z has 128 dimensions.

    Args:
        shape: `(C, H, W)` of one image, H = W in 8, 16, 32, 64, ...
        width: channels of every block, 128 in the paper.
        bf16: runs the networks under bfloat16 autocast; the penalty stays in float32.
        device: where to train; CUDA if present.
        lr: Adam's step size of both players.
        n_critic: moves of D in each step.
        latent: dimensions of z.

    Returns:
        The game; its batches are `(x,)`.

    Raises:
        RuntimeError: CUDA was asked for and is absent.
        ValueError: the shape is not that of such an image, or the width is below 1.
    """
    G: nn.Module = residual_generator(latent, shape, width)
    D: nn.Module = residual_critic(shape, width)
    rates = {"n_critic": n_critic, "lr": lr, "betas": (0.0, 0.9)}
    leash = {"penalties": [(10, gradient_penalty)]}
    return gan(G, D, wasserstein, latent=Normal(latent), **leash, **rates, bf16=bf16, device=device)
