"""Games as vector fields: where each player would move, the steps that follow, and what they do near rest.

A *field* is a pure function `v(w [n]) -> [n]`: w holds the numbers of all players, and v_j is the
direction in which the player who owns number j would move it, minus the slope of its own loss. Near
a point of rest, v(w) = 0, the eigenvalues of v's Jacobian say whether the game comes home, and those
of a step's Jacobian, its *multipliers*, by which factor each step. Everything is float64.
"""

from .fields import bilinear, chase, dirac, forsaken, from_losses, quadratic
from .linear import eigenvalues, jacobian, multipliers
from .of_game import GameField, game_field
from .steps import (
    alternating,
    consensus,
    coordinate,
    extragradient,
    momentum,
    optimistic,
    path,
    proximal,
    simultaneous,
    twice,
    with_consensus,
)

__all__ = [
    "from_losses", "quadratic", "bilinear", "dirac", "chase", "forsaken", "game_field", "GameField",
    "simultaneous", "alternating", "coordinate", "consensus", "with_consensus", "extragradient",
    "proximal", "optimistic", "momentum", "twice", "path", "jacobian", "eigenvalues", "multipliers",
]  # fmt: skip
