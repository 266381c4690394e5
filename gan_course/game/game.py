"""The game itself: networks, players in order of play, and all else that a checkpoint holds."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from ..accelerate.moves import Recordings
from .averages import Average
from .batches import Endless
from .describe import Built, NotCopied, as_built, describe_optimizer
from .first_batch import Inspection
from .player import Player, Record
from .states import RandomState, get_random_state


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
    Where other networks want other data, give it an `inspection` of its own too.
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
        tensors = itertools.chain(network.parameters(), network.buffers())
        if any(nn.parameter.is_lazy(tensor) for tensor in tensors):
            raise ValueError(
                f"network {name} has lazy layers, whose shapes are not known yet: call it once on "
                "a batch before the game is built."
            )


def warn_of_unmoved(game: Game) -> None:
    """Warn of trainable parameters of the game's networks that no player moves."""
    held = {id(p) for player in game.players for p in player.held()}
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
