"""Functions that assemble a game. Each reads like its paper."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from ..device import resolve_device
from ..game import Game, Player, check_ready
from ..game.averages import Average, average_of
from ..game.describe import name_of
from ..game.first_batch import Inspection, check_labels, classes_of, try_players
from ..latents import Normal
from ..objectives import Objective, non_saturating

__all__ = ["acgan", "gan"]

Penalty = Callable[..., Tensor]
Weighted = tuple[float, Penalty] | tuple[float, Penalty, int]
OWN_NOTES = ("real", "fake", "accuracy_real", "accuracy_fake", "loss", "gradient")  # of D


def _wide(logits: Tensor) -> Tensor:
    """Return logits in float32 or better: losses of bfloat16 ones would be rounded too far."""
    return logits.to(torch.promote_types(logits.dtype, torch.float32))


def _check_samples(real: Tensor, fake: Tensor) -> Tensor:
    if fake.shape != real.shape:
        raise ValueError(
            "G must return samples shaped like the data: "
            f"the batch is {list(real.shape)} and G returned {list(fake.shape)}."
        )
    return fake


def _check_logits(real: Tensor, d_real: Tensor, d_fake: Tensor) -> None:
    if d_real.shape != d_fake.shape or d_real.shape[:1] != real.shape[:1]:
        raise ValueError(
            "D must return one row of logits for each sample: "
            f"for {len(real)} samples it returned {list(d_real.shape)} and {list(d_fake.shape)}."
        )


def _check_penalties(penalties: Sequence[Weighted]) -> None:
    names = [name_of(penalty) for _, penalty, *_ in penalties]
    if len({*names, *OWN_NOTES}) < len(names) + len(OWN_NOTES):
        raise ValueError(
            f"penalties need names of their own, besides {', '.join(OWN_NOTES)}: got {names}; give "
            "your function another name, or bind its arguments by functools.partial."
        )
    if any(len(each) > 2 and each[2] < 1 for each in penalties):
        raise ValueError(f"a lazy penalty is added every 1 or more steps, got {list(penalties)}.")


def _lazy(
    weight: float,
    penalty: Penalty,
    every: int,
    D: Player,
    draw: Callable[..., Tensor],
    net: nn.Module,
) -> Player:
    """Return a player that charges for a penalty now and then, as much as for one in each step."""

    def loss(real: Tensor, *y: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        value = penalty(net, real, draw(real, *y), *y)
        return every * weight * value, {"value": value}

    return Player(f"{D.name}_{name_of(penalty)}", loss, D.optimizer, every=every)


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
    _check_penalties(penalties)
    G.to(device), D.to(device)  # before the optimizers are built
    autocast = functools.partial(torch.autocast, device.type, torch.bfloat16, enabled=bf16)
    in_each_step = [
        (weight, penalty) for weight, penalty, *every in penalties if every in ([], [1])
    ]
    lazy = [each for each in penalties if len(each) > 2 and each[2] > 1]

    def draw(real: Tensor, *y: Tensor) -> Tensor:
        with torch.no_grad(), autocast():
            return _check_samples(real, G(latent(len(real), device), *y))

    def d_loss(real: Tensor, *y: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        fake = draw(real, *y)
        with autocast():  # copies, as D's first layer may work in place
            d_real, d_fake = D(real.clone(), *y), D(fake.clone(), *y)
        _check_logits(real, d_real, d_fake)
        d_real, d_fake = _wide(d_real), _wide(d_fake)
        loss = objective.d(d_real, d_fake)
        notes = {
            "real": d_real.mean(),
            "fake": d_fake.mean(),
            "accuracy_real": (d_real > objective.balanced).float().mean(),
            "accuracy_fake": (d_fake < objective.balanced).float().mean(),
        }
        for weight, penalty in in_each_step:
            value = penalty(D, real, fake, *y)
            loss, notes[name_of(penalty)] = loss + weight * value, value
        return loss, notes

    def g_loss(real: Tensor, *y: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        with autocast():
            d_fake = _wide(D(G(latent(len(real), device), *y), *y))
            d_real = _wide(D(real.clone(), *y)) if objective.paired else None
        return objective.g(d_fake, d_real), {}

    make = optimizer or functools.partial(torch.optim.Adam, betas=betas, fused=True)
    critic = Player(
        "D", d_loss, make(D.parameters(), lr=lr if lr_D is None else lr_D), turns=n_critic
    )
    return Game(
        networks={"G": G, "D": D},
        players=[
            critic,
            *(_lazy(*each, critic, draw, D) for each in lazy),
            Player("G", g_loss, make(G.parameters(), lr=lr)),
        ],
        latent=latent,
        averages={} if ema is None else {"G": Average("G", average_of(G), ema)},
        simultaneous=simultaneous,
        inspection=Inspection(functools.partial(try_players, G, D, latent), classes_of(G, D)),
        settings={
            "objective": objective.name,
            "penalties": ", ".join(
                " ".join([str(weight), name_of(penalty), *(f"every {k}" for k in every)])
                for weight, penalty, *every in penalties
            ),
            "bf16": str(bf16),
        },
    )


def _the_labels(y: tuple[Tensor, ...]) -> Tensor:
    if len(y) != 1:
        raise ValueError(
            f"acgan needs batches (x, y) with labels, and the loader returns x and {len(y)} more: "
            "ask for them, as batches(n, labels=True) does."
        )
    return y[0]


def _check_classifier(real: Tensor, logits: Tensor) -> Tensor:
    if logits.dim() != 2 or len(logits) != len(real) or logits.shape[1] < 3:
        raise ValueError(
            "acgan needs a D that returns one logit for real and one for each class, [N, 1 + K] "
            f"with K of at least 2: for {len(real)} samples it got {list(logits.shape)}."
        )
    return logits


def acgan(
    G: nn.Module,
    D: nn.Module,
    objective: Objective = non_saturating,
    *,
    latent: Callable[..., Tensor] = Normal(64),
    weight: float = 1.0,
    lr: float = 2e-4,
    lr_D: float | None = None,
    betas: tuple[float, float] = (0.5, 0.999),
    ema: float | None = 0.999,
    bf16: bool = False,
    device: str | torch.device | None = None,
) -> Game:
    """Assemble the auxiliary-classifier game of Odena, Olah and Shlens (2017, arXiv:1610.09585).

    D(x) = (a, c) is a logit a for "real" and logits c of the classes. With the cross entropy
    H(x, y) = -log softmax(c)_y,

        D minimises  objective.d(a(x), a(G(z, y))) + weight (E H(x, y) + E H(G(z, y), y)),
        G minimises  objective.g(a(G(z, y)), a(x)) + weight E H(G(z, y), y).

    Args:
        G: maps `(z, y)` to samples shaped like the data.
        D: maps `x`, without labels, to `[N, 1 + K]`: a, then c.
        objective: the pair of losses on a.
        latent: where z comes from, `latent(n, device) -> z [n, dim]`.
        weight: of the class losses.
        lr: Adam's step size, for G and, unless `lr_D` is given, for D.
        lr_D: D's own step size.
        betas: Adam's decay rates of the gradient's mean and square.
        ema: decay of the running average of G that `sample` uses; `None` keeps none.
        bf16: runs the networks under bfloat16 autocast; losses stay in float32.
        device: where to train; CUDA if present.

    Returns:
        The game; its records also hold the shares of samples whose class D names,
        `D_class_accuracy_real` and `G_class_accuracy_fake`.

    Raises:
        RuntimeError: CUDA was asked for and is absent.
        ValueError: while playing, if G or D return the wrong shape, or labels are missing or
            name a class that D has no logit for.
    """
    device = resolve_device(device)
    check_ready({"G": G, "D": D})
    G.to(device), D.to(device)  # before the optimizers are built
    autocast = functools.partial(torch.autocast, device.type, torch.bfloat16, enabled=bf16)

    def accuracy(c: Tensor, y: Tensor) -> Tensor:
        return (c.argmax(1) == y).float().mean()

    def d_loss(real: Tensor, *labels: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        y = _the_labels(labels)
        with torch.no_grad(), autocast():
            fake = _check_samples(real, G(latent(len(real), device), y))
        with autocast():
            d_real, d_fake = _wide(_check_classifier(real, D(real.clone()))), _wide(D(fake))
        a, b = d_real[:, 0], d_fake[:, 0]
        named = cross_entropy(d_real[:, 1:], y) + cross_entropy(d_fake[:, 1:], y)
        notes = {
            "real": a.mean(),
            "fake": b.mean(),
            "accuracy_real": (a > objective.balanced).float().mean(),
            "accuracy_fake": (b < objective.balanced).float().mean(),
            "class_accuracy_real": accuracy(d_real[:, 1:], y),
        }
        return objective.d(a, b) + weight * named, notes

    def g_loss(real: Tensor, *labels: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        y = _the_labels(labels)
        with autocast():
            d_fake = _wide(D(G(latent(len(real), device), y)))
            a_real = _wide(D(real.clone()))[:, 0] if objective.paired else None
        named = cross_entropy(d_fake[:, 1:], y)
        notes = {"class_accuracy_fake": accuracy(d_fake[:, 1:], y)}
        return objective.g(d_fake[:, 0], a_real) + weight * named, notes

    inspection = Inspection(classes=classes_of(G, D))

    def trial(real: Tensor, *labels: Tensor) -> None:
        y = _the_labels(labels)
        seen = try_players(G, D, latent, real, y, D_sees_labels=False)
        if seen is not None:  # from now on, D's own number of classes holds for all batches
            known = _check_classifier(real, seen).shape[1] - 1
            inspection.classes = min(known, inspection.classes or known)
            check_labels((real, y), inspection.classes)

    inspection.trial = trial
    adam = functools.partial(torch.optim.Adam, betas=betas, fused=True)
    lr_D = lr if lr_D is None else lr_D
    return Game(
        networks={"G": G, "D": D},
        players=[
            Player("D", d_loss, adam(D.parameters(), lr_D)),
            Player("G", g_loss, adam(G.parameters(), lr)),
        ],
        latent=latent,
        averages={} if ema is None else {"G": Average("G", average_of(G), ema)},
        inspection=inspection,
        settings={"objective": f"acgan {weight} {objective.name}", "bf16": str(bf16)},
    )
