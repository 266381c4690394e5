"""Functions that assemble a game. Each reads like its paper."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from .averages import average_of
from .device import resolve_device
from .game import Game, Player
from .latents import Normal
from .objectives import Objective, non_saturating
from .settings import name_of

__all__ = ["acgan", "gan"]

Penalty = Callable[..., Tensor]


def _wide(logits: Tensor) -> Tensor:
    """Returns logits in float32 or better: losses of bfloat16 ones would be rounded too far."""
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


def gan(
    G: nn.Module,
    D: nn.Module,
    objective: Objective = non_saturating,
    *,
    latent: Callable[..., Tensor] = Normal(64),
    penalties: Sequence[tuple[float, Penalty]] = (),
    n_critic: int = 1,
    lr: float = 2e-4,
    lr_D: float | None = None,
    betas: tuple[float, float] = (0.5, 0.999),
    ema: float | None = 0.999,
    simultaneous: bool = False,
    bf16: bool = False,
    device: str | torch.device | None = None,
) -> Game:
    """Assembles the two-player game of Goodfellow et al. (2014, arXiv:1406.2661).

    In every step D moves first, `n_critic` times, then G:

        D minimises  objective.d(D(x), D(G(z))) + sum of weight * penalty(D, x, G(z)),
        G minimises  objective.g(D(G(z)), D(x)).

    Args:
        G: maps `(z, *y)` to samples shaped like the data.
        D: maps `(x, *y)` to logits `[N]` or `[N, 1]`, without a sigmoid.
        objective: the pair of losses.
        latent: where z comes from, `latent(n, device) -> z [n, dim]`.
        penalties: pairs `(weight, penalty)` added to D's loss, always in float32.
        n_critic: D's moves for each move of G.
        lr: Adam's step size, for G and, unless `lr_D` is given, for D.
        lr_D: D's own step size.
        betas: Adam's decay rates of the gradient's mean and square.
        ema: decay of the running average of G that `sample` uses; `None` keeps none.
        simultaneous: both players find their gradients before either moves.
        bf16: runs the networks under bfloat16 autocast; losses and penalties stay in float32.
        device: where to train; CUDA if present.

    Returns:
        The game, its networks moved to the device.

    Raises:
        RuntimeError: CUDA was asked for and is absent.
        ValueError: while playing, if G or D return the wrong shape.
    """
    device = resolve_device(device)
    G.to(device), D.to(device)  # before the optimizers are built
    autocast = functools.partial(torch.autocast, device.type, torch.bfloat16, enabled=bf16)

    def d_loss(real: Tensor, *y: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        with torch.no_grad(), autocast():
            fake = _check_samples(real, G(latent(len(real), device), *y))
        with autocast():
            d_real, d_fake = D(real, *y), D(fake, *y)
        _check_logits(real, d_real, d_fake)
        d_real, d_fake = _wide(d_real), _wide(d_fake)
        loss = objective.d(d_real, d_fake)
        notes = {
            "real": d_real.mean(),
            "fake": d_fake.mean(),
            "accuracy_real": (d_real > objective.balanced).float().mean(),
            "accuracy_fake": (d_fake < objective.balanced).float().mean(),
        }
        for weight, penalty in penalties:
            value = penalty(D, real, fake, *y)
            loss, notes[name_of(penalty)] = loss + weight * value, value
        return loss, notes

    def g_loss(real: Tensor, *y: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        with autocast():
            d_fake = _wide(D(G(latent(len(real), device), *y), *y))
            d_real = _wide(D(real, *y)) if objective.paired else None
        return objective.g(d_fake, d_real), {}

    def adam(network: nn.Module, lr: float) -> torch.optim.Adam:
        return torch.optim.Adam(network.parameters(), lr, betas, fused=True)

    return Game(
        networks={"G": G, "D": D},
        players=[
            Player("D", d_loss, adam(D, lr if lr_D is None else lr_D), turns=n_critic),
            Player("G", g_loss, adam(G, lr)),
        ],
        latent=latent,
        averages={} if ema is None else {"G": average_of(G)},
        decay=ema or 0.0,
        simultaneous=simultaneous,
        settings={
            "objective": objective.name,
            "penalties": ", ".join(f"{weight} {name_of(p)}" for weight, p in penalties),
            "bf16": str(bf16),
        },
    )


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
    """Assembles the auxiliary-classifier game of Odena, Olah and Shlens (2017, arXiv:1610.09585).

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
        ValueError: while playing, if G or D return the wrong shape, or labels are missing.
    """
    device = resolve_device(device)
    G.to(device), D.to(device)  # before the optimizers are built
    autocast = functools.partial(torch.autocast, device.type, torch.bfloat16, enabled=bf16)

    def accuracy(c: Tensor, y: Tensor) -> Tensor:
        return (c.argmax(1) == y).float().mean()

    def d_loss(real: Tensor, *y: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        with torch.no_grad(), autocast():
            fake = _check_samples(real, G(latent(len(real), device), *y))
        with autocast():
            d_real, d_fake = _wide(_check_classifier(real, D(real))), _wide(D(fake))
        a, b = d_real[:, 0], d_fake[:, 0]
        named = cross_entropy(d_real[:, 1:], *y) + cross_entropy(d_fake[:, 1:], *y)
        notes = {
            "real": a.mean(),
            "fake": b.mean(),
            "accuracy_real": (a > objective.balanced).float().mean(),
            "accuracy_fake": (b < objective.balanced).float().mean(),
            "class_accuracy_real": accuracy(d_real[:, 1:], *y),
        }
        return objective.d(a, b) + weight * named, notes

    def g_loss(real: Tensor, *y: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        with autocast():
            d_fake = _wide(D(G(latent(len(real), device), *y)))
            a_real = _wide(D(real))[:, 0] if objective.paired else None
        named = cross_entropy(d_fake[:, 1:], *y)
        notes = {"class_accuracy_fake": accuracy(d_fake[:, 1:], *y)}
        return objective.g(d_fake[:, 0], a_real) + weight * named, notes

    adam = functools.partial(torch.optim.Adam, betas=betas, fused=True)
    lr_D = lr if lr_D is None else lr_D
    return Game(
        networks={"G": G, "D": D},
        players=[
            Player("D", d_loss, adam(D.parameters(), lr_D)),
            Player("G", g_loss, adam(G.parameters(), lr)),
        ],
        latent=latent,
        averages={} if ema is None else {"G": average_of(G)},
        decay=ema or 0.0,
        settings={"objective": f"acgan {weight} {objective.name}", "bf16": str(bf16)},
    )
