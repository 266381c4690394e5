"""Which generators a run keeps: the last few, and the one closest to images held out."""

from __future__ import annotations

import filecmp
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from .. import Game, sample
from ..checkpoint import save_generator
from ..data import Dataset
from ..draws import placed
from ..metrics import frechet_distance, train_classifier
from ..runs import Run
from ..writing import write_atomically
from .measures import NEEDED, small_pixels, some

IMAGES = 2000  # drawn for one score, at most
SCORE = "frechet"  # its name in the history


def judge(training: Dataset, held_out: Dataset, labels: bool) -> Callable[[Game], float]:
    """Return a function that scores a game's G as `gan-course evaluate` does, by `frechet` alone.

    Args:
        training: the images trained on; the classifier whose features are used learns from them.
        held_out: the images to compare with.
        labels: whether G takes labels.

    Raises:
        ValueError: fewer images are held out than a score needs.
    """
    n = min(IMAGES, len(held_out), len(training))
    if n < NEEDED:
        raise ValueError(
            f"--keep scores by held-out images and needs {NEEDED} of them, and there are "
            f"{len(held_out)}: leave --keep out, or train on more."
        )
    with placed(0, 1):  # one process judges, also where many train
        features = small_pixels if training.y is None else train_classifier(training, device="cpu")
    real = features(some(held_out, n, seed=0).x)
    y: list[Tensor] = [torch.arange(n) % len(training.classes)] if labels else []
    return lambda game: frechet_distance(real, features(sample(game, n, *y).cpu()))


def kept(run: Run, step: int) -> Path:
    """Return the path of the generator that is kept of a step."""
    return run.folder / "generators" / f"step_{step:07d}.pt"


def keep(run: Run, game: Game) -> None:
    """Write G into the folder of kept generators; what is superfluous goes later, by `tidy`."""
    save_generator(game, kept(run, game.step))


def tidy(run: Run, last: int) -> None:
    """Leave the last generators and the best one, which also becomes best.pt.

    All follows from the history: so a run that was killed at any moment comes to the same end.

    Args:
        run: its folder.
        last: how many of the last generators to leave.
    """
    scores = {record["step"]: record[SCORE] for record in run.records() if SCORE in record}
    if not scores:
        return
    best = kept(run, min(scores, key=scores.get))
    left = {best, *(kept(run, step) for step in sorted(scores)[-last:])}
    for file in best.parent.glob("step_*.pt"):
        if file not in left:
            file.unlink()
    copy = run.folder / "best.pt"
    if best.is_file() and not (copy.is_file() and filecmp.cmp(best, copy, shallow=False)):
        write_atomically(copy, best.read_bytes())
