"""What games of many kinds share: what they check, and what D reports of itself."""

from __future__ import annotations

import functools
from collections.abc import Callable

import torch
from torch import Tensor, nn

from ..device import resolve_device
from ..game import Player
from ..game.averages import Average, average_of
from ..game.game import check_ready
from ..objectives import Objective

Loss = Callable[..., tuple[Tensor, dict[str, Tensor]]]


def wide(logits: Tensor) -> Tensor:
    """Return logits `[N, ...]` in float32 or better: losses of bfloat16 ones are rounded too far."""
    return logits.to(torch.promote_types(logits.dtype, torch.float32))


def check_samples(real: Tensor, fake: Tensor) -> Tensor:
    """Return generated samples `[N, ...]` if they are shaped like the data.

    Raises:
        ValueError: they are not.
    """
    if fake.shape != real.shape:
        raise ValueError(
            "G must return samples shaped like the data: "
            f"the batch is {list(real.shape)} and G returned {list(fake.shape)}."
        )
    return fake


def check_logits(real: Tensor, d_real: Tensor, d_fake: Tensor) -> None:
    """Raise ValueError unless D returned one row of logits `[N, ...]` for each sample."""
    if d_real.shape != d_fake.shape or d_real.shape[:1] != real.shape[:1]:
        raise ValueError(
            "D must return one row of logits for each sample: "
            f"for {len(real)} samples it returned {list(d_real.shape)} and {list(d_fake.shape)}."
        )


def the_labels(game: str, y: tuple[Tensor, ...]) -> Tensor:
    """Return the labels `[N]` of a batch (x, y).

    Raises:
        ValueError: the batch holds none, or more than labels; `game` is who needs them.
    """
    if len(y) != 1:
        raise ValueError(
            f"{game} needs batches (x, y) with labels, and the loader returns x and {len(y)} more: "
            "ask for them, as batches(n, labels=True) does."
        )
    return y[0]


def the_answers(game: str, y: tuple[Tensor, ...]) -> Tensor:
    """Return the second set's samples `[N, ...]` of a batch (x, y).

    Raises:
        ValueError: the batch holds none, or more than two; `game` is who needs them.
    """
    if len(y) != 1 or y[0].dim() < 2:
        more = "x alone" if not y else f"x and {[list(t.shape) for t in y]}"
        raise ValueError(
            f"{game} needs batches (x, y) of two kinds of samples, and the loader returns {more}: "
            "draw them with data.matched(a, b).batches(n), or with data.paired if they do not "
            "belong together."
        )
    return y[0]


def verdicts(objective: Objective, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
    """Return what D reports of its logits: their means, and how often it is right.

    Args:
        objective: whose balanced logit parts "real" from "fake".
        real: logits of real samples, `[N]` or `[N, 1]`.
        fake: logits of generated ones.
    """
    return {
        "real": real.mean(),
        "fake": fake.mean(),
        "accuracy_real": (real > objective.balanced).float().mean(),
        "accuracy_fake": (fake < objective.balanced).float().mean(),
    }


def adam_players(
    G: nn.Module,
    D: nn.Module,
    d_loss: Loss,
    g_loss: Loss,
    *,
    lr: float,
    lr_D: float | None,
    betas: tuple[float, float],
) -> list[Player]:
    """Return D and then G, each with an Adam of its own; D moves at G's rate unless `lr_D` is given."""
    adam = functools.partial(torch.optim.Adam, betas=betas, fused=True)
    return [
        Player("D", d_loss, adam(D.parameters(), lr if lr_D is None else lr_D)),
        Player("G", g_loss, adam(G.parameters(), lr)),
    ]


def moved(networks: dict[str, nn.Module], device: str | torch.device | None) -> torch.device:
    """Move networks to a device, before optimizers are built, and return it.

    Raises:
        RuntimeError: CUDA was asked for and is absent.
        ValueError: a network has lazy layers.
    """
    chosen = resolve_device(device)
    check_ready(networks)
    for network in networks.values():
        network.to(chosen)
    return chosen


def averaged(network: nn.Module, ema: float | None, name: str = "G") -> dict[str, Average]:
    """Return the running average of a network, G, as a game holds it; without a decay there is none."""
    return {} if ema is None else {name: Average(name, average_of(network), ema)}
