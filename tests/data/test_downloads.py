"""Downloads: what a server can do wrong is one clear sentence and leaves nothing behind."""

import gzip
import hashlib
import io
import socket
import struct
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
import torch

from gan_course.data import cifar10, fashion_mnist, mnist
from gan_course.data.download import DownloadError, Source, cache_folder, fetch, unreadable
from gan_course.data.published import (
    CIFAR10,
    CIFAR10_PARTS,
    DIGITS,
    FASHION,
    MNIST,
    read_cifar,
    read_idx_pair,
)

BODY = b"a small file" * 100


class Server(ThreadingHTTPServer):
    """Serves one body at every path; counts requests and misbehaves by the path's first part."""

    daemon_threads = True
    requests = 0

    def url(self, path):
        return f"http://127.0.0.1:{self.server_port}/{path}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.requests += 1
        kind = self.path.split("/")[1]
        if kind in ("404", "500"):
            self.send_error(int(kind))
            return
        flaky = kind == "flaky" and self.server.requests == 1
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY[:500] if kind == "truncated" or flaky else BODY)

    def log_message(self, *message):
        pass


@pytest.fixture
def server():
    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def source(*urls, body=BODY):
    return Source("file.bin", urls, f"md5:{hashlib.md5(body).hexdigest()}")


def refused():
    """The address of a port on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/file.bin"


def assert_helpful(error):
    message = str(error.value)
    assert "digits()" in message and "glyphs()" in message
    assert message.endswith(".") and "\n" not in message and ". " not in message


def test_a_good_file_is_fetched_once_and_then_read_from_the_cache(server, tmp_path):
    wanted = source(server.url("good/file.bin"))
    assert fetch(wanted, tmp_path / "new").read_bytes() == BODY
    assert fetch(wanted, tmp_path / "new").read_bytes() == BODY
    assert server.requests == 1


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("truncated", "broke off"), ("404", "HTTP 404"), ("500", "HTTP 500")],
)
def test_a_server_that_fails_leaves_nothing_behind(server, tmp_path, kind, reason):
    with pytest.raises(DownloadError, match=reason) as error:
        fetch(source(server.url(f"{kind}/file.bin")), tmp_path, retries=0)
    assert_helpful(error)
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_checksum_leaves_nothing_behind(server, tmp_path):
    with pytest.raises(DownloadError, match="checksum") as error:
        fetch(source(server.url("good/file.bin"), body=b"other"), tmp_path, retries=0)
    assert_helpful(error)
    assert list(tmp_path.iterdir()) == []


def test_a_refused_connection_leaves_nothing_behind(tmp_path):
    with pytest.raises(DownloadError, match=r"no connection to 127\.0\.0\.1") as error:
        fetch(source(refused()), tmp_path, retries=0)
    assert_helpful(error)
    assert list(tmp_path.iterdir()) == []


def test_a_broken_transfer_is_tried_again(server, tmp_path):
    path = fetch(source(server.url("flaky/file.bin")), tmp_path, retries=1)
    assert path.read_bytes() == BODY and server.requests == 2


def test_the_next_mirror_is_tried(server, tmp_path):
    mirrors = (refused(), server.url("404/file.bin"), server.url("good/file.bin"))
    assert fetch(source(*mirrors), tmp_path, retries=0).read_bytes() == BODY


def test_a_damaged_file_in_the_cache_is_replaced(server, tmp_path):
    (tmp_path / "file.bin").write_bytes(BODY[:100])
    assert fetch(source(server.url("good/file.bin")), tmp_path).read_bytes() == BODY


def test_a_cache_that_is_not_a_folder_is_named(server, tmp_path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(DownloadError, match="cache folder"):
        fetch(source(server.url("good/file.bin")), tmp_path / "taken", retries=0)


def test_the_environment_names_the_cache_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("GAN_COURSE_DATA", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("GAN_COURSE_DATA")
    assert cache_folder().name == "gan_course"


def idx(array):
    header = bytes((0, 0, 8, array.ndim)) + struct.pack(f">{array.ndim}i", *array.shape)
    return gzip.compress(header + array.tobytes())


def idx_files(folder):
    pixels = np.arange(3 * 28 * 28, dtype=np.uint8).reshape(3, 28, 28)
    images, labels = folder / "images.gz", folder / "labels.gz"
    images.write_bytes(idx(pixels))
    labels.write_bytes(idx(np.array([7, 0, 9], dtype=np.uint8)))
    return pixels, images, labels


def test_idx_files_are_read(tmp_path):
    pixels, images, labels = idx_files(tmp_path)
    ds = read_idx_pair("tiny", images, labels, DIGITS, size=28)
    assert torch.equal(ds.stored[:, 0], torch.from_numpy(pixels)) and ds.y.tolist() == [7, 0, 9]
    assert read_idx_pair("tiny", images, labels, DIGITS, size=32).shape == (1, 32, 32)


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:-20],  # cut off
        lambda content: content[:60] + b"\0" * 40 + content[100:],  # overwritten
        lambda content: b"<html>" + content,  # not gzip
        lambda content: gzip.compress(b"not idx"),
        lambda content: gzip.compress(gzip.decompress(content)[:-5]),  # too few pixels
    ],
)
def test_a_corrupted_file_is_removed_and_named(tmp_path, damage):
    _, images, labels = idx_files(tmp_path)
    images.write_bytes(damage(images.read_bytes()))
    with pytest.raises(DownloadError, match=r"images\.gz is damaged") as error:
        read_idx_pair("tiny", images, labels, DIGITS, size=28)
    assert "digits() or glyphs()" in str(error.value) and not images.exists()


def cifar_archive(path, records):
    with tarfile.open(path, "w:gz") as archive:
        for part, content in zip(CIFAR10_PARTS["train"], records, strict=True):
            member = tarfile.TarInfo(part)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def test_the_binary_version_of_cifar10_is_read(tmp_path):
    colours = np.repeat([10, 20, 30], 32 * 32).astype(np.uint8).tobytes()  # red, green, blue
    cifar_archive(tmp_path / "c.tar.gz", [bytes([label]) + colours for label in range(5)])
    ds = read_cifar("tiny", tmp_path / "c.tar.gz", CIFAR10_PARTS["train"], size=32)
    assert ds.stored.shape == (5, 3, 32, 32) and ds.y.tolist() == [0, 1, 2, 3, 4]
    assert ds.stored[0, :, 5, 5].tolist() == [10, 20, 30] and ds.classes[3] == "cat"


@pytest.mark.parametrize("part", [b"too short", b"\0" * 3073 + b"left over"])
def test_a_corrupted_archive_is_removed_and_named(tmp_path, part):
    path = tmp_path / "c.tar.gz"
    cifar_archive(path, [part] * 5)
    with pytest.raises(DownloadError, match="is damaged"):
        read_cifar("tiny", path, CIFAR10_PARTS["train"], size=32)
    assert not path.exists()


def test_every_source_has_a_name_of_its_own_and_a_checksum():
    pairs = [*MNIST.values(), *FASHION.values()]
    sources = [each for pair in pairs for each in pair] + [CIFAR10]
    assert len({each.name for each in sources}) == len({each.checksum for each in sources}) == 9
    assert all(len(each.checksum) == len("md5:") + 32 and each.urls for each in sources)


@pytest.mark.parametrize("load", [mnist, fashion_mnist, cifar10])
def test_another_split_is_refused_before_anything_is_fetched(load):
    with pytest.raises(ValueError, match='"train" or "test", got \'valid\''):
        load("valid")


@pytest.mark.parametrize("size", [4, 28.5, True, "28"])
def test_a_size_is_checked_before_anything_is_downloaded(size, monkeypatch):
    monkeypatch.setattr("gan_course.data.published.fetch", lambda *_: pytest.fail("downloaded"))
    for load in (mnist, fashion_mnist, cifar10):
        with pytest.raises(ValueError, match="size .*whole number of at least 8"):
            load(size=size)


def test_a_file_that_the_system_refuses_to_read_is_kept(tmp_path):
    file = tmp_path / "images.gz"
    file.write_bytes(b"perhaps whole")
    error = unreadable(file, PermissionError(13, "Permission denied"))
    assert file.exists() and "cannot be read (Permission denied)" in str(error)
    assert "damaged" in str(unreadable(file, EOFError())) and not file.exists()


def test_the_cache_folder_may_be_named_from_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("GAN_COURSE_DATA", "~/data")
    assert cache_folder() == tmp_path / "data"
