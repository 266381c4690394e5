"""A game's moves recorded: each player's two halves, and how the averages follow.

While a game is played, its players' `find` and `step` and its averages' `follow` are replaced by
recorded ones; between two records they are ordinary players and averages.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from ..game.averages import Average, pull, weight_of
from ..game.player import Found, Player
from .cuda_graphs import CudaGraphs, Recorder, capturable
from .recording import Recording

if TYPE_CHECKING:
    from ..game import Game


class RecordedMoves:
    """The two halves of a player's move, recorded."""

    unwatched = True

    def __init__(self, player: Player, recorder: Recorder, strict: bool) -> None:
        self.owner, self._parameters = player, []
        self.loss = Recording(
            f"the loss of player {player.name}",
            self._found,
            lambda: {"loss": player.loss, "parameters": self._parameters},
            recorder,
            strict,
            differentiates=True,
        )
        self.optimizer = Recording(
            f"the step of player {player.name}",
            self._step_taken,
            lambda: {"optimizer": player.optimizer},
            recorder,
            strict,
        )
        self.loss.forgotten = self.optimizer.forget  # which reads gradients where that left them
        self.recordings = [self.loss, self.optimizer]
        self.lent = {"find": self.find, "step": self.step}  # in place of the player's own

    def find(self, parameters: list[nn.Parameter], batch: tuple[Tensor, ...]) -> Found:
        self._parameters = parameters
        names, values, gradients = self.loss([self.owner.loss, *parameters], *batch)
        loss, *notes = values.clone().unbind()
        return loss, dict(zip(names, notes, strict=True)), gradients

    def _found(self, *batch: Tensor) -> tuple[tuple[str, ...], Tensor, tuple[Tensor | None, ...]]:
        """Stack loss and notes, so that one copy takes them out of a replay."""
        kind = type(self.owner)
        loss, notes, gradients = kind.find(self.owner, self._parameters, batch)
        return tuple(notes), torch.stack([loss, *notes.values()]), gradients

    def step(self) -> None:
        if self.loss.replay is None:  # gradients lie elsewhere in every move
            self._step_taken()
        else:
            self.optimizer([self.owner.optimizer])

    def _step_taken(self) -> None:
        with capturable(self.owner.optimizer):
            type(self.owner).step(self.owner)


class RecordedAverage:
    """How an average follows its network, recorded; its weight is the one number that ramps."""

    unwatched = True

    def __init__(self, average: Average, recorder: Recorder, strict: bool) -> None:
        self.owner, self._network = average, average.network
        self._weight = torch.zeros((), dtype=torch.float64, device=recorder.device)
        self.recording = Recording(
            f"the average of {average.of}",
            self._pulled,
            lambda: {"average": average.network, "network": self._network},
            recorder,
            strict,
        )
        self.recordings = [self.recording]
        self.lent = {"follow": self.follow}  # in place of the average's own

    def follow(self, network: nn.Module) -> None:
        if self.recording.refusal:
            return type(self.owner).follow(self.owner, network)
        self._network = network
        self._weight.fill_(weight_of(self.owner.decay, self.owner.age))  # does not wait
        self.recording([self.owner.network, network])
        self.owner.age += 1

    def _pulled(self) -> None:
        pull(self.owner.network, self._network, self._weight)


@dataclass(eq=False)
class Recordings:
    """All that is recorded of a game.

    Attributes:
        recorder: how; None leaves the game as it is.
        device: where the game was when this was built: elsewhere, it begins anew.
        strict: whether what cannot be recorded is an error.
        moves: of players and averages, by their ids.
        plays: calls of `play` so far.
    """

    recorder: Recorder | None
    device: torch.device
    strict: bool = False
    moves: dict[int, RecordedMoves | RecordedAverage] = field(default_factory=dict)
    plays: int = 0

    def of(self, game: Game) -> list[RecordedMoves | RecordedAverage]:
        """Return the recorded moves of a game's players, but the eager ones, and averages."""
        players = [player for player in game.players if not player.eager]
        owners = [*players, *(game.averages.values() if players else ())]
        kept = {}
        for owner in owners:
            kind = RecordedAverage if isinstance(owner, Average) else RecordedMoves
            known = self.moves.get(id(owner))
            kept[id(owner)] = known or kind(owner, self.recorder, self.strict)
        self.moves = kept  # of what has left the game nothing stays
        return [*kept.values()]


def default_recorder(device: torch.device) -> Recorder | None:
    """Return how games on this device are recorded if nobody says otherwise; None if not at all."""
    return CudaGraphs(device) if device.type == "cuda" else None


@contextmanager
def at_full_speed(game: Game, batches: object) -> Iterator[None]:
    """Replay inside what can be recorded of the game's moves: on CUDA, unless it is told not to.

    Args:
        game: about to be played.
        batches: if they are a reader's own, they may change anything on the way, and every
            move looks for that; otherwise only the first one does.
    """
    recordings = game._recordings
    if recordings is None or recordings.device != game.device:
        recordings = Recordings(default_recorder(game.device), game.device)
        game._recordings = recordings
    if recordings.recorder is None or is_distributed(game):
        yield
        return
    recordings.plays += 1
    rare = recordings.plays & (recordings.plays - 1) == 0  # 1, 2, 4, 8, ...
    lent = recordings.of(game)
    for moves in lent:
        for recording in moves.recordings:
            recording.look, recording.check = True, recording.check or rare
            recording.attentive = not _is_plain(batches)
        vars(moves.owner).update(moves.lent)
    try:
        yield
    finally:
        for moves in lent:
            for name in moves.lent:
                vars(moves.owner).pop(name, None)


def _is_plain(batches: object) -> bool:
    """Return whether drawing batches runs no code of a reader's."""
    source = getattr(batches, "batches", batches)  # behind Endless
    return isinstance(source, list | tuple) or type(source).__module__.startswith("gan_course")


def is_distributed(game: Game) -> bool:
    """Return whether this is one process of many that play the game."""
    from ..distributed import WorldLoss  # which plays games itself

    return any(isinstance(player.loss, WorldLoss) for player in game.players)
