"""Every page says in one written sentence what it is about, and when it changed last."""

import datetime
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tools"))

import dates  # noqa: E402
from descriptions import OTHERS, description  # noqa: E402

PAGES = re.findall(r"(?:root|file): (\S+)", (ROOT / "_toc.yml").read_text(encoding="utf-8"))


def front_matter(page: str) -> dict:
    """Return the front matter of a page of text."""
    path = ROOT / f"{page}.md"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return yaml.safe_load(text.split("---\n")[1]) if text.startswith("---\n") else {}


@pytest.mark.parametrize("page", [*PAGES, *OTHERS])
def test_a_page_says_in_one_sentence_what_it_is_about(page):
    text = description(page, front_matter(page))
    assert 80 <= len(text) <= 200, f"{len(text)} signs: write `description` in the front matter"
    assert text.endswith(".") and ". " not in text and text[0].isupper()
    assert not re.search(r"[$\\…<>*`]|\]\(", text), "no TeX, no Markdown, nothing cut off"


def test_no_two_pages_say_the_same():
    texts = [description(page, front_matter(page)) for page in {*PAGES, *OTHERS}]
    assert len(set(texts)) == len(texts)


def test_a_page_of_source_code_says_what_its_module_does():
    text = description("_modules/gan_course/penalties")
    assert text.startswith("Source code of gan_course.penalties. ") and len(text) > 50


def git(folder: Path, *arguments: str, date: str = "2026-01-02T03:04:05+00:00") -> None:
    """Run git as somebody, on a day."""
    who = ["-c", "user.name=A", "-c", "user.email=a@b.org"]
    environment = {"PATH": "/usr/bin:/bin", "GIT_COMMITTER_DATE": date, "GIT_AUTHOR_DATE": date}
    subprocess.run(["git", *who, *arguments], cwd=folder, env=environment, check=True)


@pytest.fixture
def history(tmp_path) -> Path:
    """Return a repository with two files of two days."""
    folder = tmp_path / "course"
    folder.mkdir()
    git(folder, "init", "-q")
    for name, day in (("old file.md", 2), ("new.md", 9)):
        (folder / name).write_text(name)
        git(folder, "add", ".")
        git(folder, "commit", "-qm", name, date=f"2026-01-0{day}T23:59:00+02:00")
    return folder


def test_a_file_s_date_is_that_of_its_last_commit(history):
    known = dates.last_changes(history)
    assert known == {
        "old file.md": datetime.date(2026, 1, 2),
        "new.md": datetime.date(2026, 1, 9),
    }
    assert dates.in_words(known["new.md"]) == "9 January 2026"


def test_a_shallow_clone_gives_no_date_that_it_cannot_know(history, tmp_path):
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{history}", "shallow")
    assert dates.last_changes(tmp_path / "shallow") == {}
    git(tmp_path, "clone", "-q", f"file://{history}", "deep")
    assert len(dates.last_changes(tmp_path / "deep")) == 2


def test_a_copy_without_git_and_one_inside_another_repository_give_none(history, tmp_path):
    (tmp_path / "copy").mkdir()
    assert dates.last_changes(tmp_path / "copy") == {}
    (history / "copy").mkdir()
    assert dates.last_changes(history / "copy") == {}
