"""`python -m benchmarks speed`: one subcommand for each benchmark."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from . import quality, roofline, speed, tables

BENCHMARKS = {"speed": speed, "roofline": roofline, "quality": quality, "tables": tables}


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the benchmark named on the command line.

    Args:
        arguments: instead of the command line's.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    names = parser.add_subparsers(required=True, metavar="benchmark")
    for name, module in BENCHMARKS.items():
        summary = module.__doc__.split("\n")[0]
        one = names.add_parser(
            name,
            help=summary,
            description=module.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(one)
        one.set_defaults(run=module.run)
    chosen = parser.parse_args(arguments)
    chosen.run(chosen)


if __name__ == "__main__":
    main()
