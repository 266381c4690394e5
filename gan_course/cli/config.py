"""What a run was asked for, as it stands in its config.json."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields

import torch

from gan_course.data import Dataset
from gan_course.game import Game
from gan_course.runs import Run

from .choices import PRESETS


@dataclass(frozen=True)
class Config:
    """All that decides a run, besides the code.

    Attributes:
        preset: a key of `PRESETS`.
        data: a key of `DATA`, or the path of a folder.
        size: side of the images in pixels.
        channels: of the images.
        images: how many are trained on.
        classes: their names; empty without labels.
        width: channels of the networks.
        batch: images in each move.
        seed: of weights, batches and z.
        bf16: whether networks run in bfloat16.
        fast: whether moves are compiled, or on a GPU recorded.
        steps: to play in all.
        every: steps between two checkpoints.
        report: steps between two records.
    """

    preset: str
    data: str
    size: int
    channels: int
    images: int
    classes: tuple[str, ...]
    width: int
    batch: int
    seed: int
    bf16: bool
    fast: bool
    steps: int
    every: int
    report: int

    def build(self, device: torch.device) -> Game:
        """Builds the game as it was before its first step, from the seed alone."""
        torch.manual_seed(self.seed)
        shape = (self.channels, self.size, self.size)
        build = PRESETS[self.preset].assemble
        return build(shape, len(self.classes), self.width, self.bf16, device)

    @property
    def labels(self) -> bool:
        """Whether G takes labels."""
        return PRESETS[self.preset].labels

    def check_data(self, dataset: Dataset) -> None:
        """Raises a ValueError if these are not the images that the run began with."""
        if dataset.classes != self.classes or len(dataset) != self.images:
            raise ValueError(
                f"{self.data} has changed since the run began: it had {self.images:,} images to "
                f"train on in {len(self.classes)} classes, and now {len(dataset):,} in "
                f"{len(dataset.classes)}; begin a new run."
            )


def config_for(dataset: Dataset, **asked: str | int | bool) -> Config:
    """Returns the config of a run on these images, to be resumed, sampled and evaluated.

    Args:
        dataset: the images to train on.
        **asked: the fields of `Config` that the images do not tell.
    """
    channels, size, _ = dataset.shape
    images = {"channels": channels, "size": size, "images": len(dataset)}
    return Config(classes=dataset.classes, **images, **asked)


KINDS = {"str": str, "int": int, "bool": bool, "tuple[str, ...]": tuple}


def write_config(run: Run, config: Config) -> None:
    """Writes config.json."""
    run.write_config(asdict(config))


def read_config(run: Run) -> Config:
    """Returns the config of a run.

    Raises:
        ValueError: the folder holds no run, or its config.json is damaged.
    """
    stored = run.read_config()
    if isinstance(stored.get("classes"), list):
        stored["classes"] = tuple(stored["classes"])
    for field in fields(Config):
        if type(stored.get(field.name)) is not KINDS[field.type]:
            raise ValueError(f"{run.config} is damaged, see {field.name!r}: begin a new run.")
    if stored["preset"] not in PRESETS:
        raise ValueError(
            f"{run.config} names a preset {stored['preset']!r}, which is unknown here."
        )
    return Config(**{field.name: stored[field.name] for field in fields(Config)})
