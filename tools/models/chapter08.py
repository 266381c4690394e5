"""Chapter 8: the same search for seven objectives, on the ring and on digits."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, partial

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import KMeans
from sklearn.metrics import normalized_mutual_info_score
from torch import Tensor, nn

from gan_course import (
    Game,
    NonFiniteLoss,
    Normal,
    Objective,
    gan,
    gradient_penalty,
    hinge,
    infogan,
    least_squares,
    non_saturating,
    r1,
    relativistic,
    sample,
    train,
    wasserstein,
)
from gan_course.data import Dataset, digits, ring
from gan_course.metrics import Evaluator, mode_report, train_classifier
from gan_course.networks import Chain, ConcatOneHot, mlp, mlp_generator
from gan_course.objectives import REVERSE_KL, GaussianMixture, f_gan, mmd

from .registry import recipe, rounded

DRAWS = 16  # settings tried for each objective
MOVES = {"ring": 2400, "digits": 2000}  # of D and G together in a run
FRESH = range(1000, 1005)  # seeds on which the winner of a search is trained again
SEARCHED: dict[str, Objective] = {
    "non_saturating": non_saturating,
    "least_squares": least_squares,
    "hinge": hinge,
    "relativistic": relativistic,
    "wasserstein": wasserstein,
    "reverse_kl": f_gan(REVERSE_KL),
    "mmd": mmd(GaussianMixture((1.0, 2.0, 4.0, 8.0, 16.0))),
}
RING = ring(spread=0.05)


def settings() -> list[dict]:
    """Draw the settings that every objective tries, the same for all."""
    rng = np.random.default_rng(8)

    def between(low: float, high: float) -> float:
        return float(f"{np.exp(rng.uniform(np.log(low), np.log(high))):.3g}")

    return [
        {
            "lr": between(3e-4, 6e-3),
            "ratio": between(0.3, 4),  # D's rate over G's
            "beta1": float(rng.choice([0.0, 0.5, 0.9])),
            "beta2": float(rng.choice([0.9, 0.99, 0.999])),
            "penalty": between(0.01, 10),
            "n_critic": int(rng.choice([1, 2, 4])),
        }
        for _ in range(DRAWS)
    ]


def _networks(name: str, shape: tuple[int, ...]) -> tuple[nn.Module, nn.Module, int]:
    """Return G, D and the dimensions of z; under a kernel, D returns a code of eight numbers."""
    outputs = 8 if name == "mmd" else 1
    if shape == (2,):
        return mlp(2, 2, (64, 64)), mlp(2, outputs, (64, 64)), 2
    body = mlp(256, outputs, (128, 128), partial(nn.LeakyReLU, 0.2))
    return mlp_generator(32, shape, (128, 128)), nn.Sequential(nn.Flatten(), *body), 32


def _game(name: str, shape: tuple[int, ...], setting: dict, seed: int) -> Game:
    torch.manual_seed(seed)
    G, D, dim = _networks(name, shape)
    penalty = gradient_penalty if name == "wasserstein" else r1
    return gan(
        G,
        D,
        SEARCHED[name],
        latent=Normal(dim),
        penalties=[(setting["penalty"], penalty)],
        n_critic=setting["n_critic"],
        lr=setting["lr"],
        lr_D=setting["ratio"] * setting["lr"],
        betas=(setting["beta1"], setting["beta2"]),
        ema=0.99,
        device="cpu",
    )


def misplaced(points: Tensor) -> float:
    """Return the total variation over nine cells: the eight modes' discs of 3 sd, and elsewhere."""
    distance, nearest = torch.cdist(points, RING.modes).min(1)
    cell = torch.where(distance < 3 * RING.spread, nearest, 8)
    shares = torch.bincount(cell, minlength=9) / len(points)
    inside = 1 - np.exp(-4.5)  # of a Gaussian's mass
    truth = torch.tensor([inside / 8] * 8 + [1 - inside])
    return (shares - truth).abs().sum().item() / 2


def exact_w1(real: Tensor, fake: Tensor) -> float:
    """Return W1 of two samples of one size: the mean distance under the best pairing."""
    cost = torch.cdist(real, fake).numpy()
    return cost[linear_sum_assignment(cost)].mean().item()


def _ring_scores(game: Game) -> dict[str, float]:
    points = sample(game, 2500)
    with torch.random.fork_rng():
        torch.manual_seed(1)
        truth = RING.sample(1000)
    return {
        "misplaced": misplaced(points),
        "w1": exact_w1(truth, points[:1000]),
        **mode_report(points, RING),
    }


@cache
def _judge() -> tuple[Dataset, Evaluator]:
    """Return seven tenths of the digits to train on, and a judge that holds the others."""
    training, held_out = digits(16).split(0.7)
    torch.manual_seed(0)
    return training, Evaluator(held_out.x, train_classifier(training, device="cpu"))


def _digit_scores(game: Game) -> dict[str, float]:
    scores = _judge()[1](game, n=1000)
    return {key: scores[key] for key in ("frechet", "kernel", "precision", "recall", "inception")}


DATA: dict[str, tuple[tuple[int, ...], int, Callable[[Game], dict[str, float]]]] = {
    "ring": ((2,), 128, _ring_scores),  # shape, batch, scores
    "digits": ((1, 16, 16), 64, _digit_scores),
}


def _run(name: str, data: str, setting: dict, seed: int) -> dict[str, float]:
    """Train one game for its `MOVES`, and return the scores of its averaged G."""
    shape, batch, scores = DATA[data]
    game = _game(name, shape, setting, seed)
    source = RING if data == "ring" else _judge()[0]
    steps = MOVES[data] // (setting["n_critic"] + 1)
    try:
        for _ in train(game, source.batches(batch, device="cpu"), steps, report_every=steps):
            pass
    except NonFiniteLoss:
        return {"failed": 1.0}
    found = {key: value for key, value in scores(game).items() if np.isfinite(value)}
    return rounded([found])[0]


def _best(runs: Iterable[dict], score: str) -> int:
    return int(np.argmin([run.get(score, np.inf) for run in runs]))


def search(name: str) -> dict:
    """Try all settings with one objective, and the best of each data set on five fresh seeds."""
    tried = settings()
    runs: dict[str, list] = {}
    again: dict[str, list] = {}
    for data, score in (("ring", "misplaced"), ("digits", "frechet")):
        runs[data] = [_run(name, data, setting, seed) for seed, setting in enumerate(tried)]
        winner = tried[_best(runs[data], score)]
        again[data] = [_run(name, data, winner, seed) for seed in FRESH]
    about = {
        "seeds": [*range(DRAWS), *FRESH],
        "steps": f"{MOVES['ring']} and {MOVES['digits']} moves of D and G together",
        "data": "ring(spread=0.05), batches of 128; seven tenths of digits(16), batches of 64",
    }
    return {"about": about, "settings": tried, "runs": runs, "again": again}


for _name in SEARCHED:
    recipe(f"08_search_{_name}")(partial(search, _name))


def named(codes: np.ndarray, y: np.ndarray, by: tuple[np.ndarray, np.ndarray]) -> dict:
    """Score codes against classes: information, and accuracy by the best names.

    Args:
        codes: integers [n], 0 to 9.
        y: classes [n].
        by: codes and classes of other samples, on which each code gets the name of a class.
    """
    table = np.zeros((10, 10))
    np.add.at(table, by, 1)
    names = linear_sum_assignment(-table)[1]
    return {
        "nmi": float(normalized_mutual_info_score(y, codes)),
        "accuracy": float((names[codes] == y).mean()),
    }


def infogan_game(seed: int) -> Game:
    """Build the InfoGAN of chapter 8, for digits of 16 x 16 pixels."""
    torch.manual_seed(seed)
    G = Chain(ConcatOneHot(10), *mlp_generator(16 + 10, (1, 16, 16), (128, 128)))
    D = nn.Sequential(nn.Flatten(), *mlp(256, 1 + 10, (256, 128), partial(nn.LeakyReLU, 0.2)))
    leash = [(1, r1)]
    return infogan(G, D, latent=Normal(16), penalties=leash, lr=1e-3, ema=0.99, device="cpu")


@torch.no_grad()
def _read(D: nn.Module, images: Tensor) -> np.ndarray:
    """Return the code that Q reads in each image."""
    return D.eval()(images)[:, 1:].argmax(1).numpy()


def _spread(images: Tensor, groups: Tensor) -> float:
    """Return how far images of one group lie from its mean, on average over the groups."""
    parts = [images[groups == k].flatten(1) for k in range(10)]
    return float(np.mean([part.std(0).norm().item() for part in parts]))


@recipe("08_infogan")
def names_of_codes() -> dict:
    """Play InfoGAN from five seeds, and compare what its codes name with k-means on pixels."""
    (training, judge), held_out = _judge(), digits(16).split(0.7)[1]
    y, y_new = training.y.numpy(), held_out.y.numpy()
    c = torch.arange(1000) % 10
    seeds, steps = range(5), 2000
    rows: dict[str, list] = {"infogan": [], "samples": [], "k-means": [], "chance": []}
    histories, generators = [], {}
    for seed in seeds:
        game, history = infogan_game(seed), []
        for record in train(game, training.batches(64, device="cpu"), steps, report_every=200):
            D = game.networks["D"]
            seen, new = _read(D, training.x), _read(D, held_out.x)
            history.append({**record, **named(new, y_new, (seen, y))})
        seen_by_judge = judge.features.probabilities(sample(game, 1000, c)).argmax(1).numpy()
        pixels = KMeans(10, n_init=10, random_state=seed).fit(training.x.flatten(1).numpy())
        luck = np.random.default_rng(seed)
        clusters = pixels.predict(held_out.x.flatten(1).numpy())
        random, random_new = luck.integers(10, size=len(y)), luck.integers(10, size=len(y_new))
        rows["infogan"].append(named(new, y_new, (seen, y)))
        by_code = named(c.numpy(), seen_by_judge, (c.numpy(), seen_by_judge))
        rows["samples"].append({**by_code, "spread": _spread(sample(game, 1000, c), c)})
        rows["k-means"].append(named(clusters, y_new, (pixels.labels_, y)))
        rows["chance"].append(named(random_new, y_new, (random, y)))
        histories.append(rounded(history))
        if seed == 0:
            generators["08_infogan"] = game
    about = {
        "seeds": list(seeds),
        "steps": steps,
        "data": "seven tenths of digits(16) to learn from, the others to be named",
    }
    scores = {name: rounded(runs) for name, runs in rows.items()}
    data = {"scores": scores, "histories": histories, "spread": _spread(training.x, training.y)}
    return {"about": about, **data, "generators": generators}
