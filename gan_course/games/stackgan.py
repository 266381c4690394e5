"""Images of a description, in two stages: StackGAN."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from ..device import resolve_device
from ..draws import draw_rows
from ..game import Game
from ..game.first_batch import Inspection, classes_of
from ..game.game import check_ready
from ..game.trial import try_players
from ..latents import Normal
from ..networks.stacks import ConcatGaussian
from ..objectives import Objective, non_saturating
from .shared import adam_players, averaged, check_logits, check_samples, the_labels, verdicts

__all__ = ["stackgan"]


def stackgan(
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
    device: str | torch.device | None = None,
) -> Game:
    """Assemble one stage of Zhang et al. (2017, arXiv:1612.03242); here y is a label.

    D is shown three kinds of pairs: real with its own label, real with a wrong one y~, and
    generated. G's codes of the label, `ConcatGaussian`, are held near N(0, I):

        D minimises  (objective.d(D(x, y), D(G(z, y), y)) + objective.d(D(x, y), D(x, y~))) / 2,
        G minimises  objective.g(D(G(z, y), y), D(x, y)) + weight E KL(N(mu_y, sigma_y^2) | N(0, I)).

    Stage I is a game on small images, of a G with `condition=ConcatGaussian(10)`; stage II is a
    second game on large ones, of `Refined(first G, refiner(...))`, in which the first G rests.

    Args:
        G: maps `(z, y)` to images; the divergence is summed over all its `ConcatGaussian`
            that are trained.
        D: maps `(x, y)` to logits `[N]` or `[N, 1]`.
        objective: the pair of losses.
        latent: where z comes from, `latent(n, device) -> z [n, dim]`.
        weight: of the divergence, which is summed over dimensions. Codes that all equal N(0, I)
            say nothing of the label: where labels are lost, lower it. (The paper writes 1; its
            code takes the mean over dimensions, with 2, which is a weight of 2 / dim here.)
        lr: Adam's step size, for G and, unless `lr_D` is given, for D.
        lr_D: D's own step size.
        betas: Adam's decay rates of the gradient's mean and square.
        ema: decay of the running average of G that `sample` uses; `None` keeps none.
        device: where to train; CUDA if present.

    Returns:
        The game, of batches (x, y).

    Raises:
        RuntimeError: CUDA was asked for and is absent.
        ValueError: no layer of G or D sees labels; while playing, if G or D return the wrong
            shape, or labels are missing or wrong.
    """
    device = resolve_device(device)
    check_ready({"G": G, "D": D})
    G.to(device), D.to(device)  # before the optimizers are built
    classes = classes_of(G, D)
    if classes is None:
        raise ValueError("stackgan needs a G and a D that see labels: build conditional ones.")
    codes = [m for m in G.modules() if isinstance(m, ConcatGaussian)]
    codes = [m for m in codes if m.embedding.weight.requires_grad]  # not those of a first stage

    def d_loss(real: Tensor, y: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        with torch.no_grad():
            fake = check_samples(real, G(latent(len(real), device), y))
        off = draw_rows(partial(torch.randint, 1, classes), (len(y),), device=device)
        a, b = D(real.clone(), y), D(fake.clone(), y)
        wrong = D(real.clone(), (y + off) % classes)
        check_logits(real, a, b)
        loss = (objective.d(a, b) + objective.d(a, wrong)) / 2
        return loss, {**verdicts(objective, a, b), "wrong": wrong.mean()}

    def g_loss(real: Tensor, y: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        b = D(G(latent(len(real), device), y).clone(), y)
        a = D(real.clone(), y) if objective.paired else None
        kl = sum((code.kl(y).mean() for code in codes), start=b.new_zeros(()))
        return objective.g(b, a) + weight * kl, {"kl": kl}

    def trial(real: Tensor, *labels: Tensor) -> None:
        try_players(G, D, latent, real, the_labels("stackgan", labels))

    return Game(
        networks={"G": G, "D": D},
        players=adam_players(G, D, d_loss, g_loss, lr=lr, lr_D=lr_D, betas=betas),
        latent=latent,
        averages=averaged(G, ema),
        inspection=Inspection(trial, classes),
        settings={"objective": f"stackgan {weight} {objective.name}"},
    )
