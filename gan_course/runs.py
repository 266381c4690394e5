"""A run folder: everything one training leaves behind, whole after a kill at any moment.

config.json      what was asked for
history.jsonl    one record a line
checkpoint.pt    the whole game, for going on
samples/         one picture for each checkpoint
generator.pt     G alone, for sampling
generators/      kept ones, where that was asked for, and best.pt, the best of all

The checkpoint is written first: all others follow from it, and are made again if a kill came
between them. So a run that has pictures and no checkpoint has lost it.
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
from .writing import write_atomically

__all__ = ["Run", "write_grid"]

SAMPLES = 100  # images in each picture


@dataclass(frozen=True)
class Run:
    """The folder of one training.

    Attributes:
        folder: where it lies; made by the first thing that is written.
        writes: whether this process writes. Of many processes that train together all read,
            and only the first one writes.
        network: the name of the network, or average, that is drawn and kept alone.
    """

    folder: Path
    writes: bool = True
    network: str = "G"

    @property
    def checkpoint(self) -> Path:
        """The whole game, as `gan_course.checkpoint.save` writes it."""
        return self.folder / "checkpoint.pt"

    @property
    def generator(self) -> Path:
        """The network alone, with the averaged weights, of the step of the checkpoint."""
        return self.folder / "generator.pt"

    @property
    def history(self) -> Path:
        """The records, one JSON object a line."""
        return self.folder / "history.jsonl"

    @property
    def config(self) -> Path:
        """What was asked for when the run began."""
        return self.folder / "config.json"

    @property
    def made(self) -> list[Path]:
        """What is there of all that a run makes once it has a checkpoint: pictures, generators."""
        patterns = ("generator.pt", "best.pt", "generators/*.pt", "samples/*.png")
        return [file for pattern in patterns for file in sorted(self.folder.glob(pattern))]

    @property
    def empty(self) -> bool:
        """Whether there is nothing of a run in the folder."""
        return not (
            any(file.exists() for file in (self.config, self.history, self.checkpoint)) or self.made
        )

    def forget(self) -> None:
        """Remove what a run without a checkpoint has left, so that another one can begin here."""
        if self.writes and not self.checkpoint.is_file() and not self.made:
            for file in (self.config, self.history):
                file.unlink(missing_ok=True)

    def write_config(self, config: dict[str, object]) -> None:
        """Write what was asked for, as plain values."""
        if self.writes:
            write_atomically(self.config, (json.dumps(config, indent=2) + "\n").encode())

    def read_config(self) -> dict[str, object]:
        """Return what was asked for when the run began.

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
        """Hold the folder for this process, until the end or a kill.

        Of many processes that train together, the one that writes holds it for all.

        Raises:
            BlockingIOError: another process is training in it.
        """
        if os.name != "posix" or not self.writes:
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
        """Make `game` what it was at the last checkpoint; without one it stays as it is.

        Records of later steps are dropped: those steps will be played again.

        Args:
            game: built by the same code, from the same seed, as the one that was saved.

        Raises:
            ValueError: the checkpoint is damaged or belongs to another game, or it is missing
                and what a run makes after it is there: that would be overwritten.
        """
        if self.checkpoint.is_file():
            load(game, self.checkpoint)
        elif self.made:
            raise ValueError(
                f"{self.folder} has lost its checkpoint.pt: going on would begin at step 0 and "
                f"overwrite {self.made[0].name} and all else; put it back, or begin a new run."
            )
        if self.writes and self.history.is_file():
            kept = [record for record in self.records() if record["step"] <= game.step]
            write_atomically(self.history, "".join(json.dumps(r) + "\n" for r in kept).encode())
        return game

    def log(self, record: dict[str, float]) -> None:
        """Append one record to the history.

        Args:
            record: as `train` yields it.
        """
        if not self.writes:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self.history, "a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")

    def records(self) -> list[dict[str, float]]:
        """Return the history; a line that a kill has cut short is not a record.

        Raises:
            ValueError: it is damaged.
        """
        try:
            lines = self.history.read_text(encoding="utf-8").split("\n")[:-1]
            return [record for record in map(json.loads, lines) if record["step"] >= 0]
        except FileNotFoundError:
            return []
        except (ValueError, TypeError, KeyError) as error:
            raise ValueError(f"{self.history} is damaged: mend or remove it.") from error

    def save(self, game: Game, *y: Tensor) -> None:
        """Write the checkpoint, and then what follows from it: see `show`.

        Args:
            game: the game to save.
            *y: what G takes besides z for the 100 samples of the picture, such as labels `[100]`.

        Raises:
            OSError: it cannot be written; the last checkpoint is still whole.
            ValueError: a weight is no longer finite.
        """
        if not self.writes:
            return
        if self.history.is_file():
            with open(self.history, "a", encoding="utf-8") as file:
                os.fsync(file.fileno())  # the history is never older than the checkpoint
        save(game, self.checkpoint)
        self.show(game, *y)

    def show(self, game: Game, *y: Tensor) -> None:
        """Write a picture of what G makes now, if it makes what can be drawn, and G alone.

        Args:
            game: at the step of the checkpoint.
            *y: as in `save`.

        Raises:
            OSError: it cannot be written.
        """
        if not self.writes:
            return
        if game.latent is not None:  # a game that translates draws nothing from noise
            images = sample(game, SAMPLES, *y, network=self.network)
            draw(images, self.folder / "samples" / f"step_{game.step:07d}.png")
        save_generator(game, self.generator, self.network)


def draw(samples: Tensor, path: Path) -> None:
    """Draw images side by side, or points in the plane; of other samples there is no picture.

    Args:
        samples: images `[N, C, H, W]` in [-1, 1], points `[N, 2]`, or anything else.
        path: where to; its folder is made if it is missing.
    """
    if samples.dim() == 4 and samples.shape[1] in (1, 3):
        write_grid(samples.clamp(-1, 1), path)  # a G without tanh overshoots
    elif samples.dim() == 2 and samples.shape[1] == 2:
        _scatter(samples, path)


def _scatter(points: Tensor, path: Path) -> None:
    from matplotlib.figure import Figure  # not pyplot, which would keep the figure

    from .plots.plane import points as draw_points

    figure = Figure(figsize=(4, 4))
    draw_points(fake=points.cpu(), ax=figure.subplots())
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, format="png")


def write_grid(images: Tensor, path: str | os.PathLike, columns: int = 10) -> None:
    """Write images side by side as one PNG, pixel by pixel, with white lines between them.

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
