"""Chapter 6: what each leash makes of a critic, alone and in the game, against the exact W1."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from gan_course import (
    Game,
    Normal,
    clip_weights,
    gan,
    generate,
    gradient_norm,
    gradient_penalty,
    r1,
    train,
    wasserstein,
)
from gan_course.data import ring
from gan_course.metrics import mode_report
from gan_course.networks import mlp

from .registry import recipe, rounded

DATA = ring(spread=0.05)
SAMPLES = 3000  # with 500 the distance of two samples of the ring itself is 0.06 to 0.11
one_sided = partial(gradient_penalty, one_sided=True)
METHODS = {
    "clipping, c = 0.1": {"bound": 0.1},
    "spectral norm": {"normalised": True},
    "R1, γ = 1": {"penalties": [(1, r1)]},
    "penalty, two-sided, 0.1": {"penalties": [(0.1, gradient_penalty)]},
    "penalty, one-sided, 10": {"penalties": [(10, one_sided)]},
    "penalty, two-sided, 10": {"penalties": [(10, gradient_penalty)]},
}


def _normalised(D: nn.Sequential) -> nn.Sequential:
    """Divides every weight matrix by its largest singular value, in place."""
    for layer in D:
        if isinstance(layer, nn.Linear):
            spectral_norm(layer)
    return D


def _game(
    seed: int,
    penalties: list = (),
    bound: float | None = None,
    normalised: bool = False,
    hidden: tuple[int, ...] = (128, 128),
) -> Game:
    torch.manual_seed(seed)
    G, D = mlp(2, 2), mlp(2, 1, hidden)
    options = {"n_critic": 5, "lr": 5e-4, "betas": (0.0, 0.9), "ema": None, "device": "cpu"}
    D = _normalised(D) if normalised else D
    game = gan(G, D, wasserstein, latent=Normal(2), penalties=penalties, **options)
    if bound is not None:
        game.players[0].optimizer.register_step_post_hook(lambda *_: clip_weights(D, bound))
    return game


def _exact(x: Tensor, y: Tensor) -> float:
    """W1 of two samples [n, 2] of one size: the cheapest way to pair them."""
    cost = torch.cdist(x, y).numpy()
    return cost[linear_sum_assignment(cost)].mean().item()


@torch.no_grad()
def _gap(D: nn.Module, real: Tensor, fake: Tensor) -> float:
    return (D(real).mean() - D(fake).mean()).item()


def _floor() -> list[float]:
    """Three distances of two samples of the ring itself."""
    torch.manual_seed(2000)
    return [float(f"{_exact(DATA.sample(SAMPLES), DATA.sample(SAMPLES)):.4g}") for _ in range(3)]


def _against_exact(game: Game, real: Tensor) -> dict[str, float]:
    """Return what the critic says of G's samples, and at some steps the exact W1 of the same."""
    D, fake = game.networks["D"].eval(), generate(game.networks["G"], game.latent, SAMPLES)
    report = mode_report(fake, DATA)
    scores = {"gap": _gap(D, real, fake), **{k: report[k] for k in ("modes", "high_quality")}}
    return scores if game.step not in (300, 600) else {**scores, "exact": _exact(real, fake)}


@recipe("06_critics")
def critics_against_the_exact_distance() -> dict:
    """Play the game on the ring under each leash, 600 steps, three seeds each."""
    seeds, steps = range(3), 600
    torch.manual_seed(1000)
    real = DATA.sample(SAMPLES)  # the same judges for every game
    histories: dict[str, list] = {name: [] for name in METHODS}
    for name, options in METHODS.items():
        for seed in seeds:
            game = _game(seed, **options)
            records = train(game, DATA.batches(128, device="cpu"), steps, report_every=50)
            keys = ("step", "G_gradient")
            history = [
                {**{k: record[k] for k in keys}, **_against_exact(game, real)} for record in records
            ]
            histories[name].append(rounded(history, 4))
    about = {
        "seeds": list(seeds),
        "steps": steps,
        "data": f"ring(spread=0.05), batches of 128; W1 and gap on {SAMPLES} points",
    }
    return {"about": about, "histories": histories, "floor": _floor()}


def _cloud(n: int) -> Tensor:
    return 0.5 * torch.randn(n, 2)


def _critic(
    seed: int,
    steps: int,
    penalties: list = (),
    bound: float | None = None,
    normalised: bool = False,
) -> nn.Module:
    """Train the critic of sections 4 to 6 on the ring against a cloud."""
    torch.manual_seed(seed)
    D = mlp(2, 1, (64, 64))
    D = _normalised(D) if normalised else D
    optimizer = torch.optim.Adam(D.parameters(), 1e-3, betas=(0.0, 0.9))
    slower = torch.optim.lr_scheduler.StepLR(optimizer, int(0.7 * steps), gamma=0.1)
    for _ in range(steps):
        _move(D, optimizer, penalties, bound)
        slower.step()
    return D.eval()


def _move(
    D: nn.Module, optimizer: torch.optim.Optimizer, penalties: list, bound: float | None
) -> None:
    real, fake = DATA.sample(256), _cloud(256)
    loss = wasserstein.d(D(real), D(fake))
    loss = loss + sum(weight * penalty(D, real, fake) for weight, penalty in penalties)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if bound is not None:
        clip_weights(D, bound)


FIXED = {
    "no leash": {},
    "clipping, c = 0.1": {"bound": 0.1},
    "spectral norm": {"normalised": True},
    "R1, γ = 1": {"penalties": [(1, r1)]},
    "penalty, two-sided, 10": {"penalties": [(10, gradient_penalty)]},
    "penalty, one-sided, 10": {"penalties": [(10, one_sided)]},
}


def _costs() -> dict[str, float]:
    """Processor time of a move of each critic, in multiples of one without a leash: medians."""
    movers: dict[str, Callable[[], None]] = {}
    for name, options in FIXED.items():
        torch.manual_seed(0)
        D = mlp(2, 1, (64, 64))
        D = _normalised(D) if options.get("normalised") else D
        optimizer = torch.optim.Adam(D.parameters(), 1e-4, betas=(0.0, 0.9))
        movers[name] = partial(
            _move, D, optimizer, options.get("penalties", ()), options.get("bound")
        )
    seconds: dict[str, list[float]] = {name: [] for name in movers}
    for _ in range(200):
        for name, move in movers.items():  # in turns: a busy machine slows all of them alike
            start = time.process_time()
            move()
            seconds[name].append(time.process_time() - start)
    plain = np.median(seconds["no leash"])
    return {name: round(float(np.median(times) / plain), 2) for name, times in seconds.items()}


def _true_norms(D: nn.Module) -> list[float]:
    """Return the largest singular value of each weight matrix, by a full decomposition."""
    layers = [layer for layer in D if isinstance(layer, nn.Linear)]
    return [round(torch.linalg.matrix_norm(layer.weight.detach(), 2).item(), 4) for layer in layers]


@recipe("06_leashes")
def five_leashes_on_one_critic() -> dict:
    """Train the critic of the ring against a fixed cloud under each leash, three seeds each."""
    seeds, steps = range(3), (800, 3000)
    torch.manual_seed(1000)
    real, fake = DATA.sample(SAMPLES), _cloud(SAMPLES)
    cost = torch.cdist(real, fake).numpy()
    rows, columns = linear_sum_assignment(cost)
    exact, u = cost[rows, columns].mean().item(), torch.rand(SAMPLES, 1)
    between, shares = (1 - u) * real + u * fake, torch.tensor([0.05, 0.5, 0.95])
    partner = real[torch.as_tensor(np.argsort(columns))]  # partner[j]: where fake[j] should go
    critics: dict[str, dict[str, list]] = {}
    for name, options in FIXED.items():
        if name == "no leash":
            continue
        critics[name] = {str(count): [] for count in steps}
        for count in steps:
            for seed in seeds:
                D = _critic(seed, count, **options)
                slopes = gradient_norm(D, between).detach()
                critics[name][str(count)].append(
                    {
                        "gap": round(_gap(D, real, fake), 4),
                        "slopes": [round(s, 3) for s in slopes.quantile(shares).tolist()],
                        "steepest": round(slopes.max().item(), 3),
                        "cosine": round(_cosine(D, fake, partner), 3),
                        "norms": _true_norms(D),
                    }
                )
                if name == "penalty, one-sided, 10" and count == steps[-1] and seed == 0:
                    landscape = _landscape(D)
    about = {
        "seeds": list(seeds),
        "steps": list(steps),
        "data": f"ring(spread=0.05) against N(0, 0.5^2), batches of 256; scored on {SAMPLES} points",
    }
    return {
        "about": about,
        "exact": exact,
        "critics": critics,
        "cost": _costs(),
        "landscape": landscape,
    }


def _cosine(D: nn.Module, fake: Tensor, partner: Tensor) -> float:
    """Return the median cosine between D's slope at a fake and the way the best plan sends it."""
    x = fake.clone().requires_grad_()
    (slope,) = torch.autograd.grad(D(x).sum(), x)
    return torch.cosine_similarity(slope, partner - fake, dim=1).median().item()


@torch.no_grad()
def _landscape(D: nn.Module) -> dict:
    """Scores on a grid over [-1.6, 1.6]^2, and sixty fakes with their partners of the best plan."""
    torch.manual_seed(3)
    real, fake = DATA.sample(60), _cloud(60)
    columns = linear_sum_assignment(torch.cdist(real, fake).numpy())[1]
    ticks = torch.linspace(-1.6, 1.6, 41)
    scores = D(torch.cartesian_prod(ticks, ticks)).reshape(41, 41)
    return {
        "scores": [[round(v, 2) for v in row] for row in scores.tolist()],  # [x][y]
        "real": [[round(v, 3) for v in point] for point in real.tolist()],
        "fake": [[round(v, 3) for v in point] for point in fake[columns].tolist()],
    }


OPTIMIZERS = {
    "Adam, 5e-4": lambda parameters: torch.optim.Adam(parameters, 5e-4, betas=(0.0, 0.9)),
    "RMSProp, 5e-4": lambda parameters: torch.optim.RMSprop(parameters, 5e-4),
    "plain gradient, 0.05": lambda parameters: torch.optim.SGD(parameters, 0.05),
    "plain gradient, 0.5": lambda parameters: torch.optim.SGD(parameters, 0.5),
}
DEPTHS = {"two hidden layers, c = 0.1": (2, 0.1), "five hidden layers, c = 0.01": (5, 0.01)}


def _clipped_game(depth: int, bound: float, optimizer: Callable, seed: int) -> dict[str, float]:
    """Play 300 steps of a clipped game: only G's optimizer changes, the critic keeps its Adam."""
    game = _game(seed, bound=bound, hidden=(128,) * depth)
    player = next(player for player in game.players if player.name == "G")
    player.optimizer = optimizer(list(game.networks["G"].parameters()))
    torch.manual_seed(1000)
    real = DATA.sample(1000)
    start = _exact(real, generate(game.networks["G"], game.latent, 1000))
    *_, last = train(game, DATA.batches(128, device="cpu"), 300, report_every=100)
    fake = generate(game.networks["G"], game.latent, 1000)
    slope = gradient_norm(game.networks["D"], fake).mean().item()
    end = _exact(real, fake)
    return {"start": start, "end": end, "slope": slope, "G_gradient": last["G_gradient"]}


@recipe("06_clipped")
def what_clipping_does() -> dict:
    """Clipped critics: how many weights reach the bound, and whether a deep one can teach G."""
    seeds = range(3)
    at_bound: dict[str, dict[str, list]] = {}
    for bound in (0.01, 0.05, 0.1, 0.2):
        at_bound[str(bound)] = {}
        for steps in (400, 1600):
            found = []
            for seed in seeds:
                D = _critic(seed, steps, bound=bound)
                weights = torch.cat([parameter.detach().flatten() for parameter in D.parameters()])
                found.append(round((weights.abs() > 0.999 * bound).float().mean().item(), 3))
            at_bound[str(bound)][str(steps)] = found
    games = {
        depth: {
            name: rounded([_clipped_game(*options, optimizer, seed) for seed in seeds], 3)
            for name, optimizer in OPTIMIZERS.items()
        }
        for depth, options in DEPTHS.items()
    }
    about = {
        "seeds": list(seeds),
        "steps": 300,
        "data": "ring(spread=0.05); batches of 128; W1 of 1,000 points, before and after",
    }
    return {"about": about, "at_bound": at_bound, "games": games}
