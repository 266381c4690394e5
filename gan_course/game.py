"""A GAN is a game: players who each minimise a loss of their own, and the loop that plays.

    game = gan(G, D, non_saturating, latent=Normal(64))
    for record in train(game, digits().batches(128), steps=5_000):
        print(record)
    images = sample(game, 64)

Everything that makes one GAN differ from another stands in its players' losses. This file
only knows whose turn it is.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from .averages import update_average
from .batches import endless, next_batch
from .notes import Notes
from .player import NonFiniteLoss, Player, Record
from .settings import Built, NotCopied, as_built, check_networks, describe_optimizer
from .states import (
    RandomState,
    get_random_state,
    kept_random_state,
    mode,
    seeded,
    set_random_state,
)

__all__ = ["Game", "NonFiniteLoss", "Player", "generate", "play", "sample", "train"]


@dataclass
class Game(NotCopied):
    """Networks, the players in order of play, and all else that a checkpoint must hold.

    Attributes:
        networks: by name, on one device: `{"G": G, "D": D}`.
        players: in order of play.
        latent: where G's z comes from, `latent(n, device) -> z [n, dim]`.
        averages: running averages (EMA) of networks, by the network's name: see `average_of`.
        decay: of these averages, in [0, 1); ramped up over the first steps.
        simultaneous: whether all players find their gradients before any of them moves;
            otherwise each one answers the move before.
        settings: what else makes this game differ from another, for the checkpoint.
        step: steps played so far.
        record: the last record.
        random_state: the game's own, copied from torch's when the game is built: one
            `torch.manual_seed` before the networks are built fixes a whole run.
        built: what it was when it was built.
    """

    networks: dict[str, nn.Module]
    players: list[Player]
    latent: Callable[..., Tensor] | None = None
    averages: dict[str, nn.Module] = field(default_factory=dict)
    decay: float = 0.999
    simultaneous: bool = False
    settings: dict[str, str] = field(default_factory=dict)
    step: int = 0
    record: Record = field(default_factory=dict)
    random_state: RandomState = field(init=False, repr=False)
    built: Built = field(init=False, repr=False)

    def __post_init__(self) -> None:
        names = [player.name for player in self.players]
        if len(set(names)) < len(names) or not names:
            raise ValueError(f"a game needs players with names of their own, got {names}.")
        if self.simultaneous and any(player.turns > 1 for player in self.players):
            raise ValueError("in a simultaneous game every player has one turn a step.")
        moved = [id(p) for player in self.players for p in player.parameters]
        if self.simultaneous and len(set(moved)) < len(moved):  # one gradient would be lost
            raise ValueError("in a simultaneous game no two players move the same parameters.")
        if not 0 <= self.decay < 1:
            raise ValueError(f"the decay of an average lies in [0, 1), got {self.decay}.")
        self.random_state = get_random_state(self.device)
        self.built = as_built(self)

    @property
    def device(self) -> torch.device:
        """Where the networks live."""
        return next(next(iter(self.networks.values())).parameters()).device

    def __repr__(self) -> str:
        order = "simultaneous" if self.simultaneous else "alternating"
        lines = [f"Game: {order}, step {self.step:,}, on {self.device}"]
        for player in self.players:
            size = sum(p.numel() for p in player.parameters)
            turns = f", {player.turns} turns a step" if player.turns > 1 else ""
            lazy = f", every {player.every} steps" if player.every > 1 else ""
            optimizer = describe_optimizer(player.optimizer)
            lines.append(f"  {player.name}: {size:,} parameters, {optimizer}{turns}{lazy}")
        lines += [f"  average of {name}: decay {self.decay}" for name in self.averages]
        return "\n".join(lines)


@contextmanager
def _random_state_of(game: Game) -> Iterator[None]:
    """Draws from the game's random state inside, and from the caller's again afterwards."""
    with kept_random_state(game.device):
        set_random_state(game.random_state, game.device)
        try:
            yield
        finally:
            game.random_state = get_random_state(game.device)


def _move(game: Game, players: list[Player], batch: tuple[Tensor, ...], notes: Notes) -> None:
    """Lets these players move at once: all gradients first, then all steps."""
    for player in players:
        found = player.gradients(*batch)
        if found["loss"].device.type == "cpu" and not math.isfinite(found["loss"]):
            raise NonFiniteLoss(player.name, game.step, game.record)  # on CUDA: see _record
        notes.add(player.name, found)
    for player in players:
        player.step()


def _play_step(game: Game, batches: Iterator, notes: Notes) -> None:
    """Plays one step: every player whose turn it is moves, then the averages follow."""
    movers = [player for player in game.players if game.step % player.every == 0]
    batch = next_batch(batches, game.device)
    if game.simultaneous:
        _move(game, movers, batch, notes)
    else:
        for player in movers:
            for turn in range(player.turns):
                if turn:
                    batch = next_batch(batches, game.device)
                _move(game, [player], batch, notes)
    for name, average in game.averages.items():
        update_average(average, game.networks[name], game.decay, game.step)
    game.step += 1


def _record(game: Game, notes: Notes, first: int) -> Record:
    """Returns the mean of all notes since step `first`: the one place that waits for a GPU."""
    record: Record = {"step": game.step, **notes.means()}
    for player in game.players:
        if (bad := notes.first_bad_move(player.name)) is not None:
            steps = [step for step in range(first, game.step) if step % player.every == 0]
            raise NonFiniteLoss(player.name, steps[bad // player.turns], game.record)
        record[f"{player.name}_gradient"] = player.gradient_norm()
    return record


def play(game: Game, batches: Iterable, n: int) -> Record:
    """Plays `n` steps and returns one record of them.

    Nothing of it outlives the call: the caller's random state and each layer's train or eval
    mode are as before, also when it is interrupted, and it can simply be called again.

    Args:
        game: who plays; moved on in place.
        batches: an endless source of `x [N, ...]` or `(x, *y)`, or a `DataLoader`.
        n: number of steps, at least 1.

    Returns:
        `step` (played in all), `seconds` (for these n), and for every player P the mean over
        these steps of `P_loss` and of what else its loss reports, and `P_gradient`, the norm
        of its last gradient.

    Raises:
        NonFiniteLoss: a loss became NaN or infinite. On the CPU the weights are left as they
            were before that move.
        ValueError: `n` is below 1, the batches came to an end, or a network was replaced.
    """
    if n < 1:
        raise ValueError(f"play needs at least 1 step, got {n}.")
    check_networks(game)
    batches, notes = endless(batches), Notes()
    start, first = time.perf_counter(), game.step
    with mode(game.networks.values(), training=True), _random_state_of(game):
        for _ in range(n):
            _play_step(game, batches, notes)
    record = _record(game, notes, first)
    game.record = {**record, "seconds": time.perf_counter() - start}
    return dict(game.record)


def train(game: Game, batches: Iterable, steps: int, report_every: int = 100) -> Iterator[Record]:
    """Plays `steps` further steps and yields a record now and then: the loop body is yours.

    Plot, score, save, change a learning rate or `break`: between two records the networks
    are ordinary ones, and going on is another `train`. Like every generator it does nothing
    until somebody iterates over it.

    Args:
        game: who plays; moved on in place.
        batches: an endless source of `x [N, ...]` or `(x, *y)`, or a `DataLoader`, which is
            started again whenever it ends. What stands behind x goes to G and D as `*y`.
        steps: how many further steps.
        report_every: records fall on multiples of it, and at the end.

    Yields:
        Records, as `play` returns them.

    Raises:
        NonFiniteLoss: a loss became NaN or infinite.
        ValueError: `steps` is below 0, `report_every` below 1, or the batches came to an end.
    """
    if steps < 0 or report_every < 1:
        raise ValueError(
            "train needs steps of at least 0 and report_every of at least 1, "
            f"got {steps} and {report_every}."
        )
    batches, end = endless(batches), game.step + steps
    while game.step < end:
        next_report = (game.step // report_every + 1) * report_every
        yield play(game, batches, min(next_report, end) - game.step)


@torch.no_grad()
def generate(
    G: nn.Module, latent: Callable[..., Tensor], n: int, *y: Tensor, seed: int = 0
) -> Tensor:
    """Draws `n` samples from a generator, in eval mode and with a seed of its own.

    Args:
        G: maps `(z, *y)` to samples.
        latent: where z comes from, such as `Normal(64)`.
        n: how many, at least 1.
        *y: what else G takes for each sample, such as labels `[n]`.
        seed: fixes z; the caller's random state is left alone.

    Returns:
        Samples `[n, ...]` on G's device.

    Raises:
        ValueError: `n` is below 1, or `y` does not have one entry for each sample.
    """
    if n < 1 or not all(isinstance(t, Tensor) and t.shape[:1] == (n,) for t in y):
        got = [list(t.shape) if isinstance(t, Tensor) else t for t in y]
        raise ValueError(
            "generate needs n of at least 1 and one y for each sample, as a tensor [n, ...]: "
            f"got n={n} and y {got}."
        )
    device = next(G.parameters()).device
    with mode([G], training=False), seeded(seed, device):
        inputs = [latent(n, device), *(tensor.to(device) for tensor in y)]
        chunks = zip(*(tensor.split(500) for tensor in inputs), strict=True)  # bounds the memory
        return torch.cat([G(*chunk) for chunk in chunks])


def sample(game: Game, n: int, *y: Tensor, seed: int = 0) -> Tensor:
    """Draws `n` samples from the game's G: the averaged weights if it keeps an average.

    Args:
        game: a game with a network `"G"`.
        n: how many, at least 1.
        *y: what else G takes for each sample, such as labels `[n]`.
        seed: fixes z; the caller's random state is left alone.

    Returns:
        Samples `[n, ...]`, as from `generate`; for the raw weights call
        `generate(game.networks["G"], game.latent, n)`.
    """
    return generate(game.averages.get("G", game.networks["G"]), game.latent, n, *y, seed=seed)
