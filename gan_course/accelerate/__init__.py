"""How fast a game is played: recorded, compiled, or as it is written."""

from .faster import compiled, eager, graphed, recorded

__all__ = ["compiled", "eager", "graphed", "recorded"]
