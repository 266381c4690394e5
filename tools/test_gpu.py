"""Run on a GPU, in at most eight minutes, what only a GPU can show: `make test-gpu`.

The tests marked `cuda`, then `python -m benchmarks speed` alone on the machine, then every notebook on
the default device, several at a time. The benchmark's numbers and their table are stored in
`benchmarks/results` under the card's name. Whatever the eight minutes left no time for is named.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
sys.path.insert(0, str(ROOT))

BUDGET = 480  # seconds, all together
LEAST = 10  # seconds that must be left for a step to begin
EXECUTE = "from nbclient.cli import main; main()"  # writes nothing


@dataclass(frozen=True)
class Step:
    """A command and the most seconds that it may take."""

    name: str
    command: list[str]
    seconds: float


@dataclass(frozen=True)
class Outcome:
    """How a step ended: "passed", "FAILED", "OUT OF TIME" or "left out"; and the end of its output."""

    name: str
    verdict: str
    seconds: float = 0.0
    output: str = ""


def card() -> str:
    """Return the GPU's name, or leave with a sentence that says what is needed."""
    import torch

    if not torch.cuda.is_available():
        sys.exit(
            "make test-gpu needs an NVIDIA GPU and a torch that is built for CUDA: "
            f"torch {torch.__version__} sees no GPU here."
        )
    return torch.cuda.get_device_name()


def results(name: str) -> Path:
    """Return the file for the numbers of a card."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return RESULTS / f"speed_{slug}.json"


def stages(name: str) -> list[list[Step]]:
    """Return what is to be done: one stage after the other, the steps of a stage side by side."""
    python = sys.executable
    tests = [python, "-m", "pytest", "-q", "-m", "cuda", "-p", "no:cacheprovider", "tests"]
    speed = [python, "-m", "benchmarks", "speed", "--device", "cuda", "--rounds", "3"]
    book = ROOT / "book"
    notebooks = sorted(book.glob("*.ipynb")) + sorted((book / "solutions").glob("*.ipynb"))
    return [
        [Step("tests marked cuda", [*tests, "--ignore=tests/site", "--ignore=tests/book"], 150)],
        [Step("benchmarks speed", [*speed, "--json", str(results(name))], 180)],
        [
            Step(
                str(path.relative_to(ROOT)), [python, "-c", EXECUTE, "--timeout=90", str(path)], 120
            )
            for path in notebooks
        ],
    ]


def run(step: Step, deadline: float, **environment: str) -> Outcome:
    """Run one step until its own limit or the deadline, whichever comes first.

    Args:
        step: what to run, in the repository's folder.
        deadline: when everything has to be over, by `time.monotonic`.
        **environment: variables that the command sees besides.
    """
    start = time.monotonic()
    seconds = min(step.seconds, deadline - start)
    if seconds < min(LEAST, step.seconds):
        return Outcome(step.name, "left out")
    process = subprocess.Popen(
        step.command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # so that a notebook's kernel ends with it
    )
    try:
        output, _ = process.communicate(timeout=seconds)
        verdict = "FAILED" if process.returncode else "passed"
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        verdict = "OUT OF TIME"
    return Outcome(step.name, verdict, time.monotonic() - start, output[-2000:])


def run_all(
    todo: list[list[Step]], budget: float, say: Callable[[str], None] = print
) -> list[Outcome]:
    """Run all stages within the budget, and say how each step ended."""
    deadline = time.monotonic() + budget
    outcomes = []
    for steps in todo:
        # side by side, small networks on many threads each would wait for one another
        alone = {"OMP_NUM_THREADS": "1"} if len(steps) > 1 else {}
        with ThreadPoolExecutor(max_workers=max(1, (os.cpu_count() or 1) // 2)) as pool:
            for outcome in pool.map(partial(run, deadline=deadline, **alone), steps):
                say(f"{outcome.verdict:12}{outcome.seconds:7.1f} s  {outcome.name}")
                if outcome.verdict in ("FAILED", "OUT OF TIME"):
                    say(outcome.output)
                outcomes.append(outcome)
    return outcomes


def write_table(numbers: Path) -> Path:
    """Write the table beside the numbers, with the card's name above it."""
    from benchmarks.tables import speed_table

    stored = json.loads(numbers.read_text(encoding="utf-8"))
    about = ", ".join(f"{key} {value}" for key, value in stored["machine"].items())
    path = numbers.with_suffix(".md")
    path.write_text(f"{about}\n\n{speed_table(stored['rows'])}", encoding="utf-8")
    return path


def main() -> int:
    """Do all of it; return 1 if anything failed or ran out of time."""
    name = card()
    print(f"On {name}, at most {BUDGET} s:", flush=True)
    begun = time.time()
    outcomes = run_all(stages(name), BUDGET, say=lambda text: print(text, flush=True))
    numbers = results(name)
    if numbers.exists() and numbers.stat().st_mtime >= begun:
        print(f"The table is in {write_table(numbers).relative_to(ROOT)}.")
    if left_out := [outcome.name for outcome in outcomes if outcome.verdict == "left out"]:
        print(f"No time was left for: {', '.join(left_out)}.")
    bad = [outcome.name for outcome in outcomes if outcome.verdict in ("FAILED", "OUT OF TIME")]
    print(f"Not right: {', '.join(bad)}." if bad else "All that ran has passed.")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
