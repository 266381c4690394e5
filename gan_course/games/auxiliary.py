"""A D that also names classes: the auxiliary-classifier GAN."""

from __future__ import annotations

import functools
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from ..device import resolve_device
from ..game import Game
from ..game.first_batch import Inspection, check_labels, classes_of
from ..game.game import check_ready
from ..game.trial import try_players
from ..latents import Normal
from ..objectives import Objective, non_saturating
from .shared import adam_players, averaged, check_samples, the_labels, verdicts, wide

__all__ = ["acgan"]


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
        y = the_labels("acgan", labels)
        with torch.no_grad(), autocast():
            fake = check_samples(real, G(latent(len(real), device), y))
        with autocast():
            d_real, d_fake = wide(_check_classifier(real, D(real.clone()))), wide(D(fake))
        a, b = d_real[:, 0], d_fake[:, 0]
        named = cross_entropy(d_real[:, 1:], y) + cross_entropy(d_fake[:, 1:], y)
        named_right = accuracy(d_real[:, 1:], y)
        notes = {**verdicts(objective, a, b), "class_accuracy_real": named_right}
        return objective.d(a, b) + weight * named, notes

    def g_loss(real: Tensor, *labels: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        y = the_labels("acgan", labels)
        with autocast():  # a copy, as the gradient of G's tanh needs what tanh returned
            d_fake = wide(D(G(latent(len(real), device), y).clone()))
            a_real = wide(D(real.clone()))[:, 0] if objective.paired else None
        named = cross_entropy(d_fake[:, 1:], y)
        notes = {"class_accuracy_fake": accuracy(d_fake[:, 1:], y)}
        return objective.g(d_fake[:, 0], a_real) + weight * named, notes

    inspection = Inspection(classes=classes_of(G, D))

    def trial(real: Tensor, *labels: Tensor) -> None:
        y = the_labels("acgan", labels)
        seen = try_players(G, D, latent, real, y, D_sees_labels=False)
        if seen is not None:  # from now on, D's own number of classes holds for all batches
            known = _check_classifier(real, seen).shape[1] - 1
            inspection.classes = min(known, inspection.classes or known)
            check_labels((real, y), inspection.classes)

    inspection.trial = trial
    return Game(
        networks={"G": G, "D": D},
        players=adam_players(G, D, d_loss, g_loss, lr=lr, lr_D=lr_D, betas=betas),
        latent=latent,
        averages=averaged(G, ema),
        inspection=inspection,
        settings={"objective": f"acgan {weight} {objective.name}", "bf16": str(bf16)},
    )
