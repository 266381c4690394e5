"""Chapter 4: the rules of DCGAN one by one, and generators of digits and glyphs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor, nn

from gan_course import Game, Normal, gan, generate, sample, train
from gan_course.data import digits, glyphs
from gan_course.metrics import (
    Classifier,
    Evaluator,
    frechet_distance,
    precision_recall,
    train_classifier,
)
from gan_course.networks import (
    Chain,
    dcgan_discriminator,
    dcgan_generator,
    dcgan_init,
    pooled,
    torch_init,
    upsampled,
)

from .registry import recipe, rounded

WIDTH = 16
SEEDS = [0, 1, 2]


@dataclass(frozen=True)
class Variant:
    """How to build a game: G from (latent, shape, width), D from (shape, width), and Adam's beta1."""

    generator: Callable[..., nn.Module] = dcgan_generator
    discriminator: Callable[..., nn.Module] = dcgan_discriminator
    beta1: float = 0.5


def _without_tanh(latent: int, shape: tuple[int, ...], width: int) -> nn.Module:
    return dcgan_generator(latent, shape, width)[:-1]


def _normalised_output(
    latent: int, shape: tuple[int, ...], width: int, begin: tuple[float, float] | None = None
) -> nn.Module:
    """Return a G with batch norm before its tanh; `begin` sets its first scale and shift."""
    G = dcgan_generator(latent, shape, width)
    norm = nn.BatchNorm2d(shape[0]).apply(dcgan_init)
    if begin is not None:
        nn.init.constant_(norm.weight, begin[0])
        nn.init.constant_(norm.bias, begin[1])
    return Chain(*G[:-1], norm, G[-1])


def _both(**options) -> Variant:
    return Variant(partial(dcgan_generator, **options), partial(dcgan_discriminator, **options))


VARIANTS = {
    "all rules": Variant(),
    "no batch norm in G": Variant(generator=partial(dcgan_generator, norm=nn.Identity)),
    "no batch norm in D": Variant(discriminator=partial(dcgan_discriminator, norm=nn.Identity)),
    "no batch norm": _both(norm=nn.Identity),
    "torch's first weights": _both(init=torch_init),
    "no batch norm, torch's weights": _both(norm=nn.Identity, init=torch_init),
    "ReLU in D": Variant(discriminator=partial(dcgan_discriminator, activation=nn.ReLU)),
    "max pooling in D": Variant(discriminator=partial(dcgan_discriminator, down=pooled)),
    "upsampling in G": Variant(generator=partial(dcgan_generator, up=upsampled)),
    "no tanh": Variant(generator=_without_tanh),
    "beta1 = 0.9": Variant(beta1=0.9),
}


def _game(seed: int, variant: Variant) -> Game:
    torch.manual_seed(seed)
    G, D = variant.generator(64, (1, 16, 16), WIDTH), variant.discriminator((1, 16, 16), WIDTH)
    return gan(G, D, latent=Normal(64), betas=(variant.beta1, 0.999), device="cpu")


def _only_d_of(game: Game) -> Game:
    """Return a game whose only network is D, since the store keeps a game's network "G" alone."""
    return replace(game, networks={"G": game.networks["D"]}, averages={})


def _scores(evaluator: Evaluator, game: Game, n: int) -> dict[str, float]:
    """Return what n samples of the averaged G are worth, and how far those of the raw G are.

    They are clamped to [-1, 1], which a G without tanh leaves; `04_ends` says what that does.
    """
    averaged = evaluator.score(sample(game, n).clamp(-1, 1))
    raw = evaluator.score(generate(game.networks["G"], game.latent, n).clamp(-1, 1))
    kept = {name: averaged[name] for name in ("frechet", "precision", "recall")}
    return {**kept, "frechet_without_average": raw["frechet"]}


def _scored(records: Iterator[dict], game: Game, evaluator: Evaluator, n: int) -> list[dict]:
    return rounded([{**record, **_scores(evaluator, game, n)} for record in records], 4)


@recipe("04_rules")
def rules_one_by_one() -> dict:
    """Each rule broken in turn, three seeds each, on seven tenths of the digits."""
    training, held_out = digits(16).split(0.7)
    evaluator = Evaluator(held_out.x, train_classifier(digits(16), device="cpu"))
    n, steps = len(training), 800
    histories: dict[str, list] = {}
    for name, variant in VARIANTS.items():
        histories[name] = []
        for seed in SEEDS:
            game = _game(seed, variant)
            records = train(game, training.batches(64, device="cpu"), steps, report_every=200)
            histories[name].append(_scored(records, game, evaluator, n))
    floor = evaluator.score(training.x)
    about = {"seeds": SEEDS, "steps": steps, "batch": 64, "data": "seven tenths of digits(16)"}
    return {"about": about, "floor": rounded([floor], 4)[0], "histories": histories}


BEFORE_TANH = (1.79, -1.24)  # deviation and mean there, in 1,258 samples of the G of 04_digits
ENDS = {
    "all rules": VARIANTS["all rules"],
    "no tanh": VARIANTS["no tanh"],
    "batch norm at G's output": Variant(generator=_normalised_output),
    "the same, set to the data": Variant(generator=partial(_normalised_output, begin=BEFORE_TANH)),
}


def _as_they_are(judge: Classifier, real: Tensor, game: Game, n: int) -> dict[str, float]:
    """Score n samples clamped to [-1, 1] and as they are, and say how far they lie outside.

    `Evaluator` refuses pixels outside, so the distances are taken between features here.
    """
    images = sample(game, n)
    beyond = (images.abs() - 1).clamp(min=0)
    found = {"outside": (beyond > 0).float().mean().item(), "beyond": beyond.mean().item()}
    found["largest"] = images.abs().max().item()
    for suffix, each in (("", images.clamp(-1, 1)), ("_as_they_are", images)):
        with torch.no_grad():
            features = judge.body(each)
        found[f"frechet{suffix}"] = frechet_distance(judge(real), features)
        shares = precision_recall(judge(real), features)
        found |= {f"{name}{suffix}": value for name, value in shares._asdict().items()}
    return found


@recipe("04_ends")
def ends_of_the_generator() -> dict:
    """Four ways to end G, five seeds each: what do tanh and batch norm do there?"""
    training, held_out = digits(16).split(0.7)
    judge = train_classifier(digits(16), device="cpu")
    seeds, steps, n = [0, 1, 2, 3, 4], 800, len(training)
    histories: dict[str, list] = {name: [] for name in ENDS}
    for seed in seeds:
        for name, variant in ENDS.items():
            game = _game(seed, variant)
            records = train(game, training.batches(64, device="cpu"), steps, report_every=200)
            scored = [{**r, **_as_they_are(judge, held_out.x, game, n)} for r in records]
            histories[name].append(rounded(scored, 4))
    about = {"seeds": seeds, "steps": steps, "batch": 64, "data": "seven tenths of digits(16)"}
    return {"about": about, "histories": histories}


@recipe("04_digits")
def digit_generator() -> dict:
    """Train the first cell of the table, five times as long."""
    training, held_out = digits(16).split(0.7)
    evaluator = Evaluator(held_out.x, train_classifier(digits(16), device="cpu"))
    game, steps = _game(0, VARIANTS["all rules"]), 4000
    records = train(game, training.batches(64, device="cpu"), steps, report_every=400)
    history = _scored(records, game, evaluator, len(training))
    about = {"seeds": [0], "steps": steps, "batch": 64, "data": "seven tenths of digits(16)"}
    generators = {"04_digits": game, "04_digits_D": _only_d_of(game)}
    return {"about": about, "history": history, "generators": generators}


@recipe("04_glyphs")
def glyph_generator() -> dict:
    """32 pixels wide; G is narrow, so that its weights fit into 300 KB."""
    data = glyphs()
    evaluator = Evaluator(glyphs(2000, seed=1).x, train_classifier(data, device="cpu"))
    torch.manual_seed(0)
    G = dcgan_generator(48, (1, 32, 32), 12)
    D = dcgan_discriminator((1, 32, 32), 16)
    game, steps = gan(G, D, latent=Normal(48), lr=5e-4, device="cpu"), 4000
    records = train(game, data.batches(64, device="cpu"), steps, report_every=500)
    history = _scored(records, game, evaluator, 2000)
    about = {"seeds": [0], "steps": steps, "batch": 64, "data": "glyphs()"}
    generators = {"04_glyphs": game, "04_glyphs_D": _only_d_of(game)}
    return {"about": about, "history": history, "generators": generators}
