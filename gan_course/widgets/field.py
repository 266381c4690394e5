"""The field explorer of chapter 10: games of two numbers, and six ways to follow their fields."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .. import dynamics
from ..dynamics.fields import Field
from ..objectives import minimax, non_saturating, wasserstein
from .live import panel

if TYPE_CHECKING:
    from ipywidgets import VBox
    from matplotlib.figure import Figure

__all__ = ["FieldGame", "field"]

G_THEN_D = [[0], [1]]


@dataclass(frozen=True)
class FieldGame:
    """A game of two numbers, followed by gradient steps.

    Attributes:
        v: the field, `[2] -> [2]`, a function of `gan_course.dynamics`.
        rest: where v is 0.
        bound: of the second number, after each step (WGAN's clip); infinite without it.
        axes: what the two numbers are called.
    """

    v: Field
    rest: tuple[float, float] = (0.0, 0.0)
    bound: float = np.inf
    axes: tuple[str, str] = ("θ", "ψ")

    def step(self, method: str, h: float, own: float = 0.0) -> Callable[[Tensor], Tensor]:
        """Return one step of a method, a function of (now, before), `[2, 2] -> [2, 2]`.

        Args:
            method: a key of `METHODS`.
            h: the step size.
            own: gamma of "consensus", beta of "negative momentum".
        """

        def step(pair: Tensor) -> Tensor:
            x, y = METHODS[method](self.v, pair, h, own)
            return torch.stack([torch.stack([x, y.clamp(-self.bound, self.bound)]), pair[0]])

        return step

    def path(
        self,
        method: str,
        start: Sequence[float],
        h: float = 0.2,
        own: float = 0.0,
        steps: int = 100,
    ) -> NDArray:
        """Return the states of `steps` steps from `start` on, `[steps + 1, 2]`, float64."""
        first = dynamics.twice(torch.tensor(start, dtype=torch.float64))
        return dynamics.path(self.step(method, h, own), first, steps)[:, 0].numpy()

    def eigenvalues(self) -> NDArray:
        """Return the eigenvalues of v's Jacobian at rest, complex `[2]`."""
        rest = torch.tensor(self.rest, dtype=torch.float64)
        return dynamics.eigenvalues(self.v, rest).numpy()

    def multipliers(self, method: str, h: float = 0.2, own: float = 0.0) -> NDArray:
        """Return the eigenvalues of one step at rest, the largest modulus first, complex `[2 or 4]`.

        Four for the methods that remember the state before: "optimistic", "negative momentum".
        """
        rest = torch.tensor(self.rest, dtype=torch.float64)
        step = self.step(method, h, own)
        if method in REMEMBER:
            return dynamics.multipliers(step, dynamics.twice(rest)).numpy()
        return dynamics.multipliers(lambda w: step(dynamics.twice(w))[0], rest).numpy()


Move = Callable[[Field, Tensor, float, float], Tensor]

# Each takes (v, pair, h, own) to the next state; see gan_course.dynamics.
METHODS: dict[str, Move] = {
    "simultaneous": lambda v, pair, h, own: dynamics.simultaneous(v, pair[0], h),
    "alternating": lambda v, pair, h, own: dynamics.alternating(v, pair[0], h, G_THEN_D),
    "extragradient": lambda v, pair, h, own: dynamics.extragradient(v, pair[0], h),
    "optimistic": lambda v, pair, h, own: dynamics.optimistic(v, pair, h)[0],
    "consensus": lambda v, pair, h, own: dynamics.consensus(v, pair[0], h, own),
    "negative momentum": lambda v, pair, h, own: dynamics.momentum(v, pair, h, own, G_THEN_D)[0],
}
REMEMBER = ("optimistic", "negative momentum")


SHIFT = 0.45  # c of Hsieh et al. (2021)


def forsaken(c: float) -> FieldGame:
    """Return the game V = x (y - c) + f(x) - f(y), which has one point of rest and a cycle around it.

    At c = 0 it rests at a strict local equilibrium, (0, 0). At 0.45, as in Hsieh, Mertikopoulos and
    Cevher (2021, arXiv:2006.09065), the point of rest is stable, too, but y is at its worst there.

    Args:
        c: the shift, from 0 to 0.6.
    """

    def v(w: Tensor) -> Tensor:
        return dynamics.forsaken(w) + w.new_tensor([c - SHIFT, 0.0])

    w = torch.tensor([0.17 * c, 0.9 * c], dtype=torch.float64)
    for _ in range(20):  # Newton's method
        w = w - torch.linalg.solve(dynamics.jacobian(v, w), v(w))
    x, y = w.tolist()
    return FieldGame(v, (x, y), axes=("x", "y"))


# Each makes a game of (a, b, strength): two curvatures, and the strength of what holds D, or a shift.
GAMES: dict[str, Callable[[float, float, float], FieldGame]] = {
    "bilinear, a and b": lambda a, b, s: FieldGame(dynamics.quadratic(a, b, 1), axes=("x", "y")),
    "Dirac-GAN, minimax": lambda a, b, s: FieldGame(dynamics.dirac(minimax)),
    "Dirac-GAN, non-saturating": lambda a, b, s: FieldGame(dynamics.dirac(non_saturating)),
    "Dirac-GAN, minimax, R1": lambda a, b, s: FieldGame(
        dynamics.dirac(minimax, penalty=lambda psi: s / 2 * psi**2)
    ),
    "Dirac-GAN, minimax, instance noise": lambda a, b, s: FieldGame(
        dynamics.dirac(minimax, noise=s)
    ),
    "Dirac-GAN, Wasserstein": lambda a, b, s: FieldGame(dynamics.dirac(wasserstein)),
    "Dirac-GAN, Wasserstein, ψ clipped": lambda a, b, s: FieldGame(
        dynamics.dirac(wasserstein), bound=s
    ),
    "forsaken, c = strength": lambda a, b, s: forsaken(s),
}


def field() -> VBox:
    """Explore the fields of small games in a live kernel: game, methods, step and start are controls.

    Returns:
        A box of `ipywidgets` to show as the last value of a cell.
    """
    from ipywidgets import Dropdown, FloatSlider, IntSlider, SelectMultiple

    def slider(name: str, value: float, low: float, high: float, step: float) -> FloatSlider:
        return FloatSlider(
            value=value, min=low, max=high, step=step, description=name, continuous_update=False
        )

    controls = [
        Dropdown(options=list(GAMES), description="game"),
        slider("curvature a", 0.0, 0.0, 2.0, 0.1),
        slider("curvature b", 0.0, 0.0, 2.0, 0.1),
        slider("strength", 0.3, 0.0, 3.0, 0.05),
        SelectMultiple(
            options=list(METHODS), value=SHOWN, description="methods", rows=len(METHODS)
        ),
        slider("consensus γ", 0.5, 0.0, 2.0, 0.1),
        slider("momentum β", -0.5, -0.9, 0.5, 0.1),
        slider("step h", 0.2, 0.02, 1.2, 0.02),
        slider("start, 1st", 1.0, -2.0, 2.0, 0.05),
        slider("start, 2nd", 1.0, -2.0, 2.0, 0.05),
        IntSlider(
            value=100, min=20, max=500, step=20, description="steps", continuous_update=False
        ),
    ]

    def draw(
        game: str, a: float, b: float, strength: float, methods: Sequence[str],
        gamma: float, beta: float, h: float, first: float, second: float, steps: int,
    ) -> Figure:  # fmt: skip
        own = {"consensus": gamma, "negative momentum": beta}
        return figure(GAMES[game](a, b, strength), methods, (first, second), h, own, steps)

    return panel(draw, controls, "every method's path in the field, distances and eigenvalues")


SHOWN = ("simultaneous", "alternating", "extragradient", "negative momentum")
# Dashes and mark of each method, here as on the page.
STYLES: dict[str, tuple] = {
    "simultaneous": ("-", "s"),
    "alternating": ((0, (5, 2)), "o"),
    "extragradient": ((0, (7, 2, 1, 2)), "^"),
    "optimistic": ((0, (3, 2)), "v"),
    "consensus": (":", "D"),
    "negative momentum": ((0, (4, 2, 1, 2, 1, 2)), "P"),
}


def figure(
    game: FieldGame,
    methods: Sequence[str] = SHOWN,
    start: tuple[float, float] = (1.0, 1.0),
    h: float = 0.2,
    own: dict[str, float] | None = None,
    steps: int = 100,
) -> Figure:
    """Draw every method's path in the field, its distances from rest, and the eigenvalues of its step.

    Args:
        game: who plays.
        methods: keys of `METHODS`.
        start: where all of them begin.
        h: the step size.
        own: the methods' own constants, by their names.
        steps: how many steps.

    Returns:
        A matplotlib figure.
    """
    import matplotlib.pyplot as plt

    from .. import plots

    own = {"consensus": 0.5, "negative momentum": -0.5} | (own or {})
    colors = dict(zip(METHODS, (plots.FAKE, plots.REAL, plots.D, "#8A6100", plots.G, plots.THEORY)))
    drawn, at = plt.subplot_mosaic(
        [["plane", "distances"], ["plane", "steps"]],
        figsize=(5.6, 4.6), width_ratios=[1.4, 1], layout="constrained",
    )  # fmt: skip
    _arrows(at["plane"], game)
    for name in methods:
        color, (line, mark) = colors[name], STYLES[name]
        path = game.path(name, start, h, own.get(name, 0.0), steps)  # [steps + 1, 2]
        roots = game.multipliers(name, h, own.get(name, 0.0))
        look = dict(color=color, linestyle=line, marker=mark, markersize=6, linewidth=1.2)
        label = f"{name}, {np.abs(roots[0]):.4f} a step"
        at["plane"].plot(*path.T, **look, markevery=[-1], label=label)
        distances = np.maximum(np.hypot(*(path - game.rest).T), 1e-18)
        at["distances"].semilogy(distances, **look, markevery=[-1])
        at["steps"].plot(roots.real, roots.imag, color=color, marker=mark, linestyle="none")
    at["plane"].plot(*start, "o", color=plots.THEORY, fillstyle="none", markersize=9)
    at["plane"].plot(*game.rest, "+", color=plots.THEORY, markersize=14, markeredgewidth=2)
    at["distances"].set(title="distance from rest", xlabel="step")
    _circle(at["steps"])
    shown = " and ".join(f"{root + 0:.3f}" for root in game.eigenvalues().round(6))
    drawn.suptitle(f"eigenvalues of v′ at rest: {shown}", fontsize="medium")
    drawn.legend(*at["plane"].get_legend_handles_labels(), loc="outside lower center", ncol=2)
    return drawn


def _arrows(ax, game: FieldGame) -> None:
    """Draw the directions of v over [-2.2, 2.2]^2."""
    ticks = torch.linspace(-2, 2, 13, dtype=torch.float64)
    x, y = torch.meshgrid(ticks, ticks, indexing="xy")
    v = torch.vmap(game.v)(torch.stack([x.flatten(), y.flatten()], 1))  # [169, 2]
    v = v / (v.norm(dim=1, keepdim=True) + v.norm(dim=1).median())
    ax.quiver(x, y, *v.T, color="#8A8A8A", angles="xy", scale=14, width=0.004)
    a, b = game.axes
    ax.set(xlabel=a, ylabel=b, aspect="equal", xlim=(-2.2, 2.2), ylim=(-2.2, 2.2))
    ax.set(xticks=range(-2, 3), yticks=range(-2, 3))


def _circle(ax) -> None:
    """Draw the unit circle, inside of which an eigenvalue of a step comes home."""
    angles = np.linspace(0, 2 * np.pi, 200)
    ax.plot(np.cos(angles), np.sin(angles), color="#2B2B2B", linewidth=1)
    ax.set(title="roots of a step", aspect="equal", xticks=(-1, 0, 1), yticks=(-1, 0, 1))
