"""The chapters of the book, read from the one place that lists them: `book/chapters.yml`.

Every tool, every Sphinx extension and every test that goes through the chapters asks here.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Chapter:
    """One chapter, by the name of its notebook: "03_vanilla_gan"."""

    file: str
    root: Path = ROOT

    @property
    def number(self) -> str:
        """Return the two digits that begin all its files: "03"."""
        return self.file[:2]

    @property
    def notebook(self) -> Path:
        """Return the notebook."""
        return self.root / "book" / f"{self.file}.ipynb"

    @property
    def files(self) -> dict[str, Path]:
        """Return all files that a chapter has of its own, by what they are."""
        number = self.number
        return {
            "notebook": self.notebook,
            "solutions": self.root / "book" / "solutions" / f"{self.file}.ipynb",
            "quiz": self.root / "book" / "quizzes" / f"{number}.yml",
            "exercises": self.root / "book" / "exercises" / f"{number}.yml",
            "check": self.root / "gan_course" / "check" / f"chapter{number}.py",
            "test": self.root / "tests" / "check" / f"test_check_chapter{number}.py",
            "cover": self.root / "tools" / "cover" / f"chapter{number}.py",
            "picture": self.root / "book" / "_static" / "cover" / f"{number}.png",
        }


def parts(root: Path = ROOT) -> list[dict]:
    """Return the parts of the book with their chapters, as `book/chapters.yml` has them."""
    return _parsed((root / "book" / "chapters.yml").read_text(encoding="utf-8"))


@lru_cache(maxsize=4)
def _parsed(text: str) -> list[dict]:
    """Return what a YAML text holds. A build asks hundreds of times; nobody changes the answer."""
    return yaml.safe_load(text)


def pages(root: Path = ROOT) -> set[str]:
    """Return the chapters' pages as Sphinx names them: "book/03_vanilla_gan"."""
    return {f"book/{chapter.file}" for chapter in chapters(root)}


def chapters(root: Path = ROOT) -> list[Chapter]:
    """Return all chapters in the order of reading."""
    return [Chapter(entry["file"], root) for part in parts(root) for entry in part["chapters"]]
