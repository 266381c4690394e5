"""Eight f-divergences: f, its conjugate f*, the output activation g_f and D's best logit.

u is the ratio p/q, s its logarithm, t a value of T and v a logit. The functions f, f* and g_f
are those of Nowozin, Cseke and Tomioka (2016, arXiv:1606.00709), but where a note says otherwise.
"""

from __future__ import annotations

from math import inf, log

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid, relu, softplus

from .f_divergences import FDivergence, Function

# Exponentials of logits. Beyond +-BEND a logit is bent to grow like a logarithm, so that its
# exponential grows like the logit itself and nothing overflows. This is one to one: T still takes
# each of its values, once, so f*, the bound and the best T stay as they are.
BEND = 30.0


def _bend(logits: Tensor) -> Tensor:
    beyond = relu(logits.abs() - BEND)
    return logits.clamp(-BEND, BEND) + logits.sign() * beyond.log1p()


def _unbend(bent: Tensor) -> Tensor:
    beyond = relu(bent.abs() - BEND)
    return bent.clamp(-BEND, BEND) + bent.sign() * beyond.expm1()


def _where_below(t: Tensor, end: float, value: Function) -> Tensor:
    """Return `value(t)` where t < end, infinity elsewhere."""
    inside = t < end
    return torch.where(inside, value(torch.where(inside, t, end - 1)), inf)


KL = FDivergence(
    "kl",
    f=lambda u: torch.xlogy(u, u),
    conjugate=lambda t: (t - 1).exp(),
    activation=_bend,
    fake=lambda v: (_bend(v) - 1).exp(),
    best_logit=lambda s: _unbend(1 + s),
    balanced=1.0,
)
"""KL(p || q): `f = u log u`, `T* = 1 + log u`."""

REVERSE_KL = FDivergence(
    "reverse_kl",
    f=lambda u: -u.log(),
    conjugate=lambda t: _where_below(t, 0, lambda t: -1 - (-t).log()),
    activation=lambda v: -(-_bend(v)).exp(),
    fake=lambda v: _bend(v) - 1,
    best_logit=_unbend,
)
"""KL(q || p): `f = -log u`, `T* = -1/u`."""

PEARSON = FDivergence(
    "pearson",
    f=lambda u: (u - 1).square(),
    conjugate=lambda t: relu(t / 2 + 1).square() - 1,
    activation=lambda v: v,
    best_logit=lambda s: 2 * s.expm1(),
)
"""Pearson's chi-square, `E_q (p/q - 1)^2`: `T* = 2 (u - 1)`.

T* is at least -2. Below, the best u in the conjugate is 0 and f* = -1; the paper's `t^2/4 + t`
goes on as a parabola there, which is a bound as well, but one that pulls G the wrong way.
"""

NEYMAN = FDivergence(
    "neyman",
    f=lambda u: (1 - u).square() / u,
    conjugate=lambda t: torch.where(t <= 1, 2 - 2 * relu(1 - t).sqrt(), inf),
    activation=lambda v: -(-_bend(v)).expm1(),
    fake=lambda v: -2 * (-_bend(v) / 2).expm1(),
    best_logit=lambda s: _unbend(2 * s),
)
"""Neyman's chi-square, `E_p (q/p - 1)^2`: `f = (1 - u)^2 / u`, `T* = 1 - 1/u^2`."""

SQUARED_HELLINGER = FDivergence(
    "squared_hellinger",
    f=lambda u: (u.sqrt() - 1).square(),
    conjugate=lambda t: _where_below(t, 1, lambda t: t / (1 - t)),
    activation=lambda v: -(-_bend(v)).expm1(),
    fake=lambda v: _bend(v).expm1(),
    best_logit=lambda s: _unbend(s / 2),
)
"""The squared Hellinger distance, the sum of `(sqrt p - sqrt q)^2`: `T* = 1 - 1/sqrt u`."""

JENSEN_SHANNON = FDivergence(
    "jensen_shannon",
    f=lambda u: torch.xlogy(u, u) - torch.xlogy(u + 1, (u + 1) / 2),
    conjugate=lambda t: _where_below(t, log(2), lambda t: -(2 - t.exp()).log()),
    activation=lambda v: log(2) + logsigmoid(v),
    fake=lambda v: softplus(v) - log(2),
    best_logit=lambda s: s,
)
"""Twice the Jensen-Shannon divergence: `T* = log 2u/(1 + u)`."""

GAN = FDivergence(
    "gan",
    f=lambda u: torch.xlogy(u, u) - torch.xlogy(u + 1, u + 1),
    conjugate=lambda t: _where_below(t, 0, lambda t: -(-t.expm1()).log()),
    activation=logsigmoid,
    fake=softplus,
    best_logit=lambda s: s,
)
"""The first GAN's, `2 JS - log 4`: `T* = log u/(1 + u)`, and v* = log u is chapter 3's best logit.

`f_gan(GAN)` has the losses of `minimax`, and with `non_saturating=True` those of its namesake.
"""

TOTAL_VARIATION = FDivergence(
    "total_variation",
    f=lambda u: (u - 1).abs() / 2,
    conjugate=lambda t: torch.where(t <= 0.5, t.clamp(min=-0.5), inf),
    activation=lambda v: v.tanh() / 2,
    best_logit=lambda s: torch.where(s == 0, s, s * inf),
)
"""The total variation distance: `f = |u - 1| / 2`, `T* = sign(u - 1) / 2`, at infinite logits."""

F_DIVERGENCES = (
    *(KL, REVERSE_KL, PEARSON, NEYMAN),
    *(SQUARED_HELLINGER, JENSEN_SHANNON, GAN, TOTAL_VARIATION),
)
