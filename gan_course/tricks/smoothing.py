"""One-sided label smoothing: D is asked to be 90 % sure of real samples, not wholly."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial

from torch import Tensor
from torch.nn.functional import softplus

from ..objectives import Objective, minimax, non_saturating

__all__ = ["smoothed"]


def _smoothed_d(a: float, b: float, real: Tensor, fake: Tensor) -> Tensor:
    on_real = a * softplus(-real) + (1 - a) * softplus(real)
    on_fake = b * softplus(-fake) + (1 - b) * softplus(fake)
    return on_real.mean() + on_fake.mean()


def smoothed(objective: Objective, real: float = 0.9, fake: float = 0.0) -> Objective:
    """Return an objective whose D is trained towards other targets than 1 and 0.

        d = H(a, D(x)) + H(b, D(G(z))),   H(t, l) = -E (t log sigma(l) + (1 - t) log(1 - sigma(l))),

    with a = `real` and b = `fake`; G's loss stays. D's best answer is (a p + b q) / (p + q). With
    b = 0 (one-sided; Salimans et al., 2016, arXiv:1606.03498) that is a times the plain one; with
    b > 0 it is nearly constant where q is much larger than p, and G's slope dies there. Where
    p = q, D says (a + b) / 2.

    Args:
        objective: `minimax` or `non_saturating`, whose d is a cross entropy.
        real: D's target on data, in (0, 1].
        fake: D's target on generated samples, in [0, `real`).

    Raises:
        ValueError: d is not a cross entropy, or the targets are out of range.

    Example:
        >>> from gan_course import non_saturating
        >>> smoothed(non_saturating, 0.9)
        non_saturating, targets 0.9 and 0.0
    """
    if objective.d not in (minimax.d, non_saturating.d):
        raise ValueError(
            "labels are smoothed in a cross entropy, that of minimax and non_saturating: "
            f"{objective} has no labels."
        )
    if not 0 <= fake < real <= 1:
        raise ValueError(f"targets lie in 0 <= fake < real <= 1, got real={real} and fake={fake}.")
    even = (real + fake) / 2  # D's answer where p = q
    return replace(
        objective,
        name=f"{objective.name}, targets {real} and {fake}",
        d=partial(_smoothed_d, real, fake),
        balanced=math.log(even / (1 - even)),
    )
