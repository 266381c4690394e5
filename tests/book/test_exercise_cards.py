"""What the page adds to exercises: numbers that the solutions confirm, and words that lead."""

import math
import re
import sys
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
import torch

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tools" / "sphinx_ext")]

from chapters import Chapter, chapters  # noqa: E402
from exercise_cards import (  # noqa: E402
    ExercisePage,
    computed,
    kind_of,
    names,
    read_exercises,
    shortest,
    with_pages,
)

HEADING = re.compile(r"## (\d+)\. .*★$", re.MULTILINE)
FILES = [ROOT / "book" / "exercises" / f"{chapter.number}.yml" for chapter in chapters()]
ALL = [
    (chapter, entry)
    for chapter, path in zip(chapters(), FILES, strict=True)
    for entry in read_exercises(path).values()
]
PARTS = [(chapter, entry, part) for chapter, entry in ALL for part in entry["parts"]]
NUMBERS = [(chapter, entry, part) for chapter, entry, part in PARTS if kind_of(part) == "value"]


def named(case: tuple) -> str:
    """Return the name of a case: 03-2-width."""
    chapter, entry, *part = case
    return "-".join([chapter.number, str(entry["exercise"]), *(one["id"] for one in part)])


@cache
def solution(chapter: Chapter, number: int) -> dict:
    """Return the names that the solution of one exercise defines, up to its check."""
    found, at, checked = {**names(), "np": np, "torch": torch}, 0, False
    for cell in nbformat.read(chapter.files["solutions"], as_version=4).cells:
        heading = HEADING.search(cell.source) if cell.cell_type == "markdown" else None
        if heading:
            if at == number:
                break
            at = int(heading[1])
            continue
        wanted = not at or (at == number and not checked)  # imports, then the answer
        if cell.cell_type == "code" and wanted and "google.colab" not in cell.source:
            exec(re.sub(r"(?m)^assert check\..*$", "", cell.source), found)
            checked = "assert check." in cell.source
    return found


def test_every_exercise_of_a_chapter_has_its_entry(chapter: Path):
    cells = nbformat.read(chapter, as_version=4).cells
    headings = [re.match(r"### (\d+)\. .*★\n", cell.source) for cell in cells]
    found = read_exercises(ROOT / "book" / "exercises" / f"{chapter.stem[:2]}.yml")
    assert sorted(found) == [int(match[1]) for match in headings if match]


@pytest.mark.parametrize("case", NUMBERS, ids=named)
def test_a_number_is_what_the_solution_returns(case):
    chapter, entry, part = case
    value = computed(part["value"])
    assert math.isfinite(value)
    if "agrees" in part:
        returned = float(eval(part["agrees"], solution(chapter, entry["exercise"])))
        assert abs(returned - value) <= max(part["within"], 1e-9), (returned, value)


def test_most_numbers_are_confirmed_by_a_solution():
    confirmed = sum("agrees" in part for _, _, part in NUMBERS)
    assert confirmed >= 0.8 * len(NUMBERS)


@pytest.mark.parametrize("case", NUMBERS, ids=named)
def test_known_mistakes_differ_from_the_answer_and_from_each_other(case):
    part = case[2]
    numbers = [part["value"], *(mistake["of"] for mistake in part.get("mistakes", []))]
    found = sorted(map(computed, numbers))
    gaps = [b - a for a, b in zip(found, found[1:], strict=False)]
    assert all(gap > 2 * part["within"] for gap in gaps), found


@pytest.mark.parametrize("case", NUMBERS, ids=named)
def test_an_answer_may_be_rounded_to_two_decimals(case):
    part = case[2]
    value = computed(part["value"])
    assert abs(round(value, 2) - value) <= part["within"] * (1 + 1e-9), value


@pytest.mark.parametrize("case", [one for one in PARTS if "holds" in one[2]], ids=named)
def test_the_right_choice_is_right(case):
    chapter, entry, part = case
    assert eval(part["holds"], solution(chapter, entry["exercise"]))


@pytest.mark.parametrize("case", [one for one in PARTS if "rows" in one[2]], ids=named)
def test_rows_name_options_and_no_two_the_same(case):
    part = case[2]
    answers = [row["is"] for row in part["rows"]]
    assert set(answers) <= set(part["options"]) and len(set(answers)) == len(answers)


def test_the_diagnoses_are_those_of_the_solutions():
    rows = {
        (chapter.number, row["row"]): row["is"]
        for chapter, _, part in PARTS
        for row in part.get("rows", [])
    }
    third, seventh = (next(c for c in chapters() if c.number == n) for n in ("03", "07"))
    for name, run in solution(third, 4)["diagnosis"].items():
        assert rows["03", name] == f"run {run}"
    for name in "ABCD":
        assert rows["07", name].startswith(f"{solution(seventh, 3)[name]} ")


@pytest.mark.parametrize("case", ALL, ids=named)
def test_words_say_nothing_of_what_the_reader_did(case):
    _, entry = case
    texts = [*entry["hints"]]
    for part in entry["parts"]:
        choices = [part["right"], *part.get("wrong", [])]
        texts += [one["why"] for one in part.get("mistakes", []) + part.get("rows", [])]
        texts += [one["why"] for one in choices if isinstance(one, dict)]
        texts += [part["else"]] if "else" in part else []
    for text in texts:
        assert not re.search(r"\b[Yy]ou (have|forgot|took|used|added|did|divided)\b", text), text
    assert entry["minutes"] % 5 == 0


@pytest.mark.parametrize(
    ("number", "within", "text"),
    [(0.57889, 0.005, "0.579"), (151.0, 0, "151"), (1.0, 0.001, "1"), (10.1, 0.02, "10.1")],
)
def test_a_number_is_shown_with_the_digits_that_count(number, within, text):
    assert shortest(number, within) == text


@pytest.mark.parametrize(
    ("part", "sentence"),
    [
        ({"id": "a", "ask": "?"}, "give `value`, `wrong` or `rows`"),
        ({"id": "a", "ask": "?", "value": "1", "within": 1, "right": "."}, "needs"),
        ({"id": "a", "ask": "?", "wrong": [], "right": {}, "hint": ""}, "may have"),
    ],
)
def test_a_part_that_lacks_something_is_refused_by_name(part, sentence):
    with pytest.raises(ValueError, match=sentence):
        kind_of(part)


@pytest.mark.parametrize("address", ["", "Me/gans"])
def test_an_exercise_leads_to_its_cell_in_colab_where_the_book_has_an_address(address):
    config = SimpleNamespace(public_address=address)
    page = SimpleNamespace(env=SimpleNamespace(docname="book/03_x", config=config))
    links = ExercisePage.links(page, "2", "a1b2c3d4")
    places = [link["attributes"]["href"] for link in links]
    colab = "https://colab.research.google.com/github/Me/gans/blob/notebooks/book/03_x.ipynb"
    assert places[:-2] == ([f"{colab}#scrollTo=a1b2c3d4"] if address else [])
    assert places[-1] == "solutions/03_x.html#exercise-2"


def test_the_cell_that_is_linked_is_the_one_of_the_exercise():
    cells = [
        {"cell_type": "markdown", "id": "aa", "source": ["## Exercises\n", "\n", "Do."]},
        {"cell_type": "markdown", "id": "bb", "source": ["### 2. Widths ★★\n", "\n", "How?"]},
        {"cell_type": "code", "id": "cc", "source": ["### 2. No heading ★"]},
    ]
    changed = [cell["source"] for cell in with_pages(cells, "03", questions=True)]
    assert changed[0].startswith("## Exercises\n\nDo.\n\nHere in the page")
    assert changed[1].endswith("How?\n\n:::{exercise-page} 03 2 bb\n:::")
    assert changed[2] == ["### 2. No heading ★"]
