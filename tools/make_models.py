"""Trains what takes longer than a lesson and stores it in book/models: `make models`.

    python tools/make_models.py               all that is missing
    python tools/make_models.py 03_ring       these, again
    python tools/make_models.py --list        what there is

Each recipe is a function in tools/models/; its result says which command, seeds, steps and
class of machine made it.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

TOOLS = Path(__file__).resolve().parent
sys.path[:0] = [str(TOOLS), str(TOOLS.parent)]

from models.registry import MODELS, RECIPES, make  # noqa: E402


def main(arguments: list[str]) -> None:
    """Make the recipes named on the command line, or all whose result is missing."""
    for module in sorted((TOOLS / "models").glob("chapter*.py")):
        importlib.import_module(f"models.{module.stem}")
    if "--list" in arguments:
        print("\n".join(sorted(RECIPES)))
        return
    unknown = [name for name in arguments if name not in RECIPES]
    if unknown:
        sys.exit(f"There is no recipe {unknown[0]!r}: choose from {', '.join(sorted(RECIPES))}.")
    missing = [name for name in sorted(RECIPES) if not (MODELS / f"{name}.json").is_file()]
    if not arguments and not missing:
        print("All runs are stored; name one to make it again:", ", ".join(sorted(RECIPES)))
    for name in arguments or missing:
        print(f"{name} ...", flush=True)
        print(f"{name}: {make(name)}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
