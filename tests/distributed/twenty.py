"""Starts two processes twenty times in a row and counts how often all end cleanly.

    python tests/distributed/twenty.py

Writes `twenty.json` next to itself. A clean end is exit status 0 of both processes, with
nothing about an abort or an exception in what they print.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

HERE = Path(__file__).parent
LAUNCHES = 20
SIGNS = ("Traceback", "terminate called", "Aborted", "SIGABRT", "FAILED")


def launch(folder: str) -> tuple[bool, float]:
    """Runs one world of two processes; returns whether it ended cleanly, and its seconds."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node"]
    command += ["2", str(HERE / "worker.py"), "end", folder]
    start = time.perf_counter()
    done = subprocess.run(
        command,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    clean = done.returncode == 0 and not any(sign in done.stdout for sign in SIGNS)
    return clean, time.perf_counter() - start


def main() -> None:
    """Launches, counts and writes."""
    with tempfile.TemporaryDirectory() as folder:
        ends = [launch(folder) for _ in range(LAUNCHES)]
    result = {
        "launches": LAUNCHES,
        "clean": sum(clean for clean, _ in ends),
        "seconds of the slowest": round(max(seconds for _, seconds in ends), 1),
        "torch": torch.__version__,
        "backend": "gloo, two processes with one thread each on two cores",
        "date": time.strftime("%Y-%m-%d"),
    }
    (HERE / "twenty.json").write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
