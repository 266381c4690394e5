"""From one kind of image to another, learned from pairs: pix2pix."""

from __future__ import annotations

import functools
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss

from ..device import resolve_device
from ..game import Game, Player
from ..game.describe import name_of
from ..game.first_batch import Inspection
from ..game.game import check_ready
from ..game.trial import try_judge, try_translation
from ..objectives import Objective, non_saturating
from .shared import adam_players, averaged, check_logits, check_samples, the_answers, verdicts, wide

__all__ = ["pix2pix", "regression"]


def pix2pix(
    G: nn.Module,
    D: nn.Module,
    objective: Objective = non_saturating,
    *,
    weight: float = 100.0,
    lr: float = 2e-4,
    lr_D: float | None = None,
    betas: tuple[float, float] = (0.5, 0.999),
    ema: float | None = 0.999,
    bf16: bool = False,
    device: str | torch.device | None = None,
) -> Game:
    """Assemble the game of Isola et al. (2017, arXiv:1611.07004): G answers y to x, from pairs.

    There is no z: what is open in the answer is left to the noise inside G, its dropout. D is
    shown pairs, question and answer as channels of one image:

        D minimises  objective.d(D(x, y), D(x, G(x))),
        G minimises  objective.g(D(x, G(x)), D(x, y)) + weight |y - G(x)|_1,

    with the mean over pixels in the second term. D moves first, and G answers the D that has moved.

    Args:
        G: maps x `[N, C, H, W]` to images shaped like y `[N, C', H, W]`, such as `unet()`.
        D: maps `torch.cat([x, y], 1)` to logits `[N, ...]`, such as `patch_discriminator(4)`.
        objective: the pair of losses.
        weight: of the distance; 0: the adversary alone.
        lr: Adam's step size, for G and, unless `lr_D` is given, for D.
        lr_D: D's own step size.
        betas: Adam's decay rates of the gradient's mean and square.
        ema: decay of the running average of G that `translate` uses; `None`, as in the paper,
            keeps none.
        bf16: runs the networks under bfloat16 autocast; losses stay in float32.
        device: where to train; CUDA if present.

    Returns:
        The game, of batches (x, y) that belong together, as `data.matched` draws them. Its
        records also hold the distance, as `G_distance`.

    Raises:
        RuntimeError: CUDA was asked for and is absent.
        ValueError: while playing, if G or D return the wrong shape, or the batches are no pairs.
    """
    device = resolve_device(device)
    check_ready({"G": G, "D": D})
    G.to(device), D.to(device)  # before the optimizers are built
    autocast = functools.partial(torch.autocast, device.type, torch.bfloat16, enabled=bf16)

    def judge(x: Tensor, y: Tensor) -> Tensor:
        return wide(D(torch.cat([x, y], 1)))

    def d_loss(x: Tensor, y: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        with autocast():
            with torch.no_grad():
                fake = check_samples(y, G(x.clone()))  # a copy, as G may work in place
            d_real, d_fake = judge(x, y), judge(x, fake)
        check_logits(y, d_real, d_fake)
        return objective.d(d_real, d_fake), verdicts(objective, d_real, d_fake)

    def g_loss(x: Tensor, y: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        with autocast():
            fake = G(x.clone())
            d_fake = judge(x, fake)
            d_real = judge(x, y) if objective.paired else None
        distance = l1_loss(fake.float(), y)
        return objective.g(d_fake, d_real) + weight * distance, {"distance": distance}

    def trial(x: Tensor, *y: Tensor) -> None:
        answers = the_answers("pix2pix", y)
        fake = try_translation("G", G, x, answers)
        try_judge("D", D, torch.cat([x, fake], 1))

    return Game(
        networks={"G": G, "D": D},
        players=adam_players(G, D, d_loss, g_loss, lr=lr, lr_D=lr_D, betas=betas),
        averages=averaged(G, ema),
        inspection=Inspection(trial),
        settings={"objective": f"pix2pix {weight} {objective.name}", "bf16": str(bf16)},
    )


def regression(
    G: nn.Module,
    distance: Callable[[Tensor, Tensor], Tensor] = l1_loss,
    *,
    lr: float = 2e-4,
    betas: tuple[float, float] = (0.5, 0.999),
    ema: float | None = 0.999,
    device: str | torch.device | None = None,
) -> Game:
    """Assemble the game of one player that `pix2pix` is compared with: G minimises distance(G(x), y).

    What is open is then answered by the middle of all answers: the median of each value for the
    absolute distance, the mean for the squared one (`torch.nn.functional.mse_loss`).

    Args:
        G: maps x `[N, ...]` to samples shaped like y `[N, ...]`.
        distance: maps `(G(x), y)` to a scalar.
        lr: Adam's step size.
        betas: Adam's decay rates of the gradient's mean and square.
        ema: decay of the running average of G that `translate` uses; `None` keeps none.
        device: where to train; CUDA if present.

    Returns:
        The game, of batches (x, y).

    Raises:
        RuntimeError: CUDA was asked for and is absent.
        ValueError: while playing, if G returns the wrong shape, or the batches are no pairs.
    """
    device = resolve_device(device)
    check_ready({"G": G})
    G.to(device)  # before the optimizer is built

    def loss(x: Tensor, y: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        value = distance(check_samples(y, G(x)), y)
        return value, {"distance": value}

    def trial(x: Tensor, *y: Tensor) -> None:
        try_translation("G", G, x, the_answers("regression", y))

    adam = torch.optim.Adam(G.parameters(), lr, betas, fused=True)
    return Game(
        networks={"G": G},
        players=[Player("G", loss, adam)],
        averages=averaged(G, ema),
        inspection=Inspection(trial),
        settings={"objective": f"regression {name_of(distance)}"},
    )
