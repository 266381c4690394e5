"""Runs and weights that took longer than a lesson: made by `make models`, read by chapters."""

from __future__ import annotations

import json
import os
from http.client import HTTPException
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

__all__ = ["load_run", "model_path"]

FOLDER = Path(__file__).resolve().parent.parent / "book" / "models"
ADDRESS = "https://raw.githubusercontent.com/OWNER/REPO/main/book/models"


def model_path(name: str) -> Path:
    """Returns the path of a stored file, fetched first where the book is not beside the package.

    Args:
        name: a file of `book/models/`, such as `"03_ring.json"`.

    Raises:
        FileNotFoundError: there is no such file, here or at the course's public address.
    """
    beside = FOLDER / name
    if beside.is_file():
        return beside
    cached = Path.home() / ".cache" / "gan_course" / "models" / name
    if not cached.is_file():
        try:
            with urlopen(f"{ADDRESS}/{name}", timeout=30) as answer:
                content = answer.read()
        except (URLError, OSError, HTTPException) as error:
            raise FileNotFoundError(
                f"{name} is neither in {FOLDER} nor to be had from {ADDRESS}: "
                "run the notebook from a clone of the course, or make it with `make models`."
            ) from error
        cached.parent.mkdir(parents=True, exist_ok=True)
        half = cached.with_name(f"{name}.{os.getpid()}.part")
        half.write_bytes(content)
        half.replace(cached)  # whole or not at all
    return cached


def load_run(name: str) -> dict:
    """Returns a stored run: `about` (command, seeds, steps, machine, seconds) and `data`.

    Args:
        name: of the run, such as `"03_ring"`.

    Raises:
        FileNotFoundError: there is no such run.
    """
    return json.loads(model_path(f"{name}.json").read_text())
