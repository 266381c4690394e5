"""Chapter 17: classifiers and GANs for many sets of digits at once, each as one game of many members."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from gan_course import Game, Normal, gan, generate, play, r1, supervised
from gan_course.data import Batches, Dataset, from_images, warped
from gan_course.networks import Chain, ConcatOneHot

from .many_at_once import networks

BATCH, DIM, HIDDEN, FAKES = 32, 16, 128, 2000
STEPS, CLASSIFIER_STEPS = 6000, 500
USUAL = {"device": "cpu", "ema": 0.99}


class Rows:
    """The digits of all members in one table, from which each draws its own."""

    def __init__(self, sets: list[Dataset]) -> None:
        self.x, self.y = torch.cat([s.x for s in sets]), torch.cat([s.y for s in sets])
        self.size = torch.tensor([len(s) for s in sets])[:, None]
        self.first = self.size.cumsum(0) - self.size

    def draw(self, n: int) -> tuple[Tensor, Tensor]:
        """Return n rows for each member: x `[M, n, 1, 8, 8]` and y `[M, n]`."""
        row = (torch.rand(len(self.size), n, dtype=torch.float64) * self.size).long() + self.first
        return self.x[row], self.y[row]


def evened(data: Dataset) -> Dataset:
    """Repeat the samples of rare classes, until each class has as many."""
    count = data.y.bincount()
    times = (count.max() / count.clamp(min=1))[data.y].long()
    return data.take(torch.arange(len(data)).repeat_interleave(times))


def painters(sets: list[Dataset], seed: int, gamma: float) -> tuple[Game, Batches]:
    """Return a conditional GAN for each set, all in one game, and its batches."""
    torch.manual_seed(seed)
    members, rows = len(sets), Rows(sets)
    leaky = partial(nn.LeakyReLU, 0.2)
    G = Chain(ConcatOneHot(10), *networks(members, [DIM + 10, HIDDEN, HIDDEN, 64], nn.ReLU), nn.Tanh(), nn.Flatten(0, 1), nn.Unflatten(1, (1, 8, 8)))  # fmt: skip
    D = Chain(nn.Flatten(), ConcatOneHot(10), *networks(members, [64 + 10, HIDDEN, HIDDEN, 1], leaky), nn.Flatten(0, 1))  # fmt: skip
    rates = {"lr": 1e-3, "betas": (0.5, 0.99)}
    game = gan(G, D, latent=Normal(DIM), penalties=[(gamma, r1, 4)], **rates, **USUAL)

    def draw(n: int) -> tuple[Tensor, ...]:
        return tuple(part.flatten(0, 1) for part in rows.draw(n // members))

    return game, Batches(draw, members * BATCH)


def generators(sets: list[Dataset], seed: int, gamma: float) -> Game:
    """Train a conditional GAN on each set and nothing else."""
    game, batches = painters(sets, seed, gamma)
    play(game, batches, STEPS)
    return game


def samples(game: Game, members: int, scale: float = 1.0) -> list[Dataset]:
    """Return 2,000 samples of each member's G, with the labels asked for; `scale` shrinks z."""

    def latent(n: int, device: torch.device) -> Tensor:
        return scale * Normal(DIM)(n, device)

    # `generate` hands on 500 rows at a time: of each member equally many
    per, parts = 500 // members, []
    for k in range(-(-FAKES // per)):
        y = torch.arange(per).add(k * per).remainder(10).repeat(members)
        x = generate(game.averages["G"].network, latent, len(y), y, seed=k)
        parts.append((x.unflatten(0, (members, per)), y.view(members, per)))
    xs, ys = (torch.cat(part, 1) for part in zip(*parts, strict=True))
    return [from_images(x, y, tuple("0123456789")) for x, y in zip(xs, ys, strict=True)]


@dataclass(frozen=True)
class Lesson:
    """What one classifier learns from: `extra` makes up a share of its batches."""

    data: Dataset
    extra: Dataset | None = None
    warp: bool = False


def taught(
    lessons: list[Lesson], seed: int, *, lr: float, dropout: float, share: float, warp: dict
) -> nn.Module:
    """Train a classifier on each lesson; return all of them as one network."""
    torch.manual_seed(seed)
    members, n = len(lessons), 2 * BATCH
    real = Rows([each.data for each in lessons])
    extra = Rows([each.extra or each.data for each in lessons])
    bent = torch.tensor([each.warp for each in lessons])
    layers = networks(members, [64, HIDDEN, HIDDEN, 10], nn.ReLU)
    D = nn.Sequential(*layers[:-1], nn.Dropout(dropout), layers[-1], nn.Flatten(0, 1))

    def draw(rows: int) -> tuple[Tensor, Tensor]:
        few = round(share * n)
        x, y = (torch.cat(part, 1) for part in zip(real.draw(n - few), extra.draw(few), strict=True))  # fmt: skip
        if bent.any():
            x[bent] = warped(x[bent].flatten(0, 1), **warp).unflatten(0, (-1, n))
        return x.flatten(0, 1), y.flatten(0, 1)

    game = supervised(D, lr=lr, betas=(0.9, 0.999), **USUAL)
    play(game, Batches(draw, members * n), CLASSIFIER_STEPS)
    return game.averages["D"].network


@torch.no_grad()
def wrong(network: nn.Module, tests: list[Dataset]) -> Tensor:
    """Return which test digits each member names wrong, bool `[M, T]`; the sets are equally large."""
    x, y = torch.cat([test.x for test in tests]), torch.stack([test.y for test in tests])
    return network(x).argmax(1).view(y.shape) != y


def share_of(wrong: Tensor) -> float:
    """Return a share as it is stored."""
    return round(wrong.double().mean().item(), 5)
