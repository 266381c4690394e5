"""Chapter 15: seven ways there and back on digits, and the search for their step sizes."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from gan_course.data import Dataset
from gan_course.game import Game
from gan_course.networks import code_of
from gan_course.stored import load_run

from .registry import recipe
from .there_and_back import (
    DIM,
    NOISE,
    bytes_of,
    measured,
    played,
    searched,
    shortened,
    there,
    thirds,
    ways,
)

SEEDS, SHOWN = range(3), 10
STEPS, SEARCH_STEPS = 4000, 1500
RATES = (5e-4, 1e-3, 2e-3, 4e-3)
DATA = (
    "digits(8) in one fixed shuffle: 1,197 for training, 300 for choosing, 300 for the test; "
    "batches of 64"
)


def _tried(name: str, lr: float, steps: int = SEARCH_STEPS) -> dict:
    """Train one way with one step size, and measure it on the digits for choosing."""
    training, choosing, _ = thirds()
    torch.manual_seed(100)
    game = played(ways(training, steps)[name](lr), training, steps)
    row = shortened(measured(game, choosing))
    print(f"  {name}, {lr}: {row}", flush=True)
    return row


def _about_the_search() -> dict:
    return {"seeds": [100], "steps": SEARCH_STEPS, "data": DATA, "noise of the VAE": NOISE}


@recipe("15_search")
def the_search() -> dict:
    """Try the same four step sizes for every way, from one seed."""
    names = ways(thirds()[0], SEARCH_STEPS)
    found = {name: [_tried(name, lr) for lr in RATES] for name in names}
    return {"about": _about_the_search(), "rates": RATES, "found": found}


@recipe("15_search_further")
def further() -> dict:
    """Double the step size of every way whose largest one was the best, until it is not."""
    found = {}
    for name, rows in load_run("15_search")["data"]["found"].items():
        found[name], lr, errors = [], RATES[-1], [row["error"] for row in rows]
        while errors[-1] == min(errors):
            lr *= 2
            found[name].append(_tried(name, lr) | {"rate": lr})
            errors.append(found[name][-1]["error"])
    return {"about": _about_the_search(), "found": found}


def _two_best() -> dict[str, list[float]]:
    """Return for each way the two step sizes with the smallest errors of reconstruction."""
    first = load_run("15_search")["data"]
    more = load_run("15_search_further")["data"]["found"]
    best = {}
    for name, rows in first["found"].items():
        tried = [
            *zip(first["rates"], rows, strict=True),
            *((row["rate"], row) for row in more[name]),
        ]
        best[name] = [rate for rate, _ in sorted(tried, key=lambda pair: pair[1]["error"])[:2]]
    return best


@recipe("15_search_finals")
def finals() -> dict:
    """Train every way with its two best step sizes for as long as the runs that are shown."""
    found = {
        name: [_tried(name, lr, STEPS) | {"rate": lr} for lr in rates]
        for name, rates in _two_best().items()
    }
    return {"about": {**_about_the_search(), "steps": STEPS}, "found": found}


@recipe("15_search_lower")
def lower() -> dict:
    """Halve the step size in full length for as long as it makes the error smaller."""
    found = {}
    for name, rows in load_run("15_search_finals")["data"]["found"].items():
        found[name], lr = [], min(row["rate"] for row in rows)
        errors = [min(row["error"] for row in rows if row["rate"] == lr)]
        while errors[-1] == min(errors):
            lr /= 2
            found[name].append(_tried(name, lr, STEPS) | {"rate": lr})
            errors.append(found[name][-1]["error"])
    return {"about": {**_about_the_search(), "steps": STEPS}, "found": found}


def chosen() -> dict[str, float]:
    """Return for each way the step size with the smallest error of reconstruction."""
    finals, smaller = (load_run(f"15_search_{n}")["data"]["found"] for n in ("finals", "lower"))
    return {
        name: min([*finals[name], *smaller[name]], key=lambda row: row["error"])["rate"]
        for name in finals
    }


@torch.no_grad()
def _seen(game: Game, x: Tensor, dim: int) -> dict:
    """Return, for pictures, what comes back of some digits, and what G makes of z ~ N(0, I)."""
    E, G = there(game)
    z = torch.randn(SHOWN, dim, generator=torch.Generator().manual_seed(1))
    return {"back": bytes_of(G(code_of(E, x))), "samples": bytes_of(G(z))}


def first_of_each(data: Dataset) -> Tensor:
    """Return the first digit of each class."""
    return torch.stack([data.x[data.y == label][0] for label in range(10)])


def _there_and_back(seed: int) -> dict:
    """Train all ways from one seed, each with its step size, and test them."""
    training, _, test = thirds()
    rows, rates = {}, chosen()
    for name, game_of in ways(training, STEPS).items():
        torch.manual_seed(seed)
        game = played(game_of(rates[name]), training, STEPS)
        rows[name] = shortened({**measured(game, test), "searched": searched(game, test)})
        print(f"  {name}, seed {seed}: {rows[name]}", flush=True)
        if seed == 0:
            rows[name] |= _seen(game, first_of_each(test), DIM)
    about = {"seeds": [seed], "steps": STEPS, "data": DATA, "step sizes": rates}
    return {"about": about, "rows": rows}


for _seed in SEEDS:
    recipe(f"15_digits_{_seed}")(partial(_there_and_back, _seed))
