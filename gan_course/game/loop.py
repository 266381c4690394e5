"""The loop that plays a game, and knows only whose turn it is.

    game = gan(G, D, non_saturating, latent=Normal(64))
    for record in train(game, digits().batches(128), steps=5_000):
        print(record)
    images = sample(game, 64)

Everything that makes one GAN differ from another stands in its players' losses.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from torch import Tensor

from ..accelerate.moves import at_full_speed
from .batches import endless, next_batch, own
from .describe import check_networks
from .game import Game
from .plainly import plainly
from .player import NonFiniteLoss, Player, Record
from .records import Notes
from .states import get_random_state, kept_random_state, mode, set_random_state

__all__ = ["play", "train"]


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
        if (entry := f"{player.name}_gradient") in record:
            raise ValueError(
                f"a note of another player would be recorded as {entry}, which is the norm of "
                f"the gradient of {player.name}: rename one of them, or the note."
            )
        record[entry] = player.gradient_norm()
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
