"""Measures what a second process brings on this machine, one thread each.

    OMP_NUM_THREADS=1 torchrun --standalone --nproc-per-node 2 tools/two_processes.py

The same game with the same batch is played by rank 0 alone while the other waits, and by all
together, in turns. Printed are medians over the rounds: images a second by the clock, and the
processor time of all processes together for one step, which other programs do not disturb.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import torch
from torch import distributed as dist
from torch import nn

from gan_course import Game, Normal, gan, play
from gan_course.data.dataset import Batches
from gan_course.distributed import World, distributed, gather, world
from gan_course.draws import draw_rows, placed
from gan_course.presets import dcgan

ROUNDS, BATCH = 5, 64


def perceptrons() -> Game:
    """Two perceptrons on 28x28 pixels."""
    G = [
        nn.Linear(64, 256),
        nn.ReLU(),
        nn.Linear(256, 784),
        nn.Tanh(),
        nn.Unflatten(1, (1, 28, 28)),
    ]
    D = [nn.Flatten(), nn.Linear(784, 256), nn.LeakyReLU(0.2), nn.Linear(256, 1)]
    return gan(nn.Sequential(*G), nn.Sequential(*D), latent=Normal(64), device="cpu")


GAMES: dict[str, tuple[Callable[[], Game], tuple[int, ...], int]] = {  # game, shape, steps a round
    "perceptrons 28x28": (perceptrons, (1, 28, 28), 100),
    "DCGAN 32x32, width 32": (lambda: dcgan((1, 32, 32), 32, device="cpu"), (1, 32, 32), 4),
    "DCGAN 64x64x3, width 64": (lambda: dcgan((3, 64, 64), device="cpu"), (3, 64, 64), 1),
}


def timed(game: Game, shape: tuple[int, ...], steps: int) -> tuple[float, float]:
    """Plays some steps on random images; returns seconds by the clock and of this processor."""
    batches = Batches(lambda n: (draw_rows(torch.rand, (n, *shape)) * 2 - 1,), BATCH)
    clock, processor = time.perf_counter(), time.process_time()
    play(game, batches, steps)
    return time.perf_counter() - clock, time.process_time() - processor


def measure(name: str, here: World) -> str:
    """Return the table's row of one game."""
    build, shape, steps = GAMES[name]
    torch.manual_seed(0)
    one = build()
    together = distributed(build())
    timed(together, shape, steps)  # the first steps allocate
    rounds = []
    for _ in range(ROUNDS):
        alone = (0.0, 0.0)
        if here.first:
            with placed(0, 1):
                alone = timed(one, shape, steps)
        dist.barrier()
        rounds.append(gather(torch.tensor([[*alone, *timed(together, shape, steps)]])))
    ranks = torch.stack(rounds)  # [rounds, ranks, 4]
    alone, shared = ranks[:, 0, :2], ranks[..., 2:].amax(1)  # [rounds, 2]: clock, processor
    numbers = [f"{BATCH * steps / median(t[:, 1].tolist()):,.0f}" for t in (alone, shared)]
    for ratio in (alone / shared).flip(1).T.tolist():  # [2, rounds]: processor, clock
        numbers += [f"{median(ratio):.2f} [{min(ratio):.2f}-{max(ratio):.2f}]"]
    return f"| {name} | {' | '.join(numbers)} |"


def main() -> None:
    """Print the table."""
    with world("cpu") as here:
        rows = [measure(name, here) for name in GAMES]
        if here.first:
            print("| game | one process | two | times faster | by the clock |")
            print("|---|---|---|---|---|", *rows, sep="\n")


if __name__ == "__main__":
    main()
