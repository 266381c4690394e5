"""Chapter 15: one class of digits withheld, and found again by an encoder, or by neighbours."""

from __future__ import annotations

from functools import partial

import torch
from sklearn.decomposition import PCA
from torch import Tensor

from gan_course.data import digits
from gan_course.game import Game
from gan_course.metrics import auroc
from gan_course.networks import code_of

from .chapter15 import DATA, STEPS, chosen
from .registry import recipe
from .there_and_back import DIM, played, shortened, there, thirds, ways

SEED, HALVES = 0, (range(5), range(5, 10))


def _anomalies(labels: range) -> dict:
    """Withhold some classes in turn; score the test digits and all withheld ones."""
    training, _, test = thirds()
    rates, everything = chosen(), digits(8)
    rows = []
    for label in labels:
        normal = training.take(training.y != label)
        seen = test.x[test.y != label]
        strange = everything.x[everything.y == label]
        found = {**_by_distance(normal.x, strange, seen), **_by_pca(normal.x, strange, seen)}
        for name in ("AE", "ALI"):
            torch.manual_seed(SEED)
            game = played(ways(normal, 0)[name](rates[name]), normal, STEPS)
            found |= _scores(game, name, strange, seen)
        print(f"  withheld {label}: {shortened(found, 3)}", flush=True)
        rows.append(shortened(found, 4))
    about = {
        "seeds": [SEED],
        "withheld": [*labels],
        "steps": STEPS,
        "data": DATA,
        "step sizes": rates,
    }
    return {"about": about, "rows": rows}


@torch.no_grad()
def _scores(game: Game, name: str, strange: Tensor, seen: Tensor) -> dict[str, float]:
    """AUROC of the error of reconstruction and, where D sees pairs, of D's logit."""
    E, G = there(game)

    def error(x: Tensor) -> Tensor:
        return (G(code_of(E, x)) - x).square().flatten(1).mean(1)

    found = {f"{name}, error": auroc(error(strange), error(seen))}
    if "D" in game.networks:
        D = game.networks["D"].eval()

        def doubt(x: Tensor) -> Tensor:
            return -D(x, code_of(E, x)).flatten()

        found[f"{name}, D"] = auroc(doubt(strange), doubt(seen))
    return found


def _by_distance(normal: Tensor, strange: Tensor, seen: Tensor) -> dict[str, float]:
    """AUROC of the distance to the first, fifth and twentieth nearest training digit."""

    def distance(x: Tensor, k: int) -> Tensor:
        return torch.cdist(x.flatten(1), normal.flatten(1)).kthvalue(k, dim=1).values

    return {f"neighbour {k}": auroc(distance(strange, k), distance(seen, k)) for k in (1, 5, 20)}


def _by_pca(normal: Tensor, strange: Tensor, seen: Tensor) -> dict[str, float]:
    """AUROC of the error of the best linear autoencoder with as many numbers."""
    pca = PCA(DIM, random_state=0).fit(normal.flatten(1).numpy())

    def error(x: Tensor) -> Tensor:
        flat = x.flatten(1).numpy()
        return torch.from_numpy(pca.inverse_transform(pca.transform(flat)) - flat).square().mean(1)

    return {"PCA, error": auroc(error(strange), error(seen))}


for _half, _labels in enumerate(HALVES):
    recipe(f"15_anomalies_{_half}")(partial(_anomalies, _labels))
