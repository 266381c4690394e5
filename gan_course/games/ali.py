"""A generator, an encoder, and a D that judges pairs: ALI and BiGAN; and E for a G that rests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor, nn

from ..game import Game, Player
from ..game.averages import average_of
from ..latents import Normal
from ..objectives import Objective, non_saturating
from .codes import all_averaged, check_codes, first_batch, mean_square
from .shared import check_logits, check_samples, moved, verdicts, wide

__all__ = ["ali", "latent_regressor"]

Pair = tuple[Tensor, Tensor]
Penalty = Callable[..., Tensor]


def _row(pair: Pair) -> Tensor:
    """Return pairs as rows `[N, numbers of x + numbers of z]`, as penalties take them."""
    return torch.cat([wide(part).flatten(1) for part in pair], 1)


def _of_rows(D: nn.Module, like: Pair) -> Callable[[Tensor], Tensor]:
    """Return D as a function of rows."""
    x, z = like
    split = [x[0].numel(), z[0].numel()]

    def judge(rows: Tensor) -> Tensor:
        a, b = rows.split(split, 1)
        return D(a.reshape(-1, *x.shape[1:]), b.reshape(-1, *z.shape[1:]))

    return judge


def ali(
    E: nn.Module,
    G: nn.Module,
    D: nn.Module,
    objective: Objective = non_saturating,
    *,
    latent: Callable[..., Tensor] = Normal(64),
    penalties: Sequence[tuple[float, Penalty]] = (),
    lr: float = 2e-4,
    lr_D: float | None = None,
    betas: tuple[float, float] = (0.5, 0.999),
    ema: float | None = 0.999,
    simultaneous: bool = False,
    bf16: bool = False,
    device: str | torch.device | None = None,
) -> Game:
    """Assemble ALI (Dumoulin et al., 2017, arXiv:1606.00704), BiGAN if E does not draw.

    D judges pairs: those of the encoder, (x, E(x)), are its real ones, those of the decoder,
    (G(z), z), the generated ones. E and G move as one player, which wants both called by the
    other's name:

        D minimises        objective.d(D(x, E(x)), D(G(z), z)),
        E and G minimise   objective.g(D(G(z), z)) + objective.g(2 b - D(x, E(x))),

    b the logit of a D that cannot tell. So `non_saturating` does not saturate on either kind of
    pair, as in the authors' code; `minimax` is the game of the theorem, in which E and G lower V.
    With a deterministic E it is BiGAN (Donahue et al., 2017, arXiv:1605.09782); with
    `Gaussian` networks E, or G, draw.

    Args:
        E: maps x to codes shaped like z, without labels.
        G: maps `z` to samples shaped like the data.
        D: maps `(x, z)` to logits `[N]` or `[N, 1]`, such as a `JointDiscriminator`.
        objective: the pair of losses; one whose two sides mirror each other (`minimax`,
            `non_saturating`, `least_squares`, `hinge`, `wasserstein`), or one that is paired.
        latent: where z comes from, `latent(n, device) -> z [n, dim]`.
        penalties: pairs `(weight, penalty)` added to D's loss, of pairs as rows
            `[N, numbers of x + numbers of z]`, in float32.
        lr: Adam's step size, for E and G and, unless `lr_D` is given, for D.
        lr_D: D's own step size.
        betas: Adam's decay rates of the gradient's mean and square.
        ema: decay of the running averages of E and G; `None` keeps none.
        simultaneous: both players find their gradients before either moves, as in the authors'
            code; otherwise D moves first and E and G answer.
        bf16: runs the networks under bfloat16 autocast; losses and penalties stay in float32.
        device: where to train; CUDA if present.

    Returns:
        The game, of players `D` and `EG`.

    Raises:
        RuntimeError: CUDA was asked for and is absent.
        ValueError: while playing, if E, G or D return the wrong shape, or labels come.
    """
    networks = {"E": E, "G": G, "D": D}
    device = moved(networks, device)
    autocast = partial(torch.autocast, device.type, torch.bfloat16, enabled=bf16)

    def pairs(x: Tensor) -> tuple[Pair, Pair]:
        z = latent(len(x), device)
        with autocast():  # copies, as a network may work in place on what it is given
            return (x, check_codes(E(x.clone()), z)), (check_samples(x, G(z.clone())), z)

    def judged(encoded: Pair, decoded: Pair) -> Pair:
        with autocast():
            a, b = (wide(D(x.clone(), z.clone())) for x, z in (encoded, decoded))
        check_logits(encoded[0], a, b)
        return a, b

    def d_loss(x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        with torch.no_grad():
            encoded, decoded = pairs(x)
        a, b = judged(encoded, decoded)
        judge, leash = _of_rows(D, encoded), a.new_zeros(())
        for weight, penalty in penalties:
            leash = leash + weight * penalty(judge, _row(encoded), _row(decoded))
        return objective.d(a, b) + leash, verdicts(objective, a, b)

    def eg_loss(x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        a, b = judged(*pairs(x))
        if objective.paired:
            return objective.g(b, a), {}
        return objective.g(b, None) + objective.g(2 * objective.balanced - a, None), {}

    adam = partial(torch.optim.Adam, betas=betas, fused=True)
    return Game(
        networks=networks,
        players=[
            Player("D", d_loss, adam(D.parameters(), lr if lr_D is None else lr_D)),
            Player("EG", eg_loss, adam([*E.parameters(), *G.parameters()], lr)),
        ],
        latent=latent,
        averages=all_averaged(ema, E=E, G=G),
        simultaneous=simultaneous,
        inspection=first_batch(E, G, latent, D),
        settings={"objective": f"ali {objective.name}", "bf16": str(bf16)},
    )


def latent_regressor(
    E: nn.Module,
    G: nn.Module,
    *,
    latent: Callable[..., Tensor] = Normal(64),
    lr: float = 2e-4,
    betas: tuple[float, float] = (0.5, 0.999),
    ema: float | None = 0.999,
    bf16: bool = False,
    device: str | torch.device | None = None,
) -> Game:
    """Assemble the baseline of Donahue et al. (2017, arXiv:1605.09782): an encoder made afterwards.

        E minimises  E |z - E(G(z))|^2 / dim z,

    of a trained G, which rests. E sees generated samples only; of the data it hears nothing.

    Args:
        E: maps samples to codes shaped like z.
        G: maps `z` to samples; the game holds a frozen copy of it, in eval mode.
        latent: where z comes from, `latent(n, device) -> z [n, dim]`.
        lr: Adam's step size.
        betas: Adam's decay rates of the gradient's mean and square.
        ema: decay of the running average of E; `None` keeps none.
        bf16: runs the networks under bfloat16 autocast; the loss stays in float32.
        device: where to train; CUDA if present.

    Returns:
        The game, of one player `E`; of its batches x only the shape is used.

    Raises:
        RuntimeError: CUDA was asked for and is absent.
        ValueError: while playing, if E or G return the wrong shape, or labels come.
    """
    networks = {"E": E, "G": average_of(G)}
    device = moved(networks, device)
    autocast = partial(torch.autocast, device.type, torch.bfloat16, enabled=bf16)

    def e_loss(x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        z = latent(len(x), device)
        with autocast():
            with torch.no_grad():
                fake = check_samples(x, networks["G"](z.clone()))
            code = check_codes(E(fake), z)
        return mean_square(code, z), {}

    return Game(
        networks=networks,
        players=[Player("E", e_loss, torch.optim.Adam(E.parameters(), lr, betas, fused=True))],
        latent=latent,
        averages=all_averaged(ema, E=E),
        inspection=first_batch(E, networks["G"], latent),
        settings={"objective": "latent regressor", "bf16": str(bf16)},
    )
