"""All 25 modes of the grid, with their share and nearly their width, in half a minute on one core.

    python recipes/grid.py                         STEPS steps, SEEDS seeds, grid and ring
    python recipes/grid.py --ablation --seeds 3    the grid, without one of the changes each time

Four changes to chapter 3's game, each a few lines:

- *codes*: beside noise, z holds one of CODES codes, and every code has a place of its own in the
  plane that G learns. No continuous sheet has to be torn to reach separate modes.
- *waves*: D sees x through random sines and cosines (Tancik et al., 2020, arXiv:2006.10739), the
  finest about as long as a mode is wide. Plain layers learn fine structure last.
- *a lifting fog*: D sees real and generated points through Gaussian noise that is as wide as the
  gaps at first and gone half way. It joins the modes until every code has found one.
- *a slower and slower G*: from a third of the way on, G's rate falls a hundredfold while D keeps
  its own. A fast G runs to the peak of each mode; a slow one follows its shape.

The data set's spread and reach set the lengths: the recipe knows at what scale to look.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from gan_course import Game, Normal, gan, sample, train
from gan_course.data import Mixture, grid, ring
from gan_course.metrics import mode_report
from gan_course.networks import mlp

STEPS, SEEDS, BATCH = 8000, 5, 256
CODES, NOISE = 128, 4  # parts of z
WAVELENGTHS, EACH = (1, 2.5, 10, 40), 16  # in spreads, and waves of each
LR_D, LR_G, LAST_LR_G = 2e-3, 1e-3, 1e-5
FOG = 0.25  # of the data's reach, at the start


class Codes:
    """z is a one-hot code and some normal numbers: `[n, CODES + NOISE]`."""

    def __repr__(self) -> str:
        return f"Codes({CODES}, {NOISE})"

    def __call__(self, n: int, device: torch.device | str | None = None) -> Tensor:
        code = one_hot(torch.randint(CODES, (n,), device=device), CODES)
        return torch.cat([code.float(), torch.randn(n, NOISE, device=device)], 1)


class Sheet(nn.Module):
    """G without codes: one continuous sheet of noise, as in chapter 3, in units of the reach."""

    def __init__(self, reach: float) -> None:
        super().__init__()
        self.reach, self.body = reach, mlp(NOISE, 2)

    def forward(self, z: Tensor) -> Tensor:
        return self.reach * self.body(z)


class Places(nn.Module):
    """G(z) = place[code] + reach / 40 shape(z): where a sample lies, and how its code spreads."""

    def __init__(self, reach: float) -> None:
        super().__init__()
        self.reach = reach
        self.place = nn.Linear(CODES, 2, bias=False)
        self.shape = mlp(CODES + NOISE, 2)
        nn.init.normal_(self.place.weight, std=0.6 * reach)

    def forward(self, z: Tensor) -> Tensor:
        return self.place(z[:, :CODES]) + self.reach / 40 * self.shape(z)


class Waves(nn.Module):
    """D on waves of x of several lengths, or none, behind a fog that the loop can lift."""

    def __init__(self, reach: float, spread: float, lengths: Sequence[float]) -> None:
        super().__init__()
        waves = [torch.randn(2, EACH) / (length * spread) for length in lengths]
        self.register_buffer("waves", torch.cat([torch.empty(2, 0), *waves], 1))
        inputs = 2 + 2 * EACH * len(lengths)
        self.body = mlp(inputs, 1, activation=partial(nn.LeakyReLU, 0.2))
        self.reach, self.fog = reach, 0.0

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.fog * torch.randn_like(x)
        angles = x @ self.waves
        return self.body(torch.cat([x / self.reach, angles.sin(), angles.cos()], 1))


@dataclass(frozen=True)
class Changes:
    """Which of the four changes are made."""

    codes: bool = True
    waves: bool = True
    fog: bool = True
    slowing: bool = True


ABLATION = {
    "all four": Changes(),
    "without codes": Changes(codes=False),
    "without waves": Changes(waves=False),
    "without fog": Changes(fog=False),
    "without a slower G": Changes(slowing=False),
}


def trained(
    data: Mixture,
    steps: int,
    seed: int,
    device: str | torch.device | None = None,
    changes: Changes = ABLATION["all four"],
) -> Game:
    """Trains one game by this recipe."""
    torch.manual_seed(seed)
    reach = data.modes.abs().max().item()
    G, latent = (Places(reach), Codes()) if changes.codes else (Sheet(reach), Normal(NOISE))
    D = Waves(reach, data.spread, WAVELENGTHS if changes.waves else ())
    game = gan(G, D, latent=latent, lr=LR_G, lr_D=LR_D, betas=(0.0, 0.9), device=device)
    rates = {player.name: player.optimizer.param_groups[0] for player in game.players}
    fog = FOG * reach if changes.fog else 0.0
    D.fog = fog
    for record in train(game, data.batches(BATCH, device=device), steps, report_every=50):
        t = record["step"] / steps
        rest = min(1.0, (1 - t) / 0.2)  # at the end both come to rest
        D.fog = fog * max(0.0, 1 - 2 * t) ** 2
        rates["D"]["lr"] = LR_D * rest
        slow = (LAST_LR_G / LR_G) ** max(0.0, (t - 0.3) / 0.7)
        rates["G"]["lr"] = LR_G * (slow if changes.slowing else rest)
    return game


def score(data: Mixture, steps: int, seed: int, changes: Changes) -> dict[str, float]:
    """Trains one game and returns what 2,500 of its samples are worth, and its seconds."""
    start = time.process_time()
    game = trained(data, steps, seed, changes=changes)
    seconds = time.process_time() - start
    return {"seconds": seconds, **mode_report(sample(game, 2500, seed=1).cpu(), data)}


def main() -> None:
    """Prints one line for each seed, and stores all of them if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--ablation", action="store_true", help="leave out one change each time")
    parser.add_argument("--json", type=Path, help="a file for all scores")
    arguments = parser.parse_args()
    names = [*ABLATION] if arguments.ablation else ["all four"]
    rows = []
    for data in (grid(),) if arguments.ablation else (grid(), ring()):
        print(f"{data.name}, a perfect sampler: {mode_report(data.sample(2500), data)}")
        for name in names:
            for seed in range(arguments.seeds):
                found = score(data, arguments.steps, seed, ABLATION[name])
                rows.append({"data": data.name, "game": name, "seed": seed, **found})
                print(rows[-1], flush=True)
    if arguments.json:
        about = {"steps": arguments.steps, "torch": torch.__version__}
        arguments.json.write_text(json.dumps({"about": about, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
