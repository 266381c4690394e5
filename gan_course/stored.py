"""Runs and weights that took longer than a lesson: made by `make models`, read by chapters."""

from __future__ import annotations

import json
import re
from importlib import metadata
from pathlib import Path

from .data.download import cache_folder

__all__ = ["load_run", "model_path"]

FOLDER = Path(__file__).resolve().parent.parent / "book" / "models"


def model_path(name: str) -> Path:
    """Return the path of a stored file, fetched first where the book is not beside the package.

    Args:
        name: a file of `book/models/`, such as `"03_ring.json"`.

    Raises:
        FileNotFoundError: there is no such file, here or in the repository that pip installed from.
        OSError: the folder for downloads cannot be written.
    """
    beside = FOLDER / name
    return beside if beside.is_file() else _fetched(name)


def _address() -> str | None:
    """Return where the stored files lie in the net: in the very commit that pip has installed."""
    try:
        note = metadata.distribution("gan_course").read_text("direct_url.json") or "{}"
    except metadata.PackageNotFoundError:
        return None
    origin = json.loads(note)
    commit = origin.get("vcs_info", {}).get("commit_id")
    found = re.search(r"github\.com/([\w-]+/[\w.-]+?)(\.git)?/?$", origin.get("url", ""))
    if not (commit and found):
        return None
    return f"https://raw.githubusercontent.com/{found[1]}/{commit}/book/models"


def _fetched(name: str) -> Path:
    """Return the path of a file in the cache, downloaded if it is not there yet."""
    import pooch
    import requests

    missing = (
        f"{name} is neither in {FOLDER} nor to be had from {{}}: "
        "run the notebook from a clone of the course, or make it with `make models`."
    )
    address = _address()
    if address is None:
        raise FileNotFoundError(missing.format("the net (pip did not install from GitHub)"))
    download = pooch.HTTPDownloader(timeout=(5, 30))
    folder = cache_folder() / "models"
    try:
        return Path(pooch.retrieve(f"{address}/{name}", None, name, folder, downloader=download))
    except requests.RequestException as error:
        raise FileNotFoundError(missing.format(address)) from error
    except OSError as error:
        raise OSError(
            error.errno,
            f"{name} cannot be kept in {folder} ({error.strerror or error}): name another folder "
            "by the environment variable GAN_COURSE_DATA.",
        ) from error


def load_run(name: str) -> dict:
    """Return a stored run: `about` (command, seeds, steps, machine, seconds) and `data`.

    Args:
        name: of the run, such as `"03_ring"`.

    Raises:
        FileNotFoundError: there is no such run.
    """
    return json.loads(model_path(f"{name}.json").read_text())
