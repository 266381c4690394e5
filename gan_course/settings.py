"""Puts a game's every layer, optimizer and rule into words, for its picture and checkpoint."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from .game import Game


def name_of(function: Callable) -> str:
    """Returns a function's name with the arguments bound to it by `functools.partial`."""
    if isinstance(function, functools.partial):
        bound = ", ".join(f"{k}={v}" for k, v in sorted(function.keywords.items()))
        return f"{name_of(function.func)}({bound})"
    return getattr(function, "__name__", repr(function))


def describe_optimizer(optimizer: torch.optim.Optimizer) -> str:
    """Returns an optimizer's class and hyper-parameters, but not how they are computed."""
    hidden = {"params", "fused", "foreach", "capturable", "differentiable", "maximize"}
    values = {k: v for k, v in optimizer.param_groups[0].items() if v and k not in hidden}
    return f"{type(optimizer).__name__}({', '.join(f'{k}={v}' for k, v in values.items())})"


def describe(game: Game) -> dict[str, str]:
    """Returns all that two games must share for one to go on from the other's checkpoint."""
    settings = {"latent": repr(game.latent), "simultaneous": str(game.simultaneous)}
    settings["averages"] = f"{sorted(game.averages)}, decay {game.decay}"
    for player in game.players:
        settings[f"optimizer of {player.name}"] = describe_optimizer(player.optimizer)
        settings[f"moves of {player.name}"] = f"turns {player.turns}, every {player.every}"
    for name, network in game.networks.items():
        for path, module in network.named_modules():
            if not list(module.children()):
                settings[f"layer {name}.{path}"] = repr(module)
        for path, tensor in network.state_dict().items():
            settings[f"tensor {name}.{path}"] = f"{list(tensor.shape)} {tensor.dtype}"
    return settings
