"""The public address is found where the book is built, and written by one command elsewhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tools"))

import set_address  # noqa: E402

TEXT = """\
    %pip install -q --no-deps git+https://github.com/OWNER/REPO
[Colab](https://colab.research.google.com/github/OWNER/REPO/blob/notebooks/book/01.ipynb)
git clone https://github.com/OWNER/REPO gan-course
![tests](https://github.com/OWNER/REPO/actions/workflows/test.yml/badge.svg)
git@github.com:OWNER/REPO.git, https://raw.githubusercontent.com/OWNER/REPO/main/x.png
Read it at https://owner.github.io/REPO/book/intro.html or https://owner.github.io/REPO.
"""


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch):
    """No workflow runs here."""
    for name in ("GITHUB_REPOSITORY", "GITHUB_ACTIONS", "BOOK_SITE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """Return a small repository, which the module takes for its own."""
    (tmp_path / "book").mkdir()
    (tmp_path / "_config.yml").write_text("repository:\n  url: https://github.com/OWNER/REPO\n")
    (tmp_path / "README.md").write_text(TEXT)
    (tmp_path / "book" / "intro.md").write_text("No address here.\n")
    git(tmp_path, "init", "-q")
    monkeypatch.setattr(set_address, "ROOT", tmp_path)
    monkeypatch.setattr(set_address, "CONFIG", tmp_path / "_config.yml")
    return tmp_path


def git(folder: Path, *arguments: str) -> None:
    """Run git in a folder."""
    subprocess.run(["git", *arguments], cwd=folder, check=True)


def test_files_repeat_what_the_configuration_says():
    """Nobody has to remember all the places: `make address` writes them."""
    slug = set_address.written()
    for path in set_address.files():
        text = path.read_text(encoding="utf-8")
        assert set_address.with_address(text, slug) == text, f"{path.name}: make address"


def test_a_new_address_reaches_every_place():
    changed = set_address.with_address(TEXT, "New/re.po")
    assert not re.search("owner|REPO", changed)
    assert changed.count("New/re.po") == 6
    assert changed.count("https://new.github.io/re.po") == 2
    assert set_address.with_address(changed, set_address.PLACEHOLDER, "New/re.po") == TEXT


def test_without_an_address_links_are_words_and_nothing_is_cloned(clone):
    published = set_address.public(TEXT, "me/gans")
    assert "OWNER" not in published and "owner" not in published
    text = TEXT + "On [the page](https://owner.github.io/REPO/book/01.html#quiz).\n"
    hidden = set_address.public(text, None)
    assert "\nColab\n" in hidden and "git clone" not in hidden and "On the page." in hidden


def test_other_addresses_stay():
    text = "https://github.com/OWNER/REPO-more https://github.com/OWNER/REPO.js github.com/NVlabs/x"
    assert set_address.with_address(text, "me/gans") == text


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/me/ga.ns",
        "https://github.com/me/ga.ns.git",
        "https://name:word@github.com/me/ga.ns.git",
        "git@github.com:me/ga.ns.git",
        "ssh://git@github.com/me/ga.ns.git",
    ],
)
def test_a_clone_knows_where_it_came_from(clone, url):
    git(clone, "remote", "add", "origin", url)
    assert set_address.address() == "me/ga.ns"


def test_a_local_or_foreign_origin_is_no_address(clone):
    assert set_address.address() is None
    git(clone, "remote", "add", "origin", str(clone / "elsewhere"))
    assert set_address.address() is None
    git(clone, "remote", "set-url", "origin", "https://example.org/me/gans.git")
    assert set_address.address() is None


def test_a_copy_inside_somebody_s_own_repository_does_not_take_theirs(clone, monkeypatch):
    git(clone, "remote", "add", "origin", "https://github.com/somebody/else")
    inside = clone / "inside"
    inside.mkdir()
    monkeypatch.setattr(set_address, "ROOT", inside)
    assert set_address.address() is None


def test_without_git_the_configuration_counts(clone, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert set_address.address() is None
    set_address.CONFIG.write_text("repository:\n  url: https://github.com/me/gans\n")
    assert set_address.address() == "me/gans"


def test_a_workflow_s_own_repository_comes_first(clone, monkeypatch):
    git(clone, "remote", "add", "origin", "https://github.com/a/b")
    monkeypatch.setenv("GITHUB_REPOSITORY", "Fork-er/gans")
    assert set_address.address() == "Fork-er/gans"
    assert set_address.site("Fork-er/gans") == "https://fork-er.github.io/gans"
    monkeypatch.setenv("BOOK_SITE", "https://gans.example.org/")
    assert set_address.site("Fork-er/gans") == "https://gans.example.org"


def test_a_user_s_own_pages_have_no_folder():
    assert set_address.site("Me/me.github.io") == "https://me.github.io"


def test_the_command_writes_the_address_that_it_finds(clone, capsys):
    assert set_address.main(["--check"]) == 1
    assert "README.md: OWNER/REPO still stands in 6 lines" in capsys.readouterr().out
    git(clone, "remote", "add", "origin", "git@github.com:me/gans.git")
    assert set_address.main([]) == 0
    assert capsys.readouterr().out == "README.md\n"
    assert "OWNER" not in (clone / "README.md").read_text()
    assert set_address.written() == "me/gans"
    assert set_address.main(["--check"]) == 0
    assert set_address.main(["https://github.com/you/gans2"]) == 0
    assert (clone / "README.md").read_text().count("you/gans2") == 6


def test_the_command_refuses_in_a_sentence(clone):
    with pytest.raises(SystemExit, match="No address was found"):
        set_address.main([])
    with pytest.raises(SystemExit, match="expected https://github.com/OWNER/REPO, got gans"):
        set_address.main(["gans"])


def test_a_workflow_gets_the_places_as_warnings(clone, monkeypatch, capsys):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    set_address.main(["--check"])
    assert "::warning file=README.md,line=1::OWNER/REPO still stands" in capsys.readouterr().out


def test_the_readme_leads_to_pages_and_notebooks_that_there_are():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    pages = re.findall(r"\.github\.io/[^/)\s]+/(book/\w+)\.html", text)
    notebooks = re.findall(r"/blob/notebooks/(book/\w+\.ipynb)", text)
    assert len(pages) > 10 and len(notebooks) > 6
    for name in [*(f"{page}.*" for page in pages), *notebooks]:
        assert list(ROOT.glob(name)), name
    for name in re.findall(r"\]\((?!https?://)([^)#]+)\)", text):
        assert (ROOT / name).exists(), name


def test_a_badge_shows_the_state_of_a_workflow_that_there_is():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (name,) = set(re.findall(r"/actions/workflows/([\w.-]+)", text))
    assert (ROOT / ".github" / "workflows" / name).exists()
