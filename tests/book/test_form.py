"""All chapters have one form, so that a reader who knows one knows where to look in the next."""

import re
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tools"))

from chapters import chapters  # noqa: E402

END = ["Myths", "Bug clinic: ", "Deeper: ", "Exercises", "Quiz", "What you learned", "Read next"]
INTRO = (
    "Each exercise has a stub for your code and a check below it. Until you write something, the check "
    "says “Not answered yet.” An answer that is wrong gets a hint, and `hint=2` as a last argument "
    "gives a stronger one. The [solutions](solutions/{name}) explain one answer to each."
)
FOLD = re.compile(r"(?m)^:::\{(?P<kind>dropdown|admonition)\} (?P<title>.*)\n(?P<option>:.*)?")


def cells(path: Path) -> list[str]:
    """Return the Markdown cells of a notebook."""
    found = nbformat.read(path, as_version=4).cells
    return [cell.source for cell in found if cell.cell_type == "markdown"]


def headings(path: Path, level: int) -> list[str]:
    """Return the headings of one level, without those in code."""
    text = re.sub(r"(?ms)^```.*?^```$", "", "\n".join(cells(path)))
    return re.findall(rf"(?m)^{'#' * level} (.*)$", text)


def test_sections_are_numbered_and_what_every_chapter_ends_with_is_not(chapter: Path):
    titles = headings(chapter, 2)
    ends = [title for title in titles if title.startswith(tuple(END))]
    numbered = [title for title in titles if title not in ends]
    assert [title.split(" ")[0] for title in numbered] == [
        f"{number}." for number in range(1, len(numbered) + 1)
    ]
    kinds = [next(kind for kind in END if title.startswith(kind)) for title in ends]
    assert kinds[-4:] == END[-4:]
    assert set(kinds[:-4]) <= set(END[:3])


def test_sections_of_a_section_have_no_number(chapter: Path):
    for title in headings(chapter, 3):
        assert re.match(r"\d+\. .*[^.] ★{1,3}$|[^\d★]+[^★]*$", title), title


def test_each_exercise_begins_a_cell_and_they_are_counted(chapter: Path):
    found = [re.match(r"### (\d+)\. .* ★{1,3}\n\n\S", cell) for cell in cells(chapter)]
    numbers = [int(match[1]) for match in found if match]
    assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) >= 1
    assert len(re.findall(r"(?m)^### .*★$", "\n".join(cells(chapter)))) == len(numbers)


def test_exercises_are_introduced_in_the_same_words(chapter: Path):
    intro = next(cell for cell in cells(chapter) if cell.startswith("## Exercises\n"))
    assert intro.split("\n\n")[1] == INTRO.format(name=chapter.name)


def test_a_solution_is_called_like_its_exercise(chapter: Path):
    exercises = [title for title in headings(chapter, 3) if "★" in title]
    assert headings(chapter.parent / "solutions" / chapter.name, 2) == exercises


def test_a_myth_is_a_fold_of_its_own_that_says_the_belief(chapter: Path):
    for fold in FOLD.finditer("\n".join(cells(chapter))):
        assert fold["title"] != "Myths"
        if "Myth" in fold["title"]:
            assert fold["kind"] == "dropdown" and fold["option"] == ":color: warning", fold[0]
            assert re.match(r"Myth: .*[^.]$", fold["title"]), fold[0]


def test_what_folds_is_a_dropdown(chapter: Path):
    for fold in FOLD.finditer("\n".join(cells(chapter))):
        assert "dropdown" not in (fold["option"] or ""), f"use :::{{dropdown}}: {fold[0]}"


def test_theorems_have_a_name_and_no_number(chapter: Path):
    for theorem in re.findall(r"(?ms)^:::\{prf:theorem\}\n(.*?)^:::$", "\n".join(cells(chapter))):
        assert re.match(r":label: [a-z0-9-]+\n:nonumber:\n\n\*\*.+?\*\* ", theorem), theorem[:80]


@pytest.mark.parametrize(
    "place", range(len(chapters()) - 1), ids=lambda place: chapters()[place].number
)
def test_a_chapter_ends_with_the_way_to_the_next(place):
    here, there = chapters()[place : place + 2]
    if int(there.number) != int(here.number) + 1:
        pytest.skip("a chapter between them is not written yet")
    last = cells(here.notebook)[-1].strip().split("\n\n")[-1]
    assert last.startswith(f"Next: [chapter {int(there.number)}]({there.file}.ipynb) "), last
