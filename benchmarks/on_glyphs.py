"""How soon a game on glyphs is good, by the features of a classifier that no game has seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn

from gan_course import (
    Game,
    gan,
    gradient_penalty,
    hinge,
    r1,
    r2,
    relativistic,
    sample,
    train,
    wasserstein,
)
from gan_course.data import Dataset, glyphs
from gan_course.metrics import Evaluator, train_classifier
from gan_course.networks import (
    ConcatOneHot,
    Projection,
    dcgan_discriminator,
    dcgan_generator,
    spectral,
)

Clock = Callable[[], float]
FRECHET, ACCURACY = 5.0, 0.95  # the stated quality; fresh images score 0.3 and 1.0
EVERY = 50  # steps between two scores


def dcgan(device: torch.device) -> Game:
    """The networks and rates of Radford et al. (2016), narrow."""
    return gan(dcgan_generator(), dcgan_discriminator(), bf16=True, device=device)


def wgan_gp(device: torch.device) -> Game:
    """The loss of Gulrajani et al. (2017) on the same convolutions."""
    return gan(
        dcgan_generator(),
        dcgan_discriminator(norm=nn.Identity),
        wasserstein,
        penalties=[(10, gradient_penalty)],
        n_critic=3,
        lr=5e-4,
        betas=(0.0, 0.9),
        ema=0.99,
        bf16=True,
        device=device,
    )


def projection(device: torch.device) -> Game:
    """Chapter 5's best: the class in G's code, a projection critic with spectral norm, hinge."""
    head = partial(Projection, classes=10)
    return gan(
        dcgan_generator(condition=ConcatOneHot(10)),
        spectral(dcgan_discriminator(norm=nn.Identity, head=head)),
        hinge,
        lr=2e-3,
        lr_D=1e-3,
        betas=(0.0, 0.9),
        ema=0.99,
        bf16=True,
        device=device,
    )


def projection_r1_r2(device: torch.device) -> Game:
    """The same networks with the relativistic loss and both penalties, as Huang et al. (2024)."""
    head = partial(Projection, classes=10)
    return gan(
        dcgan_generator(condition=ConcatOneHot(10)),
        dcgan_discriminator(norm=nn.Identity, head=head),
        relativistic,
        penalties=[(0.5, r1), (0.5, r2)],
        lr=1e-3,
        betas=(0.0, 0.9),
        ema=0.99,
        bf16=True,
        device=device,
    )


GLYPHS = {  # how a game is built, whether it takes labels, and its batch
    "DCGAN": (dcgan, False, 64),
    "WGAN-GP": (wgan_gp, False, 64),
    "projection, spectral norm, hinge": (projection, True, 64),
    "projection, relativistic, R1 and R2": (projection_r1_r2, True, 64),
}


class Judge:
    """Scores a game by a classifier's features, against images that no game has seen."""

    def __init__(self, data: Dataset, n: int = 2000) -> None:
        self.classifier = train_classifier(data)
        self.evaluator = Evaluator(glyphs(n, seed=1).x, self.classifier)
        self.y = torch.arange(n) % len(data.classes)

    def __call__(self, game: Game, labelled: bool) -> dict[str, float]:
        labels = (self.y,) if labelled else ()
        return self._score(sample(game, len(self.y), *labels, seed=1), self.y, labelled)

    def of_fresh_images(self) -> dict[str, float]:
        """What images from the data's own source score: the best that a game can hope for."""
        fresh = glyphs(len(self.y), seed=2)
        return self._score(fresh.x, fresh.y, labelled=True)

    def _score(self, images: Tensor, y: Tensor, labelled: bool) -> dict[str, float]:
        score = self.evaluator.score(images)
        found = {name: score[name] for name in ("frechet", "precision", "recall")}
        if labelled:
            named = self.classifier.probabilities(images).argmax(1).cpu()
            found["accuracy"] = (named == y).double().mean().item()
        return found


def falling(game: Game, batches: Iterator, steps: int) -> Iterator[dict]:
    """Plays `steps` steps while all learning rates fall to zero in a straight line."""
    first = [player.optimizer.param_groups[0]["lr"] for player in game.players]
    for record in train(game, batches, steps, report_every=EVERY):
        for player, lr in zip(game.players, first, strict=True):
            player.optimizer.param_groups[0]["lr"] = lr * (1 - record["step"] / steps)
        yield record


def on_glyphs(
    name: str, data: Dataset, judge: Judge, steps: int, device: torch.device, clock: Clock
) -> dict:
    """Trains one game from seed 0 and returns when it was good, and how good it became.

    Args:
        name: of the game, in `GLYPHS`.
        data: labelled glyphs to learn.
        judge: scores the game, every 50 steps.
        steps: of training.
        device: where.
        clock: returns seconds; it stands still while the judge looks.

    Returns:
        The last score and `seconds`; in `to_frechet` and `to_accuracy` the seconds of training
        until the stated quality was first seen, or None.
    """
    build, labelled, n = GLYPHS[name]
    torch.manual_seed(0)
    game, seconds, history = build(device), 0.0, []
    records, start = falling(game, data.batches(n, labels=labelled, device=device), steps), clock()
    for record in records:  # a record waits for the GPU
        seconds += clock() - start
        history.append({"step": record["step"], "seconds": seconds, **judge(game, labelled)})
        start = clock()
    good = [row["seconds"] for row in history if row["frechet"] <= FRECHET]
    right = [row["seconds"] for row in history if row.get("accuracy", 0) >= ACCURACY]
    return {
        "game": name,
        "to_frechet": good[0] if good else None,
        "to_accuracy": right[0] if right else None,
        **history[-1],
    }
