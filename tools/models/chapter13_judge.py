"""Chapters 11 and 13: the judge of faces, trained on faces that no generator sees."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan_course import Game, Player, train
from gan_course.data import FACTORS, faces
from gan_course.data.dataset import Batches, Dataset
from gan_course.data.pixels import bytes_to_images
from gan_course.metrics.judge import (
    answers_by_factor,
    from_unit,
    judge_network,
    resized,
    to_unit,
)

from .registry import recipe

STEPS, BATCH, LR = 2000, 128, 4e-3


@recipe("13_judge")
def judge() -> dict:
    """Train a small convolutional network to read all fifteen factors from the picture."""
    torch.manual_seed(0)
    training, held_out = faces(40_000, seed=1000), faces(5_000, seed=2000)
    network = judge_network()
    game = _game(network)
    _fit(game, training)
    _settle(network, training)
    about = {
        "seeds": [0],
        "steps": STEPS,
        "batch": BATCH,
        "training faces": len(training),
        "held-out faces": len(held_out),
    }
    x = held_out.x
    as_g = replace(game, networks={"G": network})  # the store keeps a game's network "G" alone
    small = faces(5_000, size=16, seed=2000).x
    return {
        "about": about,
        "scores": scores(network, x, held_out),
        "scores_at_16_pixels": scores(network, resized(small), held_out),
        "generators": {"13_judge": as_g},
    }


def _game(network: nn.Module) -> Game:
    """Return a game of one player: the judge against the truth."""

    def loss(x: Tensor, values: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        return _loss(network.head(network.body(x)), values), {}

    return Game({"judge": network}, [Player("judge", loss, torch.optim.Adam(network.parameters()))])


def _draw(training: Dataset, n: int) -> tuple[Tensor, Tensor]:
    """Return n faces, roughened, and their factors [n, 15]."""
    chosen = torch.randint(len(training), (n,))
    x = _roughened(bytes_to_images(training.stored[chosen]))
    return x, torch.stack([values[chosen] for values in training.factors.values()], 1)


def _fit(game: Game, training: Dataset) -> None:
    """Play with a rate that rises in the first tenth of the steps, then falls to 0 as a cosine."""
    (player,), warm = game.players, STEPS // 10
    player.lr = 0.0
    for record in train(game, Batches(partial(_draw, training), BATCH), STEPS, report_every=10):
        step = record["step"]
        fall = math.cos(math.pi / 2 * max(0, step - warm) / (STEPS - warm)) ** 2
        player.lr = LR * min(step / warm, fall)


def _roughened(x: Tensor) -> Tensor:
    """Return faces as a generator might paint them: a little noise, and half of them blurred.

    Blurred and sharp ones stand in one batch, as batch norm divides by what they have in common.
    """
    coarse = torch.rand(len(x), 1, 1, 1) < 0.5
    x = torch.where(coarse, resized(F.avg_pool2d(x, 2)), x)
    return (x + 0.05 * torch.rand(len(x), 1, 1, 1) * torch.randn_like(x)).clamp(-1, 1)


@torch.no_grad()
def _settle(network: nn.Module, training: Dataset) -> None:
    """Replace batch norm's running statistics by their mean over 100 batches of the final weights."""
    layers = [layer for layer in network.modules() if isinstance(layer, nn.BatchNorm2d)]
    usual = layers[0].momentum
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None  # torch's way to say: a plain mean
    network.train()
    for _ in range(100):
        network.body(_draw(training, BATCH)[0])
    network.eval()
    for layer in layers:
        layer.momentum = usual


def _loss(answers: Tensor, values: Tensor) -> Tensor:
    """Sum over factors: 3 (error)^2, which is 1 for the best constant; cross-entropy for kinds."""
    by_name = answers_by_factor(answers)
    terms = [
        F.cross_entropy(by_name[factor.name], values[:, k].long())
        if factor.kinds
        else 3 * F.mse_loss(by_name[factor.name][:, 0], to_unit(factor, values[:, k]))
        for k, factor in enumerate(FACTORS)
    ]
    return torch.stack(terms).sum()


@torch.no_grad()
def scores(network: nn.Module, x: Tensor, held_out: Dataset) -> dict[str, float]:
    """Return R^2 of each continuous factor, and the accuracy of each discrete one."""
    answers = answers_by_factor(torch.cat([network.head(network.body(p)) for p in x.split(1000)]))
    found = {}
    for factor in FACTORS:
        truth, answer = held_out.factors[factor.name], answers[factor.name]
        if factor.kinds:
            score = (answer.argmax(1) == truth).float().mean()
        else:
            error = from_unit(factor, answer[:, 0]) - truth
            score = 1 - error.square().mean() / truth.var(correction=0)
        found[factor.name] = round(score.item(), 4)
    return found
