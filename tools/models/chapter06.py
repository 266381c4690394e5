"""Chapter 6: the critic's estimate against the exact W1, for five ways to hold the critic."""

from __future__ import annotations

from functools import partial

import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from gan_course import (
    Game,
    Normal,
    clip_weights,
    gan,
    generate,
    gradient_norm,
    gradient_penalty,
    r1,
    train,
    wasserstein,
)
from gan_course.data import ring
from gan_course.metrics import mode_report
from gan_course.networks import mlp

from .registry import recipe, rounded

DATA = ring(spread=0.05)
SAMPLES = 500
METHODS = {
    "clipping, c = 0.1": {"bound": 0.1},
    "gradient penalty, 0.1": {"penalties": [(0.1, gradient_penalty)]},
    "gradient penalty, 10": {"penalties": [(10, gradient_penalty)]},
    "spectral norm": {"normalised": True},
    "R1, 1": {"penalties": [(1, r1)]},
}


ONE_SIDED = {
    "one-sided penalty, 10": {"penalties": [(10, partial(gradient_penalty, one_sided=True))]}
}


def _normalised(D: nn.Sequential) -> nn.Sequential:
    """Divides every weight matrix by its largest singular value, in place."""
    for layer in D:
        if isinstance(layer, nn.Linear):
            spectral_norm(layer)
    return D


def _game(
    seed: int, penalties: list = (), bound: float | None = None, normalised: bool = False
) -> Game:
    torch.manual_seed(seed)
    G, D = mlp(2, 2), mlp(2, 1)
    options = {"n_critic": 5, "lr": 5e-4, "betas": (0.0, 0.9), "ema": None, "device": "cpu"}
    D = _normalised(D) if normalised else D
    game = gan(G, D, wasserstein, latent=Normal(2), penalties=penalties, **options)
    if bound is not None:
        game.players[0].optimizer.register_step_post_hook(lambda *_: clip_weights(D, bound))
    return game


def _exact(x: Tensor, y: Tensor) -> float:
    """W1 of two samples [n, 2] of one size: the cheapest way to pair them."""
    cost = torch.cdist(x, y).numpy()
    return cost[linear_sum_assignment(cost)].mean().item()


def _against_exact(game: Game, real: Tensor) -> dict[str, float]:
    """Return the exact W1, and what the critic says of the very same samples."""
    D, fake = game.networks["D"].eval(), generate(game.networks["G"], game.latent, SAMPLES)
    with torch.no_grad():
        gap = (D(real).mean() - D(fake).mean()).item()
    slopes = gradient_norm(D, torch.cat([real, fake])).detach()
    scores = {"exact": _exact(real, fake), "gap": gap, "steepest": slopes.max().item()}
    return {**scores, **mode_report(fake, DATA)}


def _runs(methods: dict[str, dict]) -> dict:
    """Three games of 1,200 steps for each method, scored by optimal transport."""
    seeds, steps = range(3), 1200
    torch.manual_seed(1000)
    real, other = DATA.sample(SAMPLES), DATA.sample(SAMPLES)  # the same judges for every game
    histories: dict[str, list] = {name: [] for name in methods}
    for name, options in methods.items():
        for seed in seeds:
            game = _game(seed, **options)
            records = train(game, DATA.batches(128, device="cpu"), steps, report_every=60)
            history = [{**record, **_against_exact(game, real)} for record in records]
            histories[name].append(rounded(history))
    about = {"seeds": list(seeds), "steps": steps, "data": "ring(spread=0.05), batches of 128"}
    return {"about": about, "histories": histories, "floor": _exact(real, other)}


@recipe("06_critics")
def critics_against_the_exact_distance() -> dict:
    """Five ways to hold a critic on the ring, three seeds each."""
    return _runs(METHODS)


@recipe("06_one_sided")
def the_one_sided_penalty() -> dict:
    """Play the same game with the penalty that only steep slopes pay."""
    return _runs(ONE_SIDED)
