"""Small games that several test files play."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gan_course import Game, Normal, gan
from gan_course.data import ring


def plain(seed: int = 0, **options) -> Game:
    """Two tiny multilayer perceptrons on 2-D points."""
    torch.manual_seed(seed)
    G = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 2))
    D = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 1))
    return gan(G, D, latent=Normal(2), device="cpu", **options)


def with_state(seed: int = 0, **options) -> Game:
    """Networks that carry state beside their weights: batch norm, spectral norm, dropout."""
    torch.manual_seed(seed)
    spectral = nn.utils.parametrizations.spectral_norm
    G = nn.Sequential(nn.Linear(2, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 2))
    D = nn.Sequential(
        spectral(nn.Linear(2, 16)), nn.LeakyReLU(0.2), nn.Dropout(0.2), spectral(nn.Linear(16, 1))
    )
    return gan(G, D, latent=Normal(2), device="cpu", **options)


def points(n: int = 32):
    """Endless batches of the ring, on the CPU."""
    return ring().batches(n, device="cpu")


def weights(game: Game) -> dict[str, Tensor]:
    """Copies of all weights and buffers, averages included."""
    nets = {**game.networks, **{f"average {k}": v.network for k, v in game.averages.items()}}
    return {
        f"{name}.{path}": tensor.clone()
        for name, net in nets.items()
        for path, tensor in net.state_dict().items()
    }


def same(a: dict[str, Tensor], b: dict[str, Tensor]) -> bool:
    """Whether two sets of weights are equal bit for bit."""
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)
