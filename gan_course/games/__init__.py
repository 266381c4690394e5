"""Functions that assemble a game. Each reads like its paper."""

from .two_players import acgan, gan

__all__ = ["acgan", "gan"]
