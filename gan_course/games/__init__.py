"""Functions that assemble a game. Each reads like its paper."""

from .auxiliary import acgan
from .two_players import gan

__all__ = ["acgan", "gan"]
