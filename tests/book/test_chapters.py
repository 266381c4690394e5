"""Every list of chapters is the one of `book/chapters.yml`."""

import re
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools" / "sphinx_ext"), str(ROOT / "tools")]

from chapters import Chapter, chapters, pages, parts  # noqa: E402
from course_map import read_chapter  # noqa: E402
from progress import chapter_of  # noqa: E402

CHAPTERS = chapters()
NAMES = [chapter.file for chapter in CHAPTERS]


def toc() -> dict[str, list[str]]:
    """Return the pages of each part of the table of contents, by its caption."""
    listed = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))["parts"]
    return {part["caption"]: [page["file"] for page in part["chapters"]] for part in listed}


@pytest.mark.parametrize("each", CHAPTERS, ids=lambda each: each.file)
def test_a_chapter_has_all_its_files(each):
    missing = [name for name, path in each.files.items() if not path.exists()]
    assert not missing


@pytest.mark.parametrize("kind", CHAPTERS[0].files)
def test_there_are_no_files_of_a_chapter_that_is_not_listed(kind):
    """Files that all tools pass by: the check of a chapter that was renamed, for example."""
    here = Chapter("??_*").files[kind]
    digits = here.name.replace("??", "[0-9][0-9]").replace("_**", "_*")
    found = {path.name for path in here.parent.glob(digits)}
    assert found == {chapter.files[kind].name for chapter in CHAPTERS}


def test_numbers_follow_the_order_of_reading_and_none_is_taken_twice():
    numbers = [chapter.number for chapter in CHAPTERS]
    assert numbers == sorted(set(numbers))


def test_the_table_of_contents_has_the_same_parts_with_the_same_chapters():
    listed = toc()
    for part in parts():
        names = [part["page"], *(entry["file"] for entry in part["chapters"])]
        assert listed[part["part"]] == [f"book/{name}" for name in names]


def test_the_readme_has_a_row_for_each_chapter_with_its_title_and_its_time():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| (\d+) \| \[(.*?)\]\(\S*/book/(\w+)\.html\) \|.*?\| (\d+ s) \|", text, re.M
    )
    assert [(int(number), file) for number, _, file, _ in rows] == [
        (int(chapter.number), chapter.file) for chapter in CHAPTERS
    ]
    for _, title, file, seconds in rows:
        facts = read_chapter(ROOT / "book" / f"{file}.ipynb")
        assert facts.title.startswith(title) and facts.runs == seconds, file


def test_teachers_have_a_week_for_each_chapter():
    text = (ROOT / "book" / "teachers.md").read_text(encoding="utf-8")
    weeks = re.findall(
        r"^### Week (\d+): .*\n(?:\n|- .*\n)*?- \*\*Read\.\*\*.*?\((\w+)\.ipynb\)", text, re.M
    )
    assert weeks == [(str(int(chapter.number)), chapter.file) for chapter in CHAPTERS]


def test_pages_are_known_to_the_extensions_by_their_number():
    assert sorted(pages()) == [f"book/{name}" for name in NAMES]
    assert [chapter_of(page) for page in sorted(pages())] == [name[:2] for name in NAMES]


def test_no_text_says_how_many_chapters_there_are():
    """Such a number would be wrong after the next chapter."""
    count = r"\b(?:six|seven|eight|nine|ten|eleven|twelve|\d+)(?: |-)(?:chapters|weeks?)\b"
    for path in [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        *sorted((ROOT / "book").glob("*.md")),
    ]:
        found = re.search(count, path.read_text(encoding="utf-8"), re.I)
        assert not found, f"{path.name}: {found.group()}"
