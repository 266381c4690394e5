"""What a run was asked for, as it stands in its config.json."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields

import torch

from ..data import Dataset
from ..game import Game
from ..runs import Run
from .choices import PRESETS
from .sameness import check_same, digest_of


@dataclass(frozen=True)
class Config:
    """All that decides a run, besides the code.

    Attributes:
        preset: a key of `PRESETS`.
        data: a key of `DATA`, or the path of a folder.
        size: side of the images in pixels.
        channels: of the images.
        images: how many are trained on.
        held_out: how many are not.
        classes: their names; empty without labels.
        digest: of the images, their labels and their split; empty in runs of older versions.
        width: channels of the networks.
        latent: dimensions of z.
        batch: images in each move.
        lr: step size of both players.
        n_critic: moves of D in each step.
        seed: of weights, batches and z.
        bf16: whether networks run in bfloat16.
        fast: whether moves are compiled; on a GPU they are recorded anyway.
        steps: to play in all.
        every: steps between two checkpoints.
        report: steps between two records.
        keep: how many of the last generators are kept, beside the best one; 0 keeps neither.
        tensorboard: whether records go to TensorBoard, too.
    """

    preset: str
    data: str
    size: int
    channels: int
    images: int
    held_out: int
    classes: tuple[str, ...]
    digest: str
    width: int
    latent: int
    batch: int
    lr: float
    n_critic: int
    seed: int
    bf16: bool
    fast: bool
    steps: int
    every: int
    report: int
    keep: int
    tensorboard: bool

    def build(self, device: torch.device) -> Game:
        """Build the game as it was before its first step, from the seed alone."""
        torch.manual_seed(self.seed)
        sizes = (self.channels, self.size, self.size), len(self.classes), self.width
        rates = {"lr": self.lr, "n_critic": self.n_critic, "latent": self.latent}
        return PRESETS[self.preset].build(*sizes, self.bf16, device, **rates)

    @property
    def labels(self) -> bool:
        """Whether G takes labels."""
        return PRESETS[self.preset].labels

    def check_data(self, training: Dataset, held_out: Dataset, data: str | None = None) -> None:
        """Raise a ValueError if these are not the images, labels and split of the run.

        Args:
            training: the images to train on, as they are now.
            held_out: the images that are not trained on, as they are now.
            data: where they lie, if not where they lay when the run began.
        """
        check_same(self, training, held_out, data or self.data)


def config_for(training: Dataset, held_out: Dataset, **asked: str | float | bool) -> Config:
    """Return the config of a run on these images, to be resumed, sampled and evaluated.

    Args:
        training: the images to train on.
        held_out: the images that are not trained on.
        **asked: the fields of `Config` that the images do not tell.
    """
    channels, size, _ = training.shape
    images = {"channels": channels, "size": size, "classes": training.classes}
    counts = {"images": len(training), "held_out": len(held_out)}
    return Config(**images, **counts, digest=digest_of(training, held_out), **asked)


KINDS = {"str": str, "int": int, "float": float, "bool": bool, "tuple[str, ...]": tuple}


def write_config(run: Run, config: Config) -> None:
    """Write config.json."""
    run.write_config(asdict(config))


def read_config(run: Run) -> Config:
    """Return the config of a run.

    Raises:
        ValueError: the folder holds no run, or its config.json is damaged.
    """
    stored = run.read_config()
    if isinstance(stored.get("classes"), list):
        stored["classes"] = tuple(stored["classes"])
    stored = _unwritten(stored.get("preset")) | stored
    for field in fields(Config):
        if type(stored.get(field.name)) is not KINDS[field.type]:
            raise ValueError(f"{run.config} is damaged, see {field.name!r}: begin a new run.")
    if stored["preset"] not in PRESETS:
        raise ValueError(
            f"{run.config} names a preset {stored['preset']!r}, which is unknown here."
        )
    return Config(**{field.name: stored[field.name] for field in fields(Config)})


def _unwritten(name: object) -> dict[str, object]:
    """Return what the configs of older versions do not say: it was always so."""
    preset = PRESETS.get(name, PRESETS["dcgan"]) if isinstance(name, str) else PRESETS["dcgan"]
    rates = {"lr": preset.lr, "n_critic": preset.n_critic, "latent": preset.latent}
    return {"held_out": 0, "digest": "", "keep": 0, "tensorboard": False, **rates}
