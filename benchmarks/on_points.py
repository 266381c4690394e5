"""What games on the ring and the grid are worth after a fixed number of steps."""

from __future__ import annotations

from collections.abc import Callable

import torch

from gan_course import Game, Normal, gan, gradient_penalty, sample, train, wasserstein
from gan_course.data import Mixture
from gan_course.metrics import mode_report
from gan_course.networks import mlp
from recipes.grid import trained

Trained = Callable[[Mixture, int, int, torch.device], Game]  # of data, steps and seed


def vanilla(data: Mixture, steps: int, seed: int, device: torch.device) -> Game:
    """Two MLPs, G at a slower rate: chapter 3's game."""
    torch.manual_seed(seed)
    game = gan(mlp(2, 2), mlp(2, 1), latent=Normal(2), lr=2e-4, lr_D=1e-3, device=device)
    for _ in train(game, data.batches(256, device=device), steps):
        pass
    return game


def wgan_gp(data: Mixture, steps: int, seed: int, device: torch.device) -> Game:
    """The toy recipe of Gulrajani et al. (2017): a penalty of weight 0.1, five critic moves."""
    torch.manual_seed(seed)
    game = gan(
        mlp(2, 2),
        mlp(2, 1),
        wasserstein,
        latent=Normal(2),
        penalties=[(0.1, gradient_penalty)],
        n_critic=5,
        lr=1e-4,
        betas=(0.5, 0.9),
        device=device,
    )
    for _ in train(game, data.batches(256, device=device), max(1, steps // 4)):  # as long in all
        pass
    return game


POINTS: dict[str, Trained] = {
    "vanilla": vanilla,
    "WGAN-GP": wgan_gp,
    "codes, waves, lifting fog": trained,
}


def on_points(
    name: str,
    data: Mixture,
    steps: int,
    seed: int,
    device: torch.device,
    clock: Callable[[], float],
) -> dict:
    """Trains one game on 2-D points and returns what 2,500 of its samples are worth.

    Args:
        name: of the game, in `POINTS`.
        data: to learn.
        steps: of training.
        seed: of the run.
        device: where.
        clock: returns seconds.
    """
    start = clock()
    game = POINTS[name](data, steps, seed, device)  # its records wait for a GPU
    seconds = clock() - start
    return {"seconds": seconds, **mode_report(sample(game, 2500, seed=1).cpu(), data)}
