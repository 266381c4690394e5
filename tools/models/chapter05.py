"""Chapter 5: ways to condition on glyphs at equal steps, and the best of them over three seeds."""

from __future__ import annotations

import base64
import time
import zlib
from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn

from gan_course import Game, Normal, acgan, gan, generate, hinge, train
from gan_course.data import glyphs
from gan_course.metrics import frechet_distance, train_classifier
from gan_course.networks import (
    ConcatEmbedding,
    ConcatOneHot,
    ConditionalBatchNorm2d,
    Projection,
    dcgan_discriminator,
    dcgan_generator,
    spectral,
)

from .registry import recipe, rounded

cbn = partial(ConditionalBatchNorm2d, classes=10)
projection = partial(Projection, classes=10)


class NoLabels(nn.Module):
    """Calls a network without the labels that it is given."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor, *y: Tensor) -> Tensor:
        return self.network(x)


def critic(**options) -> nn.Module:
    """Return the D of all rows: DCGAN's convolutions, spectral instead of batch norm."""
    return spectral(dcgan_discriminator(norm=nn.Identity, **options))


def _built(
    G: nn.Module, D: nn.Module, make: Callable[..., Game] = gan, dim: int = 64, **options
) -> Game:
    options = {"lr": 2e-3, "lr_D": 1e-3, "betas": (0.0, 0.9), "bf16": True, **options}
    return make(G, D, hinge, latent=Normal(dim), ema=0.99, device="cpu", **options)


def one_hot() -> Game:
    return _built(dcgan_generator(condition=ConcatOneHot(10)), critic(condition=ConcatOneHot(10)))


def embedding() -> Game:
    G = dcgan_generator(condition=ConcatEmbedding(10, (16,)))
    return _built(G, critic(condition=ConcatEmbedding(10, (1, 32, 32))))


def batch_norm() -> Game:
    return _built(dcgan_generator(norm=cbn), critic(condition=ConcatOneHot(10)))


def projected() -> Game:
    return _built(dcgan_generator(condition=ConcatOneHot(10)), critic(head=projection))


def narrow() -> Game:
    """Return the same with a G of 68,000 weights, few enough to travel with a page."""
    G = dcgan_generator(48, width=12, condition=ConcatOneHot(10))
    return _built(G, critic(head=projection), dim=48)


def at_rates(leash: bool, lr: float, lr_D: float) -> Game:
    """Return the projection critic at other rates, with or without spectral norm, in float32."""
    G = dcgan_generator(condition=ConcatOneHot(10))
    D = dcgan_discriminator(norm=nn.Identity, head=projection)
    return _built(G, spectral(D) if leash else D, lr=lr, lr_D=lr_D, bf16=False)


def auxiliary() -> Game:
    D = critic(head=partial(nn.Linear, out_features=1 + 10))
    return _built(dcgan_generator(condition=ConcatOneHot(10)), D, acgan)


def both_products() -> Game:
    return _built(dcgan_generator(norm=cbn), critic(head=projection))


def only_G() -> Game:
    return _built(dcgan_generator(norm=cbn), NoLabels(critic()))


WAYS = {
    "one-hot code": one_hot,
    "embedding": embedding,
    "conditional batch norm": batch_norm,
    "projection": projected,
    "auxiliary classifier": auxiliary,
    "batch norm + projection": both_products,
}


def decaying(game: Game, batches: Iterator, steps: int, every: int = 25) -> Iterator[dict]:
    """Plays `steps` steps while both learning rates go down to zero in a straight line."""
    first = [player.optimizer.param_groups[0]["lr"] for player in game.players]
    for record in train(game, batches, steps, report_every=every):
        for player, lr in zip(game.players, first, strict=True):
            player.optimizer.param_groups[0]["lr"] = lr * (1 - record["step"] / steps)
        yield record


def shuffled(batches: Iterator) -> Iterator:
    """Return the same images, with labels that say nothing about them."""
    for x, y in batches:
        yield x, y[torch.randperm(len(y))]


def spread_within(features: Tensor, y: Tensor) -> float:
    """Mean distance between two samples of one class, averaged over the classes."""
    return torch.stack([torch.pdist(features[y == k]).mean() for k in y.unique()]).mean().item()


class Judge:
    """What the table says of a game: an independent classifier, and fresh images as reference."""

    def __init__(self) -> None:
        self.training, real = glyphs(), glyphs(2000, seed=1)
        self.classifier = train_classifier(self.training, device="cpu")
        self.real, self.y = self.classifier(real.x), torch.arange(2000) % 10
        self.spread = spread_within(self.real, real.y)

    def __call__(self, game: Game) -> dict[str, float]:
        images = generate(game.averages["G"], game.latent, 2000, self.y, seed=1).contiguous()
        features = self.classifier(images)
        named = self.classifier.head(features).argmax(1)
        return {
            "accuracy": (named == self.y).float().mean().item(),
            "diversity": spread_within(features, self.y) / self.spread,
            "frechet": frechet_distance(self.real, features),
        }


def packed(images: Tensor) -> str:
    """Images in [-1, 1] as text: bytes, compressed, in base 64."""
    levels = ((images + 1) * 127.5).round().to(torch.uint8).contiguous()
    return base64.b64encode(zlib.compress(levels.numpy().tobytes(), 9)).decode()


def class_grid(game: Game, rows: int) -> Tensor:
    """Ten classes side by side, one z for each row: [rows * 10, 1, 32, 32]."""
    torch.manual_seed(0)
    z = game.latent(rows).repeat_interleave(10, 0)
    with torch.no_grad():
        return game.averages["G"](z, torch.arange(10).repeat(rows)).contiguous()


def _run(build: Callable[[], Game], judge: Judge, seed: int, steps: int, labels=iter) -> dict:
    torch.manual_seed(seed)
    game, start = build(), time.process_time()
    batches = labels(judge.training.batches(64, labels=True, device="cpu"))
    history = list(decaying(game, batches, steps))
    seconds = round(time.process_time() - start, 1)
    run = {**rounded([judge(game)], 4)[0], "cpu_seconds": seconds}
    print(f"  {build.__name__}, seed {seed}: {run}", flush=True)
    if seed == 0:  # one history and one picture of each way are enough
        run |= {"history": rounded(history, 4), "grid": packed(class_grid(game, rows=6))}
    return run


@recipe("05_ways")
def ways_to_condition() -> dict:
    """Six ways over two seeds, and two controls, 400 steps each."""
    judge, steps, seeds = Judge(), 400, (0, 1)
    ways = {name: [_run(make, judge, s, steps) for s in seeds] for name, make in WAYS.items()}
    ways["y to G only"] = [_run(only_G, judge, 0, steps)]
    ways["labels shuffled"] = [_run(both_products, judge, 0, steps, shuffled)]
    about = {"seeds": list(seeds), "steps": steps, "data": "glyphs(), batches of 64", "bf16": True}
    return {"about": about, "ways": ways, "judge": judge.classifier.accuracy}


@recipe("05_best")
def best_way() -> dict:
    """Train the projection critic of the table, twice as long, three seeds."""
    judge, steps, seeds = Judge(), 800, (0, 1, 2)
    runs = [_run(projected, judge, seed, steps) for seed in seeds]
    about = {"seeds": list(seeds), "steps": steps, "data": "glyphs(), batches of 64", "bf16": True}
    return {"about": about, "runs": runs, "judge": judge.classifier.accuracy}


@recipe("05_rates")
def rates_or_leash() -> dict:
    """Vary both learning rates and spectral norm, each with each, 400 steps, float32."""
    judge, steps, seeds = Judge(), 400, (0, 1, 2)
    rows = []
    for lr, lr_D in ((2e-3, 1e-3), (1e-3, 1e-3), (2e-4, 2e-4)):
        for leash in (True, False):
            runs = [_scores(partial(at_rates, leash, lr, lr_D), judge, s, steps) for s in seeds]
            rows.append({"lr": lr, "lr_D": lr_D, "spectral": leash, "runs": runs})
    about = {"seeds": list(seeds), "steps": steps, "data": "glyphs(), batches of 64", "bf16": False}
    return {"about": about, "rows": rows, "judge": judge.classifier.accuracy}


def _scores(build: Callable[[], Game], judge: Judge, seed: int, steps: int) -> dict[str, float]:
    """Return what the judge says of one run, and D's last loss."""
    torch.manual_seed(seed)
    game = build()
    batches = judge.training.batches(64, labels=True, device="cpu")
    history = list(decaying(game, batches, steps))
    scores = rounded([{**judge(game), "D_loss": history[-1]["D_loss"]}], 4)[0]
    print(f"  {build}, seed {seed}: {scores}", flush=True)
    return scores


@recipe("05_page")
def page_generator() -> dict:
    """Train the best way again, narrow and three times as long, for the page."""
    judge, steps = Judge(), 2400
    torch.manual_seed(0)
    game = narrow()
    batches = judge.training.batches(64, labels=True, device="cpu")
    history = list(decaying(game, batches, steps, every=100))
    scores = rounded([judge(game)], 4)[0]
    about = {"seeds": [0], "steps": steps, "data": "glyphs(), batches of 64", "bf16": True}
    return {"about": about, **scores, "history": rounded(history), "generators": {"05_page": game}}
