"""A hole in a picture, filled from what is left around it: the context encoder."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from ..game import Game, Player
from ..game.first_batch import Inspection
from ..objectives import Objective, non_saturating
from .shared import adam_players, averaged, check_logits, check_samples, moved, verdicts

__all__ = ["context_encoder", "emptied", "filled"]

Hole = tuple[slice, slice]


def emptied(x: Tensor, hole: Hole) -> Tensor:
    """Return a copy of pictures whose hole is grey: 0 in all channels.

    Args:
        x: pictures `[N, C, H, W]` in [-1, 1].
        hole: its rows and columns, such as `(slice(8, 24), slice(8, 24))`.
    """
    out = x.clone()
    out[(..., *hole)] = 0.0
    return out


def filled(G: Callable[[Tensor], Tensor], x: Tensor, hole: Hole) -> Tensor:
    """Return pictures `[N, C, H, W]` whose hole holds what G makes of the rest.

    Args:
        G: maps emptied pictures `[N, C, H, W]` to the hole's pixels `[N, C, h, w]`.
        x: pictures `[N, C, H, W]`; what is in their holes is not looked at.
        hole: its rows and columns.
    """
    out = emptied(x, hole)
    patch = G(out.clone())
    out[(..., *hole)] = patch
    return out


def context_encoder(
    G: nn.Module,
    D: nn.Module | None,
    hole: Hole,
    objective: Objective = non_saturating,
    *,
    weight: float = 0.001,
    lr: float = 2e-3,
    lr_D: float = 2e-4,
    betas: tuple[float, float] = (0.5, 0.999),
    ema: float | None = None,
    device: str | torch.device | None = None,
) -> Game:
    """Assemble the game of Pathak et al. (2016, arXiv:1604.07379) for a hole of one place.

    G sees x', which is x without its hole; with c what the hole held:

        D minimises  objective.d(D(c), D(G(x'))),
        G minimises  (1 - weight) |c - G(x')|^2 + weight objective.g(D(G(x')), D(c)),

    |.|^2 a mean over pixels and channels. D is shown the hole alone, never what lies around it:
    whether the two go together, only the squared error asks.

    Args:
        G: maps emptied pictures `[N, C, H, W]` to the hole's pixels `[N, C, h, w]`.
        D: maps those to logits `[N]` or `[N, 1]`; None leaves G alone with the squared error,
            whatever the weight.
        hole: its rows and columns, such as `(slice(8, 24), slice(8, 24))`.
        objective: the pair of losses.
        weight: of the adversary, from 0 to 1; the paper has 0.001.
        lr: Adam's step size for G.
        lr_D: Adam's step size for D; the authors' code has ten times less for D than for G.
        betas: Adam's decay rates of the gradient's mean and square.
        ema: decay of a running average of G; `None` keeps none.
        device: where to train; CUDA if present.

    Returns:
        The game, of batches x; its records hold the squared error as `G_error`.

    Raises:
        RuntimeError: CUDA was asked for and is absent.
        ValueError: the weight is not in [0, 1]; while playing, if the pictures have no such hole,
            or G or D return the wrong shape.
    """
    if not 0 <= weight <= 1:
        raise ValueError(f"the adversary's weight is a number from 0 to 1, got {weight}.")
    networks = {"G": G} if D is None else {"G": G, "D": D}
    device = moved(networks, device)

    def fill(x: Tensor) -> tuple[Tensor, Tensor]:
        c = x[(..., *hole)]
        return c, check_samples(c, G(emptied(x, hole)))

    def d_loss(x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        with torch.no_grad():
            c, patch = fill(x)
        real, fake = (networks["D"](each.clone()) for each in (c, patch))
        check_logits(x, real, fake)
        return objective.d(real, fake), verdicts(objective, real, fake)

    def g_loss(x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        c, patch = fill(x)
        error = mse_loss(patch, c)
        if D is None:
            return error, {"error": error}
        real = D(c.clone()) if objective.paired else None
        adversary = objective.g(D(patch.clone()), real)
        return (1 - weight) * error + weight * adversary, {"error": error, "adversary": adversary}

    def trial(x: Tensor, *labels: Tensor) -> None:
        if labels or x.dim() != 4 or 0 in x[(..., *hole)].shape:
            raise ValueError(
                f"context_encoder needs batches of pictures [N, C, H, W] with a hole at {hole}, "
                f"and no labels: it got {[list(each.shape) for each in (x, *labels)]}."
            )

    if D is None:
        players = [Player("G", g_loss, torch.optim.Adam(G.parameters(), lr, betas, fused=True))]
    else:
        players = adam_players(G, D, d_loss, g_loss, lr=lr, lr_D=lr_D, betas=betas)
    return Game(
        networks=networks,
        players=players,
        averages=averaged(G, ema),
        inspection=Inspection(trial),
        settings={"objective": f"context encoder {weight} {objective.name} {hole}"},
    )
