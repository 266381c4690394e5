"""Saves a game so that going on later equals never having stopped, bit for bit.

A checkpoint holds all that a game holds: weights, optimizers, averages, the step and the
random state. It is loaded into a game built by the same code, and refused, before anything
is changed, if that game differs: in its layers and what they were told to be, its rates and
moves, its shapes, or in the reader's own functions (see `fingerprint`). What a module keeps as
a plain attribute is compared as it was when the game was built, and is not stored.
"""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Iterable
from pathlib import Path

import torch
from torch import nn

from ..game import Game
from ..game.describe import check_networks, describe_layers, options_of, plain, settings_of
from ..game.game import warn_of_unmoved
from ..game.sampling import weights_of
from ..game.states import one_thread_at_a_time
from ..writing import write_atomically
from .verify import (
    Mismatch,
    check_content,
    check_finite,
    check_parts,
    check_same,
    check_settings,
    not_finite,
)

__all__ = ["load", "load_generator", "save", "save_generator"]


@one_thread_at_a_time()
def save(game: Game, path: str | os.PathLike) -> None:
    """Write a checkpoint of the whole game.

    The file is written beside `path` and renamed: a kill at any moment leaves the old file
    or the new one, whole, and so do others who save to the same path. Exact resume needs
    batches that draw from torch's random state, as `dataset.batches(n)` does; where a `DataLoader` stands is not saved.

    Args:
        game: what to save; its networks must be finite.
        path: where to; its folder is made if it is missing.

    Raises:
        OSError: the file cannot be written, as on a full disk; the old one is still whole.
        ValueError: a weight is NaN or infinite: such a game is not worth coming back to; or a
            network was replaced.

    Example:
        >>> import tempfile
        >>> from gan_course import Normal, gan
        >>> from gan_course.networks import mlp
        >>> folder = tempfile.TemporaryDirectory()
        >>> game = gan(mlp(2, 2), mlp(2, 1), latent=Normal(2), device="cpu")
        >>> save(game, f"{folder.name}/game.pt")
        >>> load(game, f"{folder.name}/game.pt").step
        0
        >>> folder.cleanup()
    """
    check_networks(game)
    warn_of_unmoved(game)
    averages = {name: average.network for name, average in game.averages.items()}
    for name, network in [*game.networks.items(), *averages.items()]:
        _check_finite(name, network)
    _write(
        {
            "settings": settings_of(game),
            "step": game.step,
            "record": game.record,
            "networks": {name: net.state_dict() for name, net in game.networks.items()},
            "averages": {name: a.network.state_dict() for name, a in game.averages.items()},
            "ages": {name: average.age for name, average in game.averages.items()},
            "optimizers": {p.name: plain(p.optimizer.state_dict()) for p in game.players},
            "random_state": game.random_state,
        },
        path,
    )


@one_thread_at_a_time()
def load(game: Game, path: str | os.PathLike) -> Game:
    """Make `game` what it was when `path` was saved, and return it.

    Only tensors and plain values are read (`weights_only=True`): a checkpoint from a
    stranger runs no code. Learning rates changed during training come back with it.

    Args:
        game: built by the same code as the one that was saved.
        path: a file from `save`.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is not a checkpoint of a game, or of a different one; the message
            names the first difference, and the game is left as it was.
    """
    stored = _read(path)
    if "settings" not in stored:
        raise ValueError(f"{path} holds a generator alone, not a game: use load_generator.")
    try:
        check_parts(stored)
        check_settings(stored["settings"] | _order(stored["optimizers"]), _rules(game))
        check_content(stored, game)
    except Mismatch as mismatch:
        raise ValueError(f"{path} belongs to another game: {mismatch}.") from None
    for name, network in game.networks.items():
        network.load_state_dict(stored["networks"][name])
    for name, average in game.averages.items():
        average.network.load_state_dict(stored["averages"][name])
        average.age = stored["ages"][name] if "ages" in stored else stored["step"]  # older files
    for player in game.players:
        player.optimizer.load_state_dict(stored["optimizers"][player.name])
    game.step, game.record = stored["step"], stored["record"]
    game.random_state = stored["random_state"]
    return game


@one_thread_at_a_time()
def save_generator(game: Game, path: str | os.PathLike, network: str = "G") -> None:
    """Write the weights that `sample` uses, the average of G if there is one, and no more.

    Args:
        game: the game whose generator to keep.
        path: where to; its folder is made if it is missing.
        network: the name of an average or, without one of that name, of a network.

    Raises:
        OSError: the file cannot be written.
        ValueError: the game has no such network, or a weight is NaN or infinite.
    """
    G = weights_of(game, network)
    _check_finite(network, G)
    layers = describe_layers("G", G)
    content = {"generator": G.state_dict(), "step": game.step, "layers": layers}
    _write(content, path)


@one_thread_at_a_time()
def load_generator(G: nn.Module, path: str | os.PathLike) -> nn.Module:
    """Fill `G` with the weights in `path`, put it into eval mode and return it.

    Args:
        G: a network of the same architecture, on any device.
        path: a file from `save_generator`.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file holds something else, or a network of another architecture; G is
            left as it was.
    """
    stored = _read(path)
    if "generator" not in stored:
        raise ValueError(f"{path} holds a whole game, not a generator alone: use load.")
    try:
        here = describe_layers("G", G)
        layers = stored.get("layers", here)  # older files do not name their layers
        check_settings(_kinds(layers), _kinds(here))
        check_settings(layers, here)
        check_same(stored["generator"], G.state_dict(), "tensor")
        check_finite(stored["generator"], G, "tensor")
    except Mismatch as mismatch:
        raise ValueError(f"{path} belongs to another network: {mismatch}.") from None
    G.load_state_dict(stored["generator"])
    return G.eval()


def _check_finite(name: str, network: nn.Module) -> None:
    if path := not_finite(network.state_dict(), network):
        raise ValueError(f"not saved: {name}'s {path} is no longer finite.")


def _kinds(settings: dict[str, str]) -> dict[str, str]:
    """Return the class of each layer: what to say first of two networks that differ."""
    layers = {k: str(v) for k, v in settings.items() if str(k).startswith("layer ")}
    return {name: options_of(words)[""] for name, words in layers.items()}


def _rules(game: Game) -> dict[str, str]:
    return _order(player.name for player in game.players) | settings_of(game)


def _order(names: Iterable[str]) -> dict[str, str]:
    return {"order of play": ", ".join(map(str, names))}


def _write(content: dict, path: str | os.PathLike) -> None:
    packed = io.BytesIO()
    torch.save(content, packed)  # in memory first: then only the disk can fail
    write_atomically(path, packed.getbuffer())


def _read(path: str | os.PathLike) -> dict:
    if not Path(path).is_file():
        raise FileNotFoundError(f"there is no checkpoint at {path}.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a strange file we say all that is to be said
            stored = torch.load(path, map_location="cpu", weights_only=True)
    except (PermissionError, MemoryError):  # the machine, not the file
        raise
    except Exception as error:  # torch raises half a dozen kinds for a file that is not its own
        raise ValueError(f"{path} is not a checkpoint, or it is damaged.") from error
    if not isinstance(stored, dict) or not stored.keys() & {"settings", "generator"}:
        raise ValueError(f"{path} is not a checkpoint of this course.")
    return stored
