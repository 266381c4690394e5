"""Tricks of the trade: each is one line that changes a network, an objective or a game.

- one-sided label smoothing: `gan(G, D, smoothed(non_saturating, 0.9))`
- feature matching: `game = feature_matching(game, D[:-1])`
- feature matching with few labels: `semi_supervised(G, D, g=feature_gap(D[:-1]))`
- unrolled D: `game = unrolled(game, non_saturating, steps=5)`
- minibatch discrimination: `MinibatchDiscrimination(128, kernels=16)` in front of D's last layer
- minibatch deviation: `MinibatchDeviation()` in front of D's last layer
- virtual batch norm: `G = virtual_batch_norm(G, Normal(64)(64))`
- dropout kept in G: `KeptDropout(0.5)` among G's layers
- instance noise: `D = nn.Sequential(InstanceNoise(0.5, steps=4_000), *D)`
- packing: `D = Packed(D, 2)`
- orthogonal regularisation of G: `game = orthogonal(game, 1e-4)`
- standing statistics: `G = standing_statistics(G, Truncated(64, 0.5))`
- augmentation: `D = nn.Sequential(DiffAugment("color", "translation"), *D)`
- growing: `game = growing(game)`, then `grow(game, *stage_at(game.step, stay=300, fade=300))`
- drift: `gan(G, D, drifting(wasserstein))`

Lazy penalties, two rates and the average of G are arguments of `gan`.
"""

from ..networks.minibatch import MinibatchDeviation, MinibatchDiscrimination
from .augmentation import DiffAugment
from .growing import drifting, grow, growing, stage_at
from .matching import feature_gap, feature_matching
from .noise import InstanceNoise, KeptDropout
from .orthogonal import orthogonal
from .packing import Packed
from .smoothing import smoothed
from .standing import standing_statistics
from .unrolling import unrolled
from .virtual import Referenced, VirtualBatchNorm, virtual_batch_norm

__all__ = [
    "DiffAugment", "InstanceNoise", "KeptDropout", "MinibatchDeviation",
    "MinibatchDiscrimination", "Packed", "Referenced", "VirtualBatchNorm", "drifting",
    "feature_gap", "feature_matching", "grow", "growing", "orthogonal", "smoothed", "stage_at",
    "standing_statistics", "unrolled", "virtual_batch_norm",
]  # fmt: skip
