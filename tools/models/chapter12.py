"""What chapter 12 shows of several seeds: far ends, BigGAN in miniature, a long game's end."""

from __future__ import annotations

import time
from functools import partial

import torch

from gan_course import Game
from gan_course.networks import orthogonal_penalty

from . import collapse, scale, strips  # noqa: F401
from .registry import recipe, rounded

SEEDS, STEPS, EVERY = range(5), 1000, 100
KEPT = ("both", "only_D", "neither")  # of seed 0, to look at
CONDITIONS = {  # name: G's middle, D's middle, G's start
    "both": (strips.attention, strips.attention, strips.TwoCodes),
    "only_D": (strips.Alone, strips.attention, strips.TwoCodes),
    "only_G": (strips.attention, strips.Alone, strips.TwoCodes),
    "neither": (strips.Alone, strips.Alone, strips.TwoCodes),
    "one_code": (strips.Alone, strips.attention, strips.one_code),
}


def _strips_run(condition: str, seed: int, keep: dict) -> dict:
    """Play one game on strips; its records, where attention looks, and what follows what."""
    g, d, start = CONDITIONS[condition]
    data = strips.strips()
    torch.manual_seed(seed)
    G, D = strips.generator(g, start), strips.critic(d)
    history = []
    game = strips.game(G, D)
    for record in strips.played(game, data, STEPS, EVERY):
        history.append(record)
    average, z = game.averages["G"].network, torch.randn(500, strips.LATENT)
    D.eval()
    maps = {"G": strips.maps(average, z), "D": strips.maps(D, data.x[:500])}
    if condition in KEPT and seed == 0:
        keep[f"12_ends_{condition}"] = game
    print(f"  {condition}, seed {seed}: {history[-1]}", flush=True)
    return {"history": rounded(history, 4), "maps": maps, "follows": strips.follows(average)}


def _condition(condition: str) -> dict:
    keep: dict = {}
    seeds = SEEDS if condition in KEPT else SEEDS[:3]  # the others are not compared run by run
    runs = [_strips_run(condition, seed, keep) for seed in seeds]
    about = {
        "seeds": list(seeds),
        "steps": STEPS,
        "data": f"level strips of ends(20_000), batches of {strips.BATCH}; scored on 1,000 samples "
        f"of G's average every {EVERY} steps",
    }
    return {"about": about, "runs": runs, "generators": keep}


for _name in CONDITIONS:
    recipe(f"12_ends_{_name}")(partial(_condition, _name))


RATES = {  # name: lr, lr_D, D's moves in a step, steps: about as much time for each
    "one rate, 1e-3": (1e-3, 1e-3, 1, 300),
    "one rate, 2e-3": (2e-3, 2e-3, 1, 300),
    "four times, 5e-4": (5e-4, 2e-3, 1, 300),
    "four times, 1e-3": (1e-3, 4e-3, 1, 300),
    "three moves, 1e-3": (1e-3, 1e-3, 3, 150),
    "three moves, 2e-3": (2e-3, 2e-3, 3, 150),
}


def _timed(built: Game, batch: int, steps: int, every: int) -> dict:
    start = time.process_time()
    history = scale.played(built, batch, steps, every)
    return {"history": rounded(history, 4), "cpu": round(time.process_time() - start, 1)}


MORE_RATES = {  # as the best of each way lay at the edge of the search
    "one rate, 4e-3": (4e-3, 4e-3, 1, 300),
    "four times, 2e-3": (2e-3, 8e-3, 1, 300),
    "three moves, 4e-3": (4e-3, 4e-3, 3, 150),
}


def _searched(settings: dict) -> dict:
    seeds, runs = range(100, 103), {}
    for name, (lr, lr_D, moves, steps) in settings.items():
        runs[name] = []
        for seed in seeds:
            torch.manual_seed(seed)
            built = scale.game(width=12, lr=lr, lr_D=lr_D, n_critic=moves)
            runs[name].append(_timed(built, 32, steps, steps // 2))
        print(f"  {name}: {[run['history'][-1]['frechet'] for run in runs[name]]}", flush=True)
    about = {"seeds": list(seeds), "steps": 300, "data": "glyphs(20_000, 16), batches of 32"}
    return {"about": about, "settings": {k: list(v) for k, v in settings.items()}, "runs": runs}


@recipe("12_rates")
def two_rates() -> dict:
    """Play the small BigGAN with one rate, with two, and with more moves of D."""
    return _searched(RATES)


@recipe("12_rates_more")
def larger_rates() -> dict:
    """Play it at still larger rates."""
    return _searched(MORE_RATES)


BEST = {
    "lr": 2e-3,
    "lr_D": 8e-3,
    "n_critic": 1,
}  # with two rates; three moves at 4e-3 were as good
GLYPHS = "glyphs(20_000, 16), classes balanced"
ROWS = {  # as the paper adds them: batch, width, shared embedding, skip-z, orthogonality
    "batch 16, width 12": (16, {"width": 12, "shared": False, "skip": False}),
    "batch 64": (64, {"width": 12, "shared": False, "skip": False}),
    "width 18": (64, {"width": 18, "shared": False, "skip": False}),
    "shared embedding": (64, {"width": 18, "skip": False}),
    "skip-z": (64, {"width": 18}),
    "orthogonal": (64, {"width": 18, "beta": 1e-4}),
}


def _scale_run(row: str, seed: int, steps: int, rates: dict) -> tuple[dict, Game]:
    batch, options = ROWS[row]
    torch.manual_seed(seed)
    built = scale.game(**options, **rates)
    run = _timed(built, batch, steps, steps // 2)
    weights = sum(p.numel() for p in built.networks["G"].parameters())
    print(f"  {row}, seed {seed}: {run['history'][-1]}", flush=True)
    return {**run, "weights": weights}, built


STEPS_SCALE, FIRST = 300, 4  # of the rows, which are only scored; the others are truncated too


@recipe("12_scale")
def rows_of_the_table() -> dict:
    """Play the first rows of BigGAN's ablation in miniature, at equal steps."""
    seeds, rates, rows = range(3), BEST, list(ROWS)[:FIRST]
    runs = {row: [_scale_run(row, seed, STEPS_SCALE, rates)[0] for seed in seeds] for row in rows}
    about = {"seeds": list(seeds), "steps": STEPS_SCALE, "data": GLYPHS}
    return {"about": about, "rates": rates, "runs": runs}


@recipe("12_truncation")
def with_and_without_orthogonality() -> dict:
    """Play the last two rows, and truncate; store a G of each."""
    seeds, rates, generators = range(3), BEST, {}
    runs: dict[str, list] = {row: [] for row in list(ROWS)[FIRST:]}
    for seed in seeds:
        for row, found in runs.items():
            run, built = _scale_run(row, seed, STEPS_SCALE, rates)
            found.append({**run, "thresholds": scale.truncated(built)})
            if seed == 0:
                generators[f"12_{row.replace('-', '')}"] = built
    about = {"seeds": list(seeds), "steps": STEPS_SCALE, "data": GLYPHS}
    return {"about": about, "rates": rates, "runs": runs, "generators": generators}


@recipe("12_orthogonal_more")
def a_hundred_times_the_penalty() -> dict:
    """Play the last row with beta = 1e-2, as 1e-4 hardly moved the rows, and truncate."""
    seeds, runs = range(3), []
    for seed in seeds:
        torch.manual_seed(seed)
        built = scale.game(width=18, beta=1e-2, **BEST)
        run = _timed(built, 64, STEPS_SCALE, STEPS_SCALE // 2)
        between_rows = orthogonal_penalty(built.averages["G"].network).item()
        runs.append({**run, "penalty": between_rows, "thresholds": scale.truncated(built)})
        print(f"  seed {seed}: {between_rows}, {runs[-1]['thresholds']}", flush=True)
    about = {"seeds": list(seeds), "steps": STEPS_SCALE, "data": GLYPHS}
    return {"about": about, "rates": BEST, "runs": runs}
