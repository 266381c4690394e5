"""Functions that assemble a game. Each reads like its paper."""

from .auxiliary import acgan
from .infogan import infogan
from .moments import moment_matching
from .stacked import stacked
from .stackgan import stackgan
from .stylegan import EvenPaths, even_paths, path_lengths, stylegan
from .two_players import gan

__all__ = [
    "EvenPaths", "acgan", "even_paths", "gan", "infogan", "moment_matching", "path_lengths",
    "stacked", "stackgan", "stylegan",
]  # fmt: skip
