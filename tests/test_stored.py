"""Stored runs: found beside the package, fetched where it stands alone, one sentence if neither."""

import json

import pytest

from gan_course import stored


def test_a_stored_run_says_how_it_was_made():
    run = stored.load_run("03_ring")
    assert run["about"]["command"] == "python tools/make_models.py 03_ring"
    assert len(run["data"]["histories"]["lr 1e-3 for both"]) == 5


def test_a_missing_run_gets_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setattr(stored, "ADDRESS", "http://127.0.0.1:9")
    monkeypatch.setattr(stored.Path, "home", lambda: tmp_path)
    with pytest.raises(FileNotFoundError, match="run the notebook from a clone of the course"):
        stored.load_run("99_nothing")
    assert not list(tmp_path.rglob("*.json"))


def test_without_the_book_beside_it_a_run_is_fetched_once(monkeypatch, tmp_path):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "run.json").write_text(json.dumps({"about": {}, "data": 7}))
    monkeypatch.setattr(stored, "ADDRESS", (tmp_path / "site").as_uri())
    monkeypatch.setattr(stored, "FOLDER", tmp_path / "nowhere")
    monkeypatch.setattr(stored.Path, "home", lambda: tmp_path)
    assert stored.load_run("run")["data"] == 7
    (tmp_path / "site" / "run.json").unlink()
    assert stored.load_run("run")["data"] == 7  # from the cache
