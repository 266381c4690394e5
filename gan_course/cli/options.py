"""Options and arguments that several commands share."""

from __future__ import annotations

import functools
import math
import os
from collections.abc import Callable
from pathlib import Path

import click
import torch

from ..device import resolve_device
from ..runs import Run

LARGEST = 2**63 - 1  # what torch takes as a seed


def _device(context: click.Context, parameter: click.Parameter, name: str | None) -> torch.device:
    """Take only a device that can hold and return a number: torch knows names of many others."""
    try:
        device = resolve_device(name)
        if (
            device.type == "cuda"
        ):  # no tensor: it would take its place on the GPU of another process
            device.index is None or torch.cuda.get_device_properties(device)
        else:
            torch.ones(1, device=device).item()
    except Exception as error:  # torch raises half a dozen kinds, with messages of many lines
        absent = (name or "cuda").startswith("cuda") and not torch.cuda.is_available()
        reason = "torch sees no CUDA GPU here" if absent else "torch cannot compute on it here"
        raise click.BadParameter(f"{name!r} cannot be used: {reason}.") from error
    return device


def _run(context: click.Context, parameter: click.Parameter, folder: Path | None) -> Run | None:
    return None if folder is None else Run(folder)


def number(name: str, about: str, at_least: int = 1, default: int | None = None) -> Callable:
    """Return an option that takes a whole number.

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


def _rate(context: click.Context, parameter: click.Parameter, value: float | None) -> float | None:
    if value is not None and not 0 < value < math.inf:
        raise click.BadParameter(f"it must be above 0 and finite, got {value}.")
    return value


def rate(name: str, about: str) -> Callable:
    """Return an option that takes a positive number."""
    return click.option(name, type=float, metavar="X", callback=_rate, help=about)


def path_option(name: str, about: str) -> Callable:
    """Return an option that takes the path of a file or folder."""
    return click.option(name, type=click.Path(path_type=Path), help=about)


def helpful(group: Callable) -> Callable:
    """Let a group of commands that is called without one print its help."""

    @click.pass_context
    @functools.wraps(group)
    def called(context: click.Context, *args: object, **options: object) -> object:
        if context.invoked_subcommand is None:
            click.echo(context.get_help())
        return group(*args, **options)

    return called


def first() -> bool:
    """Return whether this process is the first, or only, one of those that `torchrun` started."""
    return os.environ.get("RANK", "0") == "0"


DEVICE = click.option(
    "--device", callback=_device, help="Such as cpu or cuda:0.  [default: CUDA if present]"
)
RUN = click.argument("run", type=click.Path(path_type=Path), callback=_run)
SEED = number("--seed", "Fixes what is drawn.", at_least=0, default=0)
