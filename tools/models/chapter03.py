"""Chapter 3: the ring over seeds, six histories to diagnose, every remedy tried, and digits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from gan_course import (
    Game,
    Normal,
    Objective,
    gan,
    generate,
    minimax,
    non_saturating,
    r1,
    relativistic,
    sample,
    train,
)
from gan_course.check.six_runs import RUNS
from gan_course.data import Dataset, digits, ring
from gan_course.data.toys import Mixture
from gan_course.metrics import mode_report, stray_share
from gan_course.networks import mlp, mlp_discriminator, mlp_generator

from .registry import recipe, rounded

DATA = ring()


def _ring_game(seed: int, D: nn.Module | None = None, **options) -> Game:
    torch.manual_seed(seed)
    G = mlp(2, 2)
    return gan(G, D or mlp(2, 1), latent=Normal(2), device="cpu", **options)


def _scored(records: Iterator[dict], game: Game, data=DATA) -> list[dict]:
    """Add to every record what 2,500 samples of the averaged G are worth."""
    return rounded([{**record, **mode_report(sample(game, 2500), data)} for record in records])


@recipe("03_ring")
def ring_over_seeds() -> dict:
    """One loop, two learning rates for G, five seeds each."""
    rates = {"lr 1e-3 for both": {"lr": 1e-3}, "lr 2e-4 for G": {"lr": 2e-4, "lr_D": 1e-3}}
    seeds, steps = range(5), 4000
    histories: dict[str, list] = {name: [] for name in rates}
    raw: dict[str, list] = {name: [] for name in rates}
    for name, options in rates.items():
        for seed in seeds:
            game = _ring_game(seed, **options)
            records = train(game, DATA.batches(256, device="cpu"), steps, report_every=200)
            histories[name].append(_scored(records, game))
            points = generate(game.networks["G"], game.latent, 2500)
            raw[name] += rounded([mode_report(points, DATA)])
    about = {"seeds": list(seeds), "steps": steps, "data": "ring(), batches of 256"}
    return {"about": about, "histories": histories, "without_average": raw}


HEALTHY = {"lr": 2e-4, "lr_D": 1e-3}  # and the non-saturating loss, one move each, radius 1
SICK: dict[str, dict] = {  # what is different, and nothing else
    "healthy": {},
    "D wins": {"objective": minimax, "lr": 2e-5, "lr_D": 2e-3, "scale": 4},
    "collapse": {"objective": minimax, "scale": 10},
    "D too slow": {"lr": 1e-3, "lr_D": 1e-4},
    "double sigmoid": {"double": True},
    "leftover gradients": {"leftover": True},
}
SHORT = 1500  # steps


def _play(seed: int, *changes: dict, every: int = 50) -> tuple[list[dict], Game, Mixture]:
    """Play the healthy game with these changes: its scored records, itself and its data."""
    options: dict = {"objective": non_saturating, "ema": 0.0, **HEALTHY}
    for change in changes:
        options.update(change)
    scale = options.pop("scale", 1)
    double, leftover = options.pop("double", False), options.pop("leftover", False)
    data = ring(radius=scale, spread=0.01 * scale)
    torch.manual_seed(seed)
    G, D = mlp(2, 2), mlp(2, 1)
    game = gan(
        G,
        nn.Sequential(D, nn.Sigmoid()) if double else D,
        latent=Normal(2),
        device="cpu",
        **options,
    )
    batches = data.batches(256, device="cpu")
    play = _leftover_gradients if leftover else partial(train, report_every=every)
    records = []
    for record in play(game, batches, SHORT):
        points = sample(game, 2500)
        scores = {**mode_report(points, data), "strays": stray_share(points, data)}
        records.append({**record, **scores})
    return rounded(records), game, data


def _leftover_gradients(game: Game, batches: Iterator, steps: int) -> Iterator[dict]:
    """Return a loop with one zero_grad at its top and no detach: G also inherits D's gradient."""
    G, D = game.networks["G"], game.networks["D"]
    adam_D, adam_G = (player.optimizer for player in game.players)
    sums: Counter = Counter()
    for step in range(1, steps + 1):
        adam_D.zero_grad()
        adam_G.zero_grad()
        (real,) = next(batches)
        d_real, d_fake = D(real), D(G(torch.randn(len(real), 2)))
        loss_D = softplus(-d_real).mean() + softplus(d_fake).mean()
        loss_D.backward()
        adam_D.step()
        loss_G = softplus(-D(G(torch.randn(len(real), 2)))).mean()
        loss_G.backward()
        adam_G.step()
        game.averages["G"].network.load_state_dict(G.state_dict())
        sums["D_loss"] += loss_D.item()
        sums["G_loss"] += loss_G.item()
        sums["D_accuracy_real"] += (d_real > 0).float().mean().item()
        sums["D_accuracy_fake"] += (d_fake < 0).float().mean().item()
        if step % 50 == 0:
            means = {name: total / 50 for name, total in sums.items()}
            slopes = torch.cat([weight.grad.flatten() for weight in G.parameters()])
            yield {"step": step, **means, "G_gradient": slopes.norm().item()}
            sums.clear()


@recipe("03_diagnose")
def six_histories() -> dict:
    """Six games on the ring, one healthy and five sick, over three seeds: the first one in full.

    A sick game differs from the healthy one in what `SICK` names, and in nothing else. The full
    histories have the numbers of exercise 4, so that their order says nothing.
    """
    seeds, histories, ends = range(3), dict.fromkeys("123456"), {}
    for name, change in SICK.items():
        runs = [_play(seed, change)[0] for seed in seeds]
        histories[str(RUNS[name])] = [{key: r[key] for key in SHOWN} for r in runs[0]]
        ends[name] = [_end(run) for run in runs]
    about = {"seeds": list(seeds), "steps": SHORT, "data": "ring()"}
    return {"about": about, "histories": histories, "ends": ends}


SHOWN = ("step", "D_loss", "D_accuracy_real", "D_accuracy_fake", "G_gradient", "modes")
SHOWN += ("high_quality", "reverse_kl")


def _end(run: list[dict]) -> dict:
    """Means over the last ten records of a run, and how much its share of good samples jumps."""
    last = run[-10:]
    kept = {key: [r[key] for r in last if r[key] == r[key]] for key in run[-1] if key != "step"}
    means = {key: float(np.mean(values)) for key, values in kept.items() if values}
    jumps = float(np.std([r["high_quality"] for r in last]))
    return rounded([{**means, "jumps": jumps}])[0]


REMEDIES: dict[str, tuple[dict, dict[str, dict]]] = {  # a disease, and what is tried, one by one
    "D wins": (
        SICK["D wins"],
        {
            "data at radius 1": {"scale": 1},
            "non-saturating loss": {"objective": non_saturating},
            "D's rate 2e-4": {"lr_D": 2e-4},
            "R1, weight 1": {"penalties": [(1, r1)]},
        },
    ),
    "collapse": (
        SICK["collapse"],
        {
            "data at radius 1": {"scale": 1},
            "non-saturating loss": {"objective": non_saturating},
            "R1, weight 1": {"penalties": [(1, r1)]},
            "D's rate 2e-4": {"lr_D": 2e-4},
            "G's rate 2e-5": {"lr": 2e-5},
        },
    ),
    "D too slow": (
        SICK["D too slow"],
        {"D's rate 1e-3": {"lr_D": 1e-3}, "G's rate 1e-4": {"lr": 1e-4}},
    ),
    "restless": (
        {"lr": 1e-3, "lr_D": 1e-3},
        {
            "nothing": {},
            "both rates 2.5e-4": {"lr": 2.5e-4, "lr_D": 2.5e-4},
            "betas (0.0, 0.9)": {"betas": (0.0, 0.9)},
            "running average": {"ema": 0.999},
        },
    ),
    "rates of 0.1": ({"lr": 0.1, "lr_D": 0.1}, {"nothing": {}}),
}


@recipe("03_first_aid")
def every_remedy() -> dict:
    """Try each remedy of the table "What to try when it fails" on a game that has the disease.

    Three seeds each; only what the remedy names is changed. The sick games themselves are those
    of 03_diagnose, or are called "nothing" here.
    """
    seeds = range(3)
    ends = {
        disease: {
            remedy: [_end(_play(seed, sick, change)[0]) for seed in seeds]
            for remedy, change in remedies.items()
        }
        for disease, (sick, remedies) in REMEDIES.items()
    }
    about = {"seeds": list(seeds), "steps": SHORT, "data": "ring()"}
    return {"about": about, "ends": ends}


def digit_game(
    objective: Objective = non_saturating,
    penalties: Sequence = (),
    seed: int = 0,
    dropout: float = 0.0,
) -> Game:
    """Build the GAN of chapter 3 for digits of 16 x 16 pixels."""
    torch.manual_seed(seed)
    G = mlp_generator(64, (1, 16, 16), hidden=(128, 160))
    D = mlp_discriminator((1, 16, 16), hidden=(256, 256), dropout=dropout)
    return gan(G, D, objective, latent=Normal(64), penalties=penalties, lr=4e-4, device="cpu")


@recipe("03_digits")
def digit_generators() -> dict:
    """Digits three times: many of them, with a smoother D, and far too few of them."""
    training, held_out = digits(16).split(0.9)
    runs = {
        "1,617 digits": (digit_game(), training, "03_digits"),
        "relativistic with R1": (digit_game(relativistic, [(1, r1)]), training, "03_digits_r1"),
        "200 digits": (digit_game(), training.take(torch.arange(200)), "03_digits_200"),
    }
    steps, histories, generators = 8000, {}, {}
    for name, (game, data, stored) in runs.items():
        history = []
        for record in train(game, data.batches(128, device="cpu"), steps, report_every=400):
            D = game.networks["D"]
            shares = {"training": _called_real(D, data.x), "held_out": _called_real(D, held_out.x)}
            history.append({**record, **shares})
        histories[name], generators[stored] = rounded(history), game
    about = {"seeds": [0], "steps": steps, "data": "nine tenths of digits(16), or 200 of them"}
    return {"about": about, "histories": histories, "generators": generators}


@torch.no_grad()
def _called_real(D: nn.Module, images: Tensor) -> float:
    """Return the share of images that D calls real, in eval mode."""
    D.eval()
    return (D(images) > 0).float().mean().item()


@recipe("03_memorise")
def against_memory() -> dict:
    """Try three remedies on a D that learns 100 digits by heart: what it still calls real."""
    training, held_out = digits(16).split(0.9)
    few, steps, seeds = training.take(torch.arange(100)), 2000, range(3)
    tries: dict[str, tuple[dict, Dataset]] = {
        "nothing": ({}, few),
        "dropout 0.5 in D": ({"dropout": 0.5}, few),
        "R1, weight 1": ({"penalties": [(1, r1)]}, few),
        "1,617 digits": ({}, training),
    }
    ends: dict[str, list] = {name: [] for name in tries}
    for name, (options, data) in tries.items():
        for seed in seeds:
            game, shares = digit_game(seed=seed, **options), []
            for _ in train(game, data.batches(64, device="cpu"), steps, report_every=100):
                D = game.networks["D"]
                shares.append([_called_real(D, images) for images in (data.x, held_out.x)])
            seen, unseen = np.mean(shares[-5:], axis=0)
            ends[name] += rounded([{"training": float(seen), "held_out": float(unseen)}])
    about = {"seeds": list(seeds), "steps": steps, "data": "100 digits, or nine tenths of them"}
    return {"about": about, "ends": ends}


@recipe("03_watch")
def watch_the_ring() -> dict:
    """One run to scrub through: short enough for a test to make it again from its command."""
    game = _ring_game(0, lr=2e-4, lr_D=1e-3)
    history, frames = [], {"0": _points(game)}
    for record in train(game, DATA.batches(256, device="cpu"), 1000, report_every=100):
        history += _scored(iter([record]), game)
        frames[str(record["step"])] = _points(game)
    about = {"seeds": [0], "steps": 1000, "data": "ring()"}
    return {"about": about, "history": history, "frames": frames}


def _points(game: Game) -> list[list[float]]:
    """300 samples of the raw G, rounded as a picture needs them."""
    return generate(game.networks["G"], game.latent, 300).mul(1000).round().div(1000).tolist()


class Blurred(nn.Module):
    """D behind a fog: it sees x plus noise, real and generated samples alike."""

    def __init__(self, fog: float) -> None:
        super().__init__()
        self.body, self.fog = mlp(2, 1), fog

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x + self.fog * torch.randn_like(x))


@recipe("03_loop_body")
def own_loop_body() -> dict:
    """Measure what a few lines between two records are worth: a fog that lifts, rates that fall."""
    rates, steps, seeds = {"lr": 5e-4, "lr_D": 2e-3}, 3000, range(5)
    scores: dict[str, list] = {}
    for name, fog, falling in (
        ("nothing", 0.0, False),
        ("falling rates", 0.0, True),
        ("lifting fog", 0.3, False),
        ("both", 0.3, True),
    ):
        scores[name] = []
        for seed in seeds:
            torch.manual_seed(seed)
            D = Blurred(fog)
            game = gan(mlp(2, 2), D, latent=Normal(2), device="cpu", **rates)
            start = [player.optimizer.param_groups[0]["lr"] for player in game.players]
            for record in train(game, DATA.batches(256, device="cpu"), steps, report_every=50):
                left = 1 - record["step"] / steps
                D.fog = fog * max(0.0, left - 0.2) / 0.8
                for player, rate in zip(game.players, start, strict=True):
                    player.optimizer.param_groups[0]["lr"] = rate * (left if falling else 1)
            scores[name] += rounded([mode_report(sample(game, 2500), DATA)])
    return {"about": {"seeds": list(seeds), "steps": steps, "data": "ring()"}, "scores": scores}
