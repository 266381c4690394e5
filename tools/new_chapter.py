"""Write the skeleton of a new chapter: `make chapter N=08 NAME=objectives TITLE="Objectives"`.

With `PART="Part III: Objectives and tricks"` the chapter begins a new part, or joins the part of that
name; else it joins the last one. Everything is written at once: notebook, solutions, checks and their
test, quiz, recipe of models, picture, and a row in each list of chapters. The templates stand in
`tools/skeleton/`. What is left to the author says so: `python tools/unfinished.py`.
"""

import argparse
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import jupytext
import nbformat
import yaml

TOOLS = Path(__file__).resolve().parent
sys.path[:0] = [str(TOOLS), str(TOOLS.parent)]

from chapters import ROOT, Chapter, chapters, parts  # noqa: E402
from set_address import with_address, written  # noqa: E402

USAGE = 'make chapter N=08 NAME=objectives TITLE="Objectives"'
README_ROW = (
    "| @N@ | [@TITLE@](https://owner.github.io/REPO/book/@FILE@.html) | TODO: what it is about | 10 s | "
    "[Colab](https://colab.research.google.com/github/OWNER/REPO/blob/notebooks/book/@FILE@.ipynb) |\n"
)
MAP_ROW = (
    "    - file: @FILE@\n"
    '      description: "TODO: one sentence for search engines and link previews"\n'
    '      about: "TODO: one line for the card"\n'
    '      alt: "TODO: say what the picture on the card shows."\n'
)
TOC_ROW = "      - file: book/@FILE@\n        sections:\n          - file: book/solutions/@FILE@\n"


@dataclass(frozen=True)
class Wish:
    """What the command line asks for, checked: a chapter, its title and the name of its part."""

    chapter: Chapter
    title: str
    part: str

    def fill(self, template: str) -> str:
        """Return a template with this chapter's names and the book's address in it."""
        names = {"NUMBER": self.chapter.number, "N": str(int(self.chapter.number))}
        names |= {"FILE": self.chapter.file, "TITLE": self.title, "PART": self.part}
        text = re.sub(r"@([A-Z]+)@", lambda match: names.get(match[1], match[0]), template)
        return with_address(text, written())


def wish(number: str, name: str, title: str, part: str) -> Wish:
    """Return what is asked for.

    Raises:
        ValueError: a bad or missing number, name or title, or a chapter that exists.
    """
    if not re.fullmatch(r"\d{1,2}", number) or not int(number):
        raise ValueError(f"N is the chapter's number, 1 to 99, not {number!r}: {USAGE}")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise ValueError(
            f"NAME names the chapter's files, in small letters, digits and _, not {name!r}: {USAGE}"
        )
    if not title.strip():
        raise ValueError(f"TITLE, the chapter's heading, is missing: {USAGE}")
    if found := re.search(r'["\\|\[\]<>\n]', title + part):
        raise ValueError(f"TITLE and PART are plain words without {found[0]!r}.")
    taken = {chapter.number: chapter.file for chapter in chapters()}
    if file := taken.get(f"{int(number):02d}"):
        raise ValueError(f"Chapter {int(number)} exists: book/{file}.ipynb. Choose another N.")
    return Wish(Chapter(f"{int(number):02d}_{name}"), title.strip(), part or parts()[-1]["part"])


def inserted(text: str, new: str, number: str, start: str, item: str, stop: str) -> str:
    """Return a list with a new item: before the first one of a higher number, or at the list's end.

    Args:
        text: the file that holds the list.
        new: the item, with its line breaks.
        number: of the new item.
        start: pattern of what the list begins after.
        item: pattern of the beginning of an item, with its number as the first group.
        stop: pattern of what follows the list; the end of the file counts, too.
    """
    begin = re.search(start, text, re.M).end()
    after = re.compile(stop, re.M).search(text, begin)
    place = after.start() if after else len(text)
    for match in re.compile(item, re.M).finditer(text, begin, place):
        if int(match[1]) > int(number):
            place = match.start()
            break
    return text[:place] + new + text[place:]


def template(name: str) -> str:
    """Return a template of `tools/skeleton/`."""
    return (TOOLS / "skeleton" / f"{name}.txt").read_text(encoding="utf-8")


def lists(asked: Wish) -> dict[Path, str]:
    """Return the files that list all chapters, with a row for the new one."""
    names = ("README.md", "_toc.yml", "book/chapters.yml", "book/teachers.md")
    readme, toc, table, teachers = ((ROOT / name).read_text(encoding="utf-8") for name in names)
    if is_new := asked.part not in [part["part"] for part in parts()]:
        page = f"part{len(parts()) + 1}"
        table += f'- part: "{asked.part}"\n  page: {page}\n  chapters:\n'
        caption = f'  - caption: "{asked.part}"\n    chapters:\n      - file: book/{page}\n'
        toc = toc.replace("  - caption: Appendices", f"{caption}  - caption: Appendices")
    number, part = asked.chapter.number, re.escape(asked.part)
    rows = [
        (readme, README_ROW, r"^\| \| read it \|.*\n.*\n", r"^\| (\d+) \|", "^$"),
        (toc, TOC_ROW, f'caption: "{part}"\n', r"^ +- file: book/(\d\d)_", r"^  - caption"),
        (table, MAP_ROW, f'- part: "{part}"\n', r"^    - file: (\d\d)_", "^- part"),
        (teachers, template("week.md"), "^## Week by week\n", r"^### Week (\d+):", "^## "),
    ]
    texts = [
        inserted(text, asked.fill(row), number, start, item, stop)
        for text, row, start, item, stop in rows
    ]
    check_order(asked, texts[2])
    written = {ROOT / name: text for name, text in zip(names, texts, strict=True)}
    if is_new:
        written[ROOT / "book" / f"{page}.md"] = template("part.md").replace("@PAGE@", page)
    return written


def check_order(asked: Wish, table: str) -> None:
    """Refuse a table of chapters that are not in the order of their numbers."""
    order = [entry["file"] for part in yaml.safe_load(table) for entry in part["chapters"]]
    if order != sorted(order):
        raise ValueError(
            f"Chapter {int(asked.chapter.number)} cannot stand in {asked.part!r}: numbers follow the "
            "order of reading. Name another part with PART=, or choose another N."
        )


def own_files(asked: Wish) -> dict[Path, str]:
    """Return the chapter's own files.

    Raises:
        ValueError: one of them is there already.
    """
    number, places = asked.chapter.number, asked.chapter.files
    files = {
        places["notebook"]: "chapter.py",
        places["solutions"]: "solutions.py",
        places["check"]: "check.py",
        places["test"]: "test.py",
        places["quiz"]: "quiz.yml",
        places["exercises"]: "exercises.yml",
        places["cover"]: "cover.py",
        ROOT / "tools" / "models" / f"chapter{number}.py": "model.py",
    }
    for path in files:
        if path.exists():
            raise ValueError(f"{path.relative_to(ROOT)} is there already: remove it first.")
    texts = {path: asked.fill(template(file)) for path, file in files.items()}
    for name in ("notebook", "solutions"):
        notebook = jupytext.reads(texts[places[name]], fmt="py:percent")
        texts[places[name]] = nbformat.writes(notebook) + "\n"
    return texts


def complete(chapter: Chapter) -> None:
    """Make what has to be computed: the picture, the stored runs, the notebooks' outputs."""
    import make_cover
    import make_models
    import run_notebooks

    make_cover.main([chapter.number])
    make_models.main([chapter.file])
    for name in ("notebook", "solutions"):
        path = chapter.files[name]
        print(f"{path.relative_to(ROOT)}: {run_notebooks.bring_up_to_date(path, True, 600)}")


def main() -> None:
    """Write everything, or refuse in a sentence before anything is written."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name in ("number", "name", "title", "part"):
        parser.add_argument(f"--{name}", default="")
    asked = parser.parse_args()
    try:
        new = wish(asked.number, asked.name, asked.title, asked.part)
        texts = own_files(new) | lists(new)
    except ValueError as error:
        sys.exit(str(error))
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    complete(new.chapter)
    print(f"Chapter {int(new.chapter.number)} stands. What is left to write: make report")


if __name__ == "__main__":
    main()
