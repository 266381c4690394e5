"""A GAN is a game: players who each minimise a loss of their own, and the loop that plays.

    game = gan(G, D, non_saturating, latent=Normal(64))
    for record in train(game, digits().batches(128), steps=5_000):
        print(record)
    images = sample(game, 64)

Everything that makes one GAN differ from another stands in its players' losses. This file
only knows whose turn it is.
"""

from __future__ import annotations

import itertools
import math
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from ..accelerate.moves import Recordings, at_full_speed
from .averages import Average
from .batches import Endless, endless, next_batch, own
from .describe import Built, NotCopied, as_built, check_networks, describe_optimizer
from .first_batch import Inspection, check_labels, classes_of
from .plainly import plainly
from .player import NonFiniteLoss, Player, Record
from .records import Notes
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
        averages: running averages (EMA) of networks, by names of their own: `sample` takes the
            one that is called as what it samples from. A bare network stands for an `Average` of
            the network of that name.
        decay: of averages that are given as bare networks, in [0, 1).
        simultaneous: whether all players find their gradients before any of them moves;
            otherwise each one answers the move before.
        settings: what else makes this game differ from another, for the checkpoint.
        inspection: what is asked of its batches.
        step: steps played so far.
        record: the last record.
        random_state: the game's own, copied from torch's when the game is built: one
            `torch.manual_seed` before the networks are built fixes a whole run.
        built: what it was when it was built.

    A game that goes on with other networks or players is its successor, with the same step,
    averages and random state: `dataclasses.replace(game, networks=..., players=...)`.
    """

    networks: dict[str, nn.Module]
    players: list[Player]
    latent: Callable[..., Tensor] | None = None
    averages: dict[str, Average] = field(default_factory=dict)
    decay: float = 0.999
    simultaneous: bool = False
    settings: dict[str, str] = field(default_factory=dict)
    inspection: Inspection = field(default_factory=Inspection, repr=False)
    step: int = 0
    record: Record = field(default_factory=dict)
    random_state: RandomState = field(default_factory=dict, repr=False)
    built: Built = field(init=False, repr=False)
    _loaders: list[Endless] = field(default_factory=list, init=False, repr=False, compare=False)
    _recordings: Recordings | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names = [player.name for player in self.players]
        if len(set(names)) < len(names) or not names:
            raise ValueError(f"a game needs players with names of their own, got {names}.")
        if self.simultaneous and any(player.turns > 1 for player in self.players):
            raise ValueError("in a simultaneous game every player has one turn a step.")
        moved = [id(p) for player in self.players for p in player.parameters]
        if self.simultaneous and len(set(moved)) < len(moved):  # one gradient would be lost
            raise ValueError("in a simultaneous game no two players move the same parameters.")
        self.averages = {
            name: average if isinstance(average, Average) else Average(name, average, self.decay)
            for name, average in self.averages.items()
        }
        unknown = {average.of for average in self.averages.values()} - self.networks.keys()
        if unknown:
            raise ValueError(
                f"an average follows a network of the game, {sorted(self.networks)}, and not "
                f"{sorted(unknown)}: mend Average(of=...)."
            )
        check_ready(self.networks)
        if not self.random_state:
            self.random_state = get_random_state(self.device)
        self.built = as_built(self)
        warn_of_unmoved(self)

    @property
    def device(self) -> torch.device:
        """Where the networks live."""
        held = (p for player in self.players for p in player.optimizer.param_groups[0]["params"])
        tensors = (t for net in self.networks.values() for t in net.state_dict().values())
        return next(itertools.chain(tensors, held)).device

    def __repr__(self) -> str:
        order = "simultaneous" if self.simultaneous else "alternating"
        lines = [f"Game: {order}, step {self.step:,}, on {self.device}"]
        for player in self.players:
            size = sum(p.numel() for p in player.parameters)
            turns = f", {player.turns} turns a step" if player.turns > 1 else ""
            lazy = f", every {player.every} steps" if player.every > 1 else ""
            optimizer = describe_optimizer(player.optimizer)
            lines.append(f"  {player.name}: {size:,} parameters, {optimizer}{turns}{lazy}")
        for name, average in self.averages.items():
            called = "" if name == average.of else f" ({name})"
            lines.append(f"  average of {average.of}{called}: decay {average.decay}")
        return "\n".join(lines)


def check_ready(networks: dict[str, nn.Module]) -> None:
    """Raise a sentence if a network has lazy layers, whose weights have no shape yet.

    Args:
        networks: by name.

    Raises:
        ValueError: naming the network and the remedy.
    """
    for name, network in networks.items():
        if any(nn.parameter.is_lazy(tensor) for tensor in network.parameters()):
            raise ValueError(
                f"network {name} has lazy layers, whose shapes are not known yet: call it once on "
                "a batch before the game is built."
            )


def warn_of_unmoved(game: Game) -> None:
    """Warn of trainable parameters of the game's networks that no player moves."""
    held = {id(p) for player in game.players for p in player._held()}
    unmoved = [
        f"{name}.{path}"
        for name, network in game.networks.items()
        for path, parameter in network.named_parameters()
        if parameter.requires_grad and id(parameter) not in held
    ]
    if unmoved:
        shown = ", ".join(unmoved[:3]) + (", ..." if len(unmoved) > 3 else "")
        warnings.warn(
            f"nobody moves {len(unmoved)} trainable parameters of this game ({shown}): give them "
            "to a player's optimizer, or freeze them with requires_grad_(False).",
            stacklevel=4,
        )


@contextmanager
def _random_state_of(game: Game) -> Iterator[None]:
    """Draw from the game's random state inside, and from the caller's again afterwards."""
    with kept_random_state(game.device):
        set_random_state(game.random_state, game.device)
        try:
            yield
        finally:
            game.random_state = get_random_state(game.device)


def _move(game: Game, players: list[Player], batch: tuple[Tensor, ...], notes: Notes) -> None:
    """Let these players move at once: all gradients first, then all steps."""
    for player in players:
        found = player.gradients(*batch)
        if found["loss"].device.type == "cpu" and not math.isfinite(found["loss"]):
            data = not all(tensor.isfinite().all() for tensor in batch)
            raise NonFiniteLoss(player.name, game.step, game.record, data)  # on CUDA: see _record
        notes.add(player.name, found)
    for player in players:
        player.step()


def _next(game: Game, batches: Iterator, notes: Notes) -> tuple[Tensor, ...]:
    """Return the next batch, looked at and on the game's device."""
    batch = next_batch(batches)
    game.inspection(batch, game.device)
    batch = own(batch, game.device)
    notes.watch_data(batch)
    return batch


def _play_step(game: Game, batches: Iterator, notes: Notes) -> None:
    """Play one step: every player whose turn it is moves, then the averages follow."""
    movers = [player for player in game.players if game.step % player.every == 0]
    batch = _next(game, batches, notes)
    if game.simultaneous:
        _move(game, movers, batch, notes)
    else:
        for player in movers:
            for turn in range(player.turns):
                if turn:
                    batch = _next(game, batches, notes)
                _move(game, [player], batch, notes)
    for average in game.averages.values():
        average.follow(game.networks[average.of])
    game.step += 1


def _record(game: Game, notes: Notes, first: int) -> Record:
    """Return the mean of all notes since step `first`: the one place that waits for a GPU."""
    record: Record = {"step": game.step, **notes.means()}
    for player in game.players:
        if (bad := notes.first_bad_move(player.name)) is not None:
            steps = [step for step in range(first, game.step) if step % player.every == 0]
            data = not notes.data_were_finite()
            raise NonFiniteLoss(player.name, steps[bad // player.turns], game.record, data)
        record[f"{player.name}_gradient"] = player.gradient_norm()
    return record


def play(game: Game, batches: Iterable, n: int) -> Record:
    """Play `n` steps and return one record of them.

    Nothing of it outlives the call: the caller's random state and each layer's train or eval
    mode are as before, also when it is interrupted, and it can simply be called again.

    Args:
        game: who plays; moved on in place.
        batches: an endless source of `x [N, ...]` or `(x, *y)`, or a `DataLoader`, which goes on
            where the last call left it.
        n: number of steps, at least 1.

    Returns:
        `step` (played in all), `seconds` (for these n), and for every player P the mean over
        these steps of `P_loss` and of what else its loss reports, and `P_gradient`, the norm
        of its last gradient.

    Raises:
        NonFiniteLoss: a loss became NaN or infinite. On the CPU the weights are left as they
            were before that move.
        ValueError: `n` is below 1, the batches came to an end, the first of them does not
            suit the networks, or a network was replaced.
        TypeError: a batch is not made of tensors, or of another dtype than the networks.
        MemoryError: there is not enough memory for a step.

    Example:
        >>> from gan_course import Normal, gan
        >>> from gan_course.data import ring
        >>> from gan_course.networks import mlp
        >>> game = gan(mlp(2, 2), mlp(2, 1), latent=Normal(2), device="cpu")
        >>> record = play(game, ring().batches(64, device="cpu"), 10)
        >>> record["step"], "D_loss" in record, "G_gradient" in record
        (10, True, True)
    """
    if n < 1:
        raise ValueError(f"play needs at least 1 step, got {n}.")
    check_networks(game)
    batches, notes = endless(batches, game._loaders), Notes()
    start, first = time.perf_counter(), game.step
    with (
        plainly(),
        mode(game.networks.values(), training=True),
        _random_state_of(game),
        at_full_speed(game, batches),
    ):
        for _ in range(n):
            _play_step(game, batches, notes)
    record = _record(game, notes, first)
    game.record = {**record, "seconds": time.perf_counter() - start}
    return dict(game.record)


def train(game: Game, batches: Iterable, steps: int, report_every: int = 100) -> Iterator[Record]:
    """Play `steps` further steps and yield a record now and then: the loop body is yours.

    Plot, score, save, change a learning rate or `break`: between two records the networks
    are ordinary ones, and going on is another `train`. Like every generator it does nothing
    until somebody iterates over it.

    Args:
        game: who plays; moved on in place.
        batches: an endless source of `x [N, ...]` or `(x, *y)`, or a `DataLoader`, which is
            started again whenever it ends and goes on where the last call left it. What stands
            behind x goes to G and D as `*y`.
        steps: how many further steps.
        report_every: records fall on multiples of it, and at the end.

    Yields:
        Records, as `play` returns them.

    Raises:
        ValueError: `steps` is below 0, `report_every` below 1.
        NonFiniteLoss, ValueError, TypeError, MemoryError: as `play`.

    Example:
        >>> from gan_course import Normal, gan
        >>> from gan_course.data import ring
        >>> from gan_course.networks import mlp
        >>> game = gan(mlp(2, 2), mlp(2, 1), latent=Normal(2), device="cpu")
        >>> batches = ring().batches(64, device="cpu")
        >>> [record["step"] for record in train(game, batches, steps=25, report_every=10)]
        [10, 20, 25]
    """
    if steps < 0 or report_every < 1:
        raise ValueError(
            "train needs steps of at least 0 and report_every of at least 1, "
            f"got {steps} and {report_every}."
        )
    batches, end = endless(batches, game._loaders), game.step + steps
    while game.step < end:
        next_report = (game.step // report_every + 1) * report_every
        yield play(game, batches, min(next_report, end) - game.step)


@torch.no_grad()
def generate(
    G: nn.Module, latent: Callable[..., Tensor], n: int, *y: Tensor, seed: int = 0
) -> Tensor:
    """Draw `n` samples from a generator, in eval mode and with a seed of its own.

    Args:
        G: maps `(z, *y)` to samples.
        latent: where z comes from, such as `Normal(64)`.
        n: how many, at least 1.
        *y: what else G takes for each sample, such as labels `[n]`.
        seed: fixes z; the caller's random state is left alone.

    Returns:
        Samples `[n, ...]` on G's device.

    Raises:
        ValueError: `n` is below 1, or `y` does not have one entry for each sample, or names a
            class that G does not know.

    Example:
        >>> from gan_course import Normal
        >>> from gan_course.networks import mlp
        >>> generate(mlp(8, 2), Normal(8), 5).shape
        torch.Size([5, 2])
    """
    if n < 1 or not all(isinstance(t, Tensor) and t.shape[:1] == (n,) for t in y):
        got = [list(t.shape) if isinstance(t, Tensor) else t for t in y]
        raise ValueError(
            "generate needs n of at least 1 and one y for each sample, as a tensor [n, ...]: "
            f"got n={n} and y {got}."
        )
    G = G.network if isinstance(G, Average) else G
    if (classes := classes_of(G)) is not None and y:
        check_labels((y[0], *y), classes)
    device = next(itertools.chain(G.parameters(), G.buffers(), [torch.empty(0)])).device
    with mode([G], training=False), seeded(seed, device):
        inputs = [latent(n, device), *(tensor.to(device) for tensor in y)]
        chunks = zip(*(tensor.split(500) for tensor in inputs), strict=True)  # bounds the memory
        return torch.cat([G(*chunk) for chunk in chunks])


def sample(game: Game, n: int, *y: Tensor, seed: int = 0, network: str = "G") -> Tensor:
    """Draw `n` samples from the game's G: the averaged weights if it keeps an average.

    Args:
        game: a game with a latent.
        n: how many, at least 1.
        *y: what else G takes for each sample, such as labels `[n]`.
        seed: fixes z; the caller's random state is left alone.
        network: the name of an average or, without one of that name, of a network.

    Returns:
        Samples `[n, ...]`, as from `generate`; for the raw weights call
        `generate(game.networks["G"], game.latent, n)`.

    Raises:
        ValueError: the game has no such network, or no latent; or as `generate`.

    Example:
        >>> from gan_course import Normal, gan
        >>> from gan_course.networks import mlp
        >>> game = gan(mlp(2, 2), mlp(2, 1), latent=Normal(2), device="cpu")
        >>> torch.equal(sample(game, 3), sample(game, 3)), torch.equal(
        ...     sample(game, 3), sample(game, 3, seed=1)
        ... )
        (True, False)
    """
    if game.latent is None:
        raise ValueError("this game has no latent to draw z from: call its networks yourself.")
    return generate(weights_of(game, network), game.latent, n, *y, seed=seed)


def weights_of(game: Game, network: str) -> nn.Module:
    """Return the average of this name or, without one, the network of this name.

    Raises:
        ValueError: there is neither.
    """
    if network in game.averages:
        return game.averages[network].network
    if network not in game.networks:
        known = sorted({*game.networks, *game.averages})
        raise ValueError(f"this game has no network called {network!r}: it has {known}.")
    return game.networks[network]
