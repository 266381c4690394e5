"""Compares what a file holds with what a game needs, before anything of the game is changed.

A file can be well formed and still be wrong: keys missing, a tensor of another shape, an
optimizer's state of another optimizer, made by accident or by somebody's intent.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from ..game import Game
from ..game.describe import HIDDEN, options_of
from ..game.fingerprint import same_code

SINCE = ("module ", "code of ", "group ", "average ")  # what only files of this edition tell
PARTS = ("settings", "step", "record", "networks", "averages", "optimizers", "random_state")


class Mismatch(ValueError):
    """A stored value that does not fit; says where it stands, what it is and what it should be."""

    def __init__(self, where: object, stored: object, wanted: object) -> None:
        sentence = f"its {where!s:.200} is {stored!s:.200} and here it is {wanted!s:.200}"
        super().__init__("".join(c if c.isprintable() else "?" for c in sentence))  # a stranger's


def check_parts(stored: Mapping) -> None:
    """Raise Mismatch unless `stored` has all parts of a checkpoint."""
    for part in PARTS:
        check_key(stored, dict.fromkeys(PARTS), part, "content")
    for part in ("settings", "networks", "averages", "optimizers"):
        if not isinstance(stored[part], dict):
            raise Mismatch(part, kind_of(stored[part]), "a dict")


def check_settings(stored: Mapping[str, str], here: Mapping[str, str]) -> None:
    """Raise Mismatch that names the first setting in which two games differ."""
    if not any(str(name).startswith(SINCE) for name in stored):  # of the first edition
        here = {name: words for name, words in here.items() if not name.startswith(SINCE)}
    for name in [*here, *stored]:
        if name not in stored or name not in here or not _agree(name, stored[name], here[name]):
            raise Mismatch(name, stored.get(name, "absent"), here.get(name, "absent"))


def _agree(name: str, stored: object, here: str) -> bool:
    """Whether two settings mean the same, though two versions of torch or Python tell them."""
    if not isinstance(stored, str) or stored == here:
        return stored == here
    if name == "averages":  # without any, a decay was told that nobody used
        return stored.startswith("[]") and here.startswith("[]")
    if name.startswith("code of "):
        return same_code(stored, here)
    if not name.startswith(("layer ", "module ", "optimizer of ", "group ")):
        return False
    one, other = options_of(stored), options_of(here)
    # what only one of them knows is another version's, and older ones did not quote texts
    return all(one[k].strip("'") == other[k].strip("'") for k in one.keys() & other.keys())


def check_same(stored: object, wanted: object, where: str) -> None:
    """Raise Mismatch unless `stored` has the keys, shapes and types of `wanted`."""
    if isinstance(wanted, Mapping) and isinstance(stored, Mapping):
        for key in [*wanted, *stored]:
            check_key(stored, wanted, key, where)
            check_same(stored[key], wanted[key], f"{where}.{key}")
    elif isinstance(wanted, list | tuple) and isinstance(stored, list | tuple):
        check_same(dict(enumerate(stored)), dict(enumerate(wanted)), where)
    elif kind_of(stored) != kind_of(wanted):
        raise Mismatch(where, kind_of(stored), kind_of(wanted))


def check_key(stored: Mapping, wanted: Mapping, key: object, where: str) -> None:
    """Raise Mismatch unless both have this key."""
    if key not in stored or key not in wanted:
        found = ["present" if key in values else "absent" for values in (stored, wanted)]
        raise Mismatch(f"{where}.{key}", *found)


def kind_of(value: object) -> str:
    """Put a value's type and shape into words; numbers are of one kind, and so are flags."""
    if isinstance(value, Tensor):
        layout = "" if value.layout is torch.strided and not value.is_quantized else " (not dense)"
        return f"{str(value.dtype).removeprefix('torch.')} {list(value.shape)}{layout}"
    if value is None or isinstance(value, bool):  # fused=None and fused=True: how, not what
        return "a flag"
    return "a number" if isinstance(value, int | float) else f"a {type(value).__name__}"


def check_content(stored: Mapping, game: Game) -> None:
    """Raise Mismatch unless `stored` is all that `load` needs to fill `game`.

    Args:
        stored: what a checkpoint holds; its settings have been compared already.
        game: the game to be filled; not changed.
    """
    averages = {name: average.network for name, average in game.averages.items()}
    for part, networks in (("networks", game.networks), ("averages", averages)):
        check_same(stored[part], {k: net.state_dict() for k, net in networks.items()}, part)
        for name, network in networks.items():
            check_finite(stored[part][name], network, f"{part}.{name}")
    for player in game.players:
        where = f"optimizer of {player.name}"
        check_optimizer(stored["optimizers"][player.name], player.optimizer, where)
    check_count(stored["step"], "step")
    check_ages(stored, game)
    record = stored["record"]
    numbers = isinstance(record, dict) and all(kind_of(v) == "a number" for v in record.values())
    if not numbers:
        raise Mismatch("record", "something else", "numbers by name")
    check_random_state(stored["random_state"], game)


def check_count(count: object, where: str) -> None:
    """Raise Mismatch unless this is a whole number from 0."""
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise Mismatch(where, repr(count)[:40], "a whole number from 0")


def check_ages(stored: Mapping, game: Game) -> None:
    """Raise Mismatch unless every average has its age; older files tell none."""
    if "ages" not in stored:
        return
    ages = stored["ages"]
    check_same(ages, {name: average.age for name, average in game.averages.items()}, "ages")
    for name, age in ages.items():
        check_count(age, f"ages.{name}")


def not_finite(weights: Mapping[str, Tensor], network: nn.Module) -> str | None:
    """Return the first that is NaN, or infinite though it is trained: a mask may well be.

    Args:
        weights: by path, each `[...]`.
        network: whose weights they are or will be.
    """
    trained = {path for path, _ in network.named_parameters()}
    for path, tensor in weights.items():
        bad = ~tensor.isfinite() if path in trained else tensor.isnan()
        if bad.any():
            return path
    return None


def check_finite(stored: Mapping[str, Tensor], network: nn.Module, where: str) -> None:
    """Raise Mismatch if a weight `[...]` stored for this network is NaN or infinite."""
    if path := not_finite(stored, network):
        raise Mismatch(f"{where}.{path}", "no longer finite", "a finite one")


def check_optimizer(stored: object, optimizer: torch.optim.Optimizer, where: str) -> None:
    """Raise Mismatch unless `stored` is a state that this optimizer can go on from."""
    wanted = optimizer.state_dict()
    state = stored.get("state") if isinstance(stored, dict) else None
    if not isinstance(state, dict):
        raise Mismatch(f"{where}.state", kind_of(state), "a dict")
    check_groups(stored.get("param_groups"), wanted["param_groups"], where)
    check_rates(stored["param_groups"], optimizer, where)
    if state:
        reached = state_after_a_step(optimizer)
        for index, values in state.items():
            check_key(state, reached, index, f"{where}.state")  # frozen parameters have none
            check_same(values, reached[index], f"{where}.state.{index}")
            for name, value in values.items():
                if isinstance(value, Tensor) and value.isnan().any():
                    raise Mismatch(f"{where}.state.{index}.{name}", "NaN", "a number")


def check_groups(stored: object, wanted: list[dict], where: str) -> None:
    """Raise Mismatch unless these are the hyper-parameters of the same groups of parameters.

    What only one of two versions of torch knows is let through.
    """
    if not isinstance(stored, list) or len(stored) != len(wanted):
        raise Mismatch(f"{where}.param_groups", kind_of(stored), f"a list of {len(wanted)}")
    for group, here in zip(stored, wanted, strict=True):
        if not isinstance(group, dict):
            raise Mismatch(f"{where}.param_groups", kind_of(group), "a dict")
        for name in {"params", "lr"} | (group.keys() & here.keys()):
            value, known = _number(group.get(name)), _number(here[name])
            check_same(value, known, f"{where}.{name}")
            flag = kind_of(known) == "a flag" and name not in HIDDEN
            if (name == "params" or flag) and value != known:
                raise Mismatch(f"{where}.{name}", repr(value)[:60], repr(known)[:60])


def check_rates(stored: list[dict], optimizer: torch.optim.Optimizer, where: str) -> None:
    """Raise Mismatch if the optimizer's own class refuses these hyper-parameters."""
    for group in stored:
        rates = {k: _number(group[k]) for k in optimizer.defaults.keys() & group.keys() - HIDDEN}
        if not math.isfinite(rates.get("lr", 0)):
            raise Mismatch(f"{where}.lr", rates["lr"], "a finite number")
        try:
            type(optimizer)([torch.zeros(1, requires_grad=True)], **rates)
        except ValueError as error:
            raise Mismatch(where, f"refused ({error})", "one with possible rates") from None
        except TypeError:  # a class of somebody's own, built from other arguments
            return


def _number(value: object) -> object:
    """Return a number kept as a tensor, as a rate is for CUDA graphs; other values stay."""
    return value.item() if isinstance(value, Tensor) and value.dim() == 0 else value


def state_after_a_step(optimizer: torch.optim.Optimizer) -> dict:
    """Return what state the optimizer keeps, found by a step of a copy on zero gradients."""
    trial = copy.deepcopy(optimizer)
    for group in trial.param_groups:
        for parameter in group["params"]:
            parameter.grad = torch.zeros_like(parameter)
    trial.step()
    return trial.state_dict()["state"]


def check_random_state(stored: object, game: Game) -> None:
    """Raise Mismatch unless torch's generators can take this state."""
    if not isinstance(stored, dict) or "cpu" not in stored:
        raise Mismatch("random_state", kind_of(stored), "a dict with the CPU's state")
    for place, state in stored.items():
        if place in game.random_state:  # a checkpoint made on CUDA may be read on the CPU
            try:
                torch.Generator(game.device if place == "cuda" else "cpu").set_state(state)
            except (RuntimeError, TypeError) as error:
                raise Mismatch("random_state", "none", "one that torch can go on from") from error
