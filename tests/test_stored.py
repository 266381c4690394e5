"""Stored runs: found beside the package, fetched where it stands alone, one sentence if neither."""

import json
import subprocess
import sys

import pytest
import test_downloads
from test_downloads import BODY, refused

from gan_course import stored

server = test_downloads.server  # its fixture


def test_a_stored_run_says_how_it_was_made():
    run = stored.load_run("03_ring")
    assert run["about"]["command"] == "python tools/make_models.py 03_ring"
    assert len(run["data"]["histories"]["lr 1e-3 for both"]) == 5


@pytest.fixture
def far(monkeypatch, tmp_path):
    """The package alone: no book beside it, and a cache of its own."""
    monkeypatch.setattr(stored, "FOLDER", tmp_path / "nowhere")
    monkeypatch.setenv("GAN_COURSE_DATA", str(tmp_path / "cache"))
    return lambda at: monkeypatch.setattr(stored, "_address", lambda: at.rsplit("/", 1)[0])


def installed(monkeypatch, note):
    """Let pip have noted this about where the package came from."""

    class Distribution:
        def read_text(self, name):
            return note if name == "direct_url.json" else None

    monkeypatch.setattr(stored.metadata, "distribution", lambda name: Distribution())


@pytest.mark.parametrize("url", ["https://github.com/me/ga.ns", "https://github.com/me/ga.ns.git"])
def test_files_come_from_the_commit_that_pip_has_installed(monkeypatch, url):
    note = {"url": url, "vcs_info": {"vcs": "git", "commit_id": "0123abcd"}}
    installed(monkeypatch, json.dumps(note))
    expected = "https://raw.githubusercontent.com/me/ga.ns/0123abcd/book/models"
    assert stored._address() == expected


@pytest.mark.parametrize("note", [None, '{"url": "file:///course", "dir_info": {}}'])
def test_a_package_from_elsewhere_says_that_it_knows_no_address(far, monkeypatch, note):
    installed(monkeypatch, note)
    with pytest.raises(FileNotFoundError, match="pip did not install from GitHub"):
        stored.model_path("99_nothing.json")


def test_without_the_book_beside_it_a_file_is_fetched_once(far, server):
    far(server.url("good/run.pt"))
    for _ in range(2):
        assert stored.model_path("run.pt").read_bytes() == BODY
    assert server.requests == 1


@pytest.mark.parametrize("kind", ["404", "500", "truncated", "refused"])
def test_what_cannot_be_fetched_gets_one_sentence_and_leaves_nothing(far, server, tmp_path, kind):
    far(refused() if kind == "refused" else server.url(f"{kind}/99_nothing.json"))
    with pytest.raises(FileNotFoundError, match="run the notebook from a clone of the course"):
        stored.load_run("99_nothing")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_cache_that_cannot_be_written_is_named(far, server, tmp_path):
    (tmp_path / "cache").write_text("a file")
    far(server.url("good/run.pt"))
    with pytest.raises(OSError, match=r"run\.pt cannot be kept in .*GAN_COURSE_DATA"):
        stored.model_path("run.pt")


def test_the_downloader_is_imported_when_it_is_needed():
    code = "import sys, gan_course.stored; print({'pooch', 'requests'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
