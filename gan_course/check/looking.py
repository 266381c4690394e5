"""A look ahead and a step of different sizes: an exercise of chapter 10."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from .core import exercise
from .expect import close, expect, expect_close, number

Push = Callable[[Tensor], Tensor]


@exercise(stars=2)
def look_and_step(look_and_step, best_look):
    """Take the push from where a look leads, and find how far to look in the bilinear game."""
    for v, n in ((_linear(2), 2), (_linear(5), 5), (_bent, 3)):
        for look, h in ((0.3, 0.1), (0.05, 0.4), (5.0, 0.2), (0.0, 0.3)):
            _check_step(look_and_step, v, torch.randn(n, dtype=torch.float64), look, h)
    _check_look(best_look)
    return "The step is right for any push; with the best look, one multiplies the distance by h."


def _linear(n: int) -> Push:
    matrix = torch.randn(n, n, dtype=torch.float64)
    return lambda w: matrix @ w


def _bent(w: Tensor) -> Tensor:
    """Return a push [n] that is not linear, and not zero at 0."""
    return torch.cos(w) - w.roll(1) * w.square()


def _check_step(step, v: Push, w: Tensor, look: float, h: float) -> None:
    ahead, back = w + look * v(w), w - look * v(w)
    expect_close(
        step(v, w, look, h),
        w + h * v(ahead),
        f"At look = {look} and h = {h} the step leads elsewhere.",
        "Two pushes: one at w, to see where it would lead, and one there. Only the second one counts.",
        mistakes=[
            (
                w + h * v(w),
                f"At look = {look} and h = {h} this is a plain step: the look has no effect.",
                "The push that counts is v(w + look v(w)).",
            ),
            (
                ahead + h * v(ahead),
                "The step sets out from where the look led.",
                "One only looks there. The step begins at w.",
            ),
            (w + look * v(w + h * v(w)), "look and h are exchanged.", "One goes along by h."),
            (w + look * v(ahead), "The step has the size of the look.", "One goes along by h."),
            (w + h * v(w + h * v(w)), "The look has the size of the step.", "It goes look far."),
            (
                w + h * (v(w) + v(ahead)) / 2,
                "This averages the push here and the one ahead.",
                "A good way to follow a curve. Here only the push ahead counts.",
            ),
            (w + h * v(back), "The look goes backwards.", "v is the push: one moves *along* it."),
            (w - h * v(ahead), "The step goes backwards.", "v is the push: one moves *along* it."),
            (
                w + h * v(look * v(w)),
                "The look sets out from 0.",
                "It leads from w to w + look v(w).",
            ),
        ],
        tolerance=1e-6,
    )


def _check_look(best_look: Callable[[float], float]) -> None:
    sizes = torch.tensor([0.05, 0.1, 0.25, 0.5, 2.0], dtype=torch.float64)
    looks = torch.stack([number(best_look(h)).reshape(()) for h in sizes.tolist()])
    products = looks * sizes
    for wrong, *hints in (
        (sizes.square(), "Extragradient looks as far as it steps.", "More is better here."),
        (
            sizes / math.sqrt(2),
            "This is the best size if look and step are the same.",
            "Here h is given, and only the look is chosen.",
        ),
        (
            torch.full_like(sizes, 2.0),
            "With this look a step does no better than a plain one.",
            "The best look lies between 0 and there.",
        ),
        (-torch.ones(len(sizes)), "This looks backwards.", "Mind the sign of v in each line."),
    ):
        expect(not close(products, wrong), *hints)
    for h, look in zip(sizes.tolist(), looks.tolist(), strict=True):
        expect(
            math.isclose(h * look, 1, rel_tol=1e-3),
            f"At h = {h:g} a look of {look:.4g} multiplies the distance by "
            f"{math.hypot(1 - h * look, h):.4g}, and another one by less.",
            "On V = x y a step is a matrix. Write it down, with h and look as they are, and "
            "the modulus of its eigenvalues: h is given, so what is left to choose?",
        )
