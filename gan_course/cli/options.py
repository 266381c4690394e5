"""Options and arguments that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
import torch

from gan_course.device import resolve_device
from gan_course.runs import Run

LARGEST = 2**63 - 1  # what torch takes as a seed


def _device(context: click.Context, parameter: click.Parameter, name: str | None) -> torch.device:
    try:
        return resolve_device(name)
    except RuntimeError as error:  # torch's message for an unknown name has many lines
        absent = name.startswith("cuda") and not torch.cuda.is_available()
        reason = "torch sees no CUDA GPU here" if absent else "torch knows no such device"
        raise click.BadParameter(f"{name!r} cannot be used: {reason}.") from error


def _run(context: click.Context, parameter: click.Parameter, folder: Path | None) -> Run | None:
    return None if folder is None else Run(folder)


def number(name: str, about: str, at_least: int = 1, default: int | None = None) -> Callable:
    """Returns an option that takes a whole number.

    Args:
        name: of the option, such as `"--n"`.
        about: its line of help.
        at_least: smallest number that is taken.
        default: used if the option is left out.
    """

    def check(context: click.Context, parameter: click.Parameter, value: int | None) -> int | None:
        if value is not None and not at_least <= value <= LARGEST:
            bound = f"at least {at_least}" if value < at_least else "below 2^63"
            raise click.BadParameter(f"it must be {bound}, got {value}.")
        return value

    shown = default is not None
    return click.option(
        name, type=int, metavar="N", callback=check, default=default, show_default=shown, help=about
    )


def path_option(name: str, about: str) -> Callable:
    """Returns an option that takes the path of a file or folder."""
    return click.option(name, type=click.Path(path_type=Path), help=about)


DEVICE = click.option(
    "--device", callback=_device, help="Such as cpu or cuda:0.  [default: CUDA if present]"
)
RUN = click.argument("run", type=click.Path(path_type=Path), callback=_run)
SEED = number("--seed", "Fixes what is drawn.", at_least=0, default=0)
