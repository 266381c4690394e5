"""Chapter 11: stacks over a classifier's features, and over two sizes, against one game alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import nn

from gan_course import Game, Normal, acgan, play, sample, stacked, stackgan
from gan_course.data import from_images
from gan_course.metrics import Classifier, train_classifier
from gan_course.networks import (
    Chain,
    ConcatGaussian,
    ConcatOneHot,
    Joined,
    Refined,
    Stack,
    dcgan_discriminator,
    dcgan_generator,
    mlp,
    multiply_adds,
    refiner,
)

from .growing import judged
from .registry import recipe, rounded

SEEDS, TUNING, RATES = range(3), 10, (5e-4, 2e-3)
SMALL, LARGE, WIDTH, DIMS, BATCH = 8, 32, 8, (32, 16), 32
STEPS = 400  # of the stack; each of the two stages has half as many
KL = 2 / 16  # the authors' weight: twice the mean over the code's 16 dimensions
USUAL = {"ema": 0.99, "device": "cpu"}
HEAD = 11  # a logit for real, and ten classes


def reader() -> Classifier:
    """Return the classifier that the stack stands on; another one judges the images."""
    return train_classifier(judged(16)[0], seed=1, device="cpu")


def _stack() -> tuple[Stack, list[nn.Module], list[nn.Module]]:
    shape, wide = (1, 16, 16), 64
    bottom = Joined(dcgan_generator(DIMS[0] + wide, shape, 2 * WIDTH))
    top = Chain(ConcatOneHot(10), *mlp(DIMS[1] + 10, wide, (128,)), nn.ReLU())
    head = partial(nn.Linear, out_features=1 + DIMS[0])
    D = [dcgan_discriminator(shape, 2 * WIDTH, head=head), mlp(wide, 1 + DIMS[1], (128,))]
    known = reader()
    return Stack([bottom, top], DIMS), D, [known.body, known.head]


def stack_game(lr: float, steps: int, **weights: float) -> Game:
    """Play level by level for half of the steps, then jointly for the other half."""
    G, D, E = _stack()
    batches = judged(16)[0].batches(BATCH, labels=True, device="cpu")
    for joint in (False, True):
        game = stacked(G, D, E, joint=joint, lr=lr, **weights, **USUAL)
        play(game, batches, steps // 2)
    return game


def _price() -> float:
    """Return the cost of a step of the stack, in steps of the game without one."""
    G, D, E = _stack()
    x, y, h, z = torch.zeros(1, 1, 16, 16), torch.zeros(1).long(), torch.zeros(1, 64), sum(DIMS)
    whole = multiply_adds(G.eval(), torch.zeros(1, z), y) + multiply_adds(D[0], x)
    whole += multiply_adds(D[1], h) + multiply_adds(E[0].eval(), x) + multiply_adds(E[1], h)
    alone, judge = _alone()
    return whole / (multiply_adds(alone.eval(), torch.zeros(1, z), y) + multiply_adds(judge, x))


def _alone() -> tuple[nn.Module, nn.Module]:
    G = dcgan_generator(sum(DIMS), (1, 16, 16), 2 * WIDTH, condition=ConcatOneHot(10))
    D = dcgan_discriminator((1, 16, 16), 2 * WIDTH, head=partial(nn.Linear, out_features=HEAD))
    return G, D


def alone_game(lr: float, steps: int) -> Game:
    """Play one G and a D that names classes, for as many multiply-adds."""
    game = acgan(*_alone(), latent=Normal(sum(DIMS)), lr=lr, **USUAL)
    batches = judged(16)[0].batches(BATCH, labels=True, device="cpu")
    play(game, batches, round(steps * _price()))
    return game


def _conditional(size: int) -> tuple[nn.Module, nn.Module]:
    shape = (1, size, size)
    G = dcgan_generator(64, shape, WIDTH, condition=ConcatGaussian(10))
    return G, dcgan_discriminator(shape, WIDTH, condition=ConcatOneHot(10))


def _batches(size: int):
    data = judged(LARGE)[0]
    small = nn.functional.avg_pool2d(data.x, LARGE // size)
    return from_images(small, data.y).batches(BATCH, labels=True, device="cpu")


def _pair_cost(G: nn.Module, D: nn.Module, size: int) -> int:
    y = torch.zeros(1).long()
    made = multiply_adds(G.eval(), torch.zeros(1, 64), y)
    cost = made + multiply_adds(D, torch.zeros(1, 1, size, size), y)
    G.train()
    return cost


def two_stages(lr: float, steps: int) -> Game:
    """Play a stage at 8x8 pixels, then one that makes 32x32 of them."""
    G, D = _conditional(SMALL)
    first = stackgan(G, D, weight=KL, lr=lr, **USUAL)
    play(first, _batches(SMALL), steps // 2)
    second = refiner((1, SMALL, SMALL), LARGE, WIDTH, condition=ConcatGaussian(10), blocks=1)
    G, D = Refined(first.averages["G"].network, second), _conditional(LARGE)[1]
    game = stackgan(G, D, weight=KL, lr=lr, **USUAL)
    play(game, _batches(LARGE), steps // 2)
    return game


def one_stage(lr: float, steps: int) -> Game:
    """Play at 32x32 pixels at once, for as many multiply-adds as the two stages."""
    small, large = _conditional(SMALL), _conditional(LARGE)
    second = refiner((1, SMALL, SMALL), LARGE, WIDTH, condition=ConcatGaussian(10), blocks=1)
    stages = _pair_cost(*small, SMALL) + _pair_cost(Refined(small[0], second), large[1], LARGE)
    game = stackgan(*_conditional(LARGE), weight=KL, lr=lr, **USUAL)
    play(game, _batches(LARGE), round(steps / 2 * stages / _pair_cost(*large, LARGE)))
    return game


@torch.no_grad()
def due_to_z(game: Game) -> float:
    """Return the share of the images' variance that z_0 brings in, at features made once."""
    G = game.averages["G"].network
    generator = torch.Generator().manual_seed(0)
    z1, y = torch.randn(40, DIMS[1], generator=generator), torch.arange(40) % 10
    z0 = torch.randn(40 * 16, DIMS[0], generator=generator)
    z = torch.cat([z0, z1.repeat_interleave(16, 0)], 1)
    images = G(z, y.repeat_interleave(16)).unflatten(0, (40, 16))
    return (images.var(1).mean() / images.flatten(0, 1).var(0).mean()).item()


def score(game: Game, size: int) -> dict[str, float]:
    """Score 2,000 samples of even classes, by a classifier that no player has seen."""
    judge, y = judged(size)[1], torch.arange(2000) % 10
    fake = sample(game, 2000, y, seed=1).clamp(-1, 1)
    found = judge.score(fake)
    kept = {key: found[key] for key in ("frechet", "precision", "recall", "coverage")}
    named = (judge.features.probabilities(fake).argmax(1) == y).float().mean().item()
    notes = {"named": named, "steps": game.step}
    if size == 16 and isinstance(game.networks["G"], Stack):
        notes["due_to_z"] = due_to_z(game)
    return rounded([{**kept, **notes}], 4)[0]


Games = dict[str, tuple[Callable[..., Game], int, tuple[float, ...]]]  # how, size, rates to try
OVER_FEATURES: Games = {
    "stack": (stack_game, 16, RATES),
    "stack, no condition": (partial(stack_game, condition=0.0), 16, ()),
    "stack, no entropy": (partial(stack_game, entropy=0.0), 16, ()),
    "one game": (alone_game, 16, RATES),
}
OVER_SIZES: Games = {
    "two stages": (two_stages, LARGE, RATES),
    "one stage": (one_stage, LARGE, RATES),
}


def _once(make: Callable[..., Game], size: int, lr: float, steps: int, seed: int):
    torch.manual_seed(seed)
    game = make(lr, steps)
    return score(game, size), game


def _rows(games: Games) -> dict[str, dict]:
    """Play each game from three seeds, at the better of its rates or at that of the row before."""
    rows: dict[str, dict] = {}
    lr = RATES[0]
    for name, (make, size, rates) in games.items():
        tried = [{"lr": r, **_once(make, size, r, STEPS // 2, TUNING)[0]} for r in rates]
        lr = min(tried, key=lambda one: one["frechet"])["lr"] if tried else lr
        runs = [_once(make, size, lr, STEPS, seed)[0] for seed in SEEDS]
        rows[name] = {"lr": lr, "tried": tried, "runs": runs}
        print(f"  {name}: {lr}, {runs}", flush=True)
    return rows


def _about(size: int) -> dict:
    told = f"glyphs of {size} pixels, batches of {BATCH}; judged by a classifier of its own"
    return {"seeds": list(SEEDS), "tuning_seed": TUNING, "steps": STEPS, "data": told}


@recipe("11_stacks")
def over_features() -> dict:
    """Play stacks over a classifier's features, and one game alone at the same compute."""
    return {"about": _about(16), "price": _price(), "rows": _rows(OVER_FEATURES)}


@recipe("11_two_stages")
def over_sizes() -> dict:
    """Play 8 pixels and then 32, and 32 pixels alone at the same compute."""
    return {"about": _about(LARGE), "rows": _rows(OVER_SIZES)}


@recipe("11_stacks_longer")
def over_features_for_longer() -> dict:
    """Play the stack, and the one game, four times as long, at the rate that both had chosen."""
    rows = {}
    for name in ("stack", "one game"):
        make, size, _ = OVER_FEATURES[name]
        runs = [_once(make, size, RATES[1], 4 * STEPS, seed)[0] for seed in SEEDS]
        rows[name] = {"lr": RATES[1], "tried": [], "runs": runs}
        print(f"  {name}: {runs}", flush=True)
    return {"about": {**_about(16), "steps": 4 * STEPS}, "rows": rows}
