"""Where the command line begins, and where every error of a user becomes one sentence."""

from __future__ import annotations

import os
import sys

import click

from .. import NonFiniteLoss, __version__
from .data import data
from .errors import LESS, explain, out_of_memory
from .evaluate import evaluate
from .options import first, helpful
from .sample import sample
from .train import train

USERS_ERRORS = (ValueError, OSError, NonFiniteLoss)


class InOrder(click.Group):
    """Lists its commands in the order of their use, not of the alphabet."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(self.commands)


@click.group(
    cls=InOrder,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="gan-course")
@click.option("--traceback", is_flag=True, help="Show where in the code an error arose.")
@helpful
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
    """Run the command line and exit: 0 done, 1 failed, 2 asked for wrongly, 128 + n by signal n.

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
    except Exception as error:
        sentence = _sentence(error)
        if sentence is None or "--traceback" in words:
            raise
        _say(sentence)
        code = 1
    sys.exit(code or 0)


def _sentence(error: Exception) -> str | None:
    """Return what to tell the user of an error; None of one that is not the user's to mend."""
    if out_of_memory(error):
        return f"there is not enough memory for this: lower {LESS}, or --n."
    if isinstance(error, USERS_ERRORS):
        return explain(error) if isinstance(error, OSError) else str(error)
    return None


def _say(sentence: str) -> None:
    """Write one line to stderr; where many processes train together, with the rank of this one."""
    who = "" if first() else f"rank {os.environ['RANK']}: "
    click.echo(f"Error: {who}{' '.join(sentence.split())}", err=True)
