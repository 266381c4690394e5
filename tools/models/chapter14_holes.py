"""Chapter 14: faces with a hole, filled by the squared error alone and with an adversary beside it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from gan_course import Game, context_encoder, play
from gan_course.data import Dataset, faces
from gan_course.games import filled
from gan_course.metrics import READINGS, face_judge, frechet_distance
from gan_course.networks import dcgan_discriminator, dcgan_generator

from .registry import recipe

HOLE = (slice(8, 24), slice(8, 24))
WEIGHTS = (0.0, 0.001, 0.01, 0.1, 1.0)  # of the adversary; the paper's is 0.001
SEEDS, STEPS, BATCH, DATA, TEST, SHOWN = range(3), 800, 32, 8000, 2000, 8
WIDTH, CODE = 16, 128


def hole_game(weight: float, seed: int, lr: float = 2e-3) -> Game:
    """Build the game of one weight; without an adversary there is no D."""
    torch.manual_seed(seed)
    encoder = dcgan_discriminator((3, 32, 32), WIDTH, head=partial(nn.Linear, out_features=CODE))
    G = nn.Sequential(encoder, nn.ReLU(), dcgan_generator(CODE, (3, 16, 16), WIDTH))
    D = dcgan_discriminator((3, 16, 16), WIDTH) if weight else None
    return context_encoder(G, D, HOLE, weight=weight, lr=lr, device="cpu")


def gradient_energy(patch: Tensor) -> float:
    """Return the mean squared difference of neighbouring pixels, of `[N, C, h, w]`."""
    down, right = patch.diff(dim=2), patch.diff(dim=3)
    return (down.square().mean() + right.square().mean()).item()


def seam(x: Tensor) -> float:
    """Return the mean absolute step across the edge of the hole, of pictures `[N, C, H, W]`."""
    rows, columns = HOLE
    steps = [
        x[..., inside, columns] - x[..., outside, columns]
        for inside, outside in ((rows.start, rows.start - 1), (rows.stop - 1, rows.stop))
    ]
    steps += [
        x[..., rows, inside] - x[..., rows, outside]
        for inside, outside in (
            (columns.start, columns.start - 1),
            (columns.stop - 1, columns.stop),
        )
    ]
    return torch.cat(steps).abs().mean().item()


@dataclass(frozen=True)
class Ruler:
    """Measures filled faces: against the true ones, and against other faces."""

    truth: Tensor
    others: Tensor  # of other people, for the Fréchet distance

    def __call__(self, x: Tensor) -> dict[str, float]:
        """Return error, sharpness, seam, distance and glasses of filled faces `[N, 3, 32, 32]`."""
        judge, patch = face_judge("cpu"), x[(..., *HOLE)]
        true = self.truth[(..., *HOLE)]
        glasses = judge.read(x)[:, READINGS.index("glasses")]
        found = {
            "error": (patch - true).square().mean().item(),
            "energy": gradient_energy(patch) / gradient_energy(true),
            "seam": seam(x) / seam(self.truth),
            "frechet": frechet_distance(judge(self.others).numpy(), judge(x).numpy()),
            "glasses": (glasses > 0.5).float().mean().item(),
            "undecided": ((glasses > 0.1) & (glasses < 0.9)).float().mean().item(),
        }
        return {name: float(f"{value:.4g}") for name, value in found.items()}


@torch.no_grad()
def answers(game: Game, x: Tensor) -> Tensor:
    """Return faces filled by G in eval mode."""
    return filled(game.networks["G"].eval(), x, HOLE).clamp(-1, 1)


def bytes_of(images: Tensor) -> list:
    """Return images `[n, 3, H, W]` in [-1, 1] as whole numbers from 0 to 255, for JSON."""
    return ((images + 1) * 127.5).round().int().tolist()


def run(game: Game, data: Dataset, measure: Ruler, shown: bool) -> dict:
    """Train a game; return what was measured, and some of the painted middles if they are shown."""
    record = play(game, data.batches(BATCH, device="cpu"), STEPS)
    painted = answers(game, measure.truth)
    row: dict = {**measure(painted), "last": record["G_error"]}
    if shown:
        row["patches"] = bytes_of(painted[:SHOWN][(..., *HOLE)])
    print(f"  error {row['error']}, energy {row['energy']}", flush=True)
    return row


ABOUT = {
    "steps": STEPS,
    "data": f"faces({DATA}, seed=0), batches of {BATCH}; measured on {TEST} faces of seed 1, "
    f"Fréchet distances to {TEST} faces of seed 2 in the judge's features",
    "tuning": "none: Adam .002 for G and .0002 for D, the rates of the paper's code, which has "
    ".0002 for both where the adversary is alone; every weight that was tried is stored",
}


def _holes(seed: int) -> dict:
    """Train and measure all weights from one seed."""
    data, test = faces(DATA), faces(TEST, seed=1).x
    measure = Ruler(test, faces(TEST, seed=2).x)
    another = test.clone()
    another[(..., *HOLE)] = test.roll(1, 0)[(..., *HOLE)]
    rows: dict[str, dict] = {"the truth": measure(test), "another's": measure(another)}
    for weight in WEIGHTS:
        rows[f"{weight:g}"] = run(hole_game(weight, seed), data, measure, seed == 0)
    return {"about": {"seeds": [seed], **ABOUT}, "rows": rows}


for _seed in SEEDS:
    recipe(f"14_holes_{_seed}")(partial(_holes, _seed))


@recipe("14_holes_alone")
def alone() -> dict:
    """Train with the adversary alone, at the rate that the paper's code has for it."""
    data, measure = faces(DATA), Ruler(faces(TEST, seed=1).x, faces(TEST, seed=2).x)
    games = [hole_game(1.0, seed, lr=2e-4) for seed in SEEDS]
    rows = [run(game, data, measure, not seed) for seed, game in enumerate(games)]
    return {"about": {"seeds": list(SEEDS), **ABOUT}, "rows": rows}
