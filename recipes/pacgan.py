"""PacGAN's experiment on the ring and the grid (Lin et al., 2018, table 1), by its protocol.

    python recipes/pacgan.py                        reduced: STEPS steps, SEEDS seeds
    python recipes/pacgan.py --steps 400000 --seeds 10 --packs 1 2 3 4      the paper's own size

A GAN whose D judges `m` samples of one source at once compares the product distributions p^m
and q^m: the total variation of these grows faster with m when q misses modes. Packing is a
change of the *samples*: a "sample" is a row of m points, and the game stays the same.
Moves are simultaneous here, as in the authors' code, while the chapters alternate.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import time
from pathlib import Path

import torch
from torch import Tensor, nn

from gan_course import Game, Normal, gan, generate, non_saturating, train
from gan_course.data import Mixture, grid, ring
from gan_course.metrics import mode_report

STEPS, SEEDS, PACKS = 3000, 5, (1, 2)
BATCH, LATENT = 100, 2
COLUMNS = ("modes", "high_quality", "reverse_kl", "spread")


class Generator(nn.Module):
    """Four hidden layers of 400 with batch norm, applied to each of m points of a row."""

    def __init__(self, packs: int) -> None:
        super().__init__()
        widths = [LATENT, 400, 400, 400, 400]
        layers: list[nn.Module] = []
        for before, after in zip(widths[:-1], widths[1:], strict=True):
            layers += [nn.Linear(before, after, bias=False), nn.BatchNorm1d(after), nn.ReLU()]
        self.one = nn.Sequential(*layers, nn.Linear(400, 2))
        self.packs = packs
        self.apply(_initialise)

    def forward(self, z: Tensor) -> Tensor:
        points = self.one(z.reshape(-1, LATENT))  # [N m, 2]
        return points.reshape(len(z), 2 * self.packs)  # [N, 2 m]


class Maxout(nn.Module):
    """The largest of five linear pieces for each feature (Goodfellow et al., 2013)."""

    def __init__(self, inputs: int, outputs: int, pieces: int = 5) -> None:
        super().__init__()
        self.linear, self.pieces = nn.Linear(inputs, outputs * pieces), pieces

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x).unflatten(1, (-1, self.pieces)).amax(2)


def discriminator(packs: int) -> nn.Sequential:
    """Three maxout layers of 200 on a row of m points: [N, 2 m] -> [N, 1]."""
    widths = [2 * packs, 200, 200, 200]
    layers = [Maxout(a, b) for a, b in zip(widths[:-1], widths[1:], strict=True)]
    return nn.Sequential(*layers, nn.Linear(200, 1)).apply(_initialise)


def _initialise(layer: nn.Module) -> None:
    if isinstance(layer, nn.Linear):
        nn.init.normal_(layer.weight, std=0.02)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


class Rows:
    """Endless batches whose samples are rows of m points: [N, 2 m]."""

    def __init__(self, data: Mixture, packs: int) -> None:
        self.batches, self.packs = data.batches(BATCH * packs), packs

    def __next__(self) -> tuple[Tensor]:
        (x,) = next(self.batches)
        return (x.reshape(BATCH, 2 * self.packs),)


def packed_game(packs: int, seed: int) -> Game:
    """The game of the paper: `packs` = 1 is its plain GAN."""
    torch.manual_seed(seed)
    return gan(
        Generator(packs),
        discriminator(packs),
        non_saturating,
        latent=Normal(LATENT * packs),
        lr=1e-4,
        betas=(0.8, 0.999),
        ema=None,
        simultaneous=True,
    )


def score(data: Mixture, packs: int, seed: int, steps: int) -> dict[str, float]:
    """Trains one game and returns what 2,500 of its points are worth."""
    game = packed_game(packs, seed)
    for _ in train(game, Rows(data, packs), steps, report_every=1000):
        pass
    rows = generate(game.networks["G"], game.latent, -(-2500 // packs))  # [N, 2 m]
    return mode_report(rows.reshape(-1, 2)[:2500].cpu(), data)


def mean_and_error(values: list[float]) -> str:
    """The mean and its standard error."""
    known = len(values) > 1 and all(map(math.isfinite, values))  # a G without a good point: inf
    error = statistics.stdev(values) / len(values) ** 0.5 if known else float("nan")
    return f"{statistics.mean(values):6.2f} +- {error:.2f}"


def experiment(data: list[str], packs: tuple[int, ...], seeds: int, steps: int) -> dict:
    """Runs all seeds of all games, printing a row of the table for each game; returns the scores."""
    scores: dict[str, list[dict]] = {}
    print(f"{'':14}" + "".join(f"{column:>18}" for column in COLUMNS), flush=True)
    for name in data:
        mixture = {"ring": ring, "grid": grid}[name]()
        for m in packs:
            label = f"{name}, " + ("GAN" if m == 1 else f"PacGAN{m}")
            scores[label] = [score(mixture, m, seed, steps) for seed in range(seeds)]
            cells = [mean_and_error([run[column] for run in scores[label]]) for column in COLUMNS]
            print(f"{label:14}" + "".join(f"{cell:>18}" for cell in cells), flush=True)
    return scores


def main() -> None:
    """Reads the command line, runs the experiment and, if asked to, stores every score."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--packs", type=int, nargs="+", default=PACKS)
    parser.add_argument("--data", nargs="+", default=["ring", "grid"], choices=["ring", "grid"])
    parser.add_argument("--out", type=Path, help="a JSON file for all scores")
    arguments = parser.parse_args()
    start = time.perf_counter()
    scores = experiment(arguments.data, arguments.packs, arguments.seeds, arguments.steps)
    print(f"{arguments.steps} steps, {arguments.seeds} seeds, {time.perf_counter() - start:.0f} s")
    if arguments.out:
        about = {"steps": arguments.steps, "seeds": list(range(arguments.seeds))}
        arguments.out.write_text(json.dumps({"about": about, "scores": scores}) + "\n")


if __name__ == "__main__":
    main()
