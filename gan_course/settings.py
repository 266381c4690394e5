"""Puts a game's every layer, optimizer and rule into words, for its picture and checkpoint."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import nn

if TYPE_CHECKING:
    from .game import Game


def name_of(function: Callable) -> str:
    """Returns a function's name with the arguments bound to it by `functools.partial`.

    Of other callables it is the repr, without an address that the next process would not share.
    """
    if isinstance(function, functools.partial):
        keywords = (f"{k}={v}" for k, v in sorted(function.keywords.items()))
        return f"{name_of(function.func)}({', '.join([*map(str, function.args), *keywords])})"
    return getattr(function, "__name__", re.sub(r" at 0x\w+", "", repr(function)))


def describe_optimizer(optimizer: torch.optim.Optimizer) -> str:
    """Returns an optimizer's class and hyper-parameters, but not how they are computed."""
    hidden = {"params", "fused", "foreach", "capturable", "differentiable"}
    values = {k: v for k, v in optimizer.param_groups[0].items() if v and k not in hidden}
    return f"{type(optimizer).__name__}({', '.join(f'{k}={v}' for k, v in values.items())})"


def describe_layers(name: str, network: nn.Module) -> dict[str, str]:
    """Returns the layers of a network that have no layers of their own, by `name` and path."""
    leaves = [
        (path, module) for path, module in network.named_modules() if not [*module.children()]
    ]
    return {f"layer {name}.{path}": repr(module) for path, module in leaves}


def describe(game: Game) -> dict[str, str]:
    """Returns all that two games must share for one to go on from the other's checkpoint."""
    settings = {"latent": name_of(game.latent), "simultaneous": str(game.simultaneous)}
    averages = {name: f"of {a.of}, decay {a.decay}" for name, a in sorted(game.averages.items())}
    settings["averages"] = str(averages)
    for player in game.players:
        settings[f"optimizer of {player.name}"] = describe_optimizer(player.optimizer)
        settings[f"moves of {player.name}"] = f"turns {player.turns}, every {player.every}"
    for name, network in game.networks.items():
        settings |= describe_layers(name, network)
        for path, tensor in network.state_dict().items():
            settings[f"tensor {name}.{path}"] = f"{list(tensor.shape)} {tensor.dtype}"
    return settings
