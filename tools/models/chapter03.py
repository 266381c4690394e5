"""Chapter 3: the ring over five seeds, six histories to diagnose, and a digit generator."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

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
from gan_course.data import digits, ring
from gan_course.metrics import mode_report
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
            yield {"step": step, **means, "G_gradient": game.players[1].gradient_norm()}
            sums.clear()


@recipe("03_diagnose")
def six_histories() -> dict:
    """Six real runs on the ring: one healthy, five sick in different ways."""
    options = {
        "healthy": {"lr": 2e-4, "lr_D": 1e-3},
        "D wins": {"objective": minimax, "lr": 2e-5, "lr_D": 2e-3, "n_critic": 2},
        "collapse": {"objective": minimax, "lr": 1e-4, "lr_D": 2e-3, "n_critic": 5},
        "oscillation": {"lr": 1e-3, "lr_D": 1e-4},
        "double sigmoid": {"lr": 2e-4, "lr_D": 1e-3, "D": nn.Sequential(mlp(2, 1), nn.Sigmoid())},
        "leftover gradients": {"lr": 2e-4, "lr_D": 1e-3},
    }
    steps, histories = 3000, {}
    for name, kwargs in options.items():
        data = ring(radius=4, spread=0.04) if name == "D wins" else DATA  # not normalised
        game = _ring_game(0, **{"objective": non_saturating, "ema": 0.0, **kwargs})
        batches = data.batches(256, device="cpu")
        if name == "leftover gradients":
            records = _leftover_gradients(game, batches, steps)
        else:
            records = train(game, batches, steps, report_every=50)
        histories[name] = _scored(records, game, data)
    return {"about": {"seeds": [0], "steps": steps, "data": "ring()"}, "histories": histories}


def digit_game(objective: Objective = non_saturating, penalties: Sequence = ()) -> Game:
    """Train the GAN of chapter 3 on digits of 16 x 16 pixels, from seed 0."""
    torch.manual_seed(0)
    G = mlp_generator(64, (1, 16, 16), hidden=(128, 160))
    D = mlp_discriminator((1, 16, 16), hidden=(256, 256))
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


@recipe("03_pacgan")
def pacgan_protocol() -> dict:
    """PacGAN's experiment by its own protocol, at a hundredth of its steps and half its seeds."""
    from pacgan import PACKS, SEEDS, STEPS, experiment

    scores = experiment(["ring", "grid"], PACKS, SEEDS, STEPS)
    about = {"seeds": list(range(SEEDS)), "steps": STEPS, "data": "ring() and grid()"}
    return {"about": about, "scores": {name: rounded(runs) for name, runs in scores.items()}}


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
