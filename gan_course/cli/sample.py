"""`gan-course sample`: new images from a run, as a picture, arrays, single files or a film."""

from __future__ import annotations

import shlex
from pathlib import Path

import click
import numpy as np
import torch
from torch import Tensor, nn

from .. import Game, generate
from ..checkpoint import load_generator
from ..data.pixels import images_to_bytes
from ..runs import Run, write_grid
from .config import Config, read_config
from .film import check_can_film, frames_of, write_film
from .options import DEVICE, RUN, SEED, number, path_option
from .walk import Latent, closed_walk, path_of, truncated

IMAGES, POINTS = 100, 8  # unless --n says otherwise: in a picture or folder, on a walk
PICTURE = ((".png", ".npz"), "sample.png")  # endings, and the name unless another is given
FILM = ((".gif", ".mp4"), "walk.gif")


def _share(context: click.Context, parameter: click.Parameter, psi: float | None) -> float | None:
    if psi is not None and not 0 < psi <= 1:  # so written, NaN is refused too
        raise click.BadParameter(f"it must be above 0 and at most 1, got {psi:g}.")
    return psi


@click.command()
@RUN
@number(
    "--n", f"How many images; of a film, how many it passes.  [default: {IMAGES}; film {POINTS}]"
)
@click.option(
    "--class",
    "--label",
    "labels",
    metavar="NAME",
    multiple=True,
    help="Only this class, by name or number; may be repeated.",
)
@SEED
@click.option(
    "--truncate",
    type=float,
    metavar="PSI",
    callback=_share,
    help="Give G PSI times z, 0 < PSI <= 1: nearer to the mean, so less varied.  [default: 1]",
)
@click.option("--single", is_flag=True, help="Write a folder of PNGs, one for each image.")
@click.option("--interpolate", is_flag=True, help="Write a film: a walk through z that closes.")
@number("--frames", "Of a film, from one image to the next; 20 are a second.", default=20)
@number("--columns", "Images in a row of a picture or film.", default=10)
@DEVICE
@path_option(
    "--out",
    "A .png for a picture, or a .npz for arrays: x [N, C, H, W] in [-1, 1] and labels y; with "
    "--single a new folder; with --interpolate a .gif, or a .mp4 where ffmpeg is installed.  "
    "[default: sample.png, images or walk.gif in RUN]",
)
def sample(
    run: Run,
    n: int | None,
    labels: tuple[str, ...],
    seed: int,
    truncate: float | None,
    single: bool,
    interpolate: bool,
    frames: int,
    columns: int,
    device: torch.device,
    out: Path | None,
) -> None:
    """Draw new images from the generator of a run.

    A conditional generator goes through its classes in turn, or through those of --class; a film
    shows them side by side, from the same z. A file of the same name is replaced, a folder that
    holds something is not.
    """
    out = _place(run, out, single, interpolate)
    n = n or (POINTS if interpolate else IMAGES)
    if interpolate and n < 2:
        raise click.BadParameter(f"a walk passes at least 2 images, got {n}.", param_hint="--n")
    config = read_config(run)
    classes = choose_classes(config, labels)
    G, latent = restore(run, config, device)
    for option, asked in (("--truncate", truncate), ("--interpolate", interpolate)):
        if asked:
            path_of(latent, option)  # refuses a z that has nothing between
    total, beside = n, max(1, len(classes))
    if interpolate:
        latent, total = closed_walk(latent, n, beside), n * frames * beside
    y = in_turn(classes, total)
    images = generate(G, truncated(latent, truncate or 1.0), total, *y, seed=seed).cpu()
    if interpolate:
        write_film(frames_of(images.unflatten(0, (-1, beside)), columns), out)
    else:
        _write(images, y, out, columns)
    what = f"a walk past {n} images" if interpolate else f"{n} images"
    click.echo(f"{what} in {shlex.quote(str(out))}")


def _place(run: Run, out: Path | None, single: bool, interpolate: bool) -> Path:
    """Where to write; refuses a name that does not fit what is asked for."""
    if single and interpolate:
        raise click.UsageError("--single and --interpolate are two commands: give one of them.")
    if single:
        out = out or run.folder / "images"
        if out.suffix in (".png", ".npz", ".gif", ".mp4"):
            raise click.BadParameter(f"--single needs a folder, got {out}.", param_hint="--out")
        if out.exists() and not (out.is_dir() and not any(out.iterdir())):
            raise click.BadParameter(
                f"{out} exists and is not an empty folder: choose another one.", param_hint="--out"
            )
        return out
    endings, name = FILM if interpolate else PICTURE
    out = out or run.folder / name
    if out.suffix not in endings:
        other = "" if interpolate else "; a folder needs --single, a film --interpolate"
        raise click.BadParameter(
            f"{out} must end in {' or '.join(endings)}{other}.", param_hint="--out"
        )
    check_can_film(out)
    return out


def _write(images: Tensor, y: list[Tensor], out: Path, columns: int) -> None:
    """Write images as a picture, as arrays, or into a folder that is made."""
    if out.suffix == ".png":
        write_grid(images, out, columns)
    elif out.suffix == ".npz":
        out.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(out, x=images.numpy(), **({"y": y[0].numpy()} if y else {}))
    else:
        write_single(images, out)


def write_single(images: Tensor, folder: Path) -> None:
    """Write each image into a file of its own, numbered from 0000, which `data.folder` reads.

    Args:
        images: `[N, C, H, W]` in [-1, 1], C = 1 or 3.
        folder: where to; it is made if it is missing.
    """
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    pixels = images_to_bytes(images.clamp(-1, 1).float()).permute(0, 2, 3, 1).numpy()
    digits = max(4, len(str(len(pixels) - 1)))
    for k, image in enumerate(pixels):
        picture = Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)
        picture.save(folder / f"{k:0{digits}}.png")


def restore(run: Run, config: Config, device: torch.device) -> tuple[nn.Module, Latent]:
    """Return a run's generator, in eval mode, and where its z comes from.

    Args:
        run: a run that has saved a generator.
        config: its config.
        device: where to put it.

    Raises:
        ValueError: nothing was saved yet, or what was saved is damaged.
    """
    if not run.generator.is_file():
        raise ValueError(
            f"{run.folder} has no generator.pt yet: gan-course train --resume "
            f"{shlex.quote(str(run.folder))} goes on to the first checkpoint."
        )
    game: Game = config.build(device)
    return load_generator(game.networks["G"], run.generator), game.latent


def choose_classes(config: Config, names: tuple[str, ...] = ()) -> list[int]:
    """Return the labels that are asked for, all of them if none is; nothing if G takes none.

    Args:
        config: of the run.
        names: of classes, or their numbers from 0 where no name is a number itself.

    Raises:
        click.BadParameter: the run knows no such class, or none at all.
    """
    if names and not config.labels:
        raise click.BadParameter(
            f"preset {config.preset} was trained without classes.", param_hint="--class"
        )
    if not config.labels:
        return []
    known = {name: label for label, name in enumerate(config.classes)}
    if not any(name.isdecimal() for name in known):
        known |= {str(label): label for label in range(len(config.classes))}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise click.BadParameter(
            f"there is no class {unknown[0]!r}: choose from {', '.join(config.classes)}.",
            param_hint="--class",
        )
    return [known[name] for name in names or config.classes]


def in_turn(classes: list[int], n: int) -> list[Tensor]:
    """Return n labels, int64 `[n]`, that take turns, in a list; nothing if there are no classes."""
    return [torch.tensor(classes).repeat(-(-n // len(classes)))[:n]] if classes else []
