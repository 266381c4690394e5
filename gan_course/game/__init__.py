"""A GAN is a game: players who each minimise a loss of their own, and the loop that plays."""

from .game import Game
from .loop import play, train
from .player import NonFiniteLoss, Player, Record
from .sampling import generate, sample, translate

__all__ = [
    "Game", "NonFiniteLoss", "Player", "Record", "generate", "play", "sample", "train", "translate",
]  # fmt: skip
