"""The loops of most tutorials, to compare with: what chapter 3 begins with, without its care.

Sigmoid and binary cross-entropy instead of a loss on logits, `.item()` in every step, Adam with
its default implementation, and gradients for D's weights in G's move, where nobody needs them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

Loop = Callable[[int], None]  # plays so many steps


def textbook_gan(G: nn.Module, D: nn.Module, latent: int, batches: Iterator) -> Loop:
    """Returns the loop for a GAN with the non-saturating loss.

    Args:
        G: maps z `[N, latent]` to images.
        D: maps images to logits `[N, 1]`.
        latent: dimensions of z.
        batches: of `(x,)`, x `[N, ...]`.
    """
    device = next(G.parameters()).device
    adam_G = torch.optim.Adam(G.parameters(), 2e-4, (0.5, 0.999))
    adam_D = torch.optim.Adam(D.parameters(), 2e-4, (0.5, 0.999))
    bce, losses = nn.BCELoss(), []

    def loop(steps: int) -> None:
        for _ in range(steps):
            (x,) = next(batches)
            ones, zeros = (
                torch.ones(len(x), 1, device=device),
                torch.zeros(len(x), 1, device=device),
            )
            fake = G(torch.randn(len(x), latent, device=device))
            adam_D.zero_grad()
            loss_D = bce(D(x).sigmoid(), ones) + bce(D(fake.detach()).sigmoid(), zeros)
            loss_D.backward()
            adam_D.step()
            adam_G.zero_grad()
            loss_G = bce(D(G(torch.randn(len(x), latent, device=device))).sigmoid(), ones)
            loss_G.backward()
            adam_G.step()
            losses.append((loss_G.item(), loss_D.item()))

    return loop


def _penalty(D: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
    u = torch.rand(len(real), *[1] * (real.dim() - 1), device=real.device)
    x = (u * real + (1 - u) * fake).requires_grad_(True)
    scores = D(x)
    (slope,) = torch.autograd.grad(
        scores, x, torch.ones_like(scores), create_graph=True, retain_graph=True
    )
    return ((slope.flatten(1).norm(2, dim=1) - 1) ** 2).mean()


def textbook_wgan_gp(
    G: nn.Module, D: nn.Module, latent: int, batches: Iterator, n_critic: int = 5
) -> Loop:
    """Returns the loop for WGAN-GP with weight 10: `n_critic` batches for D, the last for G too.

    Args:
        G: maps z `[N, latent]` to images.
        D: maps images to `[N, 1]`, without batch norm.
        latent: dimensions of z.
        batches: of `(x,)`, x `[N, ...]`.
        n_critic: D's moves in a step.
    """
    device = next(G.parameters()).device
    adam_G = torch.optim.Adam(G.parameters(), 2e-4, (0.5, 0.999))
    adam_D = torch.optim.Adam(D.parameters(), 2e-4, (0.5, 0.999))
    losses = []

    def loop(steps: int) -> None:
        for _ in range(steps):
            for _ in range(n_critic):
                (x,) = next(batches)
                fake = G(torch.randn(len(x), latent, device=device)).detach()
                adam_D.zero_grad()
                loss_D = -D(x).mean() + D(fake).mean() + 10 * _penalty(D, x, fake)
                loss_D.backward()
                adam_D.step()
                losses.append(loss_D.item())
            adam_G.zero_grad()
            loss_G = -D(G(torch.randn(len(x), latent, device=device))).mean()
            loss_G.backward()
            adam_G.step()
            losses.append(loss_G.item())

    return loop
