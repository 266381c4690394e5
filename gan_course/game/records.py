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
        data: the running sum of all data on a GPU: not finite if any number in them was not.
    """

    sums: dict[tuple[str, ...], Tensor] = field(default_factory=dict)
    moves: dict[tuple[str, ...], int] = field(default_factory=lambda: defaultdict(int))
    losses: dict[str, Tensor] = field(default_factory=dict)
    finite: dict[str, Tensor] = field(default_factory=dict)
    data: Tensor | None = None

    def add(self, player: str, notes: dict[str, Tensor]) -> None:
        """Add the notes of one move: scalars by name, among them `"loss"`."""
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
        """Keep, on the device of a loss, which one is the first that is not finite."""
        self.losses[player] = self.losses.get(player, 0.0) + loss
        self.finite[player] = self.finite.get(player, 0) + (self.losses[player].abs() < math.inf)

    def watch_data(self, batch: tuple[Tensor, ...]) -> None:
        """Keep, on the device of a batch, whether all data so far were finite."""
        for x in batch:
            if x.device.type != "cpu" and x.is_floating_point():
                total = x.detach().sum(dtype=torch.float32)
                self.data = total if self.data is None else self.data + total

    def data_were_finite(self) -> bool:
        """Return whether all data that were watched are finite."""
        return self.data is None or math.isfinite(self.data)

    def means(self) -> dict[str, float]:
        """Return the mean of every note, as `player_note`.

        Raises:
            ValueError: the notes of two players go by one such name.
        """
        sums: dict[str, float] = defaultdict(float)
        moves: dict[str, int] = defaultdict(int)
        owner: dict[str, str] = {}
        for key, values in self.sums.items():
            player, *names = key
            for name, value in zip(names, values.tolist(), strict=True):
                entry = f"{player}_{name}"
                if owner.setdefault(entry, player) != player:
                    raise ValueError(
                        f"two players, {owner[entry]} and {player}, both report {entry}: rename "
                        "one of them, or its note."
                    )
                sums[entry] += value
                moves[entry] += self.moves[key]
        return {name: value / moves[name] for name, value in sums.items()}

    def first_bad_move(self, player: str) -> int | None:
        """Return which of a player's moves, from 0, first had a loss that was not finite."""
        if player not in self.finite:
            return None
        moves = sum(count for key, count in self.moves.items() if key[0] == player)
        finite = int(self.finite[player])
        return finite if finite < moves else None
