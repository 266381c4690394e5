"""One picture in the style of another, by a decoder that learns to paint borrowed statistics."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import mse_loss

from ..device import resolve_device
from ..game import Game, Player
from ..game.first_batch import Inspection
from ..game.game import check_ready
from ..networks.transfer import StyleTransfer, borrow_style, channel_statistics
from .shared import check_samples

__all__ = ["style_transfer"]


def style_transfer(
    G: StyleTransfer,
    *,
    weight: float = 10.0,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    device: str | torch.device | None = None,
) -> Game:
    """Assemble the game of Huang and Belongie (2017, arXiv:1703.06868): one player, no D.

    Of a picture x and a style s the encoder's last level gives E(x) and E(s), and
    t = `borrow_style(E(x), E(s))` is what the painted picture g = decoder(t) should have there:

        L = |E(g) - t|^2 + weight sum over levels l of
            |mu(E_l(g)) - mu(E_l(s))|^2 + |sigma(E_l(g)) - sigma(E_l(s))|^2,

    each |.|^2 a mean over batch, channels and places. Only the decoder learns; the encoder, which
    says what content and style are, rests.

    Args:
        G: an encoder, already trained, and a decoder, such as `style_transfer_network()`.
        weight: of the style.
        lr: Adam's step size.
        betas: Adam's decay rates of the gradient's mean and square.
        device: where to train; CUDA if present.

    Returns:
        The game, of batches (content, style), as `paired` draws them; its records hold the two
        terms as `G_content` and `G_style`.

    Raises:
        RuntimeError: CUDA was asked for and is absent.
        ValueError: while playing, if a batch is no pair of pictures, or G returns the wrong shape.
    """
    device = resolve_device(device)
    check_ready({"G": G})
    G.to(device)  # before the optimizer is built
    G.encoder.requires_grad_(False)

    def g_loss(content: Tensor, style: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        with torch.no_grad():
            of_style = G.levels(style)
            t = borrow_style(G.levels(content)[-1], of_style[-1])
        painted = G.levels(check_samples(content, G.decoder(t)))
        likeness = mse_loss(painted[-1], t)
        pairs = [
            (mine, its)
            for level, other in zip(painted, of_style, strict=True)
            for mine, its in zip(channel_statistics(level), channel_statistics(other), strict=True)
        ]
        manner = torch.stack([mse_loss(mine, its) for mine, its in pairs]).sum()
        return likeness + weight * manner, {"content": likeness, "style": manner}

    def trial(*batch: Tensor) -> None:
        if len(batch) != 2 or any(x.dim() != 4 for x in batch):
            raise ValueError(
                "style_transfer needs batches (content, style) of pictures [N, C, H, W], got "
                f"{[list(x.shape) for x in batch]}: draw them with paired(a, b).batches(n)."
            )

    adam = torch.optim.Adam(G.decoder.parameters(), lr, betas, fused=True)
    return Game(
        networks={"G": G},
        players=[Player("G", g_loss, adam)],
        inspection=Inspection(trial),
        settings={"objective": f"style transfer {weight}"},
    )
