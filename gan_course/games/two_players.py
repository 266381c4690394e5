"""One G against one D, with any objective and penalties: the GAN."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from ..arguments import is_whole
from ..device import resolve_device
from ..game import Game, Player
from ..game.averages import Average, average_of
from ..game.describe import name_of
from ..game.first_batch import Inspection, classes_of
from ..game.game import check_ready
from ..game.trial import try_players
from ..latents import Normal
from ..objectives import Objective, non_saturating
from .shared import check_logits, check_samples, verdicts, wide

__all__ = ["gan"]

Penalty = Callable[..., Tensor]
Weighted = tuple[float, Penalty] | tuple[float, Penalty, int]
OWN_NOTES = ("real", "fake", "accuracy_real", "accuracy_fake", "loss", "gradient")  # of D


def _parted(
    penalties: Sequence[Weighted],
) -> tuple[list[tuple[float, Penalty]], list[tuple[float, Penalty, int]]]:
    """Return the penalties of every step, and the lazy ones.

    Raises:
        ValueError: two go by one name, one by the name of a note of D, or none makes sense of k.
    """
    if not all(isinstance(each, tuple | list) and len(each) in (2, 3) for each in penalties):
        raise ValueError(
            "penalties are pairs (weight, penalty) or lazy triples (weight, penalty, k), "
            f"got {list(penalties)}."
        )
    names = [name_of(penalty) for _, penalty, *_ in penalties]
    if len({*names, *OWN_NOTES}) < len(names) + len(OWN_NOTES):
        raise ValueError(
            f"penalties need names of their own, besides {', '.join(OWN_NOTES)}: got {names}; give "
            "your function another name, or bind its arguments by functools.partial."
        )
    if any(not (is_whole(k) and k >= 1) for _, _, *every in penalties for k in every):
        raise ValueError(
            f"a lazy penalty is added every 1 or more steps, a whole number, got {list(penalties)}."
        )
    lazy = [each for each in penalties if len(each) == 3 and each[2] > 1]
    return [each[:2] for each in penalties if len(each) == 2 or each[2] == 1], lazy


def _told(penalties: Sequence[Weighted]) -> str:
    words = (f"{weight} {name_of(penalty)}" for weight, penalty, *_ in penalties)
    every = (f" every {each[2]}" if len(each) == 3 else "" for each in penalties)
    return ", ".join(map("".join, zip(words, every, strict=True)))


def _lazy(
    D: nn.Module,
    player: Player,
    draw: Callable[..., Tensor],
    weight: float,
    penalty: Penalty,
    every: int,
) -> Player:
    """Return a player that charges for a penalty now and then, as much as for one in each step."""

    def loss(real: Tensor, *y: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        value = penalty(D, real, draw(real, *y), *y)
        return every * weight * value, {"value": value}

    return Player(f"{player.name}_{name_of(penalty)}", loss, player.optimizer, every=every)


def gan(
    G: nn.Module,
    D: nn.Module,
    objective: Objective = non_saturating,
    *,
    latent: Callable[..., Tensor] = Normal(64),
    penalties: Sequence[Weighted] = (),
    n_critic: int = 1,
    lr: float = 2e-4,
    lr_D: float | None = None,
    betas: tuple[float, float] = (0.5, 0.999),
    optimizer: Callable[..., torch.optim.Optimizer] | None = None,
    ema: float | None = 0.999,
    simultaneous: bool = False,
    bf16: bool = False,
    device: str | torch.device | None = None,
) -> Game:
    """Assemble the two-player game of Goodfellow et al. (2014, arXiv:1406.2661).

    In every step D moves first, `n_critic` times, then G:

        D minimises  objective.d(D(x), D(G(z))) + sum of weight * penalty(D, x, G(z)),
        G minimises  objective.g(D(G(z)), D(x)).

    Args:
        G: maps `(z, *y)` to samples shaped like the data.
        D: maps `(x, *y)` to logits `[N]` or `[N, 1]`, without a sigmoid.
        objective: the pair of losses.
        latent: where z comes from, `latent(n, device) -> z [n, dim]`.
        penalties: pairs `(weight, penalty)` added to D's loss, always in float32. A triple
            `(weight, penalty, k)` is lazy (Karras et al., 2020, arXiv:1912.04958): in every k-th
            step a move of its own with D's optimizer, of k times the weight.
        n_critic: D's moves for each move of G.
        lr: the step size, for G and, unless `lr_D` is given, for D.
        lr_D: D's own step size.
        betas: Adam's decay rates of the gradient's mean and square.
        optimizer: called as `optimizer(parameters, lr=...)` for each player, in place of Adam
            with these betas, such as `torch.optim.RMSprop`.
        ema: decay of the running average of G that `sample` uses; `None` keeps none.
        simultaneous: both players find their gradients before either moves.
        bf16: runs the networks under bfloat16 autocast; losses and penalties stay in float32.
        device: where to train; CUDA if present.

    Returns:
        The game, its networks moved to the device.

    Raises:
        RuntimeError: CUDA was asked for and is absent.
        ValueError: two penalties share a name, or a network has lazy layers; while playing, if G
            or D return the wrong shape.

    Example:
        >>> from gan_course.networks import mlp
        >>> gan(mlp(2, 2), mlp(2, 1), latent=Normal(2), device="cpu").step
        0
    """
    device = resolve_device(device)
    check_ready({"G": G, "D": D})
    G.to(device), D.to(device)  # before the optimizers are built
    autocast = functools.partial(torch.autocast, device.type, torch.bfloat16, enabled=bf16)
    make = optimizer or functools.partial(torch.optim.Adam, betas=betas, fused=True)
    in_each_step, lazy = _parted(penalties)
    lr_D = lr if lr_D is None else lr_D

    def draw(real: Tensor, *y: Tensor) -> Tensor:
        with torch.no_grad(), autocast():
            return check_samples(real, G(latent(len(real), device), *y))

    def d_loss(real: Tensor, *y: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        fake = draw(real, *y)
        with autocast():  # copies, as D's first layer may work in place
            d_real, d_fake = D(real.clone(), *y), D(fake.clone(), *y)
        check_logits(real, d_real, d_fake)
        d_real, d_fake = wide(d_real), wide(d_fake)
        loss = objective.d(d_real, d_fake)
        notes = verdicts(objective, d_real, d_fake)
        for weight, penalty in in_each_step:
            value = penalty(D, real, fake, *y)
            loss, notes[name_of(penalty)] = loss + weight * value, value
        return loss, notes

    def g_loss(real: Tensor, *y: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        with autocast():  # a copy, as the gradient of G's tanh needs what tanh returned
            d_fake = wide(D(G(latent(len(real), device), *y).clone(), *y))
            d_real = wide(D(real.clone(), *y)) if objective.paired else None
        return objective.g(d_fake, d_real), {}

    critic = Player("D", d_loss, make(D.parameters(), lr=lr_D), turns=n_critic)
    lazy_ones = [_lazy(D, critic, draw, *each) for each in lazy]
    return Game(
        networks={"G": G, "D": D},
        players=[critic, *lazy_ones, Player("G", g_loss, make(G.parameters(), lr=lr))],
        latent=latent,
        averages={} if ema is None else {"G": Average("G", average_of(G), ema)},
        simultaneous=simultaneous,
        inspection=Inspection(functools.partial(try_players, G, D, latent), classes_of(G, D)),
        settings={
            "objective": objective.name,
            "penalties": _told(penalties),
            "bf16": str(bf16),
        },
    )
