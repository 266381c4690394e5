"""A G that is given a code, and a D that also reads it back: InfoGAN."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from ..device import resolve_device
from ..draws import draw_rows
from ..game import Game
from ..game.first_batch import Inspection
from ..game.game import check_ready
from ..game.trial import try_players
from ..latents import Normal
from ..objectives import Objective, non_saturating
from .shared import adam_players, averaged, check_samples, verdicts, wide

__all__ = ["infogan"]


def _check_reader(real: Tensor, logits: Tensor, codes: int) -> Tensor:
    if logits.shape != (len(real), 1 + codes):
        raise ValueError(
            f"infogan with {codes} codes needs a D that returns one logit for real and one for "
            f"each code, [N, {1 + codes}]: for {len(real)} samples it got {list(logits.shape)}."
        )
    return logits


def infogan(
    G: nn.Module,
    D: nn.Module,
    objective: Objective = non_saturating,
    *,
    codes: int = 10,
    latent: Callable[..., Tensor] = Normal(64),
    weight: float = 1.0,
    penalties: Sequence[tuple[float, Callable[..., Tensor]]] = (),
    lr: float = 2e-4,
    lr_D: float | None = None,
    betas: tuple[float, float] = (0.5, 0.999),
    ema: float | None = 0.999,
    bf16: bool = False,
    device: str | torch.device | None = None,
) -> Game:
    """Assemble the game of Chen et al. (2016, arXiv:1606.03657), with one categorical code.

    G is told a code c, drawn evenly from K. D(x) = (a, Q) is a logit a for "real", and logits of a
    guess Q(c | x). Both players lower the cross-entropy of that guess on generated samples,

        H = -E log Q(c | G(z, c)),     where     log K - H <= I(c; G(z, c)),

    so both raise a lower bound of the mutual information between the code and the sample:

        D minimises  objective.d(a(x), a(G(z, c))) + weight H,
        G minimises  objective.g(a(G(z, c)), a(x)) + weight H.

    It is `acgan` without labels: Q learns from generated samples only, whose code is known.

    Args:
        G: maps `(z, c)`, codes int64 `[N]`, to samples shaped like the data.
        D: maps `x` to `[N, 1 + K]`: a, then the logits of Q.
        objective: the pair of losses on a.
        codes: K, at least 2.
        latent: where z comes from, `latent(n, device) -> z [n, dim]`.
        weight: of H.
        penalties: pairs `(weight, penalty)` added to D's loss, of its logit a alone.
        lr: Adam's step size, for G and, unless `lr_D` is given, for D.
        lr_D: D's own step size.
        betas: Adam's decay rates of the gradient's mean and square.
        ema: decay of the running average of G that `sample` uses; `None` keeps none.
        bf16: runs the networks under bfloat16 autocast; losses stay in float32.
        device: where to train; CUDA if present.

    Returns:
        The game, of batches x without labels; its records also hold the bound log K - H as
        `D_information` and `G_information`, in nats.

    Raises:
        RuntimeError: CUDA was asked for and is absent.
        ValueError: fewer than two codes; while playing, if G or D return the wrong shape, or if
            labels come with the data.
    """
    if codes < 2:
        raise ValueError(f"infogan needs at least two codes, got {codes}.")
    device = resolve_device(device)
    check_ready({"G": G, "D": D})
    G.to(device), D.to(device)  # before the optimizers are built
    autocast = functools.partial(torch.autocast, device.type, torch.bfloat16, enabled=bf16)

    def draw(real: Tensor) -> tuple[Tensor, Tensor]:
        c = draw_rows(functools.partial(torch.randint, codes), (len(real),), device=device)
        return check_samples(real, G(latent(len(real), device), c)), c

    def unread(logits: Tensor, c: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        H = cross_entropy(logits[:, 1:], c)
        return weight * H, {"information": math.log(codes) - H}

    def judge(x: Tensor) -> Tensor:
        return D(x)[:, 0]

    def d_loss(real: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        with torch.no_grad(), autocast():
            fake, c = draw(real)
        with autocast():
            d_real, d_fake = wide(D(real.clone())), wide(D(fake))
        a, b = (_check_reader(real, d, codes)[:, 0] for d in (d_real, d_fake))
        H, notes = unread(d_fake, c)
        leash = sum(weight * penalty(judge, real, fake) for weight, penalty in penalties)
        return objective.d(a, b) + H + leash, {**verdicts(objective, a, b), **notes}

    def g_loss(real: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        with autocast():  # a copy, as the gradient of G's tanh needs what tanh returned
            fake, c = draw(real)
            d_fake = wide(D(fake.clone()))
            a_real = wide(D(real.clone()))[:, 0] if objective.paired else None
        H, notes = unread(d_fake, c)
        return objective.g(d_fake[:, 0], a_real) + H, notes

    def trial(real: Tensor, *labels: Tensor) -> None:
        if labels:
            raise ValueError("infogan learns without labels: let the loader return x alone.")
        c = torch.arange(len(real), device=device) % codes
        seen = try_players(G, D, latent, real, c, D_sees_labels=False)
        if seen is not None:
            _check_reader(real, seen, codes)

    return Game(
        networks={"G": G, "D": D},
        players=adam_players(G, D, d_loss, g_loss, lr=lr, lr_D=lr_D, betas=betas),
        latent=latent,
        averages=averaged(G, ema),
        inspection=Inspection(trial),
        settings={
            "objective": f"infogan {weight} {objective.name}",
            "codes": str(codes),
            "bf16": str(bf16),
        },
    )
