"""Tests use one thread, and so does what they start."""

import os
import subprocess
import sys
from pathlib import Path

import torch

COUNT = "import conftest, os, torch; print(os.environ['OMP_NUM_THREADS'], torch.get_num_threads())"


def test_one_thread_unless_somebody_asks_for_more():
    for asked, count in (("", "1 1"), ("2", "2 2")):
        kept = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
        environment = kept | ({"OMP_NUM_THREADS": asked} if asked else {})
        done = subprocess.run(
            [sys.executable, "-c", COUNT],
            cwd=Path(__file__).parent,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.split() == count.split()


def test_this_process_has_as_many_as_the_environment_says():
    assert torch.get_num_threads() == int(os.environ["OMP_NUM_THREADS"])
