"""StyleGAN2's game: a smooth D, and a G whose steps in W are of one length in the image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import cast

import torch
from torch import Tensor, nn

from ..game import Game, Player
from ..latents import Normal
from ..networks.style import StyleGenerator
from ..objectives import non_saturating
from ..penalties import r1
from .two_players import gan

Latent = Callable[..., Tensor]

__all__ = ["EvenPaths", "even_paths", "path_lengths", "stylegan"]


def path_lengths(images: Tensor, ws: Tensor, noise: Tensor) -> Tensor:
    """Return how far each image moves for a step in W, seen along a random direction y.

        sqrt(mean over layers l of |J_l^T y|^2),     J_l = d image / d w_l,

    y ~ N(0, I) / sqrt(pixels): the paper's |J^T y| with the mean of its code (Karras
    et al., 2020, arXiv:1912.04958).

    Args:
        images: `[N, C, H, W]`, made of `ws` with gradients on.
        ws: styles `[N, layers, dim]` that they depend on.
        noise: N(0, I) of the images' shape.

    Returns:
        Lengths `[N]`, which can be differentiated again.
    """
    pixels = images[0, 0].numel()
    along = (images * noise).sum() / pixels**0.5
    (slope,) = torch.autograd.grad(along, ws, create_graph=True)
    return slope.square().sum(2).mean(1).sqrt()


class EvenPaths(nn.Module):
    """Charges for paths of uneven length: `lengths [N] -> scalar`.

    E (|J^T y| - a)^2,     a <- .99 a + .01 mean of the batch's lengths.
    """

    mean: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(()))

    def forward(self, lengths: Tensor) -> Tensor:
        self.mean.lerp_(lengths.detach().mean(), 0.01)
        return (lengths - self.mean).square().mean()


def even_paths(game: Game, weight: float = 2.0, every: int = 8) -> Game:
    """Return the game in which G is charged now and then for steps in W of uneven length.

    In every k-th step G moves once more, by k times the weight of the penalty, on
    half a batch: a *lazy* penalty (Karras et al., 2020, arXiv:1912.04958; their
    weight is 2, their k is 8 in the paper and 4 in the code). It runs in float32.

    Args:
        game: of a `StyleGenerator` G.
        weight: of the penalty.
        every: k.

    Returns:
        Its successor, with a player `G_paths`, and a network `paths` that remembers
        a.
    """
    G, latent = cast(StyleGenerator, game.networks["G"]), cast(Latent, game.latent)
    player = next(player for player in game.players if player.name == "G")
    paths = EvenPaths().to(game.device)

    def loss(real: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        ws = G.mixed_styles(latent(max(1, len(real) // 2), real.device))
        images = G.synthesis(ws)
        lengths = path_lengths(images, ws, torch.randn_like(images))
        return every * weight * paths(lengths), {"length": lengths.mean()}

    return replace(
        game,
        networks={**game.networks, "paths": paths},
        players=[*game.players, Player("G_paths", loss, player.optimizer, every=every)],
        settings={**game.settings, "path lengths": f"{weight} every {every}"},
    )


def stylegan(
    G: StyleGenerator,
    D: nn.Module,
    *,
    latent: Latent = Normal(64),
    gamma: float = 0.3,
    path_weight: float = 2.0,
    lr: float = 2e-3,
    ema: float | None = 0.999,
    bf16: bool = False,
    device: str | torch.device | None = None,
) -> Game:
    """Assemble the game of StyleGAN2 (Karras et al., 2020, arXiv:1912.04958).

    The non-saturating loss; R1 of weight gamma in every 16th step and path lengths
    in every 8th, as moves of their own; Adam without momentum, beta2 = .99.

    Args:
        G: with its mapping, such as `style_generator()`.
        D: maps images to logits, such as `style_discriminator()`.
        latent: where z comes from, `latent(n, device) -> z [n, dim]`.
        gamma: weight of R1; it wants to grow with the number of pixels.
        path_weight: of the path lengths; 0: none.
        lr: Adam's step size of both.
        ema: decay of the running average of G that `sample` uses; `None` keeps
            none.
        bf16: runs the networks under bfloat16 autocast; penalties stay in float32.
        device: where to train; CUDA if present.

    Returns:
        The game; its batches are images alone.

    Raises:
        RuntimeError: CUDA was asked for and is absent.
    """
    game = gan(
        G, D, non_saturating, latent=latent, penalties=[(gamma, r1, 16)],
        lr=lr, betas=(0.0, 0.99), ema=ema, bf16=bf16, device=device,
    )  # fmt: skip
    return even_paths(game, path_weight) if path_weight else game
