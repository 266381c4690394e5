"""The course map says what the notebooks say."""

import importlib
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools" / "sphinx_ext"), str(ROOT / "tools")]
course_map = importlib.import_module("course_map")

chapters = importlib.import_module("chapters")

CHAPTERS = [chapter for part in chapters.parts() for chapter in part["chapters"]]


def notebook(folder: Path, *cells: str) -> Path:
    """Write a notebook of Markdown cells."""
    written = [{"cell_type": "markdown", "metadata": {}, "source": [cell]} for cell in cells]
    path = folder / "09_case.ipynb"
    path.write_text(json.dumps({"cells": written}), encoding="utf-8")
    return path


def test_a_chapter_is_read_from_its_notebook(tmp_path):
    header = "# 09. Cats\n\n**What you need first:** [3](03_x.ipynb), [2](02_y.ipynb).\n\n**Time:** about 5 minutes to read; about 40 s to run on two cores"
    body = ["word " * 3000, "## Deeper: more\n" + "word " * 600, "## Exercises\n", "### 1. One ★\n"]
    path = notebook(tmp_path, header, *body, "### 2. Two ★★\n")
    chapter = course_map.read_chapter(path)
    assert chapter == course_map.Chapter("Cats", "40 s", 25, 5, (2, 3), 2)


def test_a_header_without_a_time_is_refused(tmp_path):
    with pytest.raises(ValueError, match="09_case.ipynb: the header needs a line"):
        course_map.read_chapter(notebook(tmp_path, "# 09. Cats"))


def test_facts_keep_a_number_beside_its_unit():
    line = course_map.facts(course_map.Chapter("Cats", "40 s", 70, 5, (2,), 6)).replace(
        "\N{NO-BREAK SPACE}", "_"
    )
    assert (
        line == "Reading 1_h_10_min (and 5_min) · code runs in 40_s · 6_exercises · needs chapter_2"
    )


@pytest.mark.parametrize("entry", CHAPTERS, ids=lambda entry: entry["file"])
def test_every_chapter_of_the_map_has_its_facts_and_a_picture_with_a_text(entry):
    read = course_map.read_chapter(ROOT / "book" / f"{entry['file']}.ipynb")
    assert read.exercises >= 4
    assert (ROOT / "book" / "_static" / "cover" / f"{entry['file'][:2]}.png").exists()
    assert entry["alt"].endswith(".") and entry["about"]


def test_the_map_leads_to_every_chapter_of_the_book():
    chapters = sorted(path.stem for path in (ROOT / "book").glob("[0-9][0-9]_*.ipynb"))
    assert [chapter["file"] for chapter in CHAPTERS] == chapters
