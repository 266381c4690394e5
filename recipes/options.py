"""Lets the command line replace a recipe's constants."""

from __future__ import annotations

import argparse


def options(about: str, **constants: str | int) -> dict[str, str | int]:
    """Returns the constants, each replaced by its option (`--steps 100`) if that is given.

    Args:
        about: the recipe's docstring, shown by `--help`.
        **constants: the options' names and defaults.
    """
    formatter = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=about, formatter_class=formatter)
    for name, value in constants.items():
        parser.add_argument(f"--{name}", type=type(value), default=value, help=f"[{value}]")
    return vars(parser.parse_args())
