"""What several tests of the command share."""

import pytest


@pytest.fixture
def elsewhere(tmp_path, tmp_path_factory, monkeypatch):
    """An empty folder, which is where we are; trained classifiers are kept for the other tests."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GAN_COURSE_DATA", str(tmp_path_factory.getbasetemp() / "cache"))
