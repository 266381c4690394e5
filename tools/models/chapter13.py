"""Chapter 13: the generator of faces, the first paper's steps A to F, and a DCGAN to compare with."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from gan_course import sample
from gan_course.data import Dataset, faces
from gan_course.metrics import face_judge
from gan_course.metrics.judge import READINGS, FaceJudge

from . import style_steps
from .faces_game import BATCH, DATA, faces_game, played
from .registry import recipe, rounded
from .style_reading import shortened
from .style_steps import SIDE, STEPS, Step, before_norm, measured, step_game

IMAGES = 160_000
SEEDS, STEP_IMAGES = range(3), 16_000


@torch.no_grad()
def halved(network: torch.nn.Module) -> None:
    """Round weights and buffers to 16 bits, in place: what the page loads is what torch loads."""
    for tensor in network.state_dict().values():
        tensor.copy_(tensor.half())


@recipe("13_faces")
def the_generator() -> dict:
    """Train the chapter's StyleGAN; its average is kept, rounded to 16 bits."""
    game = faces_game()
    batches = faces(DATA).batches(BATCH, device="cpu")
    history = played(game, "13_faces", batches, IMAGES // BATCH)
    halved(game.averages["G"].network)
    about = {
        "seeds": [0],
        "steps": game.step,
        "data": f"faces({DATA}, 32, seed=0), batches of {BATCH}: {game.step * BATCH} images seen",
    }
    return {"about": about, "history": rounded(history), "generators": {"13_faces": game}}


def bytes_of(images: Tensor) -> list:
    """Return images `[n, 3, H, W]` in [-1, 1] as whole numbers from 0 to 255, for JSON."""
    return ((images.clamp(-1, 1) + 1) * 127.5).round().int().tolist()


def _row(name: str, step: Step, seed: int, data: Dataset, judge: FaceJudge, real: Tensor) -> dict:
    """Train one row from one seed and measure it."""
    game = step_game(step, seed)
    batches, steps = data.batches(style_steps.BATCH, device="cpu"), STEP_IMAGES // style_steps.BATCH
    record = played(game, f"13_steps_{name}_{seed}", batches, steps, every=steps)[-1]
    G = game.averages["G"].network
    ws = G.styles(torch.randn(500, style_steps.LATENT, generator=torch.Generator().manual_seed(1)))
    found = shortened({**measured(G, judge, real), "peaks": before_norm(G, ws), "record": record})
    found = {"words": step.words, **found}
    print(f"  {name}, seed {seed}: FD {found['frechet']}, {found['path_length']}", flush=True)
    return {**found, "images": bytes_of(sample(game, 6))} if seed == 0 else found


def _steps(seed: int) -> dict:
    """Train and measure all rows from one seed."""
    data, judge = faces(DATA, SIDE), face_judge("cpu")
    real = faces(style_steps.ASKED, SIDE, seed=1).x
    rows = {name: _row(name, step, seed, data, judge, real) for name, step in STEPS.items()}
    about = {
        "seeds": [seed],
        "steps": STEP_IMAGES // style_steps.BATCH,
        "data": f"faces({DATA}, {SIDE}, seed=0), batches of {style_steps.BATCH}; distances to "
        f"{style_steps.ASKED} faces of seed 1 in the judge's features; {style_steps.PAIRS} pairs",
        "tuning": f"none: Adam {style_steps.LR}, (0, .99), for all rows, R1 {style_steps.GAMMA} "
        "every 16 steps (A: gradient penalty 10 in each); 16x16, full size from the start",
        "readings": list(READINGS),
    }
    return {"about": about, "rows": rows}


for _seed in SEEDS:
    recipe(f"13_steps_{_seed}")(partial(_steps, _seed))
