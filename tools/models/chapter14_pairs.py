"""Chapter 14: edges to painted glyphs and back, by L1, by the adversary, and by both."""

from __future__ import annotations

import math
from functools import cache, partial

import torch
from torch import Tensor

from gan_course import Game, pix2pix, play, regression, translate
from gan_course.data import Dataset, Matched, edges, from_images, glyphs, ink_of, painted
from gan_course.metrics import frechet_distance, train_classifier
from gan_course.metrics.classifier import Classifier
from gan_course.networks import patch_discriminator, unet

from .chapter13 import bytes_of
from .registry import recipe, rounded

SEEDS, BATCH, LR = range(3), 16, 1e-3
STEPS = {"paint": 800, "back": 300}
DATA, ASKED, DRAWS = 6_000, 500, 8  # drawings for training, held-out ones, dropouts of each
SHOWN = 4  # pictures of the first run that are kept
WEIGHTS = (0.0, 1.0, 10.0, 100.0, math.inf)  # of L1; infinite: L1 alone


@cache
def pairs(task: str, n: int, seed: int) -> tuple[Dataset, Dataset]:
    """Return questions and answers, row by row: edges and paintings, or the other way."""
    y = painted(glyphs(n, 32, seed=seed), seed=seed)
    x = from_images(edges(y.x))
    return (x, y) if task == "paint" else (y, x)


@cache
def reader() -> Classifier:
    """Return a classifier of unpainted digits, trained on drawings that no game sees."""
    return train_classifier(glyphs(8_000, 32, seed=5), steps=300, device="cpu")


def grey(images: Tensor) -> Tensor:
    """Return the brightest channel, `[N, 1, H, W]`: what an ink was painted over."""
    return images.amax(1, keepdim=True)


def pair_game(task: str, weight: float, seed: int, bf16: bool) -> Game:
    """Return one game before its first step."""
    torch.manual_seed(seed)
    G = unet((1, 3) if task == "paint" else (3, 1), (16, 32, 48, 48))
    if math.isinf(weight):
        return regression(G, lr=LR, device="cpu")
    D = patch_discriminator(1 + 3, 16, 2)
    return pix2pix(G, D, weight=weight, lr=LR, bf16=bf16, device="cpu")


def painting(game: Game) -> dict:
    """Measure paintings of held-out edges."""
    x, y = pairs("paint", ASKED, 1)
    made = [translate(game, x.x, seed=seed) for seed in range(DRAWS)]
    inks, labels = torch.stack([ink_of(each) for each in made]), y.y
    again = pairs("paint", ASKED, 2)[1].x
    read, painted_with = reader(), inks[0][inks[0] >= 0]
    features = [read(grey(each)) for each in (again, made[0])]
    return {
        "distance": float((made[0] - y.x).abs().mean()),
        "distance_grey": float((grey(made[0]) - grey(y.x)).abs().mean()),
        "named": float((read.probabilities(grey(made[0])).argmax(1) == labels).float().mean()),
        "frechet": float(frechet_distance(*features)),
        "in_ink": float((inks[0] >= 0).float().mean()),
        "inks": torch.bincount(painted_with, minlength=6).tolist(),
        "other_ink": float((inks[0] != inks[1:]).float().mean()),
        "dropout": float(torch.stack(made).std(0).mean()),
    }


def outlining(game: Game) -> dict:
    """Measure outlines of held-out paintings."""
    x, y = pairs("back", ASKED, 1)
    made = translate(game, x.x)
    line, truth = made > 0, y.x > 0
    return {
        "distance": float((made - y.x).abs().mean()),
        "pixels": float((line == truth).float().mean()),
        "iou": float((line & truth).sum() / (line | truth).sum()),
    }


def _run(task: str, weight: float, seed: int, bf16: bool) -> dict:
    """Play one game and measure it."""
    game = pair_game(task, weight, seed, bf16)
    batches = Matched(*pairs(task, DATA, 0)).batches(BATCH, device="cpu")
    record = rounded([play(game, batches, STEPS[task])])[0]
    found = painting(game) if task == "paint" else outlining(game)
    found = {k: v if isinstance(v, list) else round(v, 5) for k, v in found.items()}
    print(f"  {task}, weight {weight}, seed {seed}: {found}", flush=True)
    if seed == 0:
        found["pictures"] = bytes_of(translate(game, pairs(task, ASKED, 1)[0].x[:SHOWN]))
    return {**found, "record": record, "seed": seed}


def _sweep(task: str) -> dict:
    """Play and measure all weights from all seeds."""
    about = {
        "seeds": list(SEEDS),
        "steps": STEPS[task],
        "data": f"painted(glyphs({DATA}, 32, seed=0)) and their edges, batches of {BATCH}; measured "
        f"on {ASKED} of seed 1",
        "tuning": f"none: Adam {LR} for all weights",
        "numbers": "bfloat16 with an adversary, float32 for L1 alone"
        if task == "paint"
        else "float32",
        "networks": "unet(widths=(16, 32, 48, 48)), patch_discriminator(4, 16, 2)",
    }
    x, y = pairs(task, ASKED, 1)
    shown = {"x": bytes_of(x.x[:SHOWN]), "y": bytes_of(y.x[:SHOWN])}
    bf16 = task == "paint"  # and then for D and G, not for L1 alone: see 14_pairs_exact
    runs = {str(weight): [_run(task, weight, seed, bf16) for seed in SEEDS] for weight in WEIGHTS}
    return {"about": about, "runs": runs, "shown": shown, "yardsticks": yardsticks(task)}


def yardsticks(task: str) -> dict:
    """Return what the measures say of true answers."""
    if task == "back":
        return {}
    y, again = (pairs(task, ASKED, seed)[1] for seed in (1, 2))
    read = reader()
    return {
        "named": float((read.probabilities(grey(y.x)).argmax(1) == y.y).float().mean()),
        "frechet": float(frechet_distance(read(grey(again.x)), read(grey(y.x)))),
        "in_ink": float((ink_of(y.x) >= 0).float().mean()),
    }


for _task in STEPS:
    recipe(f"14_pairs_{_task}")(partial(_sweep, _task))


@recipe("14_pairs_exact")
def exact() -> dict:
    """Play weight 10 once more, in float32 as L1 alone has it: does bfloat16 matter?"""
    about = {"seeds": list(SEEDS), "steps": STEPS["paint"], "data": "as 14_pairs_paint"}
    runs = [_run("paint", 10.0, seed, bf16=False) for seed in SEEDS]
    for run in runs:
        run.pop("pictures", None)
    return {"about": about, "runs": {"10.0": runs}}


@recipe("14_pairs_longer")
def longer() -> dict:
    """Play L1 alone for longer and without dropout: does it ever draw an outline?"""
    steps = (500, 1000, 2000)
    about = {"seeds": list(SEEDS), "steps": steps[-1], "data": "as 14_pairs_back"}
    batches = Matched(*pairs("back", DATA, 0)).batches(BATCH, device="cpu")
    runs = []
    for seed in SEEDS:
        torch.manual_seed(seed)
        game = regression(unet((3, 1), (16, 32, 48, 48), dropout=0), lr=LR, device="cpu")
        runs.append([])
        for step in steps:
            play(game, batches, step - game.step)
            runs[-1].append(rounded([{"step": step, **outlining(game)}])[0])
            print(f"  seed {seed}: {runs[-1][-1]}", flush=True)
    return {"about": about, "runs": runs}
