"""`gan-course sample`: new images from a run."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np
import torch
from torch import Tensor

from gan_course import Game, generate
from gan_course.checkpoint import load_generator
from gan_course.runs import Run, write_grid

from .config import Config, read_config
from .options import DEVICE, RUN, SEED, number, path_option


@click.command()
@RUN
@number("--n", "How many.", default=100)
@click.option("--label", "labels", multiple=True, help="Only this class, by name; may be repeated.")
@SEED
@number("--columns", "Images in a row of the picture.", default=10)
@DEVICE
@path_option(
    "--out",
    "A .png for a picture, or a .npz for arrays: x [N, C, H, W] in [-1, 1] and labels y.  "
    "[default: RUN/sample.png]",
)
def sample(
    run: Run,
    n: int,
    labels: tuple[str, ...],
    seed: int,
    columns: int,
    device: torch.device,
    out: Path | None,
) -> None:
    """Draw new images from the generator of a run.

    A conditional generator goes through its classes in turn, or through those of --label.
    """
    out = out or run.folder / "sample.png"
    if out.suffix not in (".png", ".npz"):
        raise click.BadParameter(f"{out} must end in .png or .npz.", param_hint="--out")
    config = read_config(run)
    y = choose_labels(config, n, labels)
    images = draw(run, config, n, y, seed, device).cpu()
    if out.suffix == ".png":
        write_grid(images, out, columns)
    else:
        out.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(out, x=images.numpy(), **({"y": y[0].numpy()} if y else {}))
    click.echo(f"{n} images in {out}")


def draw(
    run: Run, config: Config, n: int, y: list[Tensor], seed: int, device: torch.device
) -> Tensor:
    """Draws images from a run's generator.

    Args:
        run: a run that has saved a generator.
        config: its config.
        n: how many.
        y: labels `[n]` in a list, or nothing.
        seed: fixes z.
        device: where to draw.

    Returns:
        Images `[n, C, H, W]` in [-1, 1].

    Raises:
        ValueError: nothing was saved yet, or what was saved is damaged.
    """
    if not run.generator.is_file():
        raise ValueError(
            f"{run.folder} has no generator.pt yet: gan-course train --resume {run.folder} goes "
            "on to the first checkpoint."
        )
    game: Game = config.build(device)
    G = load_generator(game.networks["G"], run.generator)
    return generate(G, game.latent, n, *y, seed=seed)


def choose_labels(config: Config, n: int, names: tuple[str, ...] = ()) -> list[Tensor]:
    """Returns the labels that G takes, classes in turn, as `[y]`; nothing if it takes none.

    Raises:
        click.BadParameter: the run knows no such class, or none at all.
    """
    if names and not config.labels:
        raise click.BadParameter(
            f"preset {config.preset} was trained without classes.", param_hint="--label"
        )
    unknown = [name for name in names if name not in config.classes]
    if unknown:
        known = ", ".join(config.classes)
        raise click.BadParameter(
            f"there is no class {unknown[0]!r}: choose from {known}.", param_hint="--label"
        )
    wanted = [config.classes.index(name) for name in names or config.classes]
    return [torch.tensor(wanted).repeat(-(-n // len(wanted)))[:n]] if config.labels else []
