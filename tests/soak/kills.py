"""Kills training with SIGKILL at random moments and lets it go on, again and again.

    python tests/soak/kills.py --kills 100 --out tests/soak/result.json        (make soak)

Every run that comes to its end must equal one that nobody disturbed: weights, averages,
optimizers, random state, history and pictures, bit for bit. torch is imported once; the processes
that train are forks of this one, so that a hundred of them take a minute.
"""

from __future__ import annotations

import argparse
import datetime
import functools
import json
import os
import platform
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import torch
import torch._dynamo  # what a run would import later is imported once, for all forks

import gan_course.plots  # noqa: F401
from gan_course.cli import main as command
from gan_course.data import digits

STEPS, EVERY = 120, 2  # a checkpoint every other step: most kills fall on a save
NEW = (
    "train --preset dcgan --data digits --size 8 --width 4 --batch 8 --device cpu "
    f"--steps {STEPS} --every {EVERY} --report 1 --out"
)


def start(folder: Path) -> int:
    """Starts a process that begins the run in `folder` or goes on with it; returns its id."""
    begun = (folder / "config.json").is_file()
    words = ["train", "--device", "cpu", "--resume"] if begun else NEW.split()
    child = os.fork()
    if child:
        return child
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    try:
        command([*words, str(folder)])
    except SystemExit as end:
        os._exit(end.code)
    finally:  # whatever happens, this fork never returns into its parent's code
        os._exit(99)


def undisturbed(folder: Path) -> float:
    """Plays a run to its end without a kill; returns the seconds that it took."""
    begun = time.perf_counter()
    _, status = os.waitpid(start(folder), 0)
    if os.waitstatus_to_exitcode(status):
        raise RuntimeError(f"a run in {folder} failed that nobody disturbed.")
    return time.perf_counter() - begun


def kill_until_done(folder: Path, kills: int, pause: Callable[[], float]) -> Counter:
    """Kills the run in `folder` until it gets through, at most `kills` times; counts what it met."""
    met: Counter = Counter()
    while True:
        child = start(folder)
        if met["kills"] < kills:
            time.sleep(pause())
            os.kill(child, signal.SIGKILL)  # a process that has ended meanwhile does not mind
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code == 0:
            return met
        if code != -signal.SIGKILL:
            met["failures"] += 1
            return met
        met["kills"] += 1
        met["before the first checkpoint"] += not (folder / "checkpoint.pt").exists()
        met["in the middle of writing a file"] += any(folder.glob(".*.tmp"))


def differences(folder: Path, reference: Path) -> list[str]:
    """Names what in a run folder is not as in that of the undisturbed run."""
    names = {path.relative_to(reference) for path in reference.rglob("*")}
    found = {path.relative_to(folder) for path in folder.rglob("*")}
    pictures = [name for name in names if name.suffix == ".png"]
    different = [str(name) for name in names ^ found]
    different += [
        str(n) for n in pictures if (folder / n).read_bytes() != (reference / n).read_bytes()
    ]
    for name in ("checkpoint.pt", "generator.pt"):
        a, b = (torch.load(place / name, weights_only=True) for place in (folder, reference))
        different += [f"{name}: {where}" for where in unequal(a, b)]
    if history(folder) != history(reference):
        different.append("history.jsonl")
    return different


def unequal(a: object, b: object, where: str = "") -> list[str]:
    """Names the places where two contents of checkpoints differ by a single bit."""
    if isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
        return [place for key in a for place in unequal(a[key], b[key], f"{where}.{key}")]
    if isinstance(a, torch.Tensor):
        return [] if torch.equal(a, b) else [where]
    return [] if a == b or where.endswith(".seconds") else [where]


def history(folder: Path) -> list[dict]:
    """The records of a run, without their seconds."""
    lines = (folder / "history.jsonl").read_text(encoding="utf-8").splitlines()
    return [{k: v for k, v in json.loads(line).items() if k != "seconds"} for line in lines]


def soak(kills: int, seed: int) -> dict:
    """Runs until there were `kills` kills, each run to its end; returns the counts."""
    torch.set_num_threads(1)  # a thread pool would not survive a fork
    digits(8)  # imports scikit-learn once, for all forks
    begun, met, wrong, runs = time.time(), Counter(), [], 0
    with tempfile.TemporaryDirectory() as place:
        reference = Path(place) / "undisturbed"
        longest = undisturbed(reference) / 3
        pause = functools.partial(random.Random(seed).uniform, 0, longest)
        while met["kills"] < kills and not met["failures"]:
            folder, runs = Path(place) / f"run{runs}", runs + 1
            met += kill_until_done(folder, kills - met["kills"], pause)
            wrong += [] if met["failures"] else differences(folder, reference)
    return {
        "date": datetime.date.today().isoformat(),
        "machine": f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}",
        "torch": torch.__version__,
        "seed": seed,
        **{name: met[name] for name in ("kills", "failures")},
        "kills before the first checkpoint": met["before the first checkpoint"],
        "kills in the middle of writing a file": met["in the middle of writing a file"],
        "runs brought to their end": runs - met["failures"],
        "differences from the undisturbed run": sorted(set(wrong)),
        "seconds": round(time.time() - begun),
    }


def main() -> None:
    """Reads the command line, kills, prints the counts, keeps them if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    result = soak(arguments.kills, arguments.seed)
    text = json.dumps(result, indent=2) + "\n"
    print(text, end="")
    if arguments.out:
        arguments.out.write_text(text, encoding="utf-8")
    sys.exit(bool(result["failures"] or result["differences from the undisturbed run"]))


if __name__ == "__main__":
    main()
