"""What every recipe of `make models` shares: its name, and how its result is stored."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path

import torch

from gan_course.checkpoint import save_generator

MODELS = Path(__file__).resolve().parents[2] / "book" / "models"
RECIPES: dict[str, Callable[[], dict]] = {}


def recipe(name: str) -> Callable:
    """Register a function that makes `book/models/<name>.json` out of what it returns.

    The function returns a dict: its key `"about"` (seeds, steps, and what else a reader should
    know) is completed here with the command, the machine and the time; the rest is the data.
    """

    def register(make: Callable[[], dict]) -> Callable[[], dict]:
        RECIPES[name] = make
        return make

    return register


def machine() -> str:
    """Return the class of this machine, in words that identify nobody."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{cores}-core {platform.machine()} CPU, {torch.get_num_threads()} threads"


def make(name: str, folder: Path = MODELS) -> Path:
    """Run one recipe and store its result in `folder`, with how it was made."""
    start = time.perf_counter()
    result = RECIPES[name]()
    about = {
        "command": f"python tools/make_models.py {name}",
        **result.pop("about"),
        "machine": machine(),
        "torch": torch.__version__,
        "seconds": round(time.perf_counter() - start, 1),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for file, kept in result.pop("generators", {}).items():  # a game's G, or (game, "F")
        game, network = kept if isinstance(kept, tuple) else (kept, "G")
        save_generator(game, folder / f"{file}.pt", network)
    path = folder / f"{name}.json"
    path.write_text(json.dumps({"about": about, "data": result}, indent=None) + "\n")
    return path


def rounded(history: list[dict], digits: int = 5) -> list[dict]:
    """Return records without their seconds, rounded to `digits` significant digits."""
    return [
        {k: float(f"{v:.{digits}g}") for k, v in record.items() if k != "seconds"}
        for record in history
    ]
