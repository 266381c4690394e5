"""How soon a game is good: seconds to a stated quality on glyphs, modes of the ring and the grid.

Glyphs are scored on fresh images by the features of a classifier that no game has seen: Fréchet
distance, and for conditional games the share of samples whose class it names. The clock stands
still while the score is taken. Points are scored after a fixed number of steps, over several
seeds. A perfect sampler is in both tables: it does not score 0, 100 % or 1 everywhere.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import time
from pathlib import Path

import torch

from gan_course.data import Mixture, glyphs, grid, ring
from gan_course.device import resolve_device
from gan_course.metrics import mode_report

from .on_glyphs import ACCURACY, FRECHET, GLYPHS, Clock, Judge, on_glyphs
from .on_points import POINTS, on_points
from .report import machine

PERFECT = "a perfect sampler"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this benchmark's options to its command line.

    Args:
        parser: of the command `quality`.
    """
    parser.add_argument("--steps", type=int, default=1000, help="of each game on glyphs")
    parser.add_argument("--point-steps", type=int, default=8000, help="of each game on points")
    parser.add_argument("--seeds", type=int, default=5, help="runs of each game on points")
    parser.add_argument("--device", help="such as cpu or cuda; CUDA if present")
    parser.add_argument(
        "--cpu-time",
        action="store_true",
        help="count the process's CPU time, not the clock's: for a machine with other work",
    )
    parser.add_argument("--json", type=Path, help="write the numbers to this file as well")


def run(options: argparse.Namespace) -> dict[str, list[dict]]:
    """Measures, prints both tables and writes the file asked for.

    Args:
        options: as `add_arguments` defines them.
    """
    if min(options.steps, options.point_steps, options.seeds) < 1:
        raise SystemExit("quality needs at least 1 step and 1 seed: see --steps and --seeds.")
    device = resolve_device(options.device)
    clock = time.process_time if options.cpu_time and device.type == "cpu" else time.perf_counter
    images = glyphs_table(options.steps, device, clock)
    points = points_table(options.point_steps, options.seeds, device, clock)
    about = machine(device) | {
        "clock": clock.__name__,
        "steps": options.steps,
        "point_steps": options.point_steps,
        "seeds": options.seeds,
    }
    content = {"machine": about, "glyphs": images, "points": points}
    if options.json:
        options.json.write_text(json.dumps(_plain(content), indent=1) + "\n")
    return content


def _plain(value: object) -> object:
    """Turns what JSON has no word for, the spread of no sample at all, into null."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def glyphs_table(steps: int, device: torch.device, clock: Clock) -> list[dict]:
    """Trains every game on glyphs, prints a row for each and returns the rows.

    Args:
        steps: of training.
        device: where.
        clock: returns seconds.
    """
    data = glyphs()
    judge = Judge(data)
    print(f"glyphs: seconds to a Fréchet distance of {FRECHET:.0f} and an accuracy of {ACCURACY}")
    print(
        f"{'game':38}{'distance':>10}{'accuracy':>10}{'seconds':>10}"
        f"{'Fréchet':>10}{'precision':>10}{'recall':>10}{'accuracy':>10}"
    )
    rows = [{"game": PERFECT, **judge.of_fresh_images()}]
    _print_glyphs(rows[0])
    for name in GLYPHS:
        rows.append(on_glyphs(name, data, judge, steps, device, clock))
        _print_glyphs(rows[-1])
    return rows


def _print_glyphs(row: dict) -> None:
    names = ("to_frechet", "to_accuracy", "seconds", "frechet", "precision", "recall", "accuracy")
    digits = (0, 0, 0, 1, 2, 2, 3)
    values = [row.get(name) for name in names]
    cells = ["-" if v is None else f"{v:.{d}f}" for v, d in zip(values, digits, strict=True)]
    print(f"{row['game']:38}" + "".join(f"{cell:>10}" for cell in cells), flush=True)


def points_table(steps: int, seeds: int, device: torch.device, clock: Clock) -> list[dict]:
    """Trains every game on the ring and the grid, prints a row for each and returns the rows.

    Args:
        steps: of training.
        seeds: runs of each game, from seed 0 on.
        device: where.
        clock: returns seconds.
    """
    print(f"\npoints: means over {seeds} seeds, with the fewest modes of any")
    print(
        f"{'data':16}{'game':28}{'seconds':>10}{'modes':>8}{'fewest':>8}"
        f"{'quality':>10}{'spread':>10}{'reverse KL':>12}"
    )
    rows = []
    for data in (ring(), grid()):
        perfect = [mode_report(data.sample(2500), data) for _ in range(seeds)]
        rows.append(_means(data, PERFECT, perfect))
        _print_points(rows[-1])
        for name in POINTS:
            runs = [on_points(name, data, steps, seed, device, clock) for seed in range(seeds)]
            rows.append(_means(data, name, runs))
            _print_points(rows[-1])
    return rows


def _means(data: Mixture, name: str, runs: list[dict]) -> dict:
    means = {key: statistics.mean(run[key] for run in runs) for key in runs[0]}
    return {"data": data.name, "game": name, **means, "fewest": min(run["modes"] for run in runs)}


def _print_points(row: dict) -> None:
    seconds = f"{row['seconds']:.0f}" if "seconds" in row else "-"
    print(
        f"{row['data']:16}{row['game']:28}{seconds:>10}{row['modes']:>8.1f}{row['fewest']:>8.0f}"
        f"{row['high_quality']:>10.3f}{row['spread']:>10.2f}{row['reverse_kl']:>12.3f}",
        flush=True,
    )
