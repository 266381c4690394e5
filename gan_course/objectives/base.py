"""An objective: what D and G want, as a pair of losses on D's outputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Objective:
    """A pair of losses on logits, one for each player.

    Attributes:
        name: what records, figures and checkpoints call it.
        d: `d(real, fake) -> scalar`, D's loss; `real` and `fake` are logits `[N]` or `[N, 1]`.
        g: `g(fake, real) -> scalar`, G's loss; `real` is `None` unless `paired`.
        paired: whether G's loss looks at D(real) too. An extra pass through D costs time and
            moves batch statistics, so D(real) is only computed in G's move when it is needed.
        balanced: the constant logit of a D that cannot tell real from fake, D's best answer
            once q = p. A logit above it means "real": accuracies are counted against it.
        probabilistic: whether "D calls x real" means anything. A Wasserstein critic and a
            relativistic D only rank: their zero is arbitrary, and one looks at the gap
            D(real) - D(fake) instead.
    """

    name: str
    d: Callable[[Tensor, Tensor], Tensor]
    g: Callable[[Tensor, Tensor | None], Tensor]
    paired: bool = False
    balanced: float = 0.0
    probabilistic: bool = True

    def __repr__(self) -> str:
        return self.name  # short in signatures, such as that of `gan`
