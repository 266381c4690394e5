"""What the processes of test_distributed.py do: `torchrun worker.py SCENARIO FOLDER`."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn
from torch import distributed as dist

from gan_course import Game, NonFiniteLoss, Normal, gan, sample, train
from gan_course.checkpoint import load, save
from gan_course.data import ring
from gan_course.data.dataset import Batches, from_images
from gan_course.distributed import World, distributed, gather, mean_over_ranks, world
from gan_course.metrics import frechet_distance
from gan_course.objectives import hinge, relativistic, wasserstein
from gan_course.penalties import gradient_penalty

STEPS, BATCH = 6, 32


class Conditional(nn.Module):
    """A critic of points and labels, with spectral norm, whose every score depends on both."""

    def __init__(self) -> None:
        super().__init__()
        spectral = nn.utils.parametrizations.spectral_norm
        self.body = nn.Sequential(spectral(nn.Linear(2, 8)), nn.ReLU())
        self.score, self.embedding = spectral(nn.Linear(8, 1)), spectral(nn.Embedding(8, 8))

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        h = self.body(x)
        return self.score(h) + (self.embedding(y) * h).sum(1, keepdim=True)


class Labelled(nn.Module):
    """A generator of points with labels."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.body = nn.Embedding(8, 2), nn.Linear(4, 2)

    def forward(self, z: Tensor, y: Tensor) -> Tensor:
        return self.body(torch.cat([z, self.embedding(y)], 1))


def perceptrons(**options) -> Game:
    """Two small nets on points, without batch norm."""
    G = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 2))
    D = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
    return gan(G.double(), D.double(), latent=Normal(2), device="cpu", **options)


def conditional() -> Game:
    """A projection critic with spectral norm."""
    G, D = Labelled().double(), Conditional().double()
    return gan(G, D, hinge, latent=Normal(2), device="cpu")


def convolutional() -> Game:
    """A small DCGAN, batch norm in both nets."""
    G = nn.Sequential(
        nn.Unflatten(1, (2, 1, 1)),
        nn.ConvTranspose2d(2, 4, 4, bias=False),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.ConvTranspose2d(4, 1, 4, stride=2, padding=1),
        nn.Tanh(),
    )
    D = nn.Sequential(
        nn.Conv2d(1, 4, 4, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(4, momentum=None),
        nn.LeakyReLU(0.2),
        nn.Flatten(),
        nn.Linear(64, 1),
    )
    return gan(G.double(), D.double(), latent=Normal(2), device="cpu")


def wgan_gp() -> Game:
    """Two turns of the critic, each with fresh data, z and penalty weights."""
    penalties = [(10, gradient_penalty)]
    return perceptrons(objective=wasserstein, penalties=penalties, n_critic=2)


GAMES = {
    "non-saturating": perceptrons,
    "wgan-gp": wgan_gp,
    "simultaneous": lambda: perceptrons(simultaneous=True),
    "relativistic": lambda: perceptrons(objective=relativistic),
    "conditional": conditional,
    "batch norm": convolutional,
}


class Noisy(nn.Module):
    """A network with noise inside that nobody shares; it remembers what it drew."""

    def __init__(self) -> None:
        super().__init__()
        self.before, self.after = nn.Linear(2, 8), nn.Linear(8, 2)
        self.seen = []

    def forward(self, z: Tensor) -> Tensor:
        noise = torch.randn(len(z), 8)
        if self.training:
            self.seen.append(noise)
        return self.after(self.before(z) + noise)


def noisy() -> Game:
    """Noise inside G, dropout in D, z by plain torch, and a penalty that shares its draws."""
    torch.manual_seed(0)
    D = nn.Sequential(nn.Linear(2, 8), nn.Dropout(0.5), nn.Linear(8, 1))
    penalties = [(1, gradient_penalty)]
    return gan(
        Noisy(), D, latent=lambda n, device: torch.randn(n, 2), penalties=penalties, device="cpu"
    )


def _images(n: int) -> tuple[Tensor, ...]:
    pixels = torch.rand(50, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    return tuple(x.double() for x in from_images(pixels.float() * 2 - 1).draw(n))


def batches(name: str, n: int = BATCH) -> Batches:
    """The data of a game, in float64: images, points, or points with labels."""
    if name == "batch norm":
        return Batches(_images, n)
    eight = replace(ring(), modes=ring().modes.double())
    return eight.batches(n, labels=name == "conditional", device="cpu")


def weights(game: Game) -> dict[str, Tensor]:
    """All weights and buffers, averages included."""
    nets = {**game.networks, **{f"average {k}": v.network for k, v in game.averages.items()}}
    states = {name: net.state_dict() for name, net in nets.items()}
    return {f"{name}.{key}": t.clone() for name, s in states.items() for key, t in s.items()}


def report(game: Game, name: str) -> dict:
    """Plays a game and says all that the ranks are to agree on."""
    records = [mean_over_ranks(r) for r in train(game, batches(name), STEPS, report_every=3)]
    return {
        "weights": weights(game),
        "records": [{k: v for k, v in r.items() if k != "seconds"} for r in records],
        "random_state": game.random_state["cpu"],
        "sample": None if name == "conditional" else sample(game, 5),
    }


def agree(here: World, folder: Path) -> None:
    """Plays every game, each rank from weights of its own, and writes what came out."""
    for name, build in GAMES.items():
        torch.manual_seed(here.rank)  # `distributed` shall make the games equal
        torch.save(report(distributed(build()), name), folder / f"{name}.{here.rank}.pt")


def evaluate(here: World, folder: Path) -> None:
    """Finds a metric on samples that are spread unevenly over the ranks."""
    x = torch.randn(101, 3, generator=torch.Generator().manual_seed(0))
    mine = x.tensor_split(here.size)[here.rank]
    together = gather(mine)
    scores = {"fd": frechet_distance(together, x + 1), "rows": len(mine), "step": 7}
    whole = torch.equal(together, x) and torch.equal(gather(mine > 0), x > 0)
    torch.save((whole, scores["fd"], mean_over_ranks(scores)), folder / f"metric.{here.rank}.pt")


def disagree(here: World, folder: Path) -> None:
    """Lets ranks differ where they must not, and keeps what they are told."""
    told = {}
    for name, attempt in {
        "other game": lambda: distributed(perceptrons(lr=1e-3 * (1 + here.rank))),
        "other step": lambda: mean_over_ranks({"step": 10 * here.rank}),
        "odd batch": lambda: next(batches("non-saturating", 33)),
    }.items():
        try:
            attempt()
        except (ValueError, RuntimeError) as error:
            told[name] = str(error)
    torch.save(told, folder / f"told.{here.rank}.pt")


def draw_apart(here: World, folder: Path) -> None:
    """Plays a game with noise that is not shared, in one go, in two, and after a mishap."""
    game, masks, latents = distributed(noisy()), [], []
    G, D = game.networks["G"], game.networks["D"]
    # in training alone: the first batch is looked at in eval mode, without any noise
    D[1].register_forward_hook(lambda layer, x, y: masks.append(y == 0) if D.training else None)
    G.register_forward_pre_hook(lambda layer, x: latents.append(x[0]) if G.training else None)
    data = batches("non-saturating")
    list(train(game, data, 7, report_every=3))
    drawn = {"noise": G.seen, "dropout": masks, "latent": latents}
    half = distributed(noisy())
    list(train(half, data, 4, report_every=2))
    if here.first:
        save(half, folder / "half.pt")
    list(train(half, data, 1))  # whose step is then played again
    dist.barrier()
    ends = [game]
    for again in (half, noisy()):
        load(again, folder / "half.pt")
        ends.append(again if again is half else distributed(again))
        list(train(ends[-1], data, 3))
    states = [end.random_state["cpu"] for end in ends]
    content = {"drawn": drawn, "ends": [weights(end) for end in ends], "states": states}
    torch.save(content, folder / f"apart.{here.rank}.pt")


def diverge(here: World, folder: Path) -> None:
    """Has the loss of the last rank alone become infinite, then goes on from a checkpoint."""
    game = perceptrons()
    G = game.players[1]
    whole, sick = G.loss, []

    def loss(*batch: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        value, notes = whole(*batch)
        return value * (torch.inf if sick else 1), notes

    G.loss = loss
    game, stopped = distributed(game), None
    for _ in train(game, batches("non-saturating"), 3):
        if here.first:
            save(game, folder / "before.pt")
    sick += [True] if here.rank == here.size - 1 else []
    try:
        list(train(game, batches("non-saturating"), 3))
    except NonFiniteLoss as error:
        stopped = (error.player, error.step)
    sick.clear()
    load(game, folder / "before.pt")
    records = list(train(game, batches("non-saturating"), 3))
    torch.save((stopped, records[-1]["step"]), folder / f"diverged.{here.rank}.pt")


def survive(here: World, folder: Path, die: bool = False) -> None:
    """Trains 24 steps with a checkpoint every 4; if told so, rank 1 is killed once, at step 14."""
    torch.manual_seed(0)
    game, file, lives = wgan_gp(), folder / "game.pt", os.environ["TORCHELASTIC_RESTART_COUNT"]
    if here.first and file.exists():
        load(game, file)
    game = distributed(game)
    (folder / f"life.{lives}.{here.rank}").write_text(str(game.step))
    while game.step < 24:
        for record in train(
            game, batches("wgan-gp"), min(24, game.step // 4 * 4 + 4) - game.step, 2
        ):
            if die and here.rank == 1 and lives == "0" and record["step"] == 14:
                os.kill(os.getpid(), signal.SIGKILL)
        if here.first:
            save(game, file)
    torch.save(weights(game), folder / f"end.{here.rank}.pt")


def fail(here: World, folder: Path) -> None:
    """Raises on one rank while the other waits for it."""
    game = distributed(perceptrons())
    for record in train(game, batches("non-saturating"), 100, report_every=1):
        if here.rank == 1 and record["step"] == 3:
            raise KeyError("rank 1 has had enough")


def main(scenario: str, folder: Path) -> None:
    """Runs one scenario, or, as "all", those that end well in one world after the other."""
    torch.set_default_dtype(torch.float64)
    calm = [agree, evaluate, disagree, draw_apart, diverge, survive]
    for act in {"all": calm, "die": [survive], "fail": [fail], "end": [evaluate]}[scenario]:
        with world("cpu") as here:
            if scenario == "die":
                act(here, folder, die=True)
            else:
                act(here, folder)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
