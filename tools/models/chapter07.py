"""Chapter 7: games of chapters 3 to 6 on the same glyphs, and what repeating a score shows."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from functools import partial
from tempfile import TemporaryDirectory
from unittest import mock

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from gan_course import (
    Game,
    Normal,
    gan,
    gradient_penalty,
    hinge,
    metrics,
    non_saturating,
    r1,
    relativistic,
    sample,
    train,
    wasserstein,
)
from gan_course.data import Dataset, glyphs
from gan_course.networks import (
    ConditionalBatchNorm2d,
    Projection,
    dcgan_discriminator,
    dcgan_generator,
    mlp_discriminator,
    mlp_generator,
    spectral,
)
from gan_course.widgets.torture import BETTER, STEP, TortureTest, directions, packed

from .chapter05 import decaying
from .registry import recipe, rounded

SHAPE, LATENT = (1, 32, 32), Normal(48)  # every G has 60,000 to 75,000 weights
critic = partial(dcgan_discriminator, SHAPE, 16, norm=nn.Identity)


def perceptron() -> Game:
    """Chapter 3."""
    G, D = mlp_generator(48, SHAPE, hidden=(64, 60)), mlp_discriminator(SHAPE, (256, 256))
    options = {"penalties": [(1, r1)], "lr": 5e-4, "ema": 0.99}
    return gan(G, D, relativistic, latent=LATENT, device="cpu", **options)


def convolutional() -> Game:
    """Chapter 4."""
    G, D = dcgan_generator(48, SHAPE, 12), dcgan_discriminator(SHAPE, 16)
    return gan(G, D, non_saturating, latent=LATENT, lr=1e-3, ema=0.99, device="cpu")


def conditional() -> Game:
    """Chapter 5."""
    G = dcgan_generator(48, SHAPE, 12, norm=partial(ConditionalBatchNorm2d, classes=10))
    D = spectral(critic(head=partial(Projection, classes=10)))
    rates = {"lr": 2e-3, "lr_D": 1e-3, "betas": (0.0, 0.9)}
    return gan(G, D, hinge, latent=LATENT, ema=0.99, device="cpu", **rates)


def wasserstein_gp() -> Game:
    """Chapter 6."""
    game = {"penalties": [(10, gradient_penalty)], "n_critic": 2, "betas": (0.0, 0.9)}
    G = dcgan_generator(48, SHAPE, 12)
    return gan(G, critic(), wasserstein, latent=LATENT, lr=1e-3, ema=0.99, device="cpu", **game)


STEPS = {perceptron: 6000, convolutional: 2400, conditional: 2200, wasserstein_gp: 1100}


def played(build: Callable[[], Game]) -> dict:
    """One game, one seed, for about 90 seconds of one core."""
    torch.manual_seed(0)
    game, steps, start = build(), STEPS[build], time.process_time()
    batches = glyphs().batches(64, labels=build is conditional, device="cpu")
    history = list(decaying(game, batches, steps, every=steps // 20))
    seconds = round(time.process_time() - start, 1)
    about = {"seeds": [0], "steps": steps, "cpu_seconds": seconds, "data": "glyphs()", "batch": 64}
    generators = {f"07_{build.__name__}": game}
    return {"about": about, "history": rounded(history), "generators": generators}


for build in STEPS:
    recipe(f"07_{build.__name__}")(partial(played, build))


@recipe("07_twice")
def twice() -> dict:
    """Play the WGAN-GP game once more, with twice the steps: was it only unfinished?

    The rates go down to zero over all steps of a run, so that a longer run is no continuation.
    """
    start, runs = time.process_time(), []
    classifier = metrics.train_classifier(glyphs(), device="cpu")
    judge = metrics.Evaluator(glyphs(2000, seed=1).x, classifier)
    for steps in (STEPS[wasserstein_gp], 2 * STEPS[wasserstein_gp]):
        torch.manual_seed(0)
        game, began = wasserstein_gp(), time.process_time()
        last = list(decaying(game, glyphs().batches(64, device="cpu"), steps, every=steps // 20))
        seconds = round(time.process_time() - began, 1)
        scores = [judge(game, n=2000, seed=seed) for seed in range(3)]
        runs.append({"steps": steps, "cpu_seconds": seconds, "scores": rounded(scores)})
        runs[-1]["history"] = rounded(last[-5:])
    seconds = round(time.process_time() - start, 1)
    return {"about": {"seeds": [0], "steps": steps, "cpu_seconds": seconds}, "runs": runs}


@recipe("07_torture")
def torture() -> dict:
    """Repeat the torture test with ten other draws of each failure: which verdicts are luck?

    The real images are the chapter's; 20 perfect draws give each score's spread. Stored are the
    deviations from their mean, in spreads, [10 draws] for each failure and score.
    """
    start = time.process_time()
    training, unseen = glyphs().split(0.5, seed=0)
    real, held_out = training.take(torch.arange(1000)), unseen.take(torch.arange(1000))
    pool = unseen.take(torch.arange(1000, 10_000))
    classifier = metrics.train_classifier(glyphs(), device="cpu")
    evaluator, held = metrics.Evaluator(real.x, classifier), classifier(held_out.x)
    torch.manual_seed(100)

    def scores(images: torch.Tensor) -> dict[str, float]:
        x, y, basic = evaluator.x, classifier(images), evaluator.score(images)
        names = ("frechet", "kernel", "precision", "recall", "density", "coverage", "inception")
        return {name: basic[name] for name in (*names, "mode")} | {
            "gaussian": metrics.mmd(x, y, metrics.gaussian_kernel(8.0)),
            "sliced": metrics.sliced_wasserstein(x, y),
            "nearest neighbour": metrics.one_nearest_neighbour(x, y).overall,
            "memorisation": metrics.memorisation(x, y, held),
            "cosine": metrics.memorisation_distance(x, y),
        }

    perfect = [scores(_draw(pool)) for _ in range(20)]
    draws = [{name: scores(make(pool)) for name, make in BROKEN.items()} for _ in range(10)]
    data: dict = {name: {} for name in BROKEN}
    for score in perfect[0]:
        fair = torch.tensor([one[score] for one in perfect], dtype=torch.float64)
        for name in BROKEN:
            found = [(one[name][score] - fair.mean().item()) / fair.std().item() for one in draws]
            data[name][score] = [round(value, 1) for value in found]
    seconds = round(time.process_time() - start, 1)
    about = {"seeds": [100], "steps": 10, "cpu_seconds": seconds, "samples": 1000}
    return {"about": about, "deviations": data}


def _draw(dataset: Dataset, n: int = 1000) -> torch.Tensor:
    return dataset.take(torch.randperm(len(dataset))[:n]).x


def _blurred(images: torch.Tensor) -> torch.Tensor:
    row = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0]) / 16
    padded = F.pad(images, (2,) * 4, mode="replicate")
    return F.conv2d(padded, torch.outer(row, row)[None, None])


def _fifty(pool: Dataset) -> torch.Tensor:
    classes = [(pool.y == c).nonzero()[:, 0] for c in range(10)]
    five_of_each = torch.cat([each[torch.randperm(len(each))[:5]] for each in classes])
    return pool.take(five_of_each.repeat(20)).x


def _noisy(images: torch.Tensor) -> torch.Tensor:
    return (images + 0.3 * torch.randn_like(images)).clamp(-1, 1)


def _uneven(pool: Dataset) -> torch.Tensor:
    weights = torch.tensor([1.0, 3.0]).repeat_interleave(5)[pool.y]
    return pool.take(torch.multinomial(weights, 1000)).x


def _with_garbage(pool: Dataset) -> torch.Tensor:
    return torch.cat([_draw(pool, 900), torch.rand(100, *SHAPE) * 2 - 1])


BROKEN = {
    "blur": lambda pool: _blurred(_draw(pool)),
    "noise": lambda pool: _noisy(_draw(pool)),
    "7 of 10 classes": lambda pool: _draw(pool.only(*"0123456")),
    "uneven classes": _uneven,
    "4 of 21 fonts": lambda pool: _draw(pool.take(pool.factors["font"] < 4)),
    "50 images, 20 times": _fifty,
    "10 % garbage": _with_garbage,
}  # copies of the training set are always the same


@recipe("07_dial")
def dial() -> dict:
    """Store what the torture test with a dial needs: features of 512 real images and of the broken.

    Features are rounded to whole steps of 1/16, and all scores are those of the rounded ones. `center`
    and `spread` are of 20 perfect draws. Of each kind, the first 20 pictures are stored, too.
    """
    start, n = time.process_time(), 512
    training, unseen = glyphs().split(0.5, seed=0)
    pool = unseen.take(torch.arange(1000, 10_000))
    classifier = metrics.train_classifier(glyphs(), device="cpu")
    torch.manual_seed(200)
    fresh = _draw(pool, n)
    images = {"x": training.take(torch.arange(n)).x, "held_out": unseen.take(torch.arange(n)).x}
    images |= {"fresh": fresh, "blur": _blurred(fresh), "noise": _noisy(fresh)}
    images |= {name: BROKEN[name](pool)[torch.randperm(1000)[:n]] for name in list(BROKEN)[2:5]}
    images["50 images only"] = _fifty(pool)[torch.randperm(1000)[:n]]
    images |= {"training copies": images["x"], "garbage": torch.rand(n, *SHAPE) * 2 - 1}
    features = {name: _whole_steps(classifier(each)) for name, each in images.items()}
    test = TortureTest(
        *(features[name] for name in ("x", "held_out", "fresh")),
        broken={},
        weight=classifier.head.weight.double().numpy(),
        bias=classifier.head.bias.double().numpy(),
        directions=directions(),
        center=np.zeros(len(BETTER)),
        spread=np.ones(len(BETTER)),
    )
    draws = [test.scores(_whole_steps(classifier(_draw(pool, n)))) for _ in range(20)]
    perfect = np.array([list(scores.values()) for scores in draws])  # [20, 13]
    seconds = round(time.process_time() - start, 1)
    about = {"seeds": [200], "steps": 20, "cpu_seconds": seconds, "samples": n}
    return {
        "about": about,
        "features": {name: packed(each / STEP) for name, each in features.items()},
        "pictures": {name: packed(_levels(each[:20])) for name, each in images.items()},
        "weight": test.weight.tolist(),
        "bias": test.bias.tolist(),
        "center": perfect.mean(axis=0).tolist(),
        "spread": perfect.std(axis=0, ddof=1).tolist(),
    }


def _whole_steps(features: torch.Tensor) -> np.ndarray:
    return (features.double() / STEP).round().clamp(0, 255).numpy() * STEP


def _levels(images: torch.Tensor) -> np.ndarray:
    return ((images.double() + 1) * 127.5).round().numpy()


LOOKS = 3  # second looks at a checkpoint


@recipe("07_checkpoints")
def checkpoints() -> dict:
    """Score fifteen checkpoints of a DCGAN at constant rates: once to choose, three times to check.

    `looked` is the Fréchet distance of 1,000 samples to 1,000 unseen images; `again` are three
    more, of fresh samples to fresh images each time.
    """
    return _looked_at(lambda game, batches: train(game, batches, 1500, report_every=100))


@recipe("07_plateau")
def plateau() -> dict:
    """Score the last fifteen checkpoints of a DCGAN whose rates fall to zero, as `checkpoints`."""

    def late(game: Game, batches: Iterator) -> Iterator[dict]:
        for record in decaying(game, batches, 1500, every=25):
            if record["step"] > 1125:
                yield record

    return _looked_at(late)


def _looked_at(records_of: Callable[[Game, Iterator], Iterator[dict]]) -> dict:
    classifier = metrics.train_classifier(glyphs(), device="cpu")
    unseen = classifier(glyphs(1000 * (LOOKS + 1), seed=1).x).split(1000)
    runs = []
    for seed in range(3):
        torch.manual_seed(seed)
        game, records = convolutional(), []
        for record in records_of(game, glyphs().batches(64, device="cpu")):
            scores = [
                round(metrics.frechet_distance(real, classifier(sample(game, 1000, seed=look))), 3)
                for look, real in enumerate(unseen)
            ]
            records.append({"step": record["step"], "looked": scores[0], "again": scores[1:]})
        runs.append({"seed": seed, "records": records})
    about = {"seeds": [0, 1, 2], "steps": 1500, "samples": 1000, "batch": 64, "data": "glyphs()"}
    return {"about": about, "runs": runs}


@recipe("07_shifts")
def shifts() -> dict:
    """Ask whether the glyph classifier forgives a shift because it was trained on shifted images.

    Three classifiers with and three without; Fréchet distances in units of that of fresh images.
    """
    training, unseen = glyphs().split(0.5, seed=0)
    real, pool = training.x[:1000], unseen.take(torch.arange(1000, 10_000))
    torch.manual_seed(0)
    fresh, forgetful = _draw(pool), _draw(pool.only(*"0123456"))
    candidates = {"shifter": fresh.roll(2, dims=3), "forgetful": forgetful}
    data: dict = {"with": [], "without": []}
    for name, seed in itertools.product(data, range(3)):
        with TemporaryDirectory() as folder:  # not into the cache: a key does not know of shifts
            still = mock.patch.object(metrics.classifier, "_shifted", lambda x, _: x)
            with still if name == "without" else nullcontext():
                features = metrics.train_classifier(
                    glyphs(), seed=seed, device="cpu", folder=folder
                )
        x = features(real)
        fair = metrics.frechet_distance(x, features(fresh))
        data[name].append(
            {
                candidate: round(metrics.frechet_distance(x, features(images)) / fair, 1)
                for candidate, images in candidates.items()
            }
        )
    return {"about": {"seeds": [0, 1, 2], "steps": 300, "data": "glyphs()"}, "ratios": data}
