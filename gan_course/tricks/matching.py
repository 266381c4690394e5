"""Feature matching: G is asked for the data's mean features, not for D's verdict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor, nn

from ..game import Game
from ..games.shared import wide
from .shared import drawing, player_of

__all__ = ["feature_gap", "feature_matching"]


def feature_gap(features: nn.Module) -> Callable[..., Tensor]:
    """Return the loss of feature matching, `loss(fake, real, *y)`.

        |E f(real) - E f(fake)|^2,

    the squared Euclidean norm over the features; its gradient reaches `fake` and not `real`.

    Args:
        features: f, with layers of D, such as `D[:-1]`: `[N, ...] -> [N, ...]`.

    Returns:
        A function of samples `[N, ...]` and `[M, ...]` that returns a scalar, in float32 or better.
    """

    def feature_gap(fake: Tensor, real: Tensor, *y: Tensor) -> Tensor:
        with torch.no_grad():
            wanted = wide(features(real.clone(), *y)).mean(0)
        gap = wide(features(fake.clone(), *y)).mean(0) - wanted
        return gap.square().sum()

    return feature_gap


def feature_matching(game: Game, features: nn.Module) -> Game:
    """Return the game in which G minimises the gap between mean features, in place of its loss.

        g = |E f(x) - E f(G(z))|^2,

    the squared Euclidean norm over the features (Salimans et al., 2016, arXiv:1606.03498). D plays
    on as before, and with it moves f. It asks for equal means and no more: with a linear f a G
    that always returns the mean of the data has loss 0.

    Args:
        game: of a G and a D, such as `gan` returns.
        features: f, with layers of D, such as `D[:-1]`: `[N, ...] -> [N, ...]`.

    Returns:
        Its successor, with the networks, optimizers and random state of `game`.

    Raises:
        ValueError: the game has no player and no network called G, or no latent.
    """
    player = player_of(game, "G")
    draw, gap = drawing(game), feature_gap(features)

    def loss(real: Tensor, *y: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        return gap(draw(real, *y), real, *y), {}

    players = [replace(p, loss=loss) if p is player else p for p in game.players]
    settings = {**game.settings, "loss of G": "feature matching"}
    return replace(game, players=players, settings=settings)
