"""Files written whole or not at all, by as many writers as there are."""

import errno
import os
import subprocess
import sys
import threading

import pytest
from games_for_tests import plain

from gan_course.checkpoint import load, save
from gan_course.writing import write_atomically


def test_a_file_is_made_and_replaced_and_nothing_else_is_left(tmp_path):
    path = tmp_path / "new" / "file"
    for content in (b"one", memoryview(b"two"), b""):
        write_atomically(path, content)
        assert path.read_bytes() == bytes(content)
    assert [file.name for file in path.parent.iterdir()] == ["file"]


def test_threads_that_save_to_one_path_all_succeed_and_readers_see_whole_files(tmp_path):
    path, wrong, done = tmp_path / "game.pt", [], threading.Event()
    save(plain(), path)

    def attempt(act):
        try:
            act()
        except Exception as error:
            wrong.append(str(error))

    def write():
        game = plain()
        for _ in range(20):
            attempt(lambda: save(game, path))

    def read():
        game = plain()
        while not done.is_set():
            attempt(lambda: load(game, path))

    reader, writers = threading.Thread(target=read), [threading.Thread(target=write) for _ in "abc"]
    for thread in [reader, *writers]:
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    reader.join()
    assert wrong == []
    assert [file.name for file in tmp_path.iterdir()] == ["game.pt"]


WRITER = """
import sys
from gan_course.writing import write_atomically
for _ in range(300):
    write_atomically(sys.argv[1], sys.argv[2].encode() * 100_000)
"""


def test_processes_that_write_to_one_path_all_succeed(tmp_path):
    path = tmp_path / "file"
    write_atomically(path, b"a" * 100_000)
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(path), c]) for c in "ab"]
    while any(writer.poll() is None for writer in writers):
        content = path.read_bytes()
        assert len(content) == 100_000 and len({*content}) == 1
    assert [writer.returncode for writer in writers] == [0, 0]
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("number", "full"),
    [(errno.ENOSPC, True), (errno.EFBIG, True), (errno.EPIPE, False), (errno.EACCES, False)],
)
def test_only_a_full_disk_is_called_one(number, full, tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"old")

    def fail(*args):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="what was saved before is untouched") as caught:
        write_atomically(tmp_path / "file", b"new")
    assert caught.value.errno == number and ("MB" in str(caught.value)) == full
    assert [file.name for file in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_bytes() == b"old"


def test_a_folder_or_a_device_is_not_replaced(tmp_path):
    for path in (tmp_path, "", os.devnull):
        with pytest.raises(OSError, match="is not a file: name the file to write"):
            write_atomically(path, b"content")


def test_long_names_have_room_for_the_temporary_one(tmp_path):
    write_atomically(tmp_path / ("n" * 250), b"content")
    assert len([*tmp_path.iterdir()]) == 1
