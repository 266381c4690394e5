"""The f-divergences, each with its game (Nowozin, Cseke and Tomioka, 2016, arXiv:1606.00709).

For a convex f on the ratios u = p/q in [0, inf), and its conjugate f*,

    D_f(p, q) = E_q f(p/q),        f*(t) = sup over u >= 0 of t u - f(u),

Fenchel's inequality f(u) >= t u - f*(t), taken at t = T(x) and averaged over q, says

    D_f(p, q) >= E_p T(x) - E_q f*(T(x)),     with equality at T* = f'(p/q).

D plays T, and a sample is all that it needs of p and q. So that T stays where f* is finite, D's
logit v goes through an increasing function, the output activation: T = g_f(v).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from ..arguments import as_floats, shown
from ..divergences.discrete import non_negative, probabilities
from .base import Objective

Function = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class FDivergence:
    """D_f(p, q) = E_q f(p/q), and what the game that estimates it needs.

    All functions map a tensor `[...]` to one of the same shape, element by element.

    Attributes:
        name: what records and checkpoints call it.
        f: convex, on ratios u >= 0; at 0 its limit.
        conjugate: `f*(t)`, the supremum over u >= 0 of t u - f(u); infinite where that is.
        activation: `g_f(v)`, increasing from logits onto the values that T may take; its limit
            at infinity is the slope of f there, the price of mass that p has and q has not.
        fake: `f*(g_f(v))`, what a fake sample of logit v costs D, written so that no logit
            overflows; without it the two functions are called in turn.
        best_logit: D's best logit where log(p/q) is s; without it T* comes from f by autograd.
        balanced: the logit v with g_f(v) = f'(1), D's answer once q = p.
    """

    name: str
    f: Function
    conjugate: Function
    activation: Function
    fake: Function | None = None
    best_logit: Function | None = None
    balanced: float = 0.0

    def __repr__(self) -> str:
        return self.name

    def of_fake(self, logits: Tensor) -> Tensor:
        """Return `f*(g_f(v))` of logits v, of their shape `[...]`."""
        return self.fake(logits) if self.fake else self.conjugate(self.activation(logits))

    def between(self, p: ArrayLike, q: ArrayLike, dx: float = 1.0) -> float:
        """Return the divergence itself, `sum q f(p/q)`.

        Args:
            p: probabilities, or densities on a grid, of any shape; total mass 1.
            q: the same shape as `p`.
            dx: volume of a grid cell; 1 for probabilities.

        Returns:
            A number of at least f(1), its value at p = q. Infinite if q > 0 = p somewhere and f(0)
            is infinite, or if p > 0 = q somewhere and the slope of f has no end.

        Raises:
            ValueError: as `gan_course.divergences.kl`.

        Example:
            >>> from gan_course.objectives import KL, SQUARED_HELLINGER
            >>> KL.between([1, 0], [0, 1]), SQUARED_HELLINGER.between([1, 0], [0, 1])
            (inf, 2.0)
        """
        p, q = probabilities(p, q, dx)
        ratios = _ratios(p, q)
        met = np.isfinite(ratios)  # by q; elsewhere q f(p/q) is p times the slope of f
        slope = self.activation(torch.tensor(inf, dtype=torch.float64)).item()
        met_by_q = _mean(q[met], self.f(torch.from_numpy(ratios[met])).numpy())
        least = self.f(torch.ones((), dtype=torch.float64)).item()
        return max(least, met_by_q + _mean(p[~met], np.full((~met).sum(), slope)))

    def best_critic(self, p: ArrayLike, q: ArrayLike) -> NDArray:
        """Return what the best D says, behind its activation: `T* = f'(p/q)`.

        Args:
            p: probabilities or densities of the real samples, of any shape.
            q: the same for the fake ones, the same shape.

        Returns:
            Values of the shape of `p`, infinite where f' is. Where p = q = 0 any value is as
            good; f'(1) is returned.

        Raises:
            ValueError: if shapes differ or an entry is negative or not finite.
        """
        u = torch.from_numpy(_ratios_or_one(p, q))
        if self.best_logit:
            return self.activation(self.best_logit(u.log())).numpy()
        u.requires_grad_()
        slope = torch.autograd.grad(self.f(u).sum(), u)[0]
        highest = self.activation(torch.tensor(inf, dtype=torch.float64))
        return torch.where(u.isinf(), highest, slope).detach().numpy()

    def best_logits(self, p: ArrayLike, q: ArrayLike) -> NDArray:
        """Return the best D itself, v* with `g_f(v*) = T*`.

        Args:
            p: probabilities or densities of the real samples, of any shape.
            q: the same for the fake ones, the same shape.

        Returns:
            Logits of the shape of `p`; infinite where D is sure, as where q alone is 0.

        Raises:
            ValueError: as `best_critic`, or if this divergence was made without `best_logit`.
        """
        if self.best_logit is None:
            raise ValueError(f"{self.name} has no best_logit: give one, or train the logits.")
        return self.best_logit(torch.from_numpy(_ratios_or_one(p, q)).log()).numpy()

    def bound(self, p: ArrayLike, q: ArrayLike, D: ArrayLike, dx: float = 1.0) -> float:
        """Return what D shows of the divergence, `E_p T - E_q f*(T)` at `T = g_f(D)`.

        It is computed from logits, since a T that rounds to the end of its interval would make
        f* infinite.

        Args:
            p: probabilities, or densities on a grid, of the real samples; mass 1.
            q: the same for the fake ones, the same shape.
            D: logits, of the shape of `p`, or one number; infinite ones are limits.
            dx: volume of a grid cell; 1 for probabilities.

        Returns:
            At most `between(p, q, dx)`, which it is for `best_logits(p, q)`.

        Raises:
            ValueError: as `gan_course.divergences.kl`, or if D does not fit the shape of `p`.
        """
        p, q = probabilities(p, q, dx)
        D = as_floats(D, "D")
        if D.shape not in ((), p.shape):
            raise ValueError(f"D must be one number or of shape {p.shape} like p, got {D.shape}.")
        logits = torch.from_numpy(np.broadcast_to(D, p.shape).copy())
        return _mean(p, self.activation(logits).numpy()) - _mean(q, self.of_fake(logits).numpy())


def _ratios_or_one(p: ArrayLike, q: ArrayLike) -> NDArray:
    p, q = non_negative(p, q)
    return np.where((p == 0) & (q == 0), 1.0, _ratios(p, q))


def _ratios(p: NDArray, q: NDArray) -> NDArray:
    """Return p/q, infinite where q is 0 or the quotient overflows."""
    with np.errstate(over="ignore"):
        return np.divide(p, q, out=np.full_like(p, inf), where=q > 0)


def _mean(weights: NDArray, values: NDArray) -> float:
    """Return the weighted sum, in which a value of weight 0 counts nothing, even an infinite one."""
    counts = weights > 0
    return float(weights[counts] @ values[counts])


def f_gan(divergence: FDivergence, non_saturating: bool = False) -> Objective:
    """Return the game whose value, at D's best, is an f-divergence (Nowozin et al., 2016).

    `d = -E g_f(D(x)) + E f*(g_f(D(G(z))))`, minus the bound; in the zero-sum game
    `g = -E f*(g_f(D(G(z))))`, the part of the bound that G can move.

    Args:
        divergence: one of this module, or the reader's own.
        non_saturating: let G maximise E T = E g_f(D(G(z))) instead (section 3.2 of the paper);
            for `GAN` that is the step from `minimax` to `gan_course.non_saturating`.

    Returns:
        An objective on logits, such as `[N, 1]`; it is called "f_gan(pearson)", for example.

    Raises:
        TypeError: `divergence` is none, such as its name.

    Example:
        >>> from gan_course.objectives import PEARSON
        >>> f_gan(PEARSON), f_gan(PEARSON, non_saturating=True)
        (f_gan(pearson), f_gan(pearson, non_saturating))
    """
    _check(divergence)

    def d(real: Tensor, fake: Tensor) -> Tensor:
        return divergence.of_fake(fake).mean() - divergence.activation(real).mean()

    def g(fake: Tensor, real: Tensor | None = None) -> Tensor:
        if non_saturating:
            return -divergence.activation(fake).mean()
        return -divergence.of_fake(fake).mean()

    name = f"f_gan({divergence.name}{', non_saturating' if non_saturating else ''})"
    return Objective(name, d, g, balanced=divergence.balanced)


def _check(divergence: object) -> None:
    if not isinstance(divergence, FDivergence):
        raise TypeError(
            "f_gan needs an FDivergence, such as PEARSON of gan_course.objectives, "
            f"got {shown(divergence)}."
        )
