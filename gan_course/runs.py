"""A run folder: everything one training leaves behind, whole after a kill at any moment.

config.json      what was asked for
history.jsonl    one record a line
samples/         one picture for each checkpoint
generator.pt     G alone, for sampling
checkpoint.pt    the whole game, for going on
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from .arguments import whole_number
from .checkpoint import load, save, save_generator
from .game import Game, sample

__all__ = ["Run", "write_grid"]

SAMPLES = 100  # images in each picture


@dataclass(frozen=True)
class Run:
    """The folder of one training.

    Attributes:
        folder: where it lies; made by the first thing that is written.
        writes: whether this process writes. Of many processes that train together all read,
            and only the first one writes.
    """

    folder: Path
    writes: bool = True

    @property
    def checkpoint(self) -> Path:
        """The whole game, as `gan_course.checkpoint.save` writes it."""
        return self.folder / "checkpoint.pt"

    @property
    def generator(self) -> Path:
        """G alone, with the averaged weights, of the step of the checkpoint."""
        return self.folder / "generator.pt"

    @property
    def history(self) -> Path:
        """The records, one JSON object a line."""
        return self.folder / "history.jsonl"

    @property
    def config(self) -> Path:
        """What was asked for when the run began."""
        return self.folder / "config.json"

    def write_config(self, config: dict[str, object]) -> None:
        """Writes what was asked for, as plain values."""
        if self.writes:
            _replace(self.config, json.dumps(config, indent=2) + "\n")

    def read_config(self) -> dict[str, object]:
        """Returns what was asked for when the run began.

        Raises:
            ValueError: the folder holds no run, or its config.json is damaged.
        """
        if not self.config.is_file():
            raise ValueError(f"{self.folder} holds no run: there is no config.json in it.")
        try:
            config = json.loads(self.config.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ValueError(f"{self.config} is damaged: begin a new run.") from error
        if not isinstance(config, dict):
            raise ValueError(f"{self.config} is damaged: begin a new run.")
        return config

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Holds the folder for this process, until the end or a kill.

        Raises:
            BlockingIOError: another process is training in it.
        """
        if os.name != "posix":
            yield
            return
        import fcntl

        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self.folder / ".lock", "w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise BlockingIOError(
                    f"another process is training in {self.folder}: wait for it, or stop it."
                ) from error
            yield

    def restore(self, game: Game) -> Game:
        """Makes `game` what it was at the last checkpoint; without one it stays as it is.

        Records of later steps are dropped: those steps will be played again.

        Args:
            game: built by the same code, from the same seed, as the one that was saved.

        Raises:
            ValueError: the checkpoint is damaged or belongs to another game.
        """
        if self.checkpoint.is_file():
            load(game, self.checkpoint)
        if self.writes and self.history.is_file():
            kept = _records(self.history, game.step)
            _replace(self.history, "".join(json.dumps(record) + "\n" for record in kept))
        return game

    def log(self, record: dict[str, float]) -> None:
        """Appends one record to the history.

        Args:
            record: as `train` yields it.
        """
        if not self.writes:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self.history, "a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")

    def save(self, game: Game, *y: Tensor) -> None:
        """Writes a picture of what G makes now, G alone and, last of all, the checkpoint.

        Args:
            game: the game to save.
            *y: what G takes besides z for the 100 images of the picture, such as labels `[100]`.

        Raises:
            OSError: it cannot be written; the last checkpoint is still whole.
            ValueError: a weight is no longer finite.
        """
        if not self.writes:
            return
        path = self.folder / "samples" / f"step_{game.step:07d}.png"
        write_grid(sample(game, SAMPLES, *y).clamp(-1, 1), path)  # a G without tanh overshoots
        save_generator(game, self.generator)
        with open(self.history, "a", encoding="utf-8") as file:
            os.fsync(file.fileno())  # the history is never older than the checkpoint
        save(game, self.checkpoint)


def write_grid(images: Tensor, path: str | os.PathLike, columns: int = 10) -> None:
    """Writes images side by side as one PNG, pixel by pixel, with white lines between them.

    Args:
        images: `[N, C, H, W]` in [-1, 1], C = 1 or 3.
        path: where to; its folder is made if it is missing.
        columns: images per row.

    Raises:
        TypeError: the images are no floating point tensor.
        ValueError: they have another shape or range, or columns is no count.
        OSError: the file cannot be written.
    """
    from PIL import Image

    from .plots.images import mosaic, require_images

    require_images(images, "write_grid")
    pixels = mosaic(images.clamp(-1, 1), min(whole_number(columns, "columns"), len(images)))
    picture = Image.fromarray((pixels * 255).round().astype("uint8"))
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    picture.save(path, format="PNG")


def _records(path: Path, last: int) -> list[dict[str, float]]:
    """Reads a history up to step `last`; a line that a kill has cut short is not a record."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")[:-1]
        return [record for record in map(json.loads, lines) if record["step"] <= last]
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{path} is damaged: mend or remove it.") from error


def _replace(path: Path, text: str) -> None:
    """Writes beside the path and renames, so that nobody ever reads half a file."""
    temporary = path.with_name(f".{path.name}.tmp")
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(temporary, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
