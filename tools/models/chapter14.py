"""What chapter 14 shows of several seeds."""

from __future__ import annotations

import torch

from gan_course import Normal, gan, train
from gan_course.data import ring
from gan_course.networks import mlp

from .registry import recipe, rounded

SEEDS, STEPS = range(3), 100


def _run(seed: int) -> list[dict]:
    """Train on the ring from one seed, and return the history."""
    torch.manual_seed(seed)
    game = gan(mlp(2, 2), mlp(2, 1), latent=Normal(2), lr=1e-3, device="cpu")
    return rounded(list(train(game, ring().batches(256, device="cpu"), STEPS, report_every=10)))


@recipe("14_translation")
def histories() -> dict:
    """TODO: replace this example. Three short runs on the ring."""
    about = {"seeds": list(SEEDS), "steps": STEPS}
    return {"about": about, "histories": [_run(seed) for seed in SEEDS]}
