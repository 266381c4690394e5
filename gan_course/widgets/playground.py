"""The playground of chapter 3 in a live kernel: a game that trains while you change its rules."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ..data import grid, ring, swiss_roll, two_moons
from ..game import NonFiniteLoss
from ..objectives import hinge, least_squares, minimax, non_saturating, wasserstein
from .contest import Contest
from .live import image

if TYPE_CHECKING:
    from ipywidgets import VBox, Widget

__all__ = ["playground"]

SLICE = 50  # steps between two pictures
RATES = (0.0, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2)
# Each data set, half the side of the square that shows it.
SETS = {
    "ring of 8": (ring(), 1.5),
    "grid of 25": (grid(), 5.0),
    "two moons": (two_moons(), 2.6),
    "Swiss roll": (swiss_roll(), 2.6),
    "two Gaussians": (ring(2, spread=0.2), 2.0),
}
CURVES = {"two moons", "Swiss roll"}
OBJECTIVES = {
    "non-saturating": non_saturating,
    "minimax (saturating)": minimax,
    "Wasserstein": wasserstein,
    "hinge": hinge,
    "least squares": least_squares,
}
# What D's weights are clipped to (0 for no bound), and whether it has spectral normalisation.
BOUNDS = {
    "nothing": (0.0, False),
    "weights clipped to ±0.1": (0.1, False),
    "weights clipped to ±0.01": (0.01, False),
    "spectral normalisation": (0.0, True),
}


class _Desk:
    """The controls of one playground and the contest that they steer."""

    def __init__(self) -> None:
        import ipywidgets

        wide = {"style": {"description_width": "12em"}, "layout": ipywidgets.Layout(width="26em")}
        choice = partial(ipywidgets.Dropdown, **wide)
        rate = partial(ipywidgets.SelectionSlider, options=RATES, value=1e-3, **wide)
        self.data = choice(options=list(SETS), description="data")
        self.objective = choice(options=list(OBJECTIVES), description="objective")
        self.bound = choice(options=list(BOUNDS), description="D is kept smooth by")
        self.seed = ipywidgets.BoundedIntText(1, min=0, max=999, description="seed", **wide)
        self.turns = ipywidgets.IntSlider(1, min=1, max=10, description="D's moves a step", **wide)
        self.lr_D = rate(description="learning rate of D")
        self.lr_G = rate(description="learning rate of G")
        self.clock = ipywidgets.Play(min=0, max=10_000, interval=800, description="train")
        self.alone = {name: ipywidgets.Button(description=f"move {name} once") for name in "DG"}
        self.again = ipywidgets.Button(description="start again")
        self.words, self.picture = ipywidgets.HTML(), ipywidgets.HTML()
        self.row = ipywidgets.HBox([self.clock, *self.alone.values(), self.again])

    def choices(self) -> list[Widget]:
        """Return what a game is built of: a change begins it anew."""
        return [self.data, self.objective, self.bound, self.seed]

    def pace(self) -> list[Widget]:
        """Return what may change while it is played."""
        return [self.turns, self.lr_D, self.lr_G]

    def begin(self, _: object = None) -> None:
        """Build the game from the choices and show it untrained."""
        mixture, reach = SETS[self.data.value]
        clip, spectral_norm = BOUNDS[self.bound.value]
        objective = OBJECTIVES[self.objective.value]
        self.contest = Contest(
            mixture,
            reach,
            objective,
            clip,
            spectral_norm,
            self.seed.value,
            curve=self.data.value in CURVES,
        )
        self.set_pace()
        self.show(self.contest.report())

    def set_pace(self, _: object = None) -> None:
        """Hand the controls of the pace to the game."""
        self.contest.set_pace(*(control.value for control in self.pace()))

    def tick(self, change: dict) -> None:
        """Train one slice at each tick of the clock, which stop sets back to 0."""
        if not change["new"]:
            return
        try:
            self.contest.train(SLICE)
            self.show(self.contest.report())
        except NonFiniteLoss as error:
            self.show(f"{error}")  # the picture too: what it showed is gone

    def press(self, name: str, _: object = None) -> None:
        """Let one player move alone."""
        try:
            loss = self.contest.move(name)
            self.show(f"{name} moved once; its loss was {loss:.3f}. {self.contest.report()}")
        except NonFiniteLoss as error:
            self.show(f"{error}")

    def show(self, words: str) -> None:
        """Draw the contest anew."""
        self.words.value = words
        self.picture.value = image(self.contest.draw(), f"{words} D's opinion and pull, losses.")


def playground() -> VBox:
    """Train a GAN on points in the plane and change its rules while it learns.

    Press the clock's play button: each tick trains 50 steps with `play` and draws them. A change
    of data, objective, bound or seed begins anew; the number of D's moves and the learning rates
    hold from now on. Works with ipywidgets 7 and 8, in JupyterLab and in Colab.

    Returns:
        A box to show: its last child is the picture, an `ipywidgets.HTML`.
    """
    import ipywidgets

    desk = _Desk()
    desk.begin()
    for control in desk.choices():
        control.observe(desk.begin, names="value")
    for control in desk.pace():
        control.observe(desk.set_pace, names="value")
    desk.clock.observe(desk.tick, names="value")
    desk.again.on_click(desk.begin)
    for name, button in desk.alone.items():
        button.on_click(partial(desk.press, name))
    controls = [*desk.choices(), *desk.pace(), desk.row, desk.words]
    return ipywidgets.VBox([*controls, desk.picture])
