"""Chapter 17: digits with 10 to 200 labels, and what the samples of G must be like to help."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from functools import partial
from itertools import product

import torch
from scipy.spatial import Delaunay
from torch import Tensor, nn

from gan_course import Game, Normal, Uniform, play
from gan_course.data import Dataset, Mixture, few_labels, two_moons
from gan_course.games import semi_supervised, supervised

from .label_splits import sets
from .many_at_once import (
    LATENT,
    Given,
    batches,
    classifiers,
    errors,
    generators,
    mean_gaps,
    networks,
)
from .registry import MODELS, recipe

LABELS, SPLITS = (10, 20, 50, 100, 200), range(10)
TRIES, TRIED = (100, 101, 102), (20, 100)  # the splits and the numbers of labels of the search
STEPS, BATCH = 2000, 32
USUAL = {"betas": (0.5, 0.999), "ema": 0.99, "device": "cpu"}

TRIED_RATES = [*product((1e-3, 3e-3, 1e-2), (0.0, 0.1, 0.3, 0.6))]
BEYOND = [(1e-3, 1.0), (3e-3, 1.0), (3e-4, 0.0), (3e-4, 0.6)]  # the best of a game lay at an edge
NEURAL = [{"lr": lr, "noise": noise} for lr, noise in [*TRIED_RATES, *BEYOND]]
ONLY_ALONE = ((3e-4, 1.0), (1e-4, 0.6), (1e-4, 1.0), (1e-3, 1.5), (1e-3, 2.0))
ALONE = [*NEURAL, *({"lr": lr, "noise": n} for lr, n in ONLY_ALONE)]
LOGISTIC = [{"C": 10 ** (k / 2)} for k in range(-6, 10)]
SPREADING = [{"gamma": g, "alpha": a} for g, a in product((1, 2, 4, 8), (0.2, 0.5, 0.8, 0.99))]

Case = tuple[int, int]  # a split and a number of labels


def known(case: Case) -> tuple[Dataset, Dataset, Dataset, Dataset]:
    """Return the labelled digits of a case, all of its pool, its test set, and those to choose by."""
    seed, n = case
    choose, pool, test = sets(seed)
    return few_labels(pool, n // 10, seed).labelled, pool, test, choose


def alone(cases: list[Case], lr: float, noise: float) -> tuple[Game, nn.Module]:
    """Train the classifier on its labels and nothing else."""
    D = classifiers(len(cases), 64, 10, noise)
    game = supervised(D, lr=lr, **USUAL)
    play(game, batches([known(case)[0] for case in cases], None, BATCH), STEPS)
    return game, game.averages["D"].network


def in_game(
    cases: list[Case],
    lr: float,
    noise: float,
    *,
    match: bool = False,
    fakes: Callable[[list[Dataset]], Tensor] | None = None,
) -> tuple[Game, nn.Module]:
    """Train the classifier as D of the semi-supervised game.

    Args:
        cases: splits and numbers of labels, one for each member.
        lr: the rate, of D and G.
        noise: in front of D.
        match: G matches features, in place of its non-saturating loss.
        fakes: makes tables of samples out of the pools, which stand in the place of a G that learns.
    """
    labelled, pools, *_ = zip(*map(known, cases), strict=True)
    D = classifiers(len(cases), 64, 10, noise)
    if fakes:
        G, latent = Given(fakes(pools)), Uniform(1)
    else:
        G, latent = generators(len(cases), (1, 8, 8)), Normal(LATENT)
    g = mean_gaps(D) if match else None
    game = semi_supervised(G, D, latent=latent, g=g, lr=lr, **USUAL)
    play(game, batches(list(labelled), list(pools), BATCH), STEPS)
    return game, game.averages["D"].network


def by_sklearn(model: Callable[[], object], case: Case, of: int, spread: bool) -> float:
    """Return the error of a method of scikit-learn on set number `of` of a case.

    Pixels lie in [0, 1], as these methods are scaled for.
    """
    flat = [(data.x.flatten(1).numpy() + 1) / 2 for data in known(case)]
    labels = [data.y.numpy() for data in known(case)]
    x, y = flat[0], labels[0]
    if (
        spread
    ):  # who has no label is marked by -1; the labelled ones are there twice, as in the game
        x = torch.cat([torch.from_numpy(x), torch.from_numpy(flat[1])]).numpy()
        y = torch.cat([torch.from_numpy(y), torch.full((len(flat[1]),), -1)]).numpy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of steps that were too few to settle
        wrong = model().fit(x, y).predict(flat[of]) != labels[of]
    return round(float(wrong.mean()), 4)


def _logistic(C: float) -> Callable:
    from sklearn.linear_model import LogisticRegression

    return partial(LogisticRegression, C=C, max_iter=2000)


def _spreading(gamma: float, alpha: float) -> Callable:
    from sklearn.semi_supervised import LabelSpreading

    return partial(LabelSpreading, gamma=gamma, alpha=alpha, max_iter=1000)


def _trained(train: Callable, cases: list[Case], of: int, setting: dict) -> list[float]:
    """Return one error for each case, of networks that are trained all at once."""
    torch.manual_seed(17)
    _, network = train(cases, **setting)
    return errors(network, [known(case)[of] for case in cases])


def _fitted(make: Callable, spread: bool, cases: list[Case], of: int, setting: dict) -> list[float]:
    return [by_sklearn(make(**setting), case, of, spread) for case in cases]


TEST, CHOOSE = 2, 3  # of what `known` returns
METHODS: dict[str, tuple[list[dict], Callable[[list[Case], int, dict], list[float]]]] = {
    "logistic": (LOGISTIC, partial(_fitted, _logistic, False)),
    "spreading": (SPREADING, partial(_fitted, _spreading, True)),
    "alone": (ALONE, partial(_trained, alone)),
    "non_saturating": (NEURAL, partial(_trained, in_game)),
    "matching": (NEURAL, partial(_trained, partial(in_game, match=True))),
}


def best(method: str, n: int) -> dict:
    """Return the setting that the search has chosen for n labels: at 20 for few, at 100 for more."""
    return _stored(method)["chosen"]["20" if n <= 20 else "100"]


def _stored(method: str) -> dict:
    path = MODELS / f"17_search_{method}.json"
    return json.loads(path.read_text())["data"] if path.is_file() else {"tried": []}


def _least(tried: list[dict], n: str) -> dict:
    return min(tried, key=lambda one: sum(one["errors"][n]))["setting"]


def _search(method: str) -> dict:
    """Try sixteen settings or more on splits of their own; the error is that on the 297 digits.

    A setting that is stored already is not tried again: each run has the same seed.
    """
    settings, run = METHODS[method]
    cases = [(seed, n) for n in TRIED for seed in TRIES]
    tried = [one for one in _stored(method)["tried"] if one["setting"] in settings]
    for setting in settings:
        if setting not in [one["setting"] for one in tried]:
            found = run(cases, CHOOSE, setting)
            wrong = {str(n): found[k * len(TRIES) :][: len(TRIES)] for k, n in enumerate(TRIED)}
            tried.append({"setting": setting, "errors": wrong})
            print(f"  {method}, {setting}: {wrong}", flush=True)
    tried.sort(key=lambda one: settings.index(one["setting"]))
    chosen = {str(n): _least(tried, str(n)) for n in TRIED}
    about = {
        "seeds": list(TRIES),
        "steps": STEPS,
        "data": "digits(8): errors on 297 digits that are in no pool and no test set",
    }
    return {"about": about, "tried": tried, "chosen": chosen}


def _table(method: str) -> dict:
    """Score a method on ten splits for each number of labels, at the setting that was chosen."""
    run = METHODS[method][1]
    found = {n: run([(seed, n) for seed in SPLITS], TEST, best(method, n)) for n in LABELS}
    print(f"  {method}: { ({n: round(sum(e) / len(e), 3) for n, e in found.items()}) }", flush=True)
    about = {
        "seeds": list(SPLITS),
        "steps": STEPS,
        "data": "digits(8): a pool of 1,000, of which n have labels, and 500 to test on",
    }
    return {"about": about, "errors": found, "settings": {n: best(method, n) for n in LABELS}}


for _method in METHODS:
    recipe(f"17_search_{_method}")(partial(_search, _method))
    recipe(f"17_labels_{_method}")(partial(_table, _method))


def _pools(pools: list[Dataset]) -> Tensor:
    """Return the real digits themselves: a perfect G."""
    return torch.stack([pool.x for pool in pools])


def _halves(pools: list[Dataset], rows: int = 5000) -> Tensor:
    """Return means of two real digits."""
    x = _pools(pools)
    one, other = torch.randint(x.shape[1], (2, rows))
    return (x[:, one] + x[:, other]) / 2


def _untrained(pools: list[Dataset]) -> Tensor:
    """Return what a G makes before it has learned anything."""
    G = generators(len(pools), (1, 8, 8))
    with torch.no_grad():
        return G(Normal(LATENT)(len(pools) * 5000)).unflatten(0, (len(pools), -1))


FAKES = {"real digits": _pools, "halves": _halves, "an untrained G": _untrained}


@recipe("17_fakes")
def what_stands_in_gs_place() -> dict:
    """Play the game with given samples in the place of G's, on ten splits of 20 and 100 labels.

    The settings are those that were chosen for the game with a G: nothing is searched for again.
    """
    found: dict[str, dict] = {}
    for name, fakes in FAKES.items():
        found[name] = {}
        for n in TRIED:
            run = partial(_trained, partial(in_game, fakes=fakes))
            found[name][n] = run([(s, n) for s in SPLITS], TEST, best("non_saturating", n))
        print(f"  {name}: { ({n: round(sum(e) / len(e), 3) for n, e in found[name].items()}) }")
    about = {"seeds": list(SPLITS), "steps": STEPS, "data": "digits(8), as 17_labels_..."}
    return {"about": about, "errors": found}


def _of_pairs(alike: bool, pools: list[Dataset], rows: int = 5000) -> Tensor:
    """Return means of two real digits of one class, or of two; the labels of all are looked at."""
    tables = []
    for pool in pools:
        one, other = torch.randint(len(pool), (2, 30 * rows))
        fits = (pool.y[one] == pool.y[other]) == alike
        tables.append((pool.x[one[fits][:rows]] + pool.x[other[fits][:rows]]) / 2)
    return torch.stack(tables)


@recipe("17_halves")
def halves_of_one_class_or_of_two() -> dict:
    """Play the game with means of two digits in G's place, all of one class or none."""
    found: dict[str, dict] = {}
    for name, alike in (("halves of two classes", False), ("halves of one class", True)):
        run = partial(_trained, partial(in_game, fakes=partial(_of_pairs, alike)))
        cases = {n: [(seed, n) for seed in SPLITS] for n in TRIED}
        found[name] = {n: run(cases[n], TEST, best("non_saturating", n)) for n in TRIED}
        means = {n: round(sum(e) / len(e), 3) for n, e in found[name].items()}
        print(f"  {name}: {means}", flush=True)
    about = {"seeds": list(SPLITS), "steps": STEPS, "data": "digits(8), as 17_labels_..."}
    return {"about": about, "errors": found}


@recipe("17_nothing")
def without_samples() -> dict:
    """Train the network alone at the settings of the game, for comparison with `17_fakes`."""
    cases = {n: [(seed, n) for seed in SPLITS] for n in TRIED}
    found = {n: _trained(alone, cases[n], TEST, best("non_saturating", n)) for n in TRIED}
    about = {"seeds": list(SPLITS), "steps": STEPS, "data": "digits(8), as 17_labels_..."}
    return {"about": about, "errors": found}


# --- two moons ---------------------------------------------------------------------------------

MOONS, DRAWS, PLANE_STEPS = two_moons(), range(20), 1000
REACH = torch.tensor([2.8, 2.0])  # of the box around the moons


def with_labels(n: int, seed: int, data: Mixture = MOONS) -> Dataset:
    """Return n points of the moons and which moon each is of."""
    torch.manual_seed(seed)
    x, k = data.draw(n, labels=True)
    return Dataset("two moons", x, (k >= len(data.modes) // 2).long(), ("upper", "lower"))


def given(kind: str, rows: int = 20_000) -> Tensor:
    """Return points of a G that is known: [rows, 2]."""
    if kind == "perfect":
        return MOONS.sample(rows)
    tries = 20 if kind in ("between", "around") else 8  # for each row that is wanted
    box = (2 * torch.rand(tries * rows, 2) - 1) * REACH
    if kind == "far":
        angle = 2 * torch.pi * torch.rand(rows)
        return 3.5 * torch.stack([angle.cos(), angle.sin()], 1)
    if kind in ("complement", "between", "around"):
        box = box[MOONS.log_prob(box) < -6]  # hardly any data
    if kind in ("between", "around"):  # inside or outside the convex hull of the moons
        inside = torch.from_numpy(Delaunay(MOONS.modes.numpy()).find_simplex(box.numpy()) >= 0)
        box = box[inside if kind == "between" else ~inside]
    return box[:rows]


def plane(kind: str, per_class: int, lr: float = 1e-3, steps: int = PLANE_STEPS) -> list[float]:
    """Return errors of twenty draws of the labels, with one kind of G."""
    members = [few_labels(with_labels(500, seed), per_class, seed).labelled for seed in DRAWS]
    torch.manual_seed(0)
    D, usual = classifiers(len(members), 2, 2, 0.0, hidden=64), {**USUAL, "lr": lr}
    unlabelled = None if kind == "alone" else [MOONS] * len(members)
    if kind == "alone":
        game = supervised(D, **usual)
    elif kind == "learning":
        G = nn.Sequential(*networks(len(members), [LATENT, 64, 64, 2], nn.ReLU), nn.Flatten(0, 1))
        game = semi_supervised(G, D, latent=Normal(LATENT), **usual)
    else:
        tables = given(kind).expand(len(members), -1, -1)
        game = semi_supervised(Given(tables), D, latent=Uniform(1), **usual)
    play(game, batches(members, unlabelled, 64), steps)
    return errors(game.averages["D"].network, [with_labels(2000, 999)] * len(members))


@recipe("17_plane")
def known_generators() -> dict:
    """Play the game on two moons against generators that are known, with twenty draws of labels."""
    return _plane("alone", "perfect", "complement", "everywhere", "far", "learning")


@recipe("17_plane_parts")
def parts_of_the_complement() -> dict:
    """Play it against the part of the complement between the moons, and the part around them."""
    return _plane("between", "around")


def _plane(*kinds: str) -> dict:
    found: dict[str, dict] = {}
    for kind in kinds:
        found[kind] = {per_class: plane(kind, per_class) for per_class in (1, 3)}
        means = {n: round(sum(e) / len(e), 3) for n, e in found[kind].items()}
        print(f"  {kind}: {means}", flush=True)
    about = {"seeds": list(DRAWS), "steps": PLANE_STEPS, "data": "two_moons(), batches of 64"}
    return {"about": about, "errors": found}
