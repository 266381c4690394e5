"""What a field does near a point of rest: its Jacobian, and the multipliers of a step."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.func import jacfwd

from .fields import Field

__all__ = ["eigenvalues", "jacobian", "multipliers"]


def jacobian(v: Field, w: Tensor) -> Tensor:
    """Return J, `[n, n]`: J_ij = dv_i / dw_j, exact, by automatic differentiation.

    Row i says how the push on number i changes; the blocks on the diagonal are what each player
    does to its own push, the others what the players do to each other's.

    Args:
        v: the field, `[n] -> [n]`.
        w: the state, `[n]`.

    Example:
        >>> from gan_course.dynamics import bilinear
        >>> jacobian(bilinear, torch.zeros(2)).tolist()
        [[0.0, -1.0], [1.0, 0.0]]
    """
    own = getattr(v, "jacobian", None)  # a game of networks knows a way of its own
    return jacfwd(v)(w) if own is None else own(w)


def eigenvalues(v: Field, w: Tensor) -> Tensor:
    """Return the eigenvalues of v's Jacobian at w, complex `[n]`, by falling real part.

    Near rest the flow dw/dt = v(w) goes along an eigenvector as exp(lambda t): home, if every
    real part is below 0; the imaginary part is how fast it turns, in radians per unit of time.

    Args:
        v: the field, `[n] -> [n]`.
        w: the state, `[n]`.
    """
    found = torch.linalg.eigvals(jacobian(v, w))
    return found[torch.argsort(found.real, descending=True, stable=True)]


def multipliers(step: Callable[[Tensor], Tensor], w: Tensor) -> Tensor:
    """Return the eigenvalues of a step's own Jacobian at a point of rest, the largest modulus first.

    Near rest, a step multiplies what lies along an eigenvector by its eigenvalue: the game comes
    home if every modulus is below 1.

    Args:
        step: `state -> state`.
        w: a state that the step leaves where it is, `[n]` or `[2, n]`.

    Returns:
        Complex, `[n]` or `[2 n]`.
    """
    shape, size = w.shape, w.numel()
    found = torch.linalg.eigvals(
        jacfwd(lambda u: step(u.reshape(shape)).reshape(size))(w.flatten())
    )
    return found[torch.argsort(found.abs(), descending=True, stable=True)]
