"""`gan-course evaluate`: how good a run's generator is, beside what real images score."""

from __future__ import annotations

import json

import click
import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from gan_course.data import Dataset
from gan_course.metrics import Evaluator, memorisation, train_classifier
from gan_course.runs import Run

from .choices import data_source
from .config import read_config
from .options import DEVICE, RUN, SEED, number
from .sample import choose_labels, draw

MEANINGS = {
    "frechet": "Fréchet distance of the features, lower is better",
    "kernel": "kernel distance (KID), unbiased, lower is better",
    "precision": "share of generated images that look real",
    "recall": "share of real images that could be generated",
    "density": "how deep generated images lie among real ones",
    "coverage": "share of real images with a generated one nearby",
    "memorisation": "1/2: as far from the training set as new images; 1: copies",
    "inception": "inception score of the classifier, higher is better",
    "accuracy": "share whose class the classifier names",
}


@click.command(short_help="Measure a run's generator against held-out images.")
@RUN
@number("--n", "Images of each kind.", at_least=10, default=2000)
@click.option("--data", help="Compare with other data than the run's own.")
@SEED
@DEVICE
def evaluate(run: Run, n: int, data: str | None, seed: int, device: torch.device) -> None:
    """Measure a run's generator against images that it was not trained on.

    The second column is what as many of the training images score: no generator can be expected
    to do better. Features come from a small classifier trained on the same data (once, then kept
    in the cache), or are the pixels themselves where there are no classes; the numbers can be
    compared with each other, and with no paper's FID. They also go to RUN/evaluation.json.
    """
    config = read_config(run)
    source = data_source(data or config.data)
    training, held_out = source.train(config.size), source.test(config.size)
    features = small_pixels if training.y is None else train_classifier(training, device=device)
    n = min(n, len(held_out), len(training))
    y = choose_labels(config, n)
    evaluator = Evaluator(_some(held_out, n, seed).x, features)
    fake, real = draw(run, config, n, y, seed, device).cpu(), _some(training, n, seed)
    known = training.classes == config.classes
    scores = {
        "generated": _scores(evaluator, training, fake, y if known else []),
        "real": _scores(evaluator, None, real.x, [real.y] if y and known else []),
    }
    named = getattr(features, "name", "pixels, averaged to 8x8")
    about = {"data": data or config.data, "features": named, "images": n, "seed": seed}
    _print(about, scores)
    path = run.folder / "evaluation.json"
    path.write_text(json.dumps({"about": about, **scores}, indent=2) + "\n", encoding="utf-8")
    click.echo(f"Kept in {path}")


def small_pixels(images: Tensor) -> Tensor:
    """Returns pixels averaged to 8x8 as features `[n, 64 C]`, for images without classes.

    Args:
        images: `[n, C, H, W]`.
    """
    return adaptive_avg_pool2d(images, 8).flatten(1)


def _some(dataset: Dataset, n: int, seed: int) -> Dataset:
    """Returns n different images, drawn at random."""
    return dataset.split(n / len(dataset), seed)[0] if n < len(dataset) else dataset


def _scores(
    evaluator: Evaluator, training: Dataset | None, images: Tensor, y: list[Tensor]
) -> dict[str, float]:
    """Scores images; with the training set how far they copy it, with labels if they fit."""
    scores = {k: v for k, v in evaluator.score(images).items() if k in MEANINGS}
    if training is not None:
        parts = torch.arange(len(training)).split(5000)  # bounds the memory
        known = torch.cat([evaluator.features(training.take(part).x) for part in parts])
        scores["memorisation"] = memorisation(known, evaluator.features(images), evaluator.x)
    if y:
        answers = evaluator.features.probabilities(images).argmax(1).cpu()
        scores["accuracy"] = (answers == y[0]).double().mean().item()
    return scores


def _print(about: dict[str, object], scores: dict[str, dict[str, float]]) -> None:
    generated, real = scores["generated"], scores["real"]
    click.echo("{images} images, seed {seed}, features: {features} on {data}\n".format(**about))
    click.echo(f"{'':14}{'generated':>10}{'real':>10}")
    for name, meaning in MEANINGS.items():
        if name in generated:
            other = f"{real[name]:10.3f}" if name in real else " " * 10
            click.echo(f"{name:14}{generated[name]:10.3f}{other}  {meaning}")
