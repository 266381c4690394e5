"""Chapter 11's laboratory: one game on glyphs, growing or not, with or without each invention."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache, partial

import torch
from torch import Tensor, nn

from gan_course import Game, Normal, gan, non_saturating, play, r1, sample
from gan_course.data import Dataset, glyphs
from gan_course.metrics import Evaluator, pyramid_distances, train_classifier
from gan_course.networks import (
    GrowingDiscriminator,
    GrowingGenerator,
    PixelNorm,
    equalized,
    he_init,
    multiply_adds,
)
from gan_course.networks.growing import set_stage
from gan_course.networks.minibatch import MinibatchDeviation
from gan_course.tricks import grow, growing, stage_at

from .registry import rounded

LATENT, WIDTH, BATCH, FIRST = 64, 8, 16, 1
SCORED, EVERY = 1000, 5  # samples in a score, steps between looks
LAYERS = (nn.Linear, nn.Conv2d)


@dataclass(frozen=True)
class Setting:
    """How a run is played: its size, its plan of growing and what its networks are made of."""

    size: int
    plan: str  # "grow", "switch" (no fade) or "full"
    lr: float = 2e-3
    phase: float = 0.25  # of the budget's steps: how long a stage fades in, and stays
    norm: Callable[[], nn.Module] = PixelNorm
    compare: Callable[[], nn.Module] = MinibatchDeviation
    weights: Callable[..., nn.Module] = equalized
    loud: bool = False  # G's first constant is not divided by four
    norm_z: bool = False  # z alone is normalised
    objective: dict = field(default_factory=lambda: {"penalties": [(1, r1, 8)]})

    @property
    def last(self) -> int:
        """The stage of the full size."""
        return self.size.bit_length() - 3

    def at(self, step: int, budget: int) -> tuple[int, float]:
        """Return stage and alpha of a step."""
        if self.plan == "full":
            return self.last, 1.0
        phase = round(budget * self.phase)
        fade, stay = (phase, phase) if self.plan == "grow" else (0, 2 * phase)
        if self.plan == "switch":  # the stages begin half-way through their fades
            step = step + phase // 2
        return stage_at(step, stay=stay, fade=fade, first=FIRST, last=self.last)


def built(setting: Setting, seed: int) -> Game:
    """Return the game of a setting."""
    torch.manual_seed(seed)
    shape = (1, setting.size, setting.size)
    G = GrowingGenerator(LATENT, shape, WIDTH, norm=setting.norm, weights=setting.weights)
    D = GrowingDiscriminator(shape, WIDTH, compare=setting.compare, weights=setting.weights)
    if setting.loud:
        next(m for m in G.modules() if isinstance(m, nn.Linear)).parametrizations.weight[0].c *= 4
    if setting.norm_z:
        G.first[1] = PixelNorm()
    given = {"objective": non_saturating, **setting.objective}
    common = {"latent": Normal(LATENT), "betas": (0.0, 0.99), "ema": 0.995, "device": "cpu"}
    return growing(gan(G, D, lr=setting.lr, **common, **given))


def costs(size: int) -> list[int]:
    """Return the multiply-adds of one sample through G and D, for each stage."""
    G = GrowingGenerator(LATENT, (1, size, size), WIDTH)
    D = GrowingDiscriminator((1, size, size), WIDTH, compare=nn.Identity)
    z, x = torch.zeros(1, LATENT), torch.zeros(1, 1, size, size)
    stages = range(G.last + 1)
    return [multiply_adds(set_stage(G, s), z) + multiply_adds(set_stage(D, s), x) for s in stages]


@cache
def judged(size: int) -> tuple[Dataset, Evaluator]:
    """Return the glyphs, and what scores samples by the features of their classifier."""
    data = glyphs(20_000, size)
    return data, Evaluator(data.x[:2000], train_classifier(data, device="cpu"))


def features(game: Game) -> list[float]:
    """Return the root mean square of what each 3x3 convolution of G puts out."""
    found: list[float] = []
    G = game.networks["G"]
    convolutions = [m for m in G.modules() if isinstance(m, nn.Conv2d) and m.kernel_size == (3, 3)]

    def note(_: nn.Module, __: tuple, output: Tensor) -> None:
        found.append(output.square().mean().sqrt().item())

    hooks = [layer.register_forward_hook(note) for layer in convolutions]
    with torch.no_grad():
        G(torch.randn(64, LATENT, generator=torch.Generator().manual_seed(0)))
    for hook in hooks:
        hook.remove()
    return [float(f"{value:.4g}") for value in found]


def levels(game: Game, size: int) -> dict[str, float]:
    """Score samples of the average of G, size by size."""
    fake = sample(game, SCORED, seed=1).clamp(-1, 1)
    found = pyramid_distances(judged(size)[0].x[:SCORED], fake, patches=8)
    return {f"swd_{side}": value for side, value in found.items()}


def spending(setting: Setting, seed: int, budget: int) -> Iterator[tuple[float, dict, Game]]:
    """Play for the cost of `budget` steps at full size; yields what is spent, record and game."""
    price = [cost / costs(setting.size)[-1] for cost in costs(setting.size)]
    game, spent = built(setting, seed), 0.0
    batches = judged(setting.size)[0].batches(BATCH, device="cpu")
    while spent < budget - 1e-9:
        stage, alpha = setting.at(game.step, budget)
        grow(game, stage, alpha)
        record = play(game, batches, EVERY)
        spent += EVERY * price[stage]
        yield spent, {**record, "stage": stage, "alpha": alpha}, game


def played(setting: Setting, seed: int, budget: int, shares: int) -> Iterator[tuple[dict, Game]]:
    """Play and yield scores at equal shares of the budget."""
    share = 1
    for spent, record, game in spending(setting, seed, budget):
        if spent >= budget * share / shares - 1e-9:
            share = math.floor(spent / budget * shares + 1e-9) + 1
            notes = {k: record[k] for k in ("stage", "alpha", "D_loss", "G_loss")}
            scored = {"spent": spent, "step": game.step, **notes}
            yield {**scored, **levels(game, setting.size)}, game


def film(setting: Setting, seed: int, budget: int, moments: list[float], n: int) -> list[dict]:
    """Return n samples of the average of G at shares of the budget, a digit of base 16 for each pixel."""
    frames: list[dict] = []
    for spent, record, game in spending(setting, seed, budget):
        if len(frames) < len(moments) and spent >= budget * moments[len(frames)] - 1e-9:
            grey = ((sample(game, n, seed=3).clamp(-1, 1) + 1) * 7.5).round().int().flatten()
            place = {"share": spent / budget, "stage": record["stage"], "alpha": record["alpha"]}
            frames.append({**place, "pixels": "".join(f"{g:x}" for g in grey.tolist())})
    return frames


def run(setting: Setting, seed: int, budget: int, shares: int = 4) -> tuple[dict, Game]:
    """Return what is stored of one run: its records, its scores at the end and its features."""
    *history, (last, game) = played(setting, seed, budget, shares)
    found = judged(setting.size)[1](game, n=2000, seed=1)
    kept = ("frechet", "precision", "recall", "density", "coverage", "inception")
    records = rounded([record for record, _ in history] + [last], 4)
    scores = rounded([{key: found[key] for key in kept}], 4)[0]
    return {"history": records, "scores": scores, "features": features(game)}, game


def total(found: dict) -> float:
    """Return the mean over sizes of a run's last distances: what a search looks at."""
    last = found["history"][-1]
    sides = [value for key, value in last.items() if key.startswith("swd_")]
    return sum(sides) / len(sides)


def searched(tries: list[Setting], seed: int, budget: int) -> tuple[Setting, list[dict]]:
    """Play each setting from one further seed; returns the best one and what was tried."""
    tried = []
    for setting in tries:
        found, _ = run(setting, seed, budget)
        score = {"distance": float(f"{total(found):.4g}"), "frechet": found["scores"]["frechet"]}
        tried.append({"lr": setting.lr, "phase": setting.phase, **score})
    best = min(range(len(tries)), key=lambda k: tried[k]["distance"])
    return tries[best], tried


def at_rates(setting: Setting, *rates: float) -> list[Setting]:
    """Return the setting with each of these rates."""
    return [replace(setting, lr=lr) for lr in rates]


INVENTIONS: dict[str, tuple[Setting, tuple[float, ...]]] = {  # no rates: that of the first row
    "all of them": (Setting(16, "grow"), (1e-3, 2e-3, 4e-3)),
    "not growing": (Setting(16, "full"), (1e-3, 2e-3, 4e-3)),
    "no fade": (Setting(16, "switch"), ()),
    "no equalised rate": (Setting(16, "grow", weights=he_init), (1e-4, 3e-4, 1e-3)),
    "no pixel norm": (Setting(16, "grow", norm=nn.Identity), ()),
    "no deviation": (Setting(16, "grow", compare=nn.Identity), ()),
    "deviation of groups of 4": (
        Setting(16, "grow", compare=partial(MinibatchDeviation, 4)),
        (),
    ),
}
