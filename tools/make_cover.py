"""Make the pictures of the cover and the course map from the course's own stored models.

    python tools/make_cover.py        all of them
    python tools/make_cover.py 08     the picture of this chapter

Writes `book/_static/cover/*.png`. Each picture is a sample, a stored run or an exact computation, the
same at every run: `picture()` of `tools/cover/chapterNN.py`. Its text for readers who do not see it
stands in `book/chapters.yml`.
"""

import importlib
import sys
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "book" / "_static" / "cover"
sys.path[:0] = [str(ROOT / "tools"), str(ROOT)]  # the root holds recipes/

from chapters import chapters  # noqa: E402


def picture(name: str) -> Image.Image:
    """Return the picture of a chapter, by its number, or the cover's banner."""
    if name == "banner":
        from cover.drawing import by_class, tiles

        return tiles(by_class(rows=10, seed=4), columns=20, scale=2)  # two handwritings to a row
    return importlib.import_module(f"cover.chapter{name}").picture()


def main(names: list[str]) -> None:
    """Make the pictures named on the command line, or all."""
    known = ["banner", *(chapter.number for chapter in chapters())]
    if unknown := [name for name in names if name not in known]:
        sys.exit(f"There is no picture {unknown[0]!r}: choose from {', '.join(known)}.")
    FOLDER.mkdir(exist_ok=True)
    for name in names or known:
        picture(name).save(FOLDER / f"{name}.png", optimize=True)
        print(f"{name}.png: {(FOLDER / f'{name}.png').stat().st_size / 1000:.0f} KB")


if __name__ == "__main__":
    main(sys.argv[1:])
