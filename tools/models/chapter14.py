"""Chapter 14: CycleGANs between domains whose true pairs are known, and withheld."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, partial

import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from gan_course import Game, play, translate
from gan_course.data import Dataset, Paired, paired, twins
from gan_course.games import cyclegan
from gan_course.metrics import frechet_distance, train_classifier
from gan_course.metrics.classifier import Classifier
from gan_course.networks import patch_discriminator, unet

from .chapter13 import bytes_of
from .registry import recipe, rounded

SEEDS, STEPS, BATCH, LR = range(5), 700, 16, 1e-3
ROWS, ASKED = 8_000, 1_000  # drawn for training, in two halves without a common row; held out
WEIGHTS = {  # way: weights of the cycle and of the identity term
    "both": (10.0, 5.0),
    "cycle": (10.0, 0.0),
    "identity": (0.0, 5.0),
    "neither": (0.0, 0.0),
}
SHOWN = 10  # pictures of each kept run, one of each class


def domains(rows: int, seed: int, alike: bool = False) -> tuple[Dataset, Dataset]:
    """Return upright and leaning twins; `alike`: both light on dark."""
    a, b = twins(rows, seed=seed)
    return a, replace(b, stored=255 - b.stored) if alike else b


@cache
def reader(alike: bool) -> Classifier:
    """Return a classifier of the second domain, trained on drawings that no game sees."""
    return train_classifier(domains(ROWS, 5, alike)[1], steps=600, device="cpu")


@cache
def training(alike: bool) -> Paired:
    """Return the two halves, without a common row: no true pair is among them."""
    a, b = domains(ROWS, 0, alike)
    half = torch.arange(ROWS // 2)
    return paired(a.take(half), b.take(half + ROWS // 2))


def cycle_game(way: str, skips: bool, seed: int) -> Game:
    """Return one game before its first step."""
    torch.manual_seed(seed)
    G, F = (unet((1, 1), dropout=0, skips=skips) for _ in "GF")
    D_X, D_Y = (patch_discriminator(1, 16, 2) for _ in "XY")
    cycle, identity = WEIGHTS[way]
    weights = {"cycle": cycle, "identity": identity}
    return cyclegan(G, F, D_X, D_Y, shape=(1, 16, 16), lr=LR, device="cpu", **weights)


def confusion(truth: Tensor, named: Tensor) -> Tensor:
    """Return how often class i was named j, int64 `[10, 10]`."""
    return torch.bincount(10 * truth + named, minlength=100).view(10, 10)


def found_back(made: Tensor, real: Tensor) -> float:
    """Return the share of translations `[n, ...]` whose nearest image in `real` is their own row."""
    nearest = torch.cdist(made.flatten(1), real.flatten(1)).argmin(1)
    return float((nearest == torch.arange(len(made))).float().mean())


def measured(game: Game, alike: bool) -> dict:
    """Measure G on held-out drawings whose true partners are known."""
    a, b = domains(ASKED, 1, alike)
    x, y, read = a.x, b.x, reader(alike)
    made = translate(game, x)
    counts = confusion(a.y, read.probabilities(made).argmax(1))
    rows, columns = linear_sum_assignment(-counts.numpy())
    return {
        "kept": float(counts.diagonal().sum() / len(x)),
        "kept_up_to_names": float(counts[rows, columns].sum() / len(x)),
        "found": found_back(made, y),
        "distance": float((made - y).abs().mean()),
        "cycle": float((translate(game, made, "F") - x).abs().mean()),
        "frechet": float(frechet_distance(read(domains(ASKED, 2, alike)[1].x), read(made))),
        "confusion": counts.tolist(),
    }


def yardsticks(alike: bool) -> dict:
    """Return what the measures say of true partners, of other drawings, and of A left as it is."""
    (a, b), read = domains(ASKED, 1, alike), reader(alike)
    other, again = domains(ASKED, 3, alike)[1].x, domains(ASKED, 2, alike)[1].x
    return {
        "reader": read.accuracy,
        "frechet_real": float(frechet_distance(read(again), read(b.x))),
        "distance_other": float((b.x - other).abs().mean()),
        "distance_same_class": float((b.x - _same_class(b)).abs().mean()),
        "kept_untouched": float((read.probabilities(a.x).argmax(1) == a.y).float().mean()),
        "kept_negative": float((read.probabilities(-a.x).argmax(1) == a.y).float().mean()),
    }


def _same_class(b: Dataset) -> Tensor:
    """Return for each row another drawing of its class."""
    x, other = b.x, b.x
    for k in range(10):
        rows = (b.y == k).nonzero().flatten()
        other[rows] = x[rows.roll(1)]
    return other


def one_of_each(alike: bool) -> tuple[Tensor, Tensor]:
    """Return held-out drawings of the classes 0 to 9, and their true partners."""
    a, b = domains(ASKED, 1, alike)
    rows = torch.stack([(a.y == k).nonzero()[0, 0] for k in range(SHOWN)])
    return a.x[rows], b.x[rows]


def _run(way: str, skips: bool, alike: bool, seed: int) -> dict:
    """Play one game and measure it."""
    game = cycle_game(way, skips, seed)
    batches = training(alike).batches(BATCH, device="cpu")
    record = rounded([play(game, batches, STEPS)])[0]
    found = measured(game, alike)
    found = {k: v if isinstance(v, list) else round(v, 5) for k, v in found.items()}
    print(f"  {way}, skips {skips}, alike {alike}, seed {seed}: {found['kept']}", flush=True)
    if seed < 2:
        found["pictures"] = bytes_of(translate(game, one_of_each(alike)[0]))
    return {**found, "record": record, "seed": seed}


def _cycles(skips: bool, alike: bool, ways: tuple[str, ...]) -> dict:
    """Play and measure all ways from all seeds."""
    about = {
        "seeds": list(SEEDS),
        "steps": STEPS,
        "data": f"twins({ROWS}, seed=0): rows 0 to {ROWS // 2 - 1} of the first domain, the others "
        f"of the second{', which is inverted to light on dark' if alike else ''}; batches of "
        f"{BATCH}; measured on twins({ASKED}, seed=1)",
        "tuning": f"none by these measures: Adam {LR} for all ways, chosen on one seed of `cycle`",
        "networks": f"unet((1, 1), dropout=0, skips={skips}), patch_discriminator(1, 16, 2)",
        "ways": WEIGHTS,
    }
    x, y = one_of_each(alike)
    shown = {"x": bytes_of(x), "y": bytes_of(y)}
    runs = {way: [_run(way, skips, alike, seed) for seed in SEEDS] for way in ways}
    return {"about": about, "runs": runs, "shown": shown, "yardsticks": yardsticks(alike)}


for _name, _skips, _alike, _ways in (
    ("14_cycles", True, False, tuple(WEIGHTS)),
    ("14_cycles_bottleneck", False, False, ("cycle", "neither")),
    ("14_cycles_alike", True, True, ("both", "cycle")),
):
    recipe(_name)(partial(_cycles, _skips, _alike, _ways))


@recipe("14_by_hand")
def by_hand() -> dict:
    """Measure what needs no training: x as it is, x inverted, and the true partners."""
    a, b = domains(ASKED, 1)
    read, real = reader(False), reader(False)(domains(ASKED, 2)[1].x)
    found = {}
    for name, made in {"as it is": a.x, "inverted": -a.x, "partner": b.x}.items():
        found[name] = {
            "kept": float((read.probabilities(made).argmax(1) == a.y).float().mean()),
            "found": found_back(made, b.x),
            "distance": round(float((made - b.x).abs().mean()), 5),
            "frechet": float(f"{frechet_distance(real, read(made)):.5g}"),
        }
    about = {"seeds": [1], "steps": "none", "data": f"twins({ASKED}, seed=1)"}
    return {"about": about, "rows": found}
