"""What the players report in every move, added up until somebody reads it."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field

import torch
from torch import Tensor


@dataclass
class Notes:
    """Running sums of the players' notes: a few numbers, however many steps they span.

    On a GPU they stay there: reading one would make the CPU wait for all work in flight.

    Attributes:
        sums: of the notes of one player, `[notes]`, by the player's name and the notes' names.
        moves: how many moves each of these sums holds.
        losses: the running sum of each loss on a GPU; once it is not finite it never is again.
        finite: so the number of moves after which it was finite is that of the first bad move.
    """

    sums: dict[tuple[str, ...], Tensor] = field(default_factory=dict)
    moves: dict[tuple[str, ...], int] = field(default_factory=lambda: defaultdict(int))
    losses: dict[str, Tensor] = field(default_factory=dict)
    finite: dict[str, Tensor] = field(default_factory=dict)

    def add(self, player: str, notes: dict[str, Tensor]) -> None:
        """Adds the notes of one move: scalars by name, among them `"loss"`."""
        key = (player, *notes)
        values = torch.stack([*notes.values()])  # so that one addition serves them all
        if key not in self.sums:
            # Apple's GPUs have no float64
            wide = torch.float32 if values.device.type == "mps" else torch.float64
            self.sums[key] = torch.zeros_like(values, dtype=wide)
        self.sums[key] += values
        self.moves[key] += 1
        if values.device.type != "cpu":  # there, a bad loss is seen at once
            self.watch(player, notes["loss"])

    def watch(self, player: str, loss: Tensor) -> None:
        """Keeps, on the device of a loss, which one is the first that is not finite."""
        self.losses[player] = self.losses.get(player, 0.0) + loss
        self.finite[player] = self.finite.get(player, 0) + (self.losses[player].abs() < math.inf)

    def means(self) -> dict[str, float]:
        """Returns the mean of every note, as `player_note`."""
        sums: dict[str, float] = defaultdict(float)
        moves: dict[str, int] = defaultdict(int)
        for key, values in self.sums.items():
            player, *names = key
            for name, value in zip(names, values.tolist(), strict=True):
                sums[f"{player}_{name}"] += value
                moves[f"{player}_{name}"] += self.moves[key]
        return {name: value / moves[name] for name, value in sums.items()}

    def first_bad_move(self, player: str) -> int | None:
        """Returns which of a player's moves, from 0, first had a loss that was not finite."""
        if player not in self.finite:
            return None
        moves = sum(count for key, count in self.moves.items() if key[0] == player)
        finite = int(self.finite[player])
        return finite if finite < moves else None
