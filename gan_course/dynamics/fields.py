"""Fields of games of a few numbers, each from the losses of its players."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from numpy.polynomial.hermite_e import hermegauss
from torch import Tensor
from torch.func import jacrev

from ..objectives import Objective, minimax

__all__ = ["Field", "bilinear", "chase", "dirac", "forsaken", "from_losses", "quadratic"]

Field = Callable[[Tensor], Tensor]
Losses = Callable[[Tensor], Tensor]


def from_losses(losses: Losses, owner: Sequence[int] | None = None) -> Field:
    """Return the field in which every player descends its own loss, in its own numbers.

        v_j = -dL_i / dw_j,     i = owner[j].

    Args:
        losses: `losses(w [n]) -> [players]`, what each player minimises.
        owner: for each number the player who moves it; without it, number j belongs to player j.

    Example:
        >>> v = from_losses(lambda w: torch.stack([w[0] * w[1], -w[0] * w[1]]))
        >>> v(torch.tensor([1.0, 2.0])).tolist()
        [-2.0, 1.0]
    """

    def v(w: Tensor) -> Tensor:
        slopes = jacrev(losses)(w)  # [players, n]
        rows = range(len(w)) if owner is None else owner
        return -slopes[list(rows), list(range(len(w)))]

    return v


def quadratic(a: float, b: float, c: float) -> Field:
    """Return the field of V = a/2 x^2 - b/2 y^2 + c x y, which x makes small and y makes large.

        v(x, y) = (-a x - c y, c x - b y).

    (0, 0) is at rest; it is the only Nash point where a and b are above 0, whatever c is.

    Args:
        a: how much x's own loss bends, for each y.
        b: how much y's own loss bends, for each x.
        c: how strongly the players act on each other.
    """

    def v(w: Tensor) -> Tensor:
        x, y = w
        return torch.stack([-a * x - c * y, c * x - b * y])

    return v


def bilinear(w: Tensor) -> Tensor:
    """Return v = (-y, x) of V = x y: every push is at right angles to the way home.

    Args:
        w: (x, y), `[2]`.
    """
    x, y = w
    return torch.stack([-y, x])


def quadrature() -> tuple[Tensor, Tensor]:
    """Return nodes and weights [41] of Gauss-Hermite quadrature for N(0, 1)."""
    nodes, weights = hermegauss(41)
    return torch.from_numpy(nodes), torch.from_numpy(weights / weights.sum())


def dirac_losses(
    w: Tensor,
    objective: Objective,
    penalty: Callable[[Tensor], Tensor] | None = None,
    noise: float = 0.0,
) -> Tensor:
    """Return the losses of G and of D, `[2]`, in the Dirac-GAN at w = (theta, psi); see `dirac`."""
    theta, psi = w
    if noise:
        nodes, weights = quadrature()
        real, fake = psi * noise * nodes, psi * (theta + noise * nodes)  # [nodes]
        d_loss = weights @ torch.vmap(objective.d)(real[:, None], fake[:, None])
        g_loss = weights @ torch.vmap(lambda logit: objective.g(logit, None))(fake[:, None])
    else:
        d_loss, g_loss = objective.d(0 * psi, psi * theta), objective.g(psi * theta, None)
    return torch.stack([g_loss, d_loss + (0 if penalty is None else penalty(psi))])


def dirac(
    objective: Objective = minimax,
    penalty: Callable[[Tensor], Tensor] | None = None,
    noise: float = 0.0,
) -> Field:
    """Return the field of the Dirac-GAN (Mescheder, Geiger and Nowozin, 2018, arXiv:1801.04406).

    The data are the point 0, G makes the point theta, D(x) = psi x, and w = (theta, psi), `[2]`:

        v = (-dL_G / dtheta, -dL_D / dpsi).

    D is high on the data; the paper counts psi with the other sign, so its start (1, 1) is (1, -1)
    here, and it lets G move first.

    Args:
        objective: the pair of losses.
        penalty: what is added to D's loss, a function of psi. D's slope is psi everywhere, so R1 is
            `lambda psi: gamma / 2 * psi**2`.
        noise: standard deviation of N(0, noise^2) on real and fake points alike (instance noise),
            averaged by quadrature.
    """
    return from_losses(lambda w: dirac_losses(w, objective, penalty, noise))


def chase(w: Tensor) -> Tensor:
    """Return the field of a game that has no equilibrium: G runs after D around a circle.

    The data lie evenly on the circle, G makes the one point at the angle theta, and D, whose height
    is cos(x - psi), prefers the angle psi. The data's mean height is 0, so V = -cos(theta - psi):

        v = (-sin(theta - psi), -sin(theta - psi)).

    G's best answer is theta = psi, D's is the opposite point: no pair is both. Moving together they
    keep their distance for ever; at theta = psi and opposite to it v is 0, which is at rest only.

    Args:
        w: (theta, psi), `[2]`, in radians.
    """
    theta, psi = w
    return -torch.sin(theta - psi).expand(2)


def forsaken(w: Tensor) -> Tensor:
    """Return the field of a game whose stable point of rest few steps find: a cycle lies around it.

        V = x (y - 0.45) + f(x) - f(y),     f(t) = t^2 / 4 - t^4 / 2 + t^6 / 6,

    of Hsieh, Mertikopoulos and Cevher (2021, arXiv:2006.09065); x makes V small, y makes it large.
    It is at rest only near (0.078, 0.412): stable, and no equilibrium, since y is at a minimum of V
    there. Without the shift, V = x y + f(x) - f(y), it rests at (0, 0), a local equilibrium.

    Args:
        w: (x, y), `[2]`.
    """
    x, y = w

    def slope(t: Tensor) -> Tensor:
        return t / 2 - 2 * t**3 + t**5

    return torch.stack([0.45 - y - slope(x), x - slope(y)])
