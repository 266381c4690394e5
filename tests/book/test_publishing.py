"""What the workflow publishes, as far as it can be run without GitHub."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tools"))

from plain_notebooks import main  # noqa: E402
from set_address import BRANCH, colab  # noqa: E402

WORKFLOW = yaml.safe_load((ROOT / ".github" / "workflows" / "publish.yml").read_text("utf-8"))
JOBS = WORKFLOW["jobs"]


def steps(job: str) -> list[dict]:
    """Return the steps of a job."""
    return JOBS[job]["steps"]


def step(job: str, word: str) -> dict:
    """Return the first step of a job that runs or uses something of this name."""
    return next(s for s in steps(job) if word in s.get("run", "") + s.get("uses", ""))


def git(folder: Path, *arguments: str) -> str:
    """Return what git prints in a folder."""
    done = subprocess.run(
        ["git", *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_a_job_may_do_only_what_it_has_to():
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert [job for job in JOBS if JOBS[job].get("permissions", {}).get("contents") == "write"] == [
        "notebooks"
    ]
    assert step("build", "checkout")["with"]["persist-credentials"] is False


def test_the_whole_past_is_fetched_so_that_pages_have_their_dates():
    assert step("build", "checkout")["with"]["fetch-depth"] == 0


def test_the_book_and_the_notebooks_learn_where_the_pages_will_stand():
    made = step("build", "make book")
    assert made["run"].split()[1:] == ["book", "plain"]
    for each in (made, step("build", "make test-site")):
        assert each["env"]["BOOK_SITE"] == "${{ steps.pages.outputs.base_url }}"
    assert step("build", "configure-pages")["id"] == "pages"


def test_what_is_uploaded_is_what_is_built():
    assert step("build", "upload-pages-artifact")["with"]["path"] == "_build/html"
    assert step("build", "upload-artifact")["with"] == {"name": "notebooks", "path": "_build/plain"}
    assert step("notebooks", "download-artifact")["with"]["name"] == "notebooks"


@pytest.fixture(scope="module")
def pushed(tmp_path_factory) -> Path:
    """Return a bare repository to which the workflow's own step has pushed twice."""
    folder = tmp_path_factory.mktemp("branch")
    target = folder / "remote.git"
    git(folder, "init", "-q", "--bare", str(target))
    script = step("notebooks", "git push")["run"]
    for sha in ("0123", "4567"):
        made = folder / sha
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("GITHUB_REPOSITORY", "Me/gans")
            patch.setenv("GITHUB_SHA", sha)
            patch.delenv("BOOK_SITE", raising=False)
            main(["--to", str(made)])
        environment = {**os.environ, "GITHUB_SHA": sha, "TARGET": str(target), "HOME": str(folder)}
        subprocess.run(["bash", "-e", "-c", script], cwd=made, env=environment, check=True)
    return target


def test_the_branch_is_one_commit_that_holds_every_notebook_where_colab_looks(pushed):
    assert git(pushed, "log", "--format=%s", BRANCH) == "Notebooks of 4567\n"
    held = git(pushed, "ls-tree", "-r", "--name-only", BRANCH).splitlines()
    book = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "book").rglob("*.ipynb"))
    assert sorted(held) == sorted([*book, "README.md"])
    assert colab("Me/gans", book[0]).endswith(f"/Me/gans/blob/{BRANCH}/{book[0]}")


def test_a_notebook_of_the_branch_installs_from_the_repository_that_made_it(pushed):
    text = git(pushed, "show", f"{BRANCH}:book/03_vanilla_gan.ipynb")
    code = [cell for cell in nbformat.reads(text, 4).cells if cell.cell_type == "code"]
    assert "%pip install -q --no-deps git+https://github.com/Me/gans" in code[0].source
    assert "4567" in git(pushed, "show", f"{BRANCH}:README.md")
