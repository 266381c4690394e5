"""What bounds each layer of the DCGAN for 64x64 images, and how near to it this device comes.

A layer must do its operations and move its bytes. The larger of operations / (matmul ceiling)
and bytes / (copy ceiling) is the least time that it can take on a device, its *roofline*
(Williams et al., 2009, doi:10.1145/1498765.1498785). Both ceilings are measured here: one large
matrix product, and one large copy. A share of 100 % means that nothing is left to gain but by
doing less, such as by joining a layer to its neighbour.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from gan_course import Normal, gan, play
from gan_course.device import resolve_device

from .ceilings import copy_ceiling, kernel_seconds, matmul_ceiling, seconds
from .layers import Layer, layers_of, passes, work_of
from .networks import CASES, noise
from .report import RESULTS, machine, slug
from .tables import games_table, layers_table

Clock = Callable[[], float]
CASE = CASES["DCGAN 64x64"]
USES = {  # passes in one step: D sees real and fake images, then G's move goes through D to G
    "D": {"forward": 3, "input": 3, "weights": 2},
    "G": {"forward": 2, "input": 1, "weights": 1},
}


@dataclass(frozen=True)
class Ceilings:
    """What the device does at best.

    Attributes:
        operations: per second, in a matrix product.
        bytes: per second, in a copy.
    """

    operations: float
    bytes: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this benchmark's options to its command line.

    Args:
        parser: of the command `roofline`.
    """
    parser.add_argument("--batches", type=int, nargs="+", help="batch sizes")
    parser.add_argument("--device", help="such as cpu or cuda; CUDA if present")
    parser.add_argument("--bf16", action="store_true", help="layers in bfloat16")
    parser.add_argument("--compile", action="store_true", help="compiled networks too")
    parser.add_argument("--steps", type=int, default=20, help="of the whole game, timed")
    parser.add_argument("--cpu-time", action="store_true", help="as in speed; with one thread only")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the table")


def run(options: argparse.Namespace) -> None:
    """Measure, print the tables and store them.

    Args:
        options: as `add_arguments` defines them.
    """
    device = resolve_device(options.device)
    sizes = options.batches or ([64, 256, 1024] if device.type == "cuda" else [16])
    if min(sizes) < 2 or options.steps < 1:
        raise SystemExit("roofline needs batches of at least 2 and 1 step: see --batches, --steps.")
    dtype = torch.bfloat16 if options.bf16 else torch.float32
    clock = time.process_time if options.cpu_time and device.type == "cpu" else time.perf_counter
    ceilings = measure_ceilings(device, dtype, clock)
    about = machine(device) | {"dtype": str(dtype).removeprefix("torch.")} | asdict(ceilings)
    layers = [row for n in sizes for row in layer_rows(n, device, dtype, ceilings, clock)]
    games = [row for n in sizes for row in game_rows(n, device, options, ceilings, clock)]
    name = f"roofline_{slug(device)}" + ("_bf16" if options.bf16 else "")
    content = {"machine": about, "layers": layers, "games": games}
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n")
    print(", ".join(f"{key} {value}" for key, value in about.items()))
    for end, text in (("", layers_table(layers)), ("_games", games_table(games))):
        print(text)
        (options.out / f"{name}{end}.md").write_text(text, encoding="utf-8")


def measure_ceilings(device: torch.device, dtype: torch.dtype, clock: Clock) -> Ceilings:
    """Return the ceilings of a device; on a GPU float32 products may use TF32, as cuDNN's do.

    Args:
        device: where.
        dtype: of the products.
        clock: returns seconds.
    """
    gpu = device.type == "cuda"
    before = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32
    try:
        operations = matmul_ceiling(device, clock, 8192 if gpu else 1024, dtype)
    finally:
        torch.backends.cuda.matmul.allow_tf32 = before
    return Ceilings(operations, copy_ceiling(device, clock, 2048 if gpu else 256))


def layer_rows(
    n: int, device: torch.device, dtype: torch.dtype, ceilings: Ceilings, clock: Clock
) -> list[dict[str, object]]:
    """Return one row for each layer of products, and one for all others of a kind.

    Args:
        n: samples in the batch.
        device: where.
        dtype: of the layers.
        ceilings: of the device.
        clock: returns seconds.
    """
    rows: dict[str, dict[str, object]] = {}
    inputs = {"G": (CASE.latent,), "D": CASE.shape}
    for name, build in (("G", CASE.G), ("D", CASE.D)):
        network = build().to(device, dtype)
        x = torch.randn(n, *inputs[name], device=device, dtype=dtype)
        for number, layer in enumerate(layers_of(network, x)):
            products = "weights" in work_of(layer)
            key = f"{name} {number} {layer.kind}" if products else f"{name} {layer.kind}"
            row = rows.setdefault(key, {"batch": n, "layer": key, "count": 0})
            row["output"] = list(layer.y.shape[1:])
            row["count"] += 1
            _add(row, layer, device, ceilings, clock)
    return [*rows.values()]


def _add(row: dict, layer: Layer, device: torch.device, ceilings: Ceilings, clock: Clock) -> None:
    """Add a layer's work, its least seconds and its seconds to a row."""
    work, took = work_of(layer), {}
    for name, function in passes(layer):
        took[name] = kernel_seconds(function, device, clock) - took.get("forward", 0.0)
    for name in work:
        by_operations = work[name].operations / ceilings.operations
        by_bytes = work[name].bytes / ceilings.bytes
        row.setdefault(name, {"operations": 0.0, "bytes": 0.0, "least": 0.0, "seconds": 0.0})
        row[name]["operations"] += work[name].operations
        row[name]["bytes"] += work[name].bytes
        row[name]["least"] += max(by_operations, by_bytes)
        row[name]["seconds"] += max(took[name], 0.0)
        row[name]["bound"] = "operations" if by_operations > by_bytes else "bytes"


def game_rows(
    n: int, device: torch.device, options: argparse.Namespace, ceilings: Ceilings, clock: Clock
) -> list[dict[str, object]]:
    """Return the speed of whole steps: as they are, with cuDNN's search, with compiled networks.

    Args:
        n: samples in the batch.
        device: where.
        options: of the command.
        ceilings: of the device.
        clock: returns seconds.
    """
    rows, before = [], torch.backends.cudnn.benchmark
    searches = (False, True) if device.type == "cuda" else (False,)
    for search in searches:
        for compile_too in (False, True) if options.compile else (False,):
            torch.backends.cudnn.benchmark = search
            try:
                took = _step_seconds(n, device, options, compile_too, clock)
            finally:
                torch.backends.cudnn.benchmark = before
            ways = ["cudnn.benchmark"] * search + ["compiled networks"] * compile_too
            operations = _step_operations(n)
            rows.append(
                {
                    "batch": n,
                    "game": ", ".join(["train", *ways]),
                    "images_per_second": n / took,
                    "flops": operations / took,
                    "share": operations / took / ceilings.operations,
                }
            )
    return rows


def _step_seconds(
    n: int, device: torch.device, options: argparse.Namespace, compile_too: bool, clock: Clock
) -> float:
    torch.manual_seed(0)
    G, D = CASE.G(), CASE.D()
    game = gan(G, D, latent=Normal(CASE.latent), device=device, bf16=options.bf16)
    for network in (G, D) if compile_too else ():
        network.compile()
    batches = noise(CASE).batches(n, device=device)
    play(game, batches, 10 if device.type == "cuda" else 1)  # record, compile, fill the caches
    steps = options.steps
    return seconds(lambda: play(game, batches, steps), device, clock) / steps


def _step_operations(n: int) -> float:
    """Return the operations of all layers' passes in one step."""
    total = 0.0
    for name, network, shape in (("G", CASE.G(), (CASE.latent,)), ("D", CASE.D(), CASE.shape)):
        for number, layer in enumerate(layers_of(network, torch.zeros(2, *shape))):
            for kind, work in work_of(layer).items():
                uses = USES[name][kind]
                if number == 0 and kind == "input":  # nobody asks for it, but G's move of D's
                    uses = 1 if name == "D" else 0
                total += uses * work.operations * n / 2
    return total
