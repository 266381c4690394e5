"""The laboratory of chapter 9: one base game, the change that makes it ill, and every trick."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

import torch
from torch import Tensor, nn

from gan_course import (
    Game,
    NonFiniteLoss,
    Normal,
    Objective,
    gan,
    minimax,
    non_saturating,
    r1,
    sample,
    train,
)
from gan_course.data import Mixture, grid, ring
from gan_course.metrics import mode_report, sliced_wasserstein
from gan_course.networks import mlp
from gan_course.tricks import (
    InstanceNoise,
    KeptDropout,
    MinibatchDeviation,
    MinibatchDiscrimination,
    Packed,
    feature_matching,
    smoothed,
    unrolled,
    virtual_batch_norm,
)

STEPS, BATCH, EVERY, LAST = 600, 64, 100, 3  # LAST: records that a run's score is the mean of
SEEDS, TUNING = range(5), (100, 101)  # knobs are chosen on the grid, and kept
RING, GRID = ring(radius=2.0, spread=0.1), grid(step=1.0, spread=0.1)  # both reach 2 from 0


@dataclass
class Setup:
    """All that a trick may change before the game is built, and in the built game."""

    G: nn.Sequential = field(default_factory=partial(mlp, 2, 2))
    D: nn.Module = field(default_factory=partial(mlp, 2, 1))
    objective: Objective = non_saturating
    batch: int = BATCH
    options: dict = field(default_factory=lambda: {"lr": 1e-3, "betas": (0.5, 0.999), "ema": None})
    successor: Callable[[Game], Game] = lambda game: game
    noise: InstanceNoise | None = None

    def game(self) -> Game:
        """Build it."""
        options = {"latent": Normal(2), "device": "cpu", **self.options}
        return self.successor(gan(self.G, self.D, self.objective, **options))


Change = Callable[[Setup], object]


def options(**changes: object) -> Change:
    """Return the change of some arguments of `gan`."""
    return lambda setup: setup.options.update(changes)


def saturate(setup: Setup) -> None:
    """Give G the loss of the value function, and D a hundred times its rate."""
    setup.objective = minimax
    setup.options.update(lr=2e-5, lr_D=2e-3)


@dataclass(frozen=True)
class Disease:
    """Where the base game is played, and the one change that makes it ill."""

    data: Mixture
    change: Change
    words: str


DISEASES = {
    "ring": Disease(RING, options(lr_D=2e-4), "D's rate is a fifth of G's, on the ring"),
    "grid": Disease(GRID, options(lr_D=2e-4), "D's rate is a fifth of G's, on the grid"),
    "saturation": Disease(RING, saturate, "the minimax loss, and D's rate is 100 times G's"),
    "oscillation": Disease(RING, options(betas=(0.9, 0.999)), "Adam with beta1 = 0.9"),
}


def smoothing(setup: Setup, real: float) -> None:
    """D is asked to be `real` sure of data."""
    setup.objective = smoothed(setup.objective, real)


def matching(setup: Setup, cut: int) -> None:
    """G matches the features that D has before its layer number `cut`."""
    setup.successor = lambda game: feature_matching(game, game.networks["D"][:cut])


def unrolling(setup: Setup, steps: int) -> None:
    """G looks `steps` moves of D ahead."""
    setup.successor = lambda game: unrolled(game, setup.objective, steps)


def discrimination(setup: Setup, dims: int) -> None:
    """D compares the samples of a batch in 16 kernels of `dims` dimensions."""
    layer = MinibatchDiscrimination(128, kernels=16, dims=dims)
    setup.D = nn.Sequential(*setup.D[:-1], layer, nn.Linear(128 + 16, 1))


def deviation(setup: Setup, group: int | None) -> None:
    """D sees how much its features vary over the batch, or over groups."""
    setup.D = nn.Sequential(*setup.D[:-1], MinibatchDeviation(group), nn.Linear(128 + 1, 1))


def _before_activations(G: nn.Sequential, layer: Callable[[], nn.Module]) -> nn.Sequential:
    pairs = ([layer(), part] if isinstance(part, nn.ReLU) else [part] for part in G)
    return nn.Sequential(*(part for pair in pairs for part in pair))


def batch_norm(setup: Setup, momentum: float) -> None:
    """G has batch norm: what virtual batch norm is to be compared with."""
    setup.G = _before_activations(setup.G, partial(nn.BatchNorm1d, 128, momentum=momentum))


def virtual(setup: Setup, reference: int) -> None:
    """G has virtual batch norm."""
    batch_norm(setup, 0.1)
    setup.G = virtual_batch_norm(setup.G, Normal(2)(reference))


def kept_dropout(setup: Setup, p: float) -> None:
    """G drops features, also when it is used."""
    setup.G = _before_activations(setup.G, partial(KeptDropout, p))


def fog(setup: Setup, start: float) -> None:
    """D sees everything through noise that is gone at the end."""
    setup.noise = InstanceNoise(start, STEPS)
    setup.D = nn.Sequential(setup.noise, *setup.D)


def packing(setup: Setup, m: int) -> None:
    """D judges rows of m samples, as many rows as there were samples."""
    setup.D, setup.batch = Packed(mlp(2 * m, 1), m), setup.batch * m


def penalty(setup: Setup, gamma: float, *every: int) -> None:
    """D is smooth on real samples: R1, of every step or lazy."""
    setup.options["penalties"] = [(gamma, r1, *every)]


def rates(setup: Setup, ratio: float) -> None:
    """D's rate is `ratio` times G's, whatever the disease says of D's."""
    setup.options["lr_D"] = ratio * setup.options["lr"]


def more_moves(setup: Setup, n: int) -> None:
    """D moves n times in a step."""
    setup.options["n_critic"] = n


def average(setup: Setup, decay: float) -> None:
    """Look at the average of G."""
    setup.options["ema"] = decay


def other_loss(setup: Setup, _: None) -> None:
    """G has the non-saturating loss: the cause of saturation undone."""
    setup.objective = non_saturating


@dataclass(frozen=True)
class Trick:
    """A change with one knob, and the two values that are tried: the paper's, and another."""

    change: Callable[..., object]
    values: tuple


TRICKS = {
    "one-sided smoothing": Trick(smoothing, (0.9, 0.75)),
    "feature matching": Trick(matching, (-1, 2)),
    "minibatch discrimination": Trick(discrimination, (5, 2)),
    "minibatch deviation": Trick(deviation, (None, 4)),
    "batch norm in G": Trick(batch_norm, (0.1, 0.5)),
    "virtual batch norm in G": Trick(virtual, (64, 16)),
    "dropout kept in G": Trick(kept_dropout, (0.5, 0.1)),
    "instance noise": Trick(fog, (1.0, 0.3)),
    "packing": Trick(packing, (2, 4)),
    "unrolled D": Trick(unrolling, (5, 1)),
    "more moves of D": Trick(more_moves, (5, 2)),
    "R1": Trick(penalty, (1.0, 0.1)),
    "R1, lazy": Trick(lambda setup, gamma: penalty(setup, gamma, 16), (1.0, 0.1)),
    "two rates": Trick(rates, (4, 2)),
    "average of G": Trick(average, (0.999, 0.99)),
}


def prepared(disease: str | None, trick: Trick | None, value: object, seed: int) -> Setup:
    """Return the base game, made ill and treated, from one seed."""
    torch.manual_seed(seed)
    setup = Setup()
    if disease is not None:
        DISEASES[disease].change(setup)
    if trick is not None:
        trick.change(setup, value)
    return setup


def scores(x: Tensor, before: Tensor | None, data: Mixture, judges: Tensor) -> dict:
    """Return what 2,500 samples are worth, and how far they moved in multiples of the reach."""
    report = mode_report(x, data)
    nearest = torch.cdist(x, data.modes).argmin(1)
    shares = torch.bincount(nearest, minlength=len(data.modes)) / len(x)
    reach = data.modes.abs().max()
    moved = None if before is None else ((x - before).norm(dim=1).mean() / reach).item()
    return {
        "modes": report["modes"],
        "high_quality": report["high_quality"],
        "effective": math.exp(-torch.xlogy(shares, shares).sum().item()),
        "wasserstein": sliced_wasserstein(judges[:1000], x[:1000], projections=32),
        "moved": moved,
    }


KEPT = ("D_loss", "G_gradient", "D_accuracy_real", "D_accuracy_fake")


def played(setup: Setup, data: Mixture, steps: int = STEPS) -> Iterator[dict]:
    """Play a game and yield its scored records; a loss that is not finite ends them."""
    game, before = setup.game(), None
    judges = fresh(data)
    batches = data.batches(setup.batch, device="cpu")
    try:
        for record in train(game, batches, steps, report_every=EVERY):
            if setup.noise is not None:
                setup.noise.at(record["step"])
            x = sample(game, 2500)
            kept = {key: record[key] for key in KEPT}
            yield {"step": record["step"], **kept, **scores(x, before, data, judges)}
            before = x
    except (NonFiniteLoss, ValueError) as error:
        yield {"step": game.step, "stopped": str(error)[:80]}


def fresh(data: Mixture) -> Tensor:
    """Return 2,500 points of the data, the same for every game."""
    state = torch.get_rng_state()
    torch.manual_seed(1000)
    try:
        return data.sample(2500)
    finally:
        torch.set_rng_state(state)


def score(history: list[dict], key: str = "wasserstein") -> float:
    """Return a run's score: the mean of its last records, infinite if it stopped."""
    if "stopped" in history[-1]:
        return math.inf
    return sum(record[key] for record in history[-LAST:]) / LAST
