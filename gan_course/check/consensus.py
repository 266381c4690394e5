"""Two players who both go down the square of the push: an exercise of chapter 10."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import softplus

from .core import exercise
from .expect import expect, expect_close, number

Loss = Callable[[Tensor, Tensor], Tensor]


@exercise(stars=2)
def consensus_push(consensus_push):
    """Return both pushes of consensus optimisation, from two losses."""
    for loss_G, loss_D, n, m in (_bent(3, 2), _bent(1, 1), _bilinear(2, 3)):
        for gamma in (0.7, 2.0, 0.1):
            x, y = torch.randn(n), torch.randn(m)
            _check_pushes(consensus_push, loss_G, loss_D, x, y, gamma)
    _check_rest(consensus_push)
    return "Both pushes hold the gradient of half the square of the whole push, once."


def _bilinear(n: int, m: int) -> tuple[Loss, Loss, int, int]:
    matrix = torch.randn(n, m)
    return lambda t, p: t @ matrix @ p, lambda t, p: -(t @ matrix @ p), n, m


def _bent(n: int, m: int) -> tuple[Loss, Loss, int, int]:
    """Return two losses that do not add up to zero, each bent in both players' numbers."""
    matrix = torch.randn(n, m)

    def loss_G(x: Tensor, y: Tensor) -> Tensor:
        return softplus(-(x @ matrix @ y)) + (x - 1).square().sum() * y.cos().sum() / 3

    def loss_D(x: Tensor, y: Tensor) -> Tensor:
        return softplus(x @ matrix @ y) + y.pow(4).sum() / 8 + x.sin().sum() * y.sum()

    return loss_G, loss_D, n, m


def _flat(parts) -> Tensor:
    return torch.cat([part.reshape(-1) for part in parts])


class _Slopes:
    """Both players' slopes at one place, and the ways to differentiate their squares."""

    def __init__(self, loss_G: Loss, loss_D: Loss, x: Tensor, y: Tensor) -> None:
        self.at = x.clone().requires_grad_(), y.clone().requires_grad_()
        (self.G,) = self._of(loss_G(*self.at), self.at[0])
        (self.D,) = self._of(loss_D(*self.at), self.at[1])

    def _of(self, scalar: Tensor, *inputs: Tensor) -> tuple[Tensor, ...]:
        kept = {"create_graph": True, "materialize_grads": True, "allow_unused": True}
        return torch.autograd.grad(scalar, inputs, **kept)

    def plain(self) -> Tensor:
        return -_flat([self.G, self.D]).detach()

    def square(self, *slopes: Tensor, root: bool = False) -> Tensor:
        """Return the gradient of half the sum of squares, or of its root, for both players."""
        total = sum(slope.square().sum() for slope in slopes)
        return _flat(self._of(total.sqrt() if root else total / 2, *self.at)).detach()

    def own(self) -> Tensor:
        """Return the gradient of each player's own half square."""
        squares = self.G.square().sum() / 2, self.D.square().sum() / 2
        return _flat([self._of(s, w)[0] for s, w in zip(squares, self.at, strict=True)]).detach()

    def along(self) -> Tensor:
        """Return minus the Jacobian of the slopes times the push: J v in place of J^T v."""
        slopes, push = _flat([self.G, self.D]), self.plain()
        rows = [_flat(self._of(slope, *self.at)) for slope in slopes]
        return -(torch.stack(rows) @ push).detach()


def _check_pushes(answer, loss_G: Loss, loss_D: Loss, x, y, gamma: float) -> None:
    got = answer(loss_G, loss_D, x, y, gamma)
    expect(
        isinstance(got, (tuple, list)) and len(got) == 2,
        "Return two pushes, that of G and that of D.",
        "Write `return push_G, push_D`.",
    )
    for part, player, at in zip(got, "GD", (x, y), strict=True):
        shape = list(number(part).shape)
        expect(
            shape == list(at.shape),
            f"{player}'s push should have the shape {list(at.shape)}, and yours has {shape}.",
            "G's push has as many numbers as x, D's as many as y.",
        )
    s = _Slopes(loss_G, loss_D, x, y)
    plain, both = s.plain(), s.square(s.G, s.D)
    turned = torch.cat([-1 * torch.ones(len(x)), torch.ones(len(y))])
    expect_close(
        _flat([number(part) for part in got]),
        plain - gamma * both,
        f"At gamma = {gamma} these are not the pushes of consensus optimisation.",
        "Both players' slopes first, as a part of the graph; then half their sum of squares, "
        "differentiated in x and in y; each push is -slope - gamma times that.",
        mistakes=[
            (plain, "These are the pushes without consensus.", "gamma / 2 |v|^2 is missing."),
            (
                plain - gamma / 2 * both,
                "The consensus part is half as large as it should be.",
                "The 2 of the square and the 1/2 in front of it cancel.",
            ),
            (
                plain - 2 * gamma * both,
                "The consensus part is twice as large as it should be.",
                "There is a 1/2 in front of |v|^2.",
            ),
            (plain + gamma * both, "This climbs |v|^2.", "Both players want a *small* push."),
            (
                plain - gamma * both * (turned < 0),
                "Here only G pays for the push.",
                "Both players go down |v|^2, D as well.",
            ),
            (
                plain - gamma * both * (turned > 0),
                "Here only D pays for the push.",
                "Both players go down |v|^2, G as well.",
            ),
            (
                plain - gamma * s.own(),
                "Here each player wants only its own slope to be small.",
                "Differentiate the square of the whole push in x, and again in y.",
            ),
            (
                plain - gamma * s.square(s.G),
                "Here |v|^2 holds G's slope only.",
                "v is the push of both together: add the squares.",
            ),
            (
                plain - gamma * s.square(s.D),
                "Here |v|^2 holds D's slope only.",
                "v is the push of both together: add the squares.",
            ),
            (
                plain - gamma * s.square(s.G, s.D, root=True),
                "This is the gradient of |v|, not of its square.",
                "No root: half the sum of squares.",
            ),
            (
                plain - gamma * s.along(),
                "This is the Jacobian times v, without a transpose.",
                "The gradient of |v|^2 / 2 is J^T v: differentiate the square itself.",
            ),
            (
                -(plain - gamma * both),
                "Both pushes have the wrong sign.",
                "A push goes *down* the slope.",
            ),
            (
                -plain * turned - gamma * both,
                "G's push or D's has the wrong sign.",
                "Both players go down a loss of their own.",
            ),
        ],
        tolerance=1e-3,
    )


def _check_rest(answer) -> None:
    """At the point of rest nothing moves, and nothing is NaN."""
    loss_G, loss_D, n, m = _bilinear(2, 2)
    got = answer(loss_G, loss_D, torch.zeros(n), torch.zeros(m), 1.0)
    expect_close(
        _flat([number(part) for part in got]),
        torch.zeros(n + m),
        "At the point of rest the pushes should be zero.",
        "The root of a sum of squares has no slope at 0: work with the squares.",
    )
