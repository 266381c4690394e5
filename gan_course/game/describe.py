"""Puts a game's every layer, optimizer and rule into words, for its picture and checkpoint."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

import numpy as np
import torch
from torch import Tensor, nn

from .fingerprint import fingerprint, is_published

if TYPE_CHECKING:
    from .loop import Game

HIDDEN = {"params", "fused", "foreach", "capturable", "differentiable", "inplace"}  # how, not what


def name_of(function: Callable) -> str:
    """Return a function's name with the arguments bound to it by `functools.partial`.

    Of other callables it is the repr, without an address that the next process would not share.
    """
    if isinstance(function, functools.partial):
        keywords = (f"{k}={_told(v)}" for k, v in sorted(function.keywords.items()))
        return f"{name_of(function.func)}({', '.join([*map(_told, function.args), *keywords])})"
    return getattr(function, "__name__", _without_address(repr(function)))


def _told(value: object) -> str:
    named = callable(value) and not isinstance(value, nn.Module)
    return name_of(value) if named else _without_address(str(value))


def _without_address(text: str) -> str:
    return re.sub(r" at 0x\w+", "", text)


def plain(value: object) -> object:
    """Turn NumPy's numbers, such as a rate from `np.cos`, into Python's; others stay."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(plain(item) for item in value)
    return value.item() if isinstance(value, np.generic) else value


def describe_optimizer(optimizer: torch.optim.Optimizer) -> str:
    """Return an optimizer's class and hyper-parameters, but not how they are computed."""
    values = {k: v for k, v in _rates(optimizer)[0].items() if v}
    return _worded(type(optimizer).__name__, values)


def _rates(optimizer: torch.optim.Optimizer) -> list[dict[str, object]]:
    """Return the hyper-parameters of each group; one kept as a tensor, for CUDA, as a number."""
    return [
        {
            name: value.item() if isinstance(value, Tensor) and value.numel() == 1 else plain(value)
            for name, value in group.items()
            if name not in HIDDEN
        }
        for group in optimizer.param_groups
    ]


def _worded(kind: str, options: dict[str, object]) -> str:
    values = (f"{name}={_without_address(repr(value))}" for name, value in options.items())
    return f"{kind}({', '.join(values)})"


def options_of(words: str) -> dict[str, str]:
    """Read `"Kind(name=value, ...)"`: what stands before the bracket is the option `""`."""
    return {"": words.split("(")[0], **dict(re.findall(r"(\w+)=(.*?)(?=, \w+=|\)$)", words))}


def _is_plain(value: object) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    return isinstance(value, bool | int | float | str | np.generic | None)


def describe_layer(module: nn.Module) -> str:
    """Return the class of a layer and what it was told to be, such as `LeakyReLU(slope=0.2)`.

    Read from attributes: a repr may hold an address, and is worded anew by versions of torch.
    """
    kind = type(module)
    if is_published(kind) and hasattr(kind, "__constants__"):
        names = [name for name in kind.__constants__ if hasattr(module, name)]
    else:
        names = [name for name in vars(module) if name[0] != "_" and name != "training"]
    options = {name: plain(getattr(module, name)) for name in names}
    kept = {k: v for k, v in options.items() if k not in HIDDEN and _is_plain(v)}
    return _worded(kind.__name__, kept)


def describe_layers(name: str, network: nn.Module) -> dict[str, str]:
    """Return all layers of a network, by `name` and path; a "module" has layers of its own."""
    layers = {
        f"{'module' if [*module.children()] else 'layer'} {name}.{path}": describe_layer(module)
        for path, module in network.named_modules()
    }
    return {**layers, f"code of {name}": fingerprint(network)}


def describe(game: Game) -> dict[str, str]:
    """Return all that two games must share for one to go on from the other's checkpoint."""
    settings = {"latent": name_of(game.latent), "simultaneous": str(game.simultaneous)}
    decays = sorted({average.decay for average in game.averages.values()})
    settings["averages"] = f"{sorted(game.averages)}, decay {', '.join(map(str, decays)) or 0.0}"
    for name, average in game.averages.items():
        settings[f"average {name}"] = f"of {average.of}, decay {average.decay}"
    networks = game.networks.values()
    settings["code of the latent"] = fingerprint(game.latent, networks)
    for player in game.players:
        settings |= dict(_describe_rates(player.name, player.optimizer))
        settings[f"moves of {player.name}"] = f"turns {player.turns}, every {player.every}"
        settings[f"code of the loss of {player.name}"] = fingerprint(player.loss, networks)
    for name, network in game.networks.items():
        settings |= describe_layers(name, network)
        for path, tensor in network.state_dict().items():
            settings[f"tensor {name}.{path}"] = f"{list(tensor.shape)} {tensor.dtype}"
    return settings


def _describe_rates(player: str, optimizer: torch.optim.Optimizer) -> Iterator[tuple[str, str]]:
    for number, rates in enumerate(_rates(optimizer)):
        group = f"group {number} of the " if number else ""
        yield f"{group}optimizer of {player}", _worded(type(optimizer).__name__, rates)


@dataclass(frozen=True)
class Built:
    """What a game was when it was built.

    Attributes:
        facts: as `describe` told them.
        networks: those that the players' losses use.
    """

    facts: dict[str, str]
    networks: dict[str, nn.Module]


def as_built(game: Game) -> Built:
    """Return what `game` is now, to be kept with it."""
    return Built(describe(game), dict(game.networks))


def settings_of(game: Game) -> dict[str, str]:
    """Return the caller's settings and those described from the game, now.

    A value that training changes, such as a learning rate or a noise that is annealed, is told
    as it was when the game was built: so a game that went on can still be known again.
    """
    now = describe(game)
    return {**game.settings, **{name: game.built.facts.get(name, now[name]) for name in now}}


def check_networks(game: Game) -> None:
    """Refuse a game whose networks are no longer those that its players' losses use.

    Raises:
        ValueError: one was replaced, added or removed after the game was built.
    """
    now, built = game.networks, game.built.networks
    for name in {**built, **now}:
        if now.get(name) is not built.get(name):
            raise ValueError(
                f"the network {name} is not the one with which the game was built, and which the "
                "players' losses use: build the successor by dataclasses.replace(game, "
                "networks=..., players=...), or put the old one back."
            )


class NotCopied:
    """A game's base: whose losses hold its networks, where no copy of it would reach them."""

    def __copy__(self) -> NotCopied:
        """Return another game on the same networks, players and all else."""
        copied = object.__new__(type(self))
        copied.__dict__.update(self.__dict__)
        return copied

    def __deepcopy__(self, memo: dict) -> NoReturn:
        raise TypeError(
            "a game cannot be copied, since its players' losses hold its own networks: build a "
            "second one by the same code, then load(second, path) what save(game, path) wrote."
        )

    def __reduce_ex__(self, protocol: int) -> NoReturn:
        raise TypeError(
            "a game cannot be pickled, since its players' losses are functions: save(game, path) "
            "of gan_course.checkpoint writes it, and load(again, path) fills one built alike."
        )
