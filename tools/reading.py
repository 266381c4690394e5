"""How long a chapter takes to read, by a rule that anyone can check.

    python tools/reading.py                      every chapter: minutes and cells
    python tools/reading.py book/03_x.ipynb      these

150 words of prose a minute, a formula in a line counted as one word and a displayed one as twenty;
20 lines of visible code a minute; 20 seconds for a picture with its caption, a film or a demo.
Exercises come on top, and what stands under a heading that begins with "Deeper: " is counted apart.
"""

import json
import math
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent))

from chapters import chapters

WORDS, LINES, PICTURES = 150, 20, 3  # a minute
FORMULA = 20  # words
HEADING = re.compile(r"^(#{1,6}) (.*)")
DEEPER, EXERCISES = "Deeper: ", "Exercises"
# What a demo's box says to readers of a notebook and of paper: tools/sphinx_ext/demos.py.
ELSEWHERE = re.compile(
    r"^(:{3,})\{div\} (?:in-notebook|on-paper)$.*?^\1$", re.MULTILINE | re.DOTALL
)
HIDDEN = {"remove-cell", "remove-input", "hide-input", "hide-cell"}
TIME = re.compile(
    r"^\*\*Time:\*\* about (\d+) minutes to read(?:, (\d+) more under \*Deeper\*)?; "
    r"about (\d+ (?:s|min)) to run on two cores",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Reading:
    """What a chapter asks of its reader.

    Attributes:
        core: minutes for the chapter itself, without exercises, rounded up to fives.
        deeper: minutes for all that is folded under "Deeper", likewise.
        cells: of the core.
    """

    core: int
    deeper: int
    cells: int


@dataclass(frozen=True)
class Header:
    """What a chapter's header says: minutes of the core and of what is deeper, and its run time."""

    core: int
    deeper: int
    runs: str  # "30 s"


def read(path: Path) -> Reading:
    """Return what a notebook asks of its reader, by the rule above."""
    minutes = {"core": 0.0, "deeper": 0.0, "exercises": 0.0}
    part, level, cells = "core", 0, 0
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "markdown":
            for line_level, title, text in _sections("".join(cell["source"])):
                if line_level and (part == "core" or line_level <= level):
                    part, level = _part_of(title), line_level
                minutes[part] += _prose(f"{title}\n{text}")
        else:
            minutes[part] += _code(cell)
        cells += part == "core"
    core, deeper = (5 * math.ceil(minutes[part] / 5) for part in ("core", "deeper"))
    return Reading(core, deeper, cells)


def stated(path: Path) -> Header | None:
    """Return what a notebook's header says; None if it has no such line."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    found = TIME.search("".join(cells[0]["source"]))
    return Header(int(found[1]), int(found[2] or 0), found[3]) if found else None


def _part_of(title: str) -> str:
    title = re.sub(r"^\d+\. ", "", title)
    if title.startswith(DEEPER):
        return "deeper"
    return "exercises" if title.startswith(EXERCISES) else "core"


def _sections(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield level and title of each heading, 0 for none, with the text below it."""
    level, title, lines = 0, "", []
    fenced = False
    for line in text.splitlines():
        fenced ^= line.startswith("```")
        heading = None if fenced else HEADING.match(line)
        if heading:
            yield level, title, "\n".join(lines)
            level, title, lines = len(heading[1]), heading[2], []
        else:
            lines.append(line)
    yield level, title, "\n".join(lines)


def _prose(text: str) -> float:
    """Return the minutes that prose takes, its displayed formulas and demos included."""
    demos = len(re.findall(r"^:+\{div\} demo ", text, re.MULTILINE))
    text = ELSEWHERE.sub("", text)
    text = re.sub(r"^:{3,}.*|^:[\w-]+:.*$|\]\([^)]*\)", " ", text, flags=re.M)  # fences, links
    text, formulas = re.subn(r"\$\$.+?\$\$", " ", text, flags=re.DOTALL)
    text = re.sub(r"\$[^$]+\$", " formula ", text)
    words = len(re.findall(r"\w[\w'-]*", text))
    return (words + FORMULA * formulas) / WORDS + demos / PICTURES


def _code(cell: dict) -> float:
    """Return the minutes that a code cell takes: its visible lines, and its pictures."""
    tags = set(cell["metadata"].get("tags", []))
    if tags & {"remove-cell", "hide-cell"}:
        return 0.0
    source = "" if tags & HIDDEN else "".join(cell["source"])
    pictures = sum("image/png" in output.get("data", {}) for output in cell.get("outputs", []))
    return sum(map(bool, map(str.strip, source.splitlines()))) / LINES + pictures / PICTURES


def main(paths: list[str]) -> None:
    """Print a line for each notebook."""
    for path in map(Path, paths or [chapter.notebook for chapter in chapters()]):
        reading = read(path)
        print(
            f"{path.stem:20} about {reading.core} minutes to read, {reading.deeper} more under "
            f"*Deeper*; {reading.cells} cells of the core"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
