"""The Dirac-GAN: a game of two numbers, its path and its linearisation."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..dynamics.fields import dirac_losses
from ..objectives import Objective, minimax, non_saturating, wasserstein
from .live import panel

if TYPE_CHECKING:
    from ipywidgets import VBox
    from matplotlib.figure import Figure

__all__ = ["DiracGame", "dirac"]

Penalty = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class DiracGame:
    """The data are the point 0, G makes the point theta, and D(x) = psi x (Mescheder et al., 2018).

    D is high on the data; the paper counts psi with the other sign, so its start (1, 1) is (1, -1)
    here. Gradients are autograd's, of the package's own losses.

    Attributes:
        objective: the two losses.
        penalty: what is added to D's loss, a function of psi.
        noise: standard deviation of N(0, noise^2) on real and fake points alike (instance noise).
        bound: of |psi|, after each of D's moves.
        consensus: weight of the gradient of |v|^2 / 2 (consensus optimisation, Mescheder et al., 2017).
    """

    objective: Objective = minimax
    penalty: Penalty | None = None
    noise: float = 0.0
    bound: float = math.inf
    consensus: float = 0.0

    def field(self, state: Tensor, create_graph: bool = False) -> Tensor:
        """Compute v = (-dL_G / dtheta, -dL_D / dpsi).

        Args:
            state: (theta, psi), [2], float64.
            create_graph: keep the graph, to differentiate v.

        Returns:
            The direction of both players' moves, [2].
        """
        if not state.requires_grad:
            state = state.detach().requires_grad_()
        keep = create_graph or self.consensus > 0
        v = torch.stack(
            [
                -torch.autograd.grad(loss, state, create_graph=keep, retain_graph=True)[0][who]
                for who, loss in enumerate(self._losses(state))
            ]
        )
        if self.consensus:
            (pull,) = torch.autograd.grad(v @ v / 2, state, create_graph=create_graph)
            v = v - self.consensus * pull
        return v if create_graph else v.detach()

    def _losses(self, state: Tensor) -> tuple[Tensor, Tensor]:
        """G's loss and D's, averaged over the noise by Gauss-Hermite quadrature."""
        g_loss, d_loss = dirac_losses(state, self.objective, self.penalty, self.noise)
        return g_loss, d_loss

    def path(
        self, start: tuple[float, float], moves: str = "GD", h: float = 0.2, steps: int = 500
    ) -> NDArray:
        """Play gradient steps of size h.

        Args:
            start: (theta, psi).
            moves: the order of play in one step: "GD" lets G go first, "DDDDDG" gives D five moves
                and then G one. The empty string moves both from the state before.
            h: the step size.
            steps: how many steps.

        Returns:
            The states, [steps + 1, 2], float64.
        """
        state = torch.tensor(start, dtype=torch.float64)
        states = [state]
        for _ in range(steps):
            for mask in _masks(moves):
                state = state + h * mask * self.field(state)
                state = torch.stack([state[0], state[1].clamp(-self.bound, self.bound)])
            states.append(state)
        return torch.stack(states).numpy()

    def eigenvalues(self) -> NDArray:
        """Compute the eigenvalues of v' at the equilibrium (0, 0).

        Returns:
            Two complex numbers, [2]; NaN where v jumps at psi = 0, as under a penalty with target 1.
        """
        below, above = (self.field(torch.tensor([0.0, at]).double()) for at in (-1e-9, 1e-9))
        if (above - below).abs().max() > 1e-6:
            return np.full(2, np.nan, dtype=complex)
        origin = torch.zeros(2, dtype=torch.float64, requires_grad=True)
        v = self.field(origin, create_graph=True)
        rows = [torch.autograd.grad(part, origin, retain_graph=True)[0] for part in v]
        return np.linalg.eigvals(torch.stack(rows).numpy())


def _masks(moves: str) -> list[Tensor]:
    """Which of (theta, psi) each move of one step changes."""
    masks = {"G": (1.0, 0.0), "D": (0.0, 1.0)}
    chosen = [masks[player] for player in moves] or [(1.0, 1.0)]
    return [torch.tensor(mask, dtype=torch.float64) for mask in chosen]


def dirac() -> VBox:
    """Play the Dirac-GAN in a live kernel: game, leash, order of play, step and start are controls.

    Returns:
        A box of `ipywidgets` to show as the last value of a cell.
    """
    from ipywidgets import Dropdown, FloatSlider

    losses = {"minimax": minimax, "non-saturating": non_saturating, "Wasserstein": wasserstein}
    orders = {
        "together": "",
        "in turn, G first": "GD",
        "in turn, D first": "DG",
        "5 of D": "GDDDDD",
    }
    slider = dict(continuous_update=False)
    controls = [
        Dropdown(options=list(losses.items()), description="losses"),
        Dropdown(options=list(LEASHES.items()), description="held by"),
        FloatSlider(value=0.3, min=0.1, max=2.0, step=0.1, description="strength", **slider),
        Dropdown(options=list(orders.items()), description="moves"),
        FloatSlider(value=0.2, min=0.05, max=1.0, step=0.05, description="step h", **slider),
        FloatSlider(value=1.0, min=-2.0, max=2.0, step=0.05, description="start θ", **slider),
        FloatSlider(value=1.0, min=-2.0, max=2.0, step=0.05, description="start ψ", **slider),
    ]

    def draw(
        objective: Objective, leash: Callable, strength: float, moves: str, h: float, *start: float
    ) -> Figure:
        return figure(DiracGame(objective, **leash(strength)), start, moves, h)

    return panel(draw, controls, "the path of theta and psi, and the distance from the equilibrium")


# What a leash of a strength adds to the game.
LEASHES: dict[str, Callable[[float], dict]] = {
    "nothing": lambda c: {},
    "clipping of ψ": lambda c: {"bound": c},
    "gradient penalty, target 1": lambda c: {"penalty": lambda psi: c / 2 * (psi.abs() - 1) ** 2},
    "one-sided penalty": lambda c: {"penalty": lambda psi: c / 2 * (psi.abs() - 1).relu() ** 2},
    "R1": lambda c: {"penalty": lambda psi: c / 2 * psi**2},
    "instance noise": lambda c: {"noise": c},
    "consensus": lambda c: {"consensus": c},
}


def figure(game: DiracGame, start: tuple[float, float], moves: str, h: float) -> Figure:
    """Draw the path of 500 steps, and the distance from the equilibrium.

    Args:
        game: who plays.
        start: (theta, psi).
        moves: the order of play, as for `DiracGame.path`.
        h: the step size.

    Returns:
        A matplotlib figure.
    """
    import matplotlib.pyplot as plt

    from .. import plots

    path = game.path(start, moves, h)  # [501, 2]
    distances = np.hypot(*path.T)
    drawn, (left, right) = plt.subplots(1, 2, figsize=(5.6, 2.9), layout="constrained")
    left.plot(*path.T, "o-", color=plots.D, markersize=2, linewidth=0.5)
    left.plot(*start, "o", color=plots.FAKE, fillstyle="none", markersize=9)
    left.plot(0, 0, "+", color=plots.THEORY, markersize=14, markeredgewidth=2)
    left.set(xlabel="θ", ylabel="ψ", aspect="equal", xlim=(-2.2, 2.2), ylim=(-2.2, 2.2))
    right.semilogy(np.maximum(distances, 1e-40), color=plots.D)
    end = f"{distances[-1]:.3g}" if np.isfinite(distances[-1]) else "infinite"
    right.set(xlabel="step", title=f"distance, at the end {end}")
    roots = game.eigenvalues()
    shown = "none, v jumps" if np.isnan(roots).any() else " and ".join(f"{r:.3f}" for r in roots)
    drawn.suptitle(f"eigenvalues of v′ at (0, 0): {shown}", fontsize="medium")
    return drawn
