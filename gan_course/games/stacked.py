"""A stack of generators against the features of a classifier: StackedGAN."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, mse_loss

from ..device import resolve_device
from ..game import Game
from ..game.first_batch import Inspection, classes_of
from ..game.game import check_ready
from ..game.trial import try_players
from ..latents import Normal
from ..networks.stacks import Stack
from ..objectives import Objective, non_saturating
from .shared import adam_players, averaged, check_samples, the_labels, verdicts

__all__ = ["stacked"]

Noted = tuple[Tensor, dict[str, Tensor]]


@dataclass(frozen=True)
class _Levels:
    """What players of all levels share: who is told what, and what D and Q answer."""

    G: Stack
    D: Sequence[nn.Module]
    E: Sequence[nn.Module]
    joint: bool

    def told(self, i: int, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return h_i, a new z_i and the h_{i+1} that G_i is told."""
        z, h = Normal(sum(self.G.dims))(len(x), x.device), [x]
        with torch.no_grad():
            for read in self.E[:-1]:
                h.append(read(h[-1]))
            above = self.G(z, y, down_to=i + 1) if self.joint else [*h, y][i + 1]
        return h[i], self.G.parts(z)[i], above

    def judged(self, i: int, h: Tensor, fake: Tensor, z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the logits of real and generated features, and how far Q is from z_i."""
        check_samples(h, fake)
        real, made = self.D[i](h.clone()), self.D[i](fake.clone())
        if real.shape != (len(h), 1 + z.shape[1]):
            raise ValueError(
                "each D of a stack returns a logit for real and a guess of z, here "
                f"[N, {1 + z.shape[1]}]: for {len(h)} samples it got {list(real.shape)}."
            )
        return real[:, 0], made[:, 0], mse_loss(made[:, 1:], z)

    def check(self) -> None:
        """Raise ValueError unless there is one D and one part of E for each generator."""
        if not len(self.D) == len(self.E) == len(self.G.dims):
            raise ValueError(
                f"a stack of {len(self.G.dims)} generators needs as many D and parts of the "
                f"classifier, got {len(self.D)} and {len(self.E)}."
            )


def stacked(
    G: Stack,
    D: Sequence[nn.Module],
    E: Sequence[nn.Module],
    objective: Objective = non_saturating,
    *,
    joint: bool = False,
    condition: float = 1.0,
    entropy: float = 1.0,
    lr: float = 2e-4,
    lr_D: float | None = None,
    betas: tuple[float, float] = (0.5, 0.999),
    ema: float | None = 0.999,
    device: str | torch.device | None = None,
) -> Game:
    """Assemble the stack of Huang et al. (2017, arXiv:1612.04357) on a trained classifier.

    The classifier reads from the bottom up: h_0 = x, h_{i+1} = E_i(h_i), and y is the label. Each
    G_i turns one of its steps round, h^_i = G_i(z_i, h_{i+1}), against a D_i(h) = (a, Q): a logit
    for "real", and a guess of z_i. With M_i = E |Q(h^_i) - z_i|^2 / dim z_i,

        D_i minimises  objective.d(a(h_i), a(h^_i)) + entropy M_i,
        G_i minimises  objective.g(a(h^_i), a(h_i)) + entropy M_i + condition C_i.

    C_i asks that the classifier reads in h^_i what G_i was told: the mean of
    (E_i(h^_i) - h_{i+1})^2, at the top the cross entropy of the label. Small M_i means that z_i
    can be read back, a lower bound of the entropy of h^_i given h_{i+1}.

    Args:
        G: the stack; its `G(z, y)` makes images.
        D: for each level from the bottom, maps h_i to `[N, 1 + dims[i]]`.
        E: the classifier, cut at the levels: the last part returns logits `[N, K]`. It is frozen.
        objective: the pair of losses on a.
        joint: tell G_i what the generators above make, in place of the data's features; each still
            moves by the losses of its own level, as in the authors' code. (The paper trains level
            by level first, then jointly: two games on the same networks.)
        condition: weight of C.
        entropy: weight of M. (The authors' code for MNIST: 10, with uniform z of variance 1/12.)
        lr: Adam's step size, for G and, unless `lr_D` is given, for D.
        lr_D: D's own step size.
        betas: Adam's decay rates of the gradient's mean and square.
        ema: decay of the running average of G that `sample` uses; `None` keeps none.
        device: where to train; CUDA if present.

    Returns:
        The game, of batches (x, y); all `D_0`, `D_1`, ... move first, then `G_0`, `G_1`, ...

    Raises:
        RuntimeError: CUDA was asked for and is absent.
        ValueError: there is not one D and one part of E for each level; while playing, if a
            network returns the wrong shape.
    """
    levels = _Levels(G, D, E, joint)
    levels.check()
    networks = {"G": G, "D": nn.ModuleList(D), "E": nn.ModuleList(E).eval().requires_grad_(False)}
    check_ready(networks)
    for network in networks.values():
        network.to(resolve_device(device))  # before the optimizers are built

    def d_loss(i: int, x: Tensor, y: Tensor) -> Noted:
        h, z, above = levels.told(i, x, y)
        with torch.no_grad():
            fake = G.generators[i](z, above)
        a, b, missed = levels.judged(i, h, fake, z)
        return objective.d(a, b) + entropy * missed, {**verdicts(objective, a, b), "z": missed}

    def g_loss(i: int, x: Tensor, y: Tensor) -> Noted:
        h, z, above = levels.told(i, x, y)
        fake = G.generators[i](z, above)
        a, b, missed = levels.judged(i, h, fake, z)
        read = E[i](fake)
        unread = mse_loss(read, above) if i + 1 < len(E) else cross_entropy(read, above)
        adversarial = objective.g(b, a if objective.paired else None)
        loss = adversarial + entropy * missed + condition * unread
        return loss, {"z": missed, "condition": unread}

    def trial(x: Tensor, *labels: Tensor) -> None:
        try_players(G, D[0], latent, x, the_labels("stacked", labels), D_sees_labels=False)

    latent = Normal(sum(G.dims))
    paired = partial(adam_players, lr=lr, lr_D=lr_D, betas=betas)
    pairs = [
        paired(G.generators[i], D[i], partial(d_loss, i), partial(g_loss, i)) for i in range(len(E))
    ]
    return Game(
        networks=networks,
        players=[
            replace(player, name=f"{player.name}_{i}")
            for side in zip(*pairs, strict=True)
            for i, player in enumerate(side)
        ],
        latent=latent,
        averages=averaged(G, ema),
        inspection=Inspection(trial, classes_of(G)),
        settings={
            "objective": f"stacked {objective.name}, condition {condition}, entropy {entropy}",
            "joint": str(joint),
        },
    )
