"""Which build of torch `make book` takes: the choice, by stubs; nothing is installed here."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[1] / "tools"
sys.path.insert(0, str(TOOLS))

import install_torch  # noqa: E402

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere torch has no CUDA build")
NOTE = "import os, sys; open(os.environ['NOTE'], 'a').write(' '.join(sys.argv[1:]) + '\\n')"


@pytest.fixture
def index(tmp_path) -> Iterator[str]:
    """Yield the address of an index that answers."""
    (tmp_path / "index" / "torch").mkdir(parents=True)
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path / "index"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def choose(tmp_path, index):
    """Return a function that runs the tool with a stub of pip; it returns what was said and asked."""
    (tmp_path / "pip").mkdir()
    (tmp_path / "pip" / "__init__.py").touch()  # a package, found before the real one
    (tmp_path / "bin").mkdir()
    note = tmp_path / "note"

    def run(index: str = index, pip: str = "", smi: str = "") -> tuple:
        (tmp_path / "pip" / "__main__.py").write_text(f"{NOTE}\n{pip}\n")
        note.write_text("")
        if smi:
            (tmp_path / "bin" / "nvidia-smi").write_text(f"#!/bin/sh\n{smi}\n")
            (tmp_path / "bin" / "nvidia-smi").chmod(0o755)
        # -S: a Python without installed packages, so without torch
        done = subprocess.run(
            [sys.executable, "-S", TOOLS / "install_torch.py", "--index", index],
            env={
                **os.environ,
                "PYTHONPATH": str(tmp_path),
                "NOTE": str(note),
                "no_proxy": "127.0.0.1",
                "PATH": str(tmp_path / "bin"),
            },
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout, note.read_text()

    return run


@pytest.fixture
def without_a_card():
    """Skip where the driver lists a card: the stubs of nvidia-smi could not hide it."""
    if install_torch.has_nvidia_gpu():
        pytest.skip("here is a GPU")


@pytest.mark.usefixtures("without_a_card")
@pytest.mark.parametrize("smi", ["", "exit 9", "echo 'No devices were found'; exit 6", "exit 0"])
def test_without_a_gpu_the_cpu_build_is_taken(choose, smi):
    said, asked = choose(smi=smi)
    assert "is the CPU build" in said
    assert f"--no-deps torch=={install_torch.wanted()} --index-url http://127.0.0.1:" in asked


def test_with_a_gpu_the_plain_build_is_left_to_the_requirements(choose):
    assert choose(smi="echo 'GPU 0: NVIDIA H100 (UUID: GPU-1)'") == ("", "")


@pytest.mark.usefixtures("without_a_card")
def test_an_index_that_cannot_be_reached_is_named_and_pip_is_not_asked(choose):
    said, asked = choose(index="http://127.0.0.1:9/whl/cpu")
    assert said.count(".") >= 1 and "cannot be had from http://127.0.0.1:9/whl/cpu" in said
    assert not asked


@pytest.mark.usefixtures("without_a_card")
def test_an_index_without_this_version_falls_back_too(choose):
    said, asked = choose(pip="sys.exit(1)")
    assert "cannot be had" in said and asked


def test_a_card_is_also_found_by_the_driver_s_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not install_torch.has_nvidia_gpu(tmp_path / "gpus")
    (tmp_path / "gpus" / "0000:01:00.0").mkdir(parents=True)
    assert install_torch.has_nvidia_gpu(tmp_path / "gpus")


def test_a_torch_that_is_there_stays(monkeypatch, capsys):
    monkeypatch.setattr(install_torch, "installed", install_torch.wanted)
    monkeypatch.setattr(install_torch, "install", lambda *_: pytest.fail("installs"))
    monkeypatch.setattr(sys, "argv", ["install_torch.py"])
    install_torch.main()
    assert capsys.readouterr().out == ""
