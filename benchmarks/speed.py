"""Images per second of `train` beside the textbook loop, on the same networks.

The sides alternate within one run: a shared machine drifts, and a ratio taken at one moment
means more than two numbers taken apart. Every ratio is to the textbook loop in float32, the loop
of most tutorials (`benchmarks/textbook.py`), on the very network of that row. `train` is the
package as it comes, which on a CUDA GPU records its moves; "eager" there is the same without that.
`train` does more than the textbook: it keeps records and a running average of G. "Of matmul" is
the share of what one large float32 matrix product reaches here; bfloat16 may exceed it.
"""

from __future__ import annotations

import argparse
import copy
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from gan_course import Game, Normal, gan, play, train
from gan_course.accelerate import compiled, eager
from gan_course.device import resolve_device

from .ceilings import matmul_ceiling, seconds
from .networks import CASES, Case, noise
from .report import machine, print_rows
from .textbook import Loop

ON_CUDA = 100  # steps at least in one timed stretch: a GPU takes milliseconds for a step


@dataclass(frozen=True)
class Row:
    """What one loop reached on one pair of networks.

    Attributes:
        network: name of the case.
        loop: `textbook`, `train`, ...
        images_per_second: median over the rounds.
        ratio: to the textbook loop, median over the rounds.
        lowest: the smallest of these ratios.
        highest: the largest.
        share: of the speed of a large float32 matrix product, 0 to 1 and, in bfloat16, above.
    """

    network: str
    loop: str
    images_per_second: float
    ratio: float
    lowest: float
    highest: float
    share: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this benchmark's options to its command line.

    Args:
        parser: of the command `speed`.
    """
    parser.add_argument("--rounds", type=int, default=5, help="how often the sides alternate")
    parser.add_argument("--steps", type=int, help="in each stretch; each network has its default")
    parser.add_argument("--only", nargs="+", choices=CASES, metavar="NETWORK", default=[*CASES])
    parser.add_argument("--compile", action="store_true", help="compiled games too: minutes more")
    parser.add_argument("--device", help="such as cpu or cuda; CUDA if present")
    parser.add_argument(
        "--cpu-time",
        action="store_true",
        help="count the process's CPU time, not the clock's: for a machine with other work",
    )
    parser.add_argument("--json", type=Path, help="write the numbers to this file as well")


def run(options: argparse.Namespace) -> list[Row]:
    """Measures, prints the table and writes the file asked for.

    Args:
        options: as `add_arguments` defines them.
    """
    if options.rounds < 1 or (options.steps is not None and options.steps < 1):
        raise SystemExit("speed needs at least 1 round and 1 step: see --rounds and --steps.")
    device = resolve_device(options.device)
    clock = time.process_time if options.cpu_time and device.type == "cpu" else time.perf_counter
    ceiling = matmul_ceiling(device, clock)
    about = machine(device) | {
        "clock": clock.__name__,
        "matmul_gflops": round(ceiling / 1e9, 1),
        "rounds": options.rounds,
    }
    rows: list[Row] = []
    for name in options.only:
        loops = build_loops(CASES[name], device, options.compile)
        least = ON_CUDA if device.type == "cuda" else 1
        steps = options.steps or max(CASES[name].steps, least)
        speeds = alternate(loops, steps, options.rounds, CASES[name], device, clock)
        rows += summarise(name, speeds, flops_per_image(CASES[name]), ceiling)
        print_rows(
            [asdict(row) for row in rows[-len(speeds) :]], about if name == options.only[0] else {}
        )
    if options.json:
        content = {"machine": about, "rows": [asdict(row) for row in rows]}
        options.json.write_text(json.dumps(content, indent=1) + "\n")
    return rows


def build_loops(case: Case, device: torch.device, compile_too: bool) -> dict[str, Loop]:
    """Builds all sides of a case from the same first weights.

    Args:
        case: the networks and how they are trained.
        device: where.
        compile_too: whether compiled games are among the sides.

    Returns:
        The sides by name, the textbook's first.
    """
    torch.manual_seed(0)
    G, D = case.G().to(device), case.D().to(device)
    batches = noise(case).batches(case.batch, device=device)

    def game(bf16: bool = False) -> Game:
        nets = [case.rewrite(copy.deepcopy(net)) for net in (G, D)]
        latent = Normal(case.latent)
        return gan(*nets, latent=latent, bf16=bf16, device=device, **case.options)

    def played(game: Game) -> Loop:
        return lambda steps: [None for _ in train(game, batches, steps)]

    loops = {"train": played(game()), "train, bf16": played(game(bf16=True))}
    if compile_too:
        loops["compiled"] = played(compiled(game()))
        loops["compiled, bf16"] = played(compiled(game(bf16=True)))
    if device.type == "cuda":
        loops["eager"] = played(eager(game()))
    return {"textbook": case.loop(G, D, case.latent, batches), **loops}


def alternate(
    loops: dict[str, Loop],
    steps: int,
    rounds: int,
    case: Case,
    device: torch.device,
    clock: Callable[[], float],
) -> dict[str, list[float]]:
    """Lets the sides play in turns and returns their images per second in each round.

    Args:
        loops: the sides.
        steps: in each stretch.
        rounds: stretches of each side.
        case: how many images a step takes.
        device: waited for before the clock is read.
        clock: returns seconds.
    """
    for loop in loops.values():
        for _ in range(4 if device.type == "cuda" else 1):  # recordings are tested in plays 1, 2, 4
            loop(10 if device.type == "cuda" else 2)  # compile, record, fill the caches
    speeds: dict[str, list[float]] = {name: [] for name in loops}
    for _ in range(rounds):
        for name, loop in loops.items():
            took = seconds(lambda loop=loop: loop(steps), device, clock)
            speeds[name].append(steps * case.turns * case.batch / took)
    return speeds


def summarise(name: str, speeds: dict[str, list[float]], flops: float, ceiling: float) -> list[Row]:
    """Returns medians and ratios of one case.

    Args:
        name: of the case.
        speeds: images per second in each round, by side, with `textbook` among them.
        flops: floating-point operations for one image.
        ceiling: operations per second of a large matrix product.
    """
    rows = []
    for loop, values in speeds.items():
        ratios = [a / b for a, b in zip(values, speeds["textbook"], strict=True)]
        speed = statistics.median(values)
        share = speed * flops / ceiling
        ratio = statistics.median(ratios)
        rows.append(Row(name, loop, speed, ratio, min(ratios), max(ratios), share))
    return rows


class _Counter(TorchDispatchMode):
    """Adds up the operations of what runs inside, by torch's own formulas."""

    def __init__(self) -> None:
        super().__init__()
        self.flops = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        formula = flop_registry.get(function._overloadpacket)
        self.flops += formula(*args, **(kwargs or {}), out_val=result) if formula else 0
        return result


def flops_per_image(case: Case) -> float:
    """Returns the operations in matrix products and convolutions that one image costs `train`.

    Args:
        case: counted as its textbook network stands, before it is rewritten.
    """
    torch.manual_seed(0)
    game = gan(case.G(), case.D(), latent=Normal(case.latent), device="cpu", **case.options)
    batches = noise(case).batches(2, device="cpu")
    play(game, batches, 1)  # the first step also looks at the networks
    with _Counter() as counter:
        play(game, batches, 1)
    return counter.flops / (2 * case.turns)
