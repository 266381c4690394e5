"""`gan-course evaluate`: how good a run's generator is, or how far one folder is from another."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import click
import torch
from torch import Tensor

from .. import generate
from ..data import Dataset
from ..metrics import Evaluator, memorisation, train_classifier
from ..runs import Run
from .choices import DATA, data_source
from .compare import compare
from .config import Config, read_config
from .measures import MEANINGS, NEEDED, name_of, small_pixels, some
from .options import DEVICE, SEED, number
from .sameness import check_there, warn_of_others
from .sample import choose_classes, in_turn, restore

IMAGES = 2000  # of each kind, unless --n says otherwise


@click.command(short_help="Measure a run's generator, or one folder of images against another.")
@click.argument(
    "folders", nargs=-1, required=True, metavar="RUN | A B", type=click.Path(path_type=Path)
)
@number("--n", f"Images of each kind.  [default: {IMAGES}; of two folders all]", at_least=NEEDED)
@click.option(
    "--data",
    help="Of a run: compare with other data than its own. Of two folders: use the features of a "
    "classifier of these data.",
)
@number("--size", "Of two folders: crop to squares, and resize to this side.", at_least=8)
@SEED
@DEVICE
def evaluate(
    folders: tuple[Path, ...],
    n: int | None,
    data: str | None,
    size: int | None,
    seed: int,
    device: torch.device,
) -> None:
    """Measure a run's generator against images that it was not trained on.

    The second column is what as many of the training images score: no generator can be expected
    to do better. Features come from a small classifier trained on the same data (once, then kept
    in the cache), or are the pixels themselves where there are no classes; the numbers can be
    compared with each other, and with no paper's FID. They also go to RUN/evaluation.json.

    Of two folders, A stands for the real images and B for the generated ones, both read in the
    same way. At least 10 images of each kind are needed; from few, distances come out too high.
    """
    if len(folders) > 2:
        raise click.UsageError(f"give a run, or two folders of images; got {len(folders)} paths.")
    if len(folders) == 2:
        compare(folders, n, data, size, seed, device)
    elif size:
        raise click.UsageError("--size is for two folders: a run's images have their size.")
    else:
        _evaluate_run(Run(folders[0]), n or IMAGES, data, seed, device)


def _evaluate_run(run: Run, n: int, data: str | None, seed: int, device: torch.device) -> None:
    config = read_config(run)
    G, latent = restore(run, config, device)
    if data is None:
        check_there(run, config.data)
    training, held_out = _images(config, data)
    n = min(n, len(held_out), len(training))
    features = small_pixels if training.y is None else train_classifier(training, device=device)
    y = in_turn(choose_classes(config), n)
    evaluator = Evaluator(some(held_out, n, seed).x, features)
    fake, real = generate(G, latent, n, *y, seed=seed).cpu(), some(training, n, seed)
    known = training.classes == config.classes
    scores = {
        "generated": _scores(evaluator, training, fake, y if known else []),
        "real": _scores(evaluator, None, real.x, [real.y] if y and known else []),
    }
    named = name_of(features)
    about = {"data": data or config.data, "features": named, "images": n, "seed": seed}
    _print(about, scores)
    path = run.folder / "evaluation.json"
    path.write_text(json.dumps({"about": about, **scores}, indent=2) + "\n", encoding="utf-8")
    click.echo(f"Kept in {shlex.quote(str(path))}")


def _images(config: Config, data: str | None) -> tuple[Dataset, Dataset]:
    """Return what the run was trained on, or other data, and what was held out of it."""
    name = data or config.data
    training, held_out = data_source(name).load(config.size, config.channels)
    if config.data in (name, str(Path(name).resolve())):
        config.check_data(training, held_out)  # else what is "held out" may have been trained on
    elif not {name, config.data} & DATA.keys() and not Path(config.data).is_dir():
        warn_of_others(config, training, held_out, name)  # it may be the folder that has gone
    if training.shape[0] != config.channels:
        raise ValueError(
            f"the run makes images of {_channels(config.channels)} and those of {name} have "
            f"{_channels(training.shape[0])}: give other --data."
        )
    if len(held_out) < NEEDED:
        raise ValueError(
            f"an evaluation needs at least {NEEDED} held-out images and of {name} there are "
            f"{len(held_out)}: train on more, or compare with other --data."
        )
    return training, held_out


def _channels(n: int) -> str:
    return f"{n} channel{'s' * (n > 1)}"


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
