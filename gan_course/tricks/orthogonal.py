"""Orthogonal regularisation of G, so that it can be asked for z that are more typical."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from ..game import Game
from ..networks.spectra import orthogonal_penalty
from .shared import player_of

__all__ = ["orthogonal"]


def orthogonal(game: Game, weight: float = 1e-4) -> Game:
    """Return the game in which G's loss has an orthogonal penalty added.

        g + weight * sum over W of |W W^T * (1 - I)|^2

    of Brock et al. (2019, arXiv:1809.11096), over G's trained weights: see `orthogonal_penalty`.

    Args:
        game: of a G and a D, such as `gan` returns.
        weight: beta, at least 0; the paper's is 1e-4.

    Returns:
        Its successor, with the networks, optimizers and random state of `game`; records of G tell
        the penalty as `orthogonal`.

    Raises:
        ValueError: the weight is negative, or the game has no player and no network called G.
    """
    if not weight >= 0:
        raise ValueError(f"the weight of a penalty is at least 0, got {weight}.")
    player, G = player_of(game, "G"), game.networks["G"]

    def loss(real: Tensor, *y: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        value, notes = player.loss(real, *y)
        penalty = orthogonal_penalty(G)
        return value + weight * penalty, {**notes, "orthogonal": penalty}

    players = [replace(p, loss=loss) if p is player else p for p in game.players]
    settings = {**game.settings, "orthogonal": str(weight)}
    return replace(game, players=players, settings=settings)
