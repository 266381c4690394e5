"""A GAN is a game: players who each minimise a loss of their own, and the loop that plays."""

from .game import Game, check_ready, warn_of_unmoved
from .loop import play, train
from .player import NonFiniteLoss, Player, Record
from .sampling import generate, sample, weights_of

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
