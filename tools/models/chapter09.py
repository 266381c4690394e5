"""Chapter 9: every trick on the same game, ill in four ways; 200 digits; the grid's recipe."""

from __future__ import annotations

import json
import statistics
import time
from functools import partial

import torch

from gan_course import Game, play
from gan_course.data import Mixture, grid
from gan_course.metrics import mode_report
from recipes.grid import ABLATION
from recipes.grid import score as grid_score

from . import few_digits
from .laboratory import (
    BATCH,
    DISEASES,
    EVERY,
    GRID,
    LAST,
    RING,
    SEEDS,
    STEPS,
    TRICKS,
    TUNING,
    Trick,
    fresh,
    other_loss,
    played,
    prepared,
    score,
    scores,
)
from .registry import MODELS, recipe, rounded

TUNED_ON = "grid"  # the knobs found there are kept for the other diseases


def _history(disease: str | None, trick: Trick | None, value: object, seed: int) -> list[dict]:
    data = DISEASES[disease or "ring"].data
    return list(played(prepared(disease, trick, value, seed), data))


def _plain(history: list[dict]) -> list[dict]:
    """Return records as JSON holds them: rounded numbers, None for what there is none of."""
    numbers = [{k: v for k, v in r.items() if isinstance(v, int | float)} for r in history]
    kept = rounded(numbers, 4)
    return [{**r, **k} for r, k in zip(history, kept, strict=True)]


def _chosen(trick: Trick) -> dict:
    """Return the better of a trick's two knobs on the grid, and what was tried."""
    tried = []
    for value in trick.values:
        histories = [_history(TUNED_ON, trick, value, seed) for seed in TUNING]
        found = [float(f"{score(history):.4g}") for history in histories]
        tried.append({"value": value, "wasserstein": found})
    best = min(tried, key=lambda one: sum(one["wasserstein"]))
    return {"knob": best["value"], "tried": tried}


def _kept(name: str) -> dict:
    """Return the knob that was chosen on the grid."""
    stored = json.loads((MODELS / f"09_{TUNED_ON}.json").read_text())["data"]["runs"]
    return {"knob": stored[name]["knob"] if name in stored else None, "tried": []}


def _treated(disease: str, name: str, trick: Trick | None) -> dict:
    """Play the five seeds with a trick, at the knob that was chosen on the grid."""
    if disease == TUNED_ON:
        choice = _chosen(trick) if trick else {"knob": None, "tried": []}
    else:
        choice = _kept(name)
    histories = [_plain(_history(disease, trick, choice["knob"], seed)) for seed in SEEDS]
    print(f"  {disease}, {name}: {choice}, {[round(score(h), 3) for h in histories]}", flush=True)
    return {**choice, "histories": histories}


def _ward(disease: str) -> dict:
    """Play the ill game without and with each trick, and the healthy one."""
    tricks: dict[str, Trick | None] = {"nothing": None, **TRICKS}
    if disease == "saturation":
        tricks["non-saturating loss"] = Trick(other_loss, (None,))
    runs = {name: _treated(disease, name, trick) for name, trick in tricks.items()}
    data = DISEASES[disease].data
    healthy = [list(played(prepared(None, None, None, seed), data)) for seed in SEEDS]
    runs["the healthy game"] = {"knob": None, "tried": [], "histories": [*map(_plain, healthy)]}
    about = {
        "seeds": list(SEEDS),
        "tuning_seeds": list(TUNING),  # on the grid
        "steps": STEPS,
        "data": f"{data.name}, batches of {BATCH}, scored every {EVERY} steps; a run's score is "
        f"the mean of its last {LAST} records",
        "disease": DISEASES[disease].words,
    }
    return {"about": about, "runs": runs}


def _perfect(data: Mixture, seed: int) -> dict:
    """Return what 2,500 points of the data themselves are worth."""
    torch.manual_seed(2000 + seed)
    x = data.sample(2500)
    found = scores(x, None, data, fresh(data))
    return {key: float(f"{value:.4g}") for key, value in found.items() if value is not None}


def _even() -> dict[str, dict]:
    """Return what points are worth that are strewn evenly where the modes lie."""
    torch.manual_seed(3000)
    square = (2 * torch.rand(2500, 2) - 1) * 2.25
    angle, radius = 2 * torch.pi * torch.rand(2500), 2 + 0.1 * torch.randn(2500)
    circle = torch.stack([radius * angle.cos(), radius * angle.sin()], 1)
    found = {"ring": (circle, RING), "grid": (square, GRID)}
    return {
        name: {k: v for k, v in scores(x, None, data, fresh(data)).items() if v is not None}
        for name, (x, data) in found.items()
    }


for _name in DISEASES:
    recipe(f"09_{_name}")(partial(_ward, _name))


@recipe("09_cost")
def what_a_step_costs() -> dict:
    """Measure a step's processor time with each trick, and what perfect samplers score."""
    tricks = {"nothing": None, **TRICKS}
    games = {}
    for name, trick in tricks.items():
        setup = prepared(None, trick, _kept(name)["knob"], 0)
        games[name] = setup.game(), DISEASES["ring"].data.batches(setup.batch, device="cpu")
    seconds: dict[str, list[float]] = {name: [] for name in games}
    for _ in range(12):
        for name, (game, batches) in games.items():  # in turns: a busy machine slows all alike
            start = time.process_time()
            play(game, batches, 16)  # one lazy penalty
            seconds[name].append((time.process_time() - start) / 16)
    plain = statistics.median(seconds["nothing"])
    costs = {name: round(statistics.median(times) / plain, 2) for name, times in seconds.items()}
    about = {
        "seeds": [0],
        "steps": 12 * 16,
        "data": "ring(2, 0.1): medians of 12 turns of 16 steps",
    }
    perfect = {
        name: [_perfect(data, seed) for seed in SEEDS]
        for name, data in (("ring", RING), ("grid", GRID))
    }
    result = {"costs": costs, "ms": round(1000 * plain, 2), "perfect": perfect, "even": _even()}
    return {"about": about, **result}


@recipe("09_few")
def few_digits_game() -> dict:
    """Play the game on 200 digits without and with each trick; store a G before and after."""
    runs, generators = {}, {}
    for name, (_, value) in few_digits.GAMES.items():
        seeds = few_digits.SEEDS.get(name, range(3))
        played_ones = [_few(name, value, seed) for seed in seeds]
        runs[name] = {"knob": value, "histories": [_plain(history) for history, _ in played_ones]}
        if name in few_digits.SEEDS:
            generators[f"09_few_{name.split()[0].lower()}"] = played_ones[0][1]
        print(f"  {name}: {[few_digits.score(history) for history, _ in played_ones]}", flush=True)
    few, training, held_out, _ = few_digits.known()
    about = {
        "seeds": list(range(5)),  # of three games; of the others the first three
        "steps": few_digits.STEPS,
        "data": f"{few_digits.FEW} digits of digits(16), batches of {few_digits.BATCH}; D is asked "
        f"about {len(training) + len(held_out) - few_digits.FEW} others",
    }
    copies, fresh = few.x.repeat(5, 1, 1, 1), torch.cat([training.x[few_digits.FEW :], held_out])
    references = {
        "copies of the 200": few_digits.worth(copies, few.x),
        "other digits": few_digits.worth(fresh, few.x),
    }
    references = {name: rounded([worth], 4)[0] for name, worth in references.items()}
    return {"about": about, "runs": runs, "references": references, "generators": generators}


def _few(
    name: str, value: object, seed: int, steps: int = few_digits.STEPS
) -> tuple[list[dict], Game]:
    played_ones = list(few_digits.played(few_digits.prepared(name, value, seed), steps))
    return [record for record, _ in played_ones], played_ones[-1][1]


@recipe("09_longer")
def few_digits_for_longer() -> dict:
    """Play the game on 200 digits three times as long, without and with moved pictures."""
    seeds, steps = range(3), 3 * few_digits.STEPS
    runs: dict[str, list] = {"nothing": [], "translation alone": []}
    for seed in seeds:
        for name, histories in runs.items():
            history, _ = _few(name, few_digits.GAMES[name][1], seed, steps)
            histories.append(_plain(history))
            print(f"  {name}, seed {seed}: {histories[-1][-1]}", flush=True)
    about = {"seeds": list(seeds), "steps": steps, "data": f"{few_digits.FEW} digits"}
    return {"about": about, "runs": runs}


@recipe("09_recipe")
def the_grid_recipe() -> dict:
    """Play recipes/grid.py whole, and without one of its four changes each time, three seeds."""
    data, seeds, steps = grid(), range(3), 3000  # of 8,000: its schedules shrink with it
    rows = []
    for name, changes in ABLATION.items():
        for seed in seeds:
            found = rounded([grid_score(data, steps, seed, changes)], 4)[0]
            rows.append({"game": name, "seed": seed, **found})
            print(f"  {rows[-1]}", flush=True)
    perfect = [mode_report(data.sample(2500), data) for _ in range(3)]
    about = {"seeds": list(seeds), "steps": steps, "data": "grid(), batches of 256"}
    return {"about": about, "rows": rows, "perfect": rounded(perfect, 4)}


@recipe("09_penalty")
def the_papers_weight() -> dict:
    """Play R1 with the weight of Mescheder et al. (2018), 10, which the search did not try."""
    runs: dict[str, dict] = {}
    for disease in DISEASES:
        runs[disease] = {}
        for name in ("R1", "R1, lazy"):
            found = [_history(disease, TRICKS[name], 10.0, seed) for seed in SEEDS]
            runs[disease][name] = {"knob": 10.0, "histories": [_plain(one) for one in found]}
            print(f"  {disease}, {name}: {[round(score(one), 3) for one in found]}", flush=True)
    about = {"seeds": list(SEEDS), "steps": STEPS, "data": "as 09_ring, 09_grid and so on"}
    return {"about": about, "runs": runs}
