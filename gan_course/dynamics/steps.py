"""Steps in a field: pure functions `step(v, w, h, ...) -> w`, which can be differentiated themselves.

Players, or blocks of a player's numbers, are given by an *order*: lists of indices, one after the
other. `[[0], [1]]` moves w[0] and then w[1]; `[[0], *5 * [[1]]]` gives w[1] five moves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from .fields import Field
from .linear import jacobian

__all__ = [
    "alternating", "consensus", "coordinate", "extragradient", "momentum", "optimistic", "path",
    "proximal", "simultaneous", "twice", "with_consensus",
]  # fmt: skip

Order = Sequence[Sequence[int]]
Project = Callable[[Tensor], Tensor]


def _each(order: Order | None, n: int) -> list[list[int]]:
    return [[j] for j in range(n)] if order is None else [list(block) for block in order]


def _only(block: list[int], w: Tensor) -> Tensor:
    """Return 1 for the numbers of a block and 0 for the others, `[n]`."""
    mask = torch.zeros(len(w), dtype=w.dtype, device=w.device)
    mask[block] = 1.0
    return mask


def simultaneous(v: Field, w: Tensor, h: float, project: Project | None = None) -> Tensor:
    """Move every number from the same state: w + h v(w) (in linear algebra: Jacobi).

    Args:
        v: the field, `[n] -> [n]`.
        w: the state, `[n]`.
        h: the step size.
        project: applied to the state after the move, such as WGAN's clip of D's weights.
    """
    moved = w + h * v(w)
    return moved if project is None else project(moved)


def alternating(
    v: Field, w: Tensor, h: float, order: Order | None = None, project: Project | None = None
) -> Tensor:
    """Move one block after the other, each by h v from where those before it went (Gauss-Seidel).

    Args:
        v: the field, `[n] -> [n]`.
        w: the state, `[n]`.
        h: the step size.
        order: whose turn it is; without it, one number after the other.
        project: applied to the state after each move.
    """
    for block in _each(order, len(w)):
        w = w + h * _only(block, w) * v(w)
        w = w if project is None else project(w)
    return w


def coordinate(v: Field, w: Tensor, order: Order | None = None) -> Tensor:
    """Move one block after the other to where its own push is 0, the others held still.

    For one function, v = -grad f, this is *coordinate descent* with an exact search along each
    block; for a game, the players' best responses in turn. One Newton step of the block does it:

        w_B <- w_B - J_BB^-1 v_B(w),

    exact where each loss is quadratic in its owner's block.

    Args:
        v: the field, `[n] -> [n]`.
        w: the state, `[n]`.
        order: whose turn it is; without it, one number after the other.

    Raises:
        RuntimeError: a push does not depend on its own block (J_BB is singular), as in the
            bilinear game: there is no best response.
    """
    for block in _each(order, len(w)):
        own = jacobian(v, w)[block][:, block]
        change = torch.zeros_like(w).index_put(
            (torch.tensor(block),), -torch.linalg.solve(own, v(w)[block])
        )
        w = w + change
    return w


def with_consensus(v: Field, gamma: float) -> Field:
    """Return the field v - gamma grad (|v|^2 / 2) = v - gamma J^T v: all players also want rest.

    Consensus optimisation of Mescheder, Nowozin and Geiger (2017, arXiv:1705.10461). The factor of
    J^T v is 1: the half belongs to |v|^2 / 2.

    Args:
        v: the field, `[n] -> [n]`.
        gamma: the weight of the pull to rest.
    """
    return lambda w: v(w) - gamma * jacobian(v, w).T @ v(w)


def consensus(v: Field, w: Tensor, h: float, gamma: float = 1.0) -> Tensor:
    """Move by one simultaneous step of the field `with_consensus(v, gamma)`.

    Args:
        v: the field, `[n] -> [n]`.
        w: the state, `[n]`.
        h: the step size.
        gamma: the weight of the pull to rest.
    """
    return simultaneous(with_consensus(v, gamma), w, h)


def extragradient(v: Field, w: Tensor, h: float) -> Tensor:
    """Look one step ahead, and move by the push found there: w + h v(w + h v(w)).

    Korpelevich (1976); for GANs Gidel et al. (2019, arXiv:1802.10551).

    Args:
        v: the field, `[n] -> [n]`.
        w: the state, `[n]`.
        h: the step size, of the look ahead and of the move.
    """
    return w + h * v(w + h * v(w))


def proximal(v: Field, w: Tensor, h: float) -> Tensor:
    """Move by the push of the place where the step ends: u = w + h v(u), by one Newton step.

    Exact where v is linear; extragradient looks for the same u by going twice.

    Args:
        v: the field, `[n] -> [n]`.
        w: the state, `[n]`.
        h: the step size.
    """
    eye = torch.eye(len(w), dtype=w.dtype, device=w.device)
    return w + torch.linalg.solve(eye - h * jacobian(v, w), h * v(w))


def twice(w: Tensor) -> Tensor:
    """Return the pair (now, before), `[2, n]`, of a state that has not moved yet.

    Args:
        w: the state, `[n]`.
    """
    return torch.stack([w, w])


def optimistic(v: Field, pair: Tensor, h: float) -> Tensor:
    """Move by twice this push less the last one, as if the push went on changing as it did.

        now + 2 h v(now) - h v(before).

    Daskalakis et al. (2018, arXiv:1711.00141). One push a step, where the last one is kept.

    Args:
        v: the field, `[n] -> [n]`.
        pair: the states now and before, `[2, n]`, at the start `twice(w)`.
        h: the step size.
    """
    now, before = pair
    return torch.stack([now + 2 * h * v(now) - h * v(before), now])


def momentum(v: Field, pair: Tensor, h: float, beta: float, order: Order | None = None) -> Tensor:
    """Move by h v and by beta times the last move: now + h v(now) + beta (now - before).

    Negative beta: Gidel et al. (2019, arXiv:1807.04740).

    Args:
        v: the field, `[n] -> [n]`.
        pair: the states now and before, `[2, n]`, at the start `twice(w)`.
        h: the step size.
        beta: how much of the last move is made again, in (-1, 1).
        order: whose turn it is; without it, all numbers move at once.
    """
    now, before = pair
    w = now
    for block in [range(len(now))] if order is None else order:
        w = w + _only(list(block), w) * (h * v(w) + beta * (now - before))
    return torch.stack([w, now])


def path(step: Callable[[Tensor], Tensor], start: Tensor, steps: int) -> Tensor:
    """Return the states of `steps` steps from `start` on, `[steps + 1, *start.shape]`.

    Args:
        step: `state -> state`, such as `lambda w: extragradient(bilinear, w, 0.2)`.
        start: the first state, `[n]`, or a pair `[2, n]` for a step with a memory.
        steps: how many.

    Example:
        >>> from gan_course.dynamics import bilinear
        >>> path(lambda w: simultaneous(bilinear, w, 1.0), torch.tensor([1.0, 0.0]), 2).tolist()
        [[1.0, 0.0], [1.0, 1.0], [0.0, 2.0]]
    """
    states = [start]
    for _ in range(steps):
        states.append(step(states[-1]))
    return torch.stack(states).detach()
