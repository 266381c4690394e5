"""A GAN is a game: players who each minimise a loss of their own, and the loop that plays."""

from .loop import (
    Game,
    check_ready,
    generate,
    play,
    sample,
    train,
    warn_of_unmoved,
    weights_of,
)
from .player import NonFiniteLoss, Player, Record

__all__ = [
    "Game",
    "NonFiniteLoss",
    "Player",
    "Record",
    "check_ready",
    "generate",
    "play",
    "sample",
    "train",
    "warn_of_unmoved",
    "weights_of",
]
