"""One game on many processes, started by `torchrun`: the same numbers as on one, sooner."""

from .many import WorldLoss, distributed, gather, mean_over_ranks
from .world import World, world

__all__ = ["World", "WorldLoss", "distributed", "gather", "mean_over_ranks", "world"]
