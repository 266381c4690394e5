"""A game with one player: G alone, against a kernel that nobody has to train."""

from __future__ import annotations

import functools
from collections.abc import Callable

import torch
from torch import Tensor, nn

from ..device import resolve_device
from ..game import Game, Player
from ..game.describe import name_of
from ..game.first_batch import Inspection
from ..game.game import check_ready
from ..latents import Normal
from ..objectives.kernels import Kernel, mmd2
from .shared import averaged, check_samples, wide

__all__ = ["moment_matching"]


def moment_matching(
    G: nn.Module,
    kernel: Kernel,
    *,
    latent: Callable[..., Tensor] = Normal(64),
    lr: float = 2e-4,
    betas: tuple[float, float] = (0.5, 0.999),
    ema: float | None = 0.999,
    bf16: bool = False,
    device: str | torch.device | None = None,
) -> Game:
    """Assemble the generative moment matching network of Li, Swersky and Zemel (2015).

        G minimises  MMD^2(x, G(z)) under a fixed kernel

    (arXiv:1502.02761, without their autoencoder). The best critic in the kernel's space is known,
    so no D is trained.

    Args:
        G: maps `z` to samples shaped like the data.
        kernel: compares samples as rows `[N, d]`, such as `GaussianMixture((0.1, 0.5))`.
        latent: where z comes from, `latent(n, device) -> z [n, dim]`.
        lr: Adam's step size.
        betas: Adam's decay rates of the gradient's mean and square.
        ema: decay of the running average of G that `sample` uses; `None` keeps none.
        bf16: runs G under bfloat16 autocast; the kernel stays in float32.
        device: where to train; CUDA if present.

    Returns:
        The game, of one player.

    Raises:
        RuntimeError: CUDA was asked for and is absent.
        ValueError: while playing, if G returns the wrong shape.
    """
    device = resolve_device(device)
    check_ready({"G": G})
    G.to(device)  # before the optimizer is built
    autocast = functools.partial(torch.autocast, device.type, torch.bfloat16, enabled=bf16)

    def g_loss(real: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        with autocast():
            fake = check_samples(real, G(latent(len(real), device)))
        return mmd2(wide(real.flatten(1)), wide(fake.flatten(1)), kernel), {}

    return Game(
        networks={"G": G},
        players=[Player("G", g_loss, torch.optim.Adam(G.parameters(), lr, betas, fused=True))],
        latent=latent,
        averages=averaged(G, ema),
        inspection=Inspection(),
        settings={"objective": f"mmd({name_of(kernel)})", "bf16": str(bf16)},
    )
