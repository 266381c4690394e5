"""One small game for each trick, from one seed, that several test files play."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from gan_course import Game, Normal, gan, non_saturating
from gan_course.tricks import (
    InstanceNoise,
    KeptDropout,
    MinibatchDeviation,
    MinibatchDiscrimination,
    Packed,
    feature_matching,
    orthogonal,
    smoothed,
    unrolled,
    virtual_batch_norm,
)


def nets(norm: bool = False) -> tuple[nn.Sequential, nn.Sequential]:
    torch.manual_seed(0)
    middle = [nn.BatchNorm1d(16)] if norm else []
    G = nn.Sequential(nn.Linear(2, 16), *middle, nn.ReLU(), nn.Linear(16, 2))
    return G, nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))


def with_trick(trick: str, device: str | torch.device = "cpu") -> Game:
    """One game for each trick, from one seed."""
    (G, D), objective = nets(norm=trick == "virtual batch norm"), non_saturating
    after: Callable[[Game], Game] = lambda game: game  # noqa: E731
    match trick:
        case "smoothing":
            objective = smoothed(non_saturating)
        case "feature matching":
            after = lambda game: feature_matching(game, game.networks["D"][:-1])  # noqa: E731
        case "orthogonal":
            after = lambda game: orthogonal(game, 0.1)  # noqa: E731
        case "unrolled":
            after = lambda game: unrolled(game, non_saturating, 2)  # noqa: E731
        case "discrimination":
            D = nn.Sequential(*D[:-1], MinibatchDiscrimination(16, 4, 3), nn.Linear(20, 1))
        case "deviation":
            D = nn.Sequential(*D[:-1], MinibatchDeviation(4), nn.Linear(17, 1))
        case "virtual batch norm":
            G = virtual_batch_norm(G, torch.randn(8, 2))
        case "kept dropout":
            G = nn.Sequential(*G[:2], KeptDropout(0.3), G[2])
        case "instance noise":
            D = nn.Sequential(InstanceNoise(0.3, 50), *D)
        case "packing":
            D = Packed(nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1)), 2)
    return after(gan(G, D, objective, latent=Normal(2), device=device))


TRICKS = (
    "smoothing", "feature matching", "unrolled", "discrimination", "deviation",
    "virtual batch norm", "kept dropout", "instance noise", "packing", "orthogonal",
)  # fmt: skip
