"""Chapter 9: a D that learns 200 digits by heart, and what keeps it from doing so."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor, nn

from gan_course import Game, NonFiniteLoss, Normal, gan, non_saturating, r1, sample, train
from gan_course.data import Dataset, digits
from gan_course.metrics import frechet_distance, memorisation, train_classifier
from gan_course.networks import mlp_discriminator, mlp_generator
from gan_course.tricks import DiffAugment, InstanceNoise, smoothed

FEW, STEPS, BATCH, LAST, RECORDS = 200, 1500, 64, 2, 6


@dataclass
class Setup:
    """What a trick may change."""

    D: nn.Sequential
    data: Dataset
    objective: object = non_saturating
    noise: InstanceNoise | None = None

    def game(self) -> Game:
        """Build it: chapter 3's digit game at a higher rate, with R1 in every fourth step."""
        G = mlp_generator(64, (1, 16, 16), hidden=(128, 160))
        return gan(
            G, self.D, self.objective, latent=Normal(64), penalties=[(1, r1, 4)], lr=1e-3,
            device="cpu",
        )  # fmt: skip


@lru_cache(1)
def known() -> tuple[Dataset, Dataset, Tensor, Tensor]:
    """Return the 200 digits, all 1,617, the held-out ones, and those that are not among the 200."""
    training, held_out = digits(16).split(0.9)
    unseen = torch.cat([training.x[FEW:], held_out.x])
    return training.take(torch.arange(FEW)), training, held_out.x, unseen


def augmentation(setup: Setup, kinds: tuple[str, ...]) -> None:
    """D sees digits and samples through DiffAugment."""
    setup.D = nn.Sequential(DiffAugment(*kinds), *setup.D)


def fog(setup: Setup, start: float) -> None:
    """D sees everything through noise that is gone at the end."""
    setup.noise = InstanceNoise(start, STEPS)
    setup.D = nn.Sequential(setup.noise, *setup.D)


def smoothing(setup: Setup, real: float) -> None:
    """D is asked to be `real` sure of data."""
    setup.objective = smoothed(non_saturating, real)


def dropout(setup: Setup, p: float) -> None:
    """D drops features while it is trained."""
    setup.D = mlp_discriminator((1, 16, 16), (256, 256), dropout=p)


def all_digits(setup: Setup, _: None) -> None:
    """There are eight times as many digits: the cause undone."""
    setup.data = known()[1]


def nothing(setup: Setup, _: None) -> None:
    """Leave the game as it is."""


GAMES: dict[str, tuple[Callable[..., None], object]] = {  # with the one value that was played
    "nothing": (nothing, None),
    "DiffAugment": (augmentation, ("color", "translation", "cutout")),
    "translation alone": (augmentation, ("translation",)),
    "1,617 digits": (all_digits, None),
    "instance noise": (fog, 0.5),
    "dropout in D": (dropout, 0.5),
    "one-sided smoothing": (smoothing, 0.9),
}
SEEDS = {name: range(5) for name in ("nothing", "DiffAugment", "translation alone")}  # others: 3


def prepared(name: str, value: object, seed: int) -> Setup:
    """Return the game on 200 digits, with a trick, from one seed."""
    torch.manual_seed(seed)
    setup = Setup(mlp_discriminator((1, 16, 16), (256, 256)), known()[0])
    GAMES[name][0](setup, value)
    return setup


@torch.no_grad()
def called_real(D: nn.Module, images: Tensor) -> float:
    """Return the share of images that D calls real, in eval mode."""
    D.eval()
    return (D(images) > 0).float().mean().item()


def near_copies(x: Tensor, training: Tensor, held_out: Tensor) -> float:
    """Return the share of x nearer to the training set than 99 % of held-out digits are."""
    near = torch.cdist(held_out.flatten(1), training.flatten(1)).amin(1).quantile(0.01)
    return (torch.cdist(x.flatten(1), training.flatten(1)).amin(1) < near).float().mean().item()


def worth(x: Tensor, training: Tensor) -> dict[str, float]:
    """Return what samples are worth: near copies, memory, quality and classes."""
    judge, (_, _, held_out, unseen) = train_classifier(digits(16), device="cpu"), known()
    counts = torch.bincount(judge.probabilities(x).argmax(1), minlength=10) / len(x)
    flat = [images.flatten(1) for images in (training, x, held_out)]
    return {
        "near_copies": near_copies(x, training, held_out),
        "memorisation": memorisation(*flat),
        "frechet": frechet_distance(judge(unseen), judge(x)),
        "classes": math.exp(-torch.xlogy(counts, counts).sum().item()),
    }


def played(setup: Setup, steps: int = STEPS) -> Iterator[tuple[dict, Game]]:
    """Play a game and yield its scored records; a loss that is not finite ends them."""
    game, (_, _, _, unseen) = setup.game(), known()
    try:
        for record in train(game, setup.data.batches(BATCH, device="cpu"), steps, steps // RECORDS):
            if setup.noise is not None:
                setup.noise.at(record["step"])
            D = game.networks["D"]
            shares = {
                "training": called_real(D, setup.data.x[:FEW]),
                "unseen": called_real(D, unseen),
            }
            kept = {k: record[k] for k in ("D_loss", "G_gradient", "D_accuracy_fake")}
            scored = worth(sample(game, 1000), setup.data.x)
            yield {"step": record["step"], **kept, **shares, **scored}, game
    except NonFiniteLoss as error:
        yield {"step": game.step, "stopped": str(error)[:80]}, game


def score(history: list[dict]) -> float:
    """Return a run's score: the Fréchet distance to unseen digits, of its last records."""
    if "stopped" in history[-1]:
        return math.inf
    return sum(record["frechet"] for record in history[-LAST:]) / LAST
