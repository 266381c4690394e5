"""Which entries of a folder are images, which folders are classes, and what is left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

# What systems and programs leave in folders, besides names that begin with a dot.
SYSTEM = {
    *("__macosx", "thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "__pycache__"),
    *("@eadir", "@recycle", "#recycle", "#snapshot", "$recycle.bin", "lost+found"),
    *("system volume information", "network trash folder", "temporary items"),
}
# Formats that Pillow knows by name and cannot read alone: they need another program.
NAMES_ONLY = {"BUFR", "EPS", "GRIB", "HDF5", "MPEG", "WMF"}


@dataclass
class Contents:
    """What a folder holds.

    Attributes:
        groups: image files by class, sorted; one group named "" if there are no classes.
        left_out: how many entries of which kind are neither.
    """

    groups: dict[str, list[Path]]
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def files(self) -> list[Path]:
        """All image files, class by class."""
        return [file for files in self.groups.values() for file in files]

    def __str__(self) -> str:
        return ", ".join(f"{n} x {kind}" for kind, n in sorted(self.left_out.items()))


def look_into(path: Path) -> Contents:
    """Find the images of a folder, or those of its sub-folders, which then are classes.

    Args:
        path: the folder.

    Raises:
        ValueError: there is no image, or there are images beside folders of images.
    """
    left_out: Counter[str] = Counter()
    images, folders = _sorted_out(path, left_out)
    classes = {}
    for part in folders:
        inside: Counter[str] = Counter()
        files, nested = _sorted_out(part, inside)
        if files:
            classes[part.name] = files
            left_out += inside
            left_out.update(["folder inside a class"] * len(nested))
        else:
            left_out[f"folder without images ({part.name})"] += 1
    if images and classes:
        raise ValueError(
            f"{path} holds {len(images)} images beside {len(classes)} folders of images "
            f"({_some(classes)}): sort all images into folders, one for each class, or give one "
            "folder alone."
        )
    if not images and not classes:
        raise ValueError(f"{path} and its sub-folders hold no image{_instead(folders, left_out)}.")
    return Contents({"": images} if images else classes, left_out)


def _sorted_out(path: Path, left_out: Counter[str]) -> tuple[list[Path], list[Path]]:
    """Return image files and folders, by name; count everything else, but for hidden entries."""
    known, images, folders = _suffixes(), [], []
    for entry in sorted(path.iterdir(), key=lambda entry: entry.name):
        if entry.name.startswith((".", "~$")) or entry.name.casefold() in SYSTEM:
            continue
        if entry.is_dir():
            folders.append(entry)
        elif not entry.is_file():
            left_out["link to nowhere, or no ordinary file"] += 1
        elif entry.suffix.lower() in known:
            images.append(entry)
        else:
            left_out[entry.suffix.lower() or "file without suffix"] += 1
    return images, folders


def _suffixes() -> set[str]:
    """Return the suffixes of all files that Pillow, and what extends it, can read."""
    from PIL import Image

    suffixes = Image.registered_extensions().items()
    return {suffix for suffix, name in suffixes if name in Image.OPEN and name not in NAMES_ONLY}


def _instead(folders: list[Path], left_out: Counter[str]) -> str:
    """Say what a folder without images holds, and where its images may be."""
    for folder in folders:
        _, deeper = _sorted_out(folder, Counter())
        if any(_sorted_out(each, Counter())[0] for each in deeper):
            return f", but there are images one level down: give {folder}"
    kinds = [kind for kind in left_out if kind.startswith(".")]
    return f" that can be read, only files of {_some(sorted(kinds))}" if kinds else ""


def _some(names: Iterable[str], most: int = 5) -> str:
    names = list(names)
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")
