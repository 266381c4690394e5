"""`make chapter` in a copy of the repository: what it writes builds, runs, and is in every list.

Two chapters are made after the last one, in a new part, with a number left free between them.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from chapters import chapters, parts  # noqa: E402
from new_chapter import inserted, wish  # noqa: E402
from unfinished import unfinished  # noqa: E402

BIN = Path(sys.executable).parent
LEFT_OUT = {".git", ".venv", "_build", "build", "__pycache__", ".pytest_cache", ".ruff_cache"}
PART = "A part: what's next"
LAST = int(chapters()[-1].number)
NUMBERS = [f"{LAST + 1:02}", f"{LAST + 3:02}"]
NEW = [f"{NUMBERS[0]}_first", f"{NUMBERS[1]}_second"]
FREE = str(LAST + 2)
# What an author has to do is what these ask for, and all other tests of chapters pass at once.
LEFT_TO_THE_AUTHOR = {
    "test_report.py::test_every_chapter_has_what_a_chapter_should_have",
    "test_texts.py::test_nothing_is_left_unfinished",
    f"test_form.py::test_a_chapter_ends_with_the_way_to_the_next[{chapters()[-1].number}]",
    *(
        f"test_course_map.py::test_every_chapter_of_the_map_has_its_facts_and_a_picture_with_a_text[{name}]"
        for name in NEW
    ),
}
LISTS = ["chapters", "course_map", "glossary_links", "indices", "notebooks", "quizzes", "report"]
LISTS += ["spelling", "texts", "form", "exercise_cards"]


def run(folder: Path, *command: str | Path) -> subprocess.CompletedProcess:
    """Run a command in the copy, with the copy's own package."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    environment = {**kept, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        list(map(str, command)), cwd=folder, env=environment, capture_output=True, text=True
    )


def make_chapter(folder: Path, **variables: str) -> subprocess.CompletedProcess:
    """Run `make chapter N=11 ...` with the Python of these tests."""
    given = [f"{name}={value}" for name, value in variables.items()]
    return run(folder, "make", "-o", ".venv/installed", f"BIN={BIN}", "chapter", *given)


def digests(folder: Path) -> dict[str, str]:
    """Return what every file of the copy holds."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """Return a copy of the repository with two new chapters; the later one is made first."""
    folder = tmp_path_factory.mktemp("copy") / "course"
    shutil.copytree(ROOT, folder, ignore=lambda _, names: LEFT_OUT & set(names))
    for name, title in zip(reversed(NEW), ("The second: who's first?", "The first")):
        number, _, rest = name.partition("_")
        done = make_chapter(folder, N=number, NAME=rest, TITLE=title, PART=PART)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def built(copy: Path) -> Path:
    """Return the copy with its book built, strictly. The pages of source code are left out."""
    config = copy / "_config.yml"
    config.write_text(config.read_text("utf-8").replace("    - sphinx.ext.viewcode\n", ""), "utf-8")
    done = run(copy, BIN / "jupyter-book", "build", "-W", "-n", "--keep-going", ".")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return copy


def test_the_chapters_stand_in_the_order_of_reading_in_a_part_of_their_own(copy):
    assert [chapter.file for chapter in chapters(copy)][-2:] == NEW
    assert [part["part"] for part in parts(copy)] == [*(part["part"] for part in parts()), PART]


def test_the_notebook_was_executed_and_its_exercise_waits_for_an_answer(copy):
    for chapter in chapters(copy)[-2:]:
        cells = json.loads(chapter.notebook.read_text("utf-8"))["cells"]
        said = ["".join(out.get("text", "")) for cell in cells for out in cell.get("outputs", [])]
        assert "Not answered yet.\n" in said


def test_what_is_written_has_the_one_style(copy):
    own = [path for chapter in chapters(copy)[-2:] for path in chapter.files.values()]
    files = [path for path in own if path.suffix in (".py", ".ipynb")]
    for command in (["check"], ["format", "--check"]):
        done = run(copy, BIN / "ruff", *command, "--no-cache", *files)
        assert done.returncode == 0, done.stdout


def test_the_course_map_shows_the_new_part(built):
    page = f"{parts(built)[-1]['page']}.html"
    page = (built / "_build" / "html" / "book" / page).read_text("utf-8")
    assert re.findall(r'data-chapter="(\d\d)"', page) == NUMBERS


def test_every_list_knows_the_chapters_and_only_the_author_s_work_is_missing(built):
    files = [f"tests/book/test_{name}.py" for name in LISTS]
    files += [str(chapter.files["test"]) for chapter in chapters(built)[-2:]]
    done = run(
        built, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=no", *files
    )
    failed = re.findall(r"^(?:FAILED|ERROR) \S*?(test_\w+\.py\S*)", done.stdout, re.M)
    assert set(failed) == LEFT_TO_THE_AUTHOR, done.stdout[-3000:]


def test_what_is_left_to_write_is_listed_for_every_file_of_a_chapter(copy):
    left = "\n".join(unfinished(copy))
    for chapter in chapters(copy)[-2:]:
        for kind in ("notebook", "solutions", "quiz", "exercises", "check", "test", "cover"):
            assert f"{chapter.files[kind].relative_to(copy)}: " in left
    for path in (
        "README.md",
        "book/chapters.yml",
        "book/teachers.md",
        f"tools/models/chapter{NUMBERS[0]}.py",
    ):
        assert f"{path}: " in left


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({}, f"Chapter {LAST + 1} exists: book/{NEW[0]}.ipynb"),
        ({"N": FREE, "PART": "Part I: Foundations"}, "cannot stand in 'Part I: Foundations'"),
        ({"N": FREE, "TITLE": ""}, "TITLE, the chapter's heading, is missing"),
    ],
)
def test_a_second_run_and_a_wrong_one_are_refused_and_change_nothing(copy, changed, sentence):
    before = digests(copy)
    done = make_chapter(copy, **{"N": str(LAST + 1), "NAME": "other", "TITLE": "Other", **changed})
    assert done.returncode and sentence in done.stderr and "Traceback" not in done.stderr
    assert digests(copy) == before


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("", "name", "Title", ""), "N is the chapter's number"),
        (("0", "name", "Title", ""), "not '0'"),
        (("100", "name", "Title", ""), "not '100'"),
        (("eight", "name", "Title", ""), "not 'eight'"),
        (("98", "", "Title", ""), "NAME names the chapter's files"),
        (("98", "Two words", "Title", ""), "not 'Two words'"),
        (("98", "../name", "Title", ""), "NAME"),
        (("98", "name", " ", ""), "TITLE"),
        (("98", "name", "a | b", ""), r"without '\|'"),
        (("98", "name", "Title", 'a "part"'), "without '\"'"),
        (("7", "evaluation", "Evaluation", ""), "Chapter 7 exists"),
    ],
)
def test_a_wish_that_cannot_be_fulfilled_is_refused_in_a_sentence(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        wish(*arguments)


def test_an_item_goes_before_the_first_of_a_higher_number_or_to_the_end_of_its_list():
    text = "head\n- 2\n- 10\nfoot\n- 3\n"

    def with_item(number: str) -> str:
        return inserted(text, f"- {number}\n", number, "head\n", r"^- (\d+)", "^foot")

    assert with_item("09") == "head\n- 2\n- 09\n- 10\nfoot\n- 3\n"
    assert with_item("11") == "head\n- 2\n- 10\n- 11\nfoot\n- 3\n"
