"""Two kinds of images of one thing, learned without pairs: CoGAN."""

from __future__ import annotations

import functools
from collections.abc import Callable

import torch
from torch import Tensor, nn

from ..game import Game, Player
from ..game.first_batch import Inspection
from ..game.trial import try_players
from ..latents import Normal
from ..objectives import Objective, non_saturating
from .shared import averaged, check_logits, check_samples, moved, the_answers, verdicts, wide

__all__ = ["cogan"]


def cogan(
    G_X: nn.Module,
    G_Y: nn.Module,
    D_X: nn.Module,
    D_Y: nn.Module,
    objective: Objective = non_saturating,
    *,
    latent: Callable[..., Tensor] = Normal(64),
    lr: float = 2e-4,
    lr_D: float | None = None,
    betas: tuple[float, float] = (0.5, 0.999),
    ema: float | None = 0.999,
    bf16: bool = False,
    device: str | torch.device | None = None,
) -> Game:
    """Assemble the game of Liu and Tuzel (2016, arXiv:1606.07536): two GANs that share layers.

    Two teams, G_X and G_Y against D_X and D_Y. Both G are given the same z:

        D_X, D_Y minimise  objective.d(D_X(x), D_X(G_X(z))) + objective.d(D_Y(y), D_Y(G_Y(z))),
        G_X, G_Y minimise  objective.g(D_X(G_X(z)), D_X(x)) + objective.g(D_Y(G_Y(z)), D_Y(y)).

    No loss compares G_X(z) with G_Y(z), and any pairing has the same losses. What makes them belong
    together is what they share, by `networks.tie`: the *first* layers of the two G, where it
    is decided what is shown, and the *last* layers of the two D, which judge that.

    Args:
        G_X: maps z to images of the first kind.
        G_Y: maps z to images of the second kind.
        D_X: maps images of the first kind to logits `[N]` or `[N, 1]`.
        D_Y: the same for the second kind.
        objective: the pair of losses.
        latent: where z comes from, `latent(n, device) -> z [n, dim]`.
        lr: Adam's step size, for both G and, unless `lr_D` is given, for both D.
        lr_D: their own step size.
        betas: Adam's decay rates of the gradient's mean and square.
        ema: decay of the running averages of both G; `None` keeps none.
        bf16: runs the networks under bfloat16 autocast; losses stay in float32.
        device: where to train; CUDA if present.

    Returns:
        The game, of batches (x, y) that do not belong together, as `data.paired` draws them.
        `sample(game, n, network="G_X")` and `network="G_Y"` show the same z in both kinds.

    Raises:
        RuntimeError: CUDA was asked for and is absent.
        ValueError: while playing, if a network returns the wrong shape, or the batches are not of
            two kinds.
    """
    networks = {"G_X": G_X, "G_Y": G_Y, "D_X": D_X, "D_Y": D_Y}
    device = moved(networks, device)
    autocast = functools.partial(torch.autocast, device.type, torch.bfloat16, enabled=bf16)
    teams = {"X": (G_X, D_X), "Y": (G_Y, D_Y)}

    def d_loss(x: Tensor, y: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        z, loss = latent(len(x), device), x.new_zeros(())
        notes: dict[str, Tensor] = {}
        for (kind, (G, D)), real in zip(teams.items(), (x, y), strict=True):
            with autocast():  # copies, as D's first layer may work in place
                with torch.no_grad():
                    fake = check_samples(real, G(z.clone()))
                d_real, d_fake = wide(D(real.clone())), wide(D(fake.clone()))
            check_logits(real, d_real, d_fake)
            loss = loss + objective.d(d_real, d_fake)
            judged = verdicts(objective, d_real, d_fake)
            notes |= {f"{name}_{kind}": value for name, value in judged.items()}
        return loss, notes

    def g_loss(x: Tensor, y: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        z, loss = latent(len(x), device), x.new_zeros(())
        for (G, D), real in zip(teams.values(), (x, y), strict=True):
            with autocast():
                d_fake = wide(D(G(z.clone()).clone()))
                d_real = wide(D(real.clone())) if objective.paired else None
            loss = loss + objective.g(d_fake, d_real)
        return loss, {}

    def trial(x: Tensor, *more: Tensor) -> None:
        for (G, D), real in zip(teams.values(), (x, the_answers("cogan", more)), strict=True):
            try_players(G, D, latent, real)

    adam = functools.partial(torch.optim.Adam, betas=betas, fused=True)
    both_D, both_G = nn.ModuleList([D_X, D_Y]), nn.ModuleList([G_X, G_Y])
    return Game(
        networks=networks,
        players=[  # shared layers stand once in each optimizer
            Player("D", d_loss, adam(both_D.parameters(), lr if lr_D is None else lr_D)),
            Player("G", g_loss, adam(both_G.parameters(), lr)),
        ],
        latent=latent,
        averages=averaged(G_X, ema, "G_X") | averaged(G_Y, ema, "G_Y"),
        inspection=Inspection(trial),
        settings={"objective": f"cogan {objective.name}", "bf16": str(bf16)},
    )
