"""What tricks on whole games share: whom they change, and how G draws."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from ..game import Game, Player
from ..games.shared import check_samples


def player_of(game: Game, name: str) -> Player:
    """Return the game's player of this name.

    Raises:
        ValueError: the game has no such player, no network G or D, or no latent.
    """
    players = {player.name: player for player in game.players}
    if name not in players or not {"G", "D"} <= game.networks.keys() or game.latent is None:
        raise ValueError(
            "this trick is for games of a G against a D with a latent, as gan returns them; "
            f"this one has players {sorted(players)} and networks {sorted(game.networks)}."
        )
    return players[name]


def drawing(game: Game) -> Callable[..., Tensor]:
    """Return `draw(real, *y)`, which draws as many samples of G as there are real ones."""
    G, latent, device = game.networks["G"], game.latent, game.device
    assert latent is not None  # player_of has asked

    def draw(real: Tensor, *y: Tensor) -> Tensor:
        return check_samples(real, G(latent(len(real), device), *y))

    return draw
