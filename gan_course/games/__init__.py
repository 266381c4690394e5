"""Functions that assemble a game. Each reads like its paper."""

from .auxiliary import acgan
from .infogan import infogan
from .moments import moment_matching
from .stacked import stacked
from .stackgan import stackgan
from .two_players import gan

__all__ = ["acgan", "gan", "infogan", "moment_matching", "stacked", "stackgan"]
