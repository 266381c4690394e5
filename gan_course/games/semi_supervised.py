"""A classifier that is D, too: it learns from samples without labels by telling them from G's."""

from __future__ import annotations

import functools
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from ..device import resolve_device
from ..game import Game, Player
from ..game.describe import name_of
from ..game.first_batch import Inspection, check_labels
from ..game.game import check_ready
from ..game.states import kept_random_state, mode
from ..game.trial import try_players
from ..latents import Normal
from ..objectives import non_saturating
from .shared import averaged, check_samples, the_labels, verdicts, wide

__all__ = ["semi_supervised", "supervised"]


def _check_classes(x: Tensor, logits: Tensor) -> Tensor:
    if logits.dim() != 2 or len(logits) != len(x) or logits.shape[1] < 2:
        raise ValueError(
            "learning from labels needs a D that returns one logit for each class, [N, K] with K of "
            f"at least 2: for {len(x)} samples it got {list(logits.shape)}."
        )
    return logits


def _named(logits: Tensor, y: Tensor) -> dict[str, Tensor]:
    return {"class_accuracy": (logits.argmax(1) == y).float().mean()}


def _unlabelled(batch: tuple[Tensor, ...]) -> Tensor:
    if len(batch) != 3 or batch[2].shape[1:] != batch[0].shape[1:]:
        raise ValueError(
            "semi_supervised needs batches (x, y, u), labelled samples, their labels, and samples "
            f"without, as few_labels(...).batches(n) has them: got {[list(t.shape) for t in batch]}."
        )
    return batch[2]


def _inspecting(named: Callable[..., Tensor | None]) -> Inspection:
    """Return an inspection that learns from D's logits `named(*batch)` how many classes it knows."""
    inspection = Inspection()

    def trial(*batch: Tensor) -> None:
        logits = named(*batch)
        if logits is not None:  # from now on, it holds for all batches
            inspection.classes = _check_classes(logits, logits).shape[1]
            check_labels(batch, inspection.classes)

    inspection.trial = trial
    return inspection


def semi_supervised(
    G: nn.Module,
    D: nn.Module,
    *,
    latent: Callable[..., Tensor] = Normal(64),
    g: Callable[[Tensor, Tensor], Tensor] | None = None,
    weight: float = 0.5,
    lr: float = 3e-4,
    lr_D: float | None = None,
    betas: tuple[float, float] = (0.5, 0.999),
    ema: float | None = 0.999,
    bf16: bool = False,
    device: str | torch.device | None = None,
) -> Game:
    """Assemble the semi-supervised game of Salimans et al. (2016, arXiv:1606.03498).

    D names K classes, by logits l(x), and "generated" is class K + 1, whose logit is
    fixed at 0. Then x is real with probability Z / (Z + 1), Z = sum of exp l_k(x), and
    the logit of that is log Z. With samples x whose class y is known, others u, and
    H(x, y) = -log softmax(l(x))_y,

        D minimises  E H(x, y) + weight (E softplus(-log Z(u)) + E softplus(log Z(G(z)))),
        G minimises  g(G(z), u), by default E softplus(-log Z(G(z))).

    The weight is 1 in the paper's formula and 1/2 in its code, where g matches
    features: `g=feature_gap(D[:-1])`, from `gan_course.tricks`.

    Args:
        G: maps `z` to samples shaped like the data. One without parameters is a given
            sampler: it does not move.
        D: maps `x` to logits `[N, K]`: the classifier.
        latent: where z comes from, `latent(n, device) -> z [n, dim]`.
        g: G's loss, of samples of G `[N, ...]` and of u `[N, ...]`.
        weight: of what D learns without labels.
        lr: Adam's step size, for G and, unless `lr_D` is given, for D.
        lr_D: D's own step size.
        betas: Adam's decay rates of the gradient's mean and square.
        ema: decay of the running averages of G and of D; `None` keeps none.
        bf16: runs the networks under bfloat16 autocast; losses stay in float32.
        device: where to train; CUDA if present.

    Returns:
        The game, of batches `(x, y, u)` such as `few_labels` has; the classifier to use
        is `game.averages["D"]`. In its records `D_real` and `D_fake` are means of log Z,
        `D_class_accuracy` is the share of x whose class D names.

    Raises:
        RuntimeError: CUDA was asked for and is absent.
        ValueError: while playing, if the batches are others, G or D return the wrong
            shape, or a label names a class that D has no logit for.
    """
    device = resolve_device(device)
    check_ready({"G": G, "D": D})
    G.to(device), D.to(device)  # before the optimizers are built
    autocast = functools.partial(torch.autocast, device.type, torch.bfloat16, enabled=bf16)

    def d_loss(x: Tensor, y: Tensor, u: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        with torch.no_grad(), autocast():
            fake = check_samples(u, G(latent(len(u), device)))
        with autocast():  # copies, as D's first layer may work in place
            l_x, l_u, l_fake = (wide(D(each.clone())) for each in (x, u, fake))
        real, generated = l_u.logsumexp(1), l_fake.logsumexp(1)  # log Z
        loss = cross_entropy(l_x, y) + weight * non_saturating.d(real, generated)
        return loss, {**verdicts(non_saturating, real, generated), **_named(l_x, y)}

    def g_loss(x: Tensor, y: Tensor, u: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        with autocast():  # a copy, as the gradient of G's tanh needs what tanh returned
            fake = check_samples(u, G(latent(len(u), device)))
            if g is not None:
                return g(fake, u), {}
            l_fake = wide(D(fake.clone()))
        return non_saturating.g(l_fake.logsumexp(1), None), {}

    adam = functools.partial(torch.optim.Adam, betas=betas, fused=True)
    players = [Player("D", d_loss, adam(D.parameters(), lr if lr_D is None else lr_D))]
    averages = averaged(D, ema, "D")
    if [*G.parameters()]:
        players.append(Player("G", g_loss, adam(G.parameters(), lr)))
        averages |= averaged(G, ema)
    return Game(
        networks={"G": G, "D": D},
        players=players,
        latent=latent,
        averages=averages,
        inspection=_inspecting(lambda *batch: try_players(G, D, latent, _unlabelled(batch))),
        settings={
            "objective": f"semi-supervised {weight}",
            "g": name_of(g or non_saturating.g).strip("_"),
            "bf16": str(bf16),
        },
    )


def supervised(
    D: nn.Module,
    *,
    lr: float = 3e-4,
    betas: tuple[float, float] = (0.5, 0.999),
    ema: float | None = 0.999,
    bf16: bool = False,
    device: str | torch.device | None = None,
) -> Game:
    """Assemble the game of one player that a classifier plays without a G.

        D minimises  E H(x, y),     H(x, y) = -log softmax(l(x))_y.

    What D does alone, for a fair comparison: the optimizer and the average of `semi_supervised`.

    Args:
        D: maps `x` to logits l(x) `[N, K]`.
        lr: Adam's step size.
        betas: Adam's decay rates of the gradient's mean and square.
        ema: decay of the running average of D; `None` keeps none.
        bf16: runs D under bfloat16 autocast; the loss stays in float32.
        device: where to train; CUDA if present.

    Returns:
        The game, of batches `(x, y)`; `D_class_accuracy` is the share whose class D names.

    Raises:
        RuntimeError: CUDA was asked for and is absent.
        ValueError: while playing, if labels are missing, D returns the wrong shape, or a label
            names a class that D has no logit for.
    """
    device = resolve_device(device)
    check_ready({"D": D})
    D.to(device)  # before the optimizer is built
    autocast = functools.partial(torch.autocast, device.type, torch.bfloat16, enabled=bf16)

    def d_loss(x: Tensor, *labels: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        y = the_labels("supervised", labels)
        with autocast():
            logits = wide(D(x.clone()))
        return cross_entropy(logits, y), _named(logits, y)

    @torch.no_grad()
    def named(x: Tensor, *labels: Tensor) -> Tensor:
        the_labels("supervised", labels)
        with mode([D], training=False), kept_random_state(device):
            return D(x.clone())

    return Game(
        networks={"D": D},
        players=[Player("D", d_loss, torch.optim.Adam(D.parameters(), lr, betas, fused=True))],
        averages=averaged(D, ema, "D"),
        inspection=_inspecting(named),
        settings={"objective": "supervised", "bf16": str(bf16)},
    )
