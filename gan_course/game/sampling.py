"""What a generator has learned: samples in eval mode, from a seed of their own."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ..device import device_of
from .averages import Average
from .first_batch import check_labels, classes_of
from .game import Game
from .plainly import SAMPLING, plainly
from .states import mode, seeded

__all__ = ["generate", "sample", "translate"]


@torch.no_grad()
def generate(
    G: nn.Module, latent: Callable[..., Tensor], n: int, *y: Tensor, seed: int = 0
) -> Tensor:
    """Draw `n` samples from a generator, in eval mode and with a seed of its own.

    Args:
        G: maps `(z, *y)` to samples.
        latent: where z comes from, such as `Normal(64)`.
        n: how many, at least 1.
        *y: what else G takes for each sample, such as labels `[n]`.
        seed: fixes z; the caller's random state is left alone.

    Returns:
        Samples `[n, ...]` on G's device.

    Raises:
        ValueError: `n` is below 1, or `y` does not have one entry for each sample, or names a
            class that G does not know.
        MemoryError: there is not enough memory for them.

    Example:
        >>> from gan_course import Normal
        >>> from gan_course.networks import mlp
        >>> generate(mlp(8, 2), Normal(8), 5).shape
        torch.Size([5, 2])
    """
    if n < 1 or not all(isinstance(t, Tensor) and t.shape[:1] == (n,) for t in y):
        got = [list(t.shape) if isinstance(t, Tensor) else t for t in y]
        raise ValueError(
            "generate needs n of at least 1 and one y for each sample, as a tensor [n, ...]: "
            f"got n={n} and y {got}."
        )
    G = G.network if isinstance(G, Average) else G
    if (classes := classes_of(G)) is not None and y:
        check_labels((y[0], *y), classes)
    device = device_of(G)
    with plainly(SAMPLING), mode([G], training=False), seeded(seed, device):
        inputs = [latent(n, device), *(tensor.to(device) for tensor in y)]
        chunks = zip(*(tensor.split(500) for tensor in inputs), strict=True)  # bounds the memory
        return torch.cat([G(*chunk) for chunk in chunks])


def sample(game: Game, n: int, *y: Tensor, seed: int = 0, network: str = "G") -> Tensor:
    """Draw `n` samples from the game's G: the averaged weights if it keeps an average.

    Args:
        game: a game with a latent.
        n: how many, at least 1.
        *y: what else G takes for each sample, such as labels `[n]`.
        seed: fixes z; the caller's random state is left alone.
        network: the name of an average or, without one of that name, of a network.

    Returns:
        Samples `[n, ...]`, as from `generate`; for the raw weights call
        `generate(game.networks["G"], game.latent, n)`.

    Raises:
        ValueError: the game has no such network, or no latent; or as `generate`.

    Example:
        >>> from gan_course import Normal, gan
        >>> from gan_course.networks import mlp
        >>> game = gan(mlp(2, 2), mlp(2, 1), latent=Normal(2), device="cpu")
        >>> torch.equal(sample(game, 3), sample(game, 3)), torch.equal(
        ...     sample(game, 3), sample(game, 3, seed=1)
        ... )
        (True, False)
    """
    if game.latent is None:
        raise ValueError("this game has no latent to draw z from: call its networks yourself.")
    return generate(weights_of(game, network), game.latent, n, *y, seed=seed)


@torch.no_grad()
def translate(game: Game, x: Tensor, network: str = "G", seed: int = 0) -> Tensor:
    """Let a network of a game translate samples: the averaged weights if the game keeps them.

    In eval mode. Where noise stays on, as the dropout of pix2pix does, it follows from the seed.

    Args:
        game: such as `pix2pix` and `cyclegan` return.
        x: samples `[n, ...]`, on any device.
        network: the name of an average or, without one of that name, of a network.
        seed: fixes the noise; the caller's random state is left alone.

    Returns:
        What the network makes of them, `[n, ...]` on the game's device.

    Raises:
        ValueError: the game has no such network, or x holds no sample.
        MemoryError: there is not enough memory for them.
    """
    if x.dim() < 1 or not len(x):
        raise ValueError(f"translate needs samples x [n, ...], got {list(x.shape)}.")
    G = weights_of(game, network)
    with plainly(SAMPLING), mode([G], training=False), seeded(seed, game.device):
        return torch.cat([G(part.clone()) for part in x.to(game.device).split(500)])


def weights_of(game: Game, network: str) -> nn.Module:
    """Return the average of this name or, without one, the network of this name.

    Raises:
        ValueError: there is neither.
    """
    if network in game.averages:
        return game.averages[network].network
    if network not in game.networks:
        known = sorted({*game.networks, *game.averages})
        raise ValueError(f"this game has no network called {network!r}: it has {known}.")
    return game.networks[network]
