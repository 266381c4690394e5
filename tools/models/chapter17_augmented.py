"""Chapter 17: samples of a G as further training data, and as a test of what G covers."""

from __future__ import annotations

from itertools import product

import torch

from gan_course import play
from gan_course.data import Dataset, few_labels, from_images
from gan_course.stored import load_run

from .label_splits import sets
from .lessons import (
    CLASSIFIER_STEPS,
    STEPS,
    Lesson,
    evened,
    generators,
    painters,
    samples,
    share_of,
    taught,
    wrong,
)
from .registry import recipe

SIZES, SEEDS, TRIES = (50, 100, 300, 1000), range(5), (100, 101, 102)
SEARCHED = 100  # images of the search
LEFT = 5  # images of the rare class
SCALES = (1.0, 0.75, 0.5, 0.25)  # of z
USUAL = {"steps": STEPS, "classifier steps": CLASSIFIER_STEPS}


def _grid(**values: tuple) -> list[dict]:
    return [dict(zip(values, each, strict=True)) for each in product(*values.values())]


# Nine settings for each way. The classifier's are searched alone, and then hold for all ways.
CLASSIFIERS = _grid(lr=(3e-4, 1e-3, 3e-3), dropout=(0.4, 0.8, 0.95))
WARPS = _grid(degrees=(3, 9, 27), pixels=(0.25, 0.5, 1.0))
GANS = _grid(gamma=(0.1, 1.0, 10.0), share=(0.25, 0.5, 0.8))
PLAIN = {"share": 0.5, "warp": {}}


def some(pool: Dataset, n: int, seed: int) -> Dataset:
    """Return n labelled digits of the pool, as many of each class; all of them if it has no more."""
    return pool if n == len(pool) else few_labels(pool, n // 10, seed).labelled


def _tried(settings: list[dict], errors: list[list[float]]) -> dict:
    best = min(range(len(settings)), key=lambda k: sum(errors[k]))
    return {"settings": settings, "errors": errors, "best": settings[best]}


@recipe("17_augmented_search")
def augmented_search() -> dict:
    """Choose settings for each way: 100 images, three splits of no table, scored on digits set aside."""
    choose = sets(0)[0]
    data = [some(sets(seed)[1], SEARCHED, seed) for seed in TRIES]

    def errors(lessons: list[Lesson], **setting: object) -> list[float]:
        return [share_of(each) for each in wrong(taught(lessons, 0, **setting), [choose] * len(data))]  # fmt: skip

    real, bent = ([Lesson(each, warp=warp) for each in data] for warp in (False, True))
    alone = _tried(CLASSIFIERS, [errors(real, **s, **PLAIN) for s in CLASSIFIERS])
    best = alone["best"]
    warps = _tried(WARPS, [errors(bent, **best, share=0.5, warp=s) for s in WARPS])
    scores = []
    for gamma in sorted({s["gamma"] for s in GANS}):
        made = samples(generators(data, 0, gamma), len(data))
        both = [Lesson(*each) for each in zip(data, made, strict=True)]
        scores += [errors(both, **best, share=s["share"], warp={}) for s in GANS if s["gamma"] == gamma]  # fmt: skip
    about = {"seeds": list(TRIES), **USUAL, "images": SEARCHED}
    return {"about": about, "classifier": alone, "warped": warps, "gan": _tried(GANS, scores)}


def _chosen() -> tuple[dict, float]:
    """Return the arguments of `taught` and the GAN's gamma that the search chose."""
    found = load_run("17_augmented_search")["data"]
    of_gan = found["gan"]["best"]
    warp = found["warped"]["best"]
    return {**found["classifier"]["best"], "share": of_gan["share"], "warp": warp}, of_gan["gamma"]


@recipe("17_augmented")
def augmented() -> dict:
    """Score four ways at four sizes, in five splits; a GAN sees the same images and no others."""
    setting, gamma = _chosen()
    members = [*product(SIZES, SEEDS)]
    pools, tests = zip(*(sets(seed)[1:] for _, seed in members), strict=True)
    data = [some(pool, *member) for pool, member in zip(pools, members, strict=True)]
    made = samples(generators(data, 0, gamma), len(data))
    ways = {
        "real": [Lesson(x) for x in data],
        "real + GAN": [Lesson(*each) for each in zip(data, made, strict=True)],
        "real + warped": [Lesson(x, warp=True) for x in data],
        "all": [Lesson(*each, warp=True) for each in zip(data, made, strict=True)],
        "GAN alone": [Lesson(x) for x in made],
    }
    network = taught([lesson for way in ways.values() for lesson in way], 0, **setting)
    errors = wrong(network, [*tests] * len(ways)).unflatten(0, (len(ways), -1))
    runs = [
        {"n": n, "seed": seed, **{way: share_of(errors[k, i]) for k, way in enumerate(ways)}}
        for i, (n, seed) in enumerate(members)
    ]
    return {"about": {"seeds": list(SEEDS), **USUAL, "test images": 500}, "runs": runs}


@recipe("17_patience")
def patience() -> dict:
    """At 1,000 images: what G's samples are worth after a quarter of the steps, and after twice as many."""
    setting, gamma = _chosen()
    data, tests = zip(*(sets(seed)[1:] for seed in SEEDS), strict=True)
    game, batches = painters([*data], 1, gamma)
    runs = []
    for steps in (STEPS // 4, STEPS, 2 * STEPS):
        play(game, batches, steps - game.step)
        made = samples(game, len(data))
        lessons = [Lesson(*each) for each in zip(data, made, strict=True)] + [Lesson(x) for x in made]  # fmt: skip
        lessons += [Lesson(x) for x in data]
        errors = [share_of(each) for each in wrong(taught(lessons, 1, **setting), [*tests] * 3)]
        ways = zip(("real + GAN", "GAN alone", "real"), (errors[:5], errors[5:10], errors[10:]), strict=True)  # fmt: skip
        runs.append({"steps": steps, **dict(ways)})
    return {"about": {"seeds": list(SEEDS), **USUAL, "images": SIZES[-1]}, "runs": runs}


def _scarce(digit: int) -> tuple[Dataset, Dataset]:
    """Return 50 of each digit but this one, of which there are 5; and the test set."""
    _, pool, test = sets(digit)
    few = some(pool, 500, digit)
    ours = (few.y == digit).nonzero().flatten()[:LEFT]
    return few.take(torch.cat([(few.y != digit).nonzero().flatten(), ours])), test


@recipe("17_rare")
def rare() -> dict:
    """Let each digit be the rare one once: errors on it, and on the nine others."""
    setting, gamma = _chosen()
    data, tests = zip(*map(_scarce, range(10)), strict=True)
    even = [evened(x) for x in data]
    made = samples(generators(even, 0, gamma), len(even))
    ways = {
        "as they come": [Lesson(x) for x in data],
        "balanced": [Lesson(x) for x in even],
        "balanced + GAN": [Lesson(*each) for each in zip(even, made, strict=True)],
        "balanced + warped": [Lesson(x, warp=True) for x in even],
        "all": [Lesson(*each, warp=True) for each in zip(even, made, strict=True)],
    }
    network = taught([lesson for way in ways.values() for lesson in way], 0, **setting)
    errors = wrong(network, [*tests] * len(ways)).unflatten(0, (len(ways), -1))
    runs = []
    for digit, test in enumerate(tests):
        of_class = test.y == digit
        score = {way: [share_of(errors[k, digit, part]) for part in (of_class, ~of_class)] for k, way in enumerate(ways)}  # fmt: skip
        runs.append({"rare": digit, "in test": int(of_class.sum()), "errors": score})
    return {"about": {"seeds": list(range(10)), **USUAL, "of the rare class": LEFT}, "runs": runs}


def _halves(seed: int) -> tuple[Dataset, Dataset, Dataset, Dataset]:
    """Return 500 digits for G, 500 others, the test set, and digits for the classifier of real ones."""
    choose, pool, test = sets(seed)
    known = from_images(torch.cat([choose.x, test.x]), torch.cat([choose.y, test.y]))
    return *pool.split(0.5, seed), test, known


@recipe("17_coverage")
def coverage() -> dict:
    """Train on synthetic, test on real, and the reverse; G's z is shrunk to drop what is rare."""
    setting, gamma = _chosen()
    half, other, tests, known = zip(*map(_halves, SEEDS), strict=True)
    game = generators([*half], 0, gamma)
    kinds = {f"G, z times {scale}": samples(game, len(half), scale) for scale in SCALES}
    kinds |= {"other real digits": [*other], "G's training digits": [*half]}
    kinds["20 of them"] = [few_labels(x, 2, seed).labelled for x, seed in zip(half, SEEDS, strict=True)]  # fmt: skip
    network = taught([Lesson(x) for kind in kinds.values() for x in kind], 0, **setting)
    forth = wrong(network, [*tests] * len(kinds)).unflatten(0, (len(kinds), -1))
    teachers = taught([Lesson(x) for x in known], 1, **setting)
    runs = []
    for k, (kind, lessons) in enumerate(kinds.items()):
        smallest = min(map(len, lessons))
        back = wrong(teachers, [x.take(torch.randperm(len(x), generator=torch.Generator().manual_seed(0))[:smallest]) for x in lessons])  # fmt: skip
        runs.append({"kind": kind, "taught by it": [share_of(each) for each in forth[k]], "read by real": [share_of(each) for each in back]})  # fmt: skip
    return {"about": {"seeds": list(SEEDS), **USUAL, "images": 500}, "runs": runs}
