"""Where the command line begins, and where every error of a user becomes one sentence."""

from __future__ import annotations

import sys

import click
import torch

from gan_course import NonFiniteLoss, __version__

from .data import data
from .errors import explain
from .evaluate import evaluate
from .sample import sample
from .train import train

USERS_ERRORS = (ValueError, OSError, NonFiniteLoss, torch.OutOfMemoryError)


class InOrder(click.Group):
    """Lists its commands in the order of their use, not of the alphabet."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(self.commands)


@click.group(
    cls=InOrder, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="gan-course")
@click.option("--traceback", is_flag=True, help="Show where in the code an error arose.")
def cli(traceback: bool) -> None:
    """Train generative adversarial networks, draw from them, and measure them.

    \b
    A first run, a minute or two on two cores:
        gan-course train --data digits --steps 500 --out runs/digits
        gan-course sample runs/digits
        gan-course evaluate runs/digits
    """


for command in (train, sample, evaluate, data):
    cli.add_command(command)


def main(arguments: list[str] | None = None) -> None:
    """Runs the command line and exits: 0 done, 1 failed, 2 asked for wrongly, 128 + n by signal n.

    Args:
        arguments: words after the program's name; `None` takes them from the shell.
    """
    words = sys.argv[1:] if arguments is None else arguments
    try:
        code = cli.main(words, prog_name="gan-course", standalone_mode=False)
    except click.ClickException as error:
        _say(error.format_message())
        code = error.exit_code
    except click.Abort:
        _say("interrupted.")
        code = 130
    except USERS_ERRORS as error:
        if "--traceback" in words:
            raise
        _say(explain(error) if isinstance(error, OSError) else str(error))
        code = 1
    sys.exit(code or 0)


def _say(sentence: str) -> None:
    """Writes one line to stderr."""
    click.echo(f"Error: {' '.join(sentence.split())}", err=True)
