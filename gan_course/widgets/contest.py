"""A game of two small networks on points in the plane, as the playground shows it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from ..data import Mixture
from ..game import Game, Record, play, sample
from ..games import gan
from ..latents import Normal
from ..metrics import mode_report
from ..networks import mlp, spectral
from ..objectives import Objective, non_saturating
from ..penalties import clip_weights

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Contest"]


class Contest:
    """Two small networks that play for points in the plane, and what has been recorded of it.

    Args:
        mixture: the data.
        reach: half the side of the square around 0 that pictures show, in units of x.
        objective: the pair of losses.
        clip: the largest absolute value of D's weights after each of its moves; 0 for no bound.
        spectral_norm: whether D's matrices are divided by their largest singular values.
        seed: of the weights, the batches and z: the same seed, the same run.
        width: of both hidden layers of both networks.
        curve: whether the data lie along a curve: of one that is covered a share is told, for
            the Gaussians that it is made of are no modes to anyone.
    """

    def __init__(
        self,
        mixture: Mixture,
        reach: float,
        objective: Objective = non_saturating,
        clip: float = 0.0,
        spectral_norm: bool = False,
        seed: int = 1,
        width: int = 64,
        curve: bool = False,
    ) -> None:
        self.mixture, self.reach, self.objective = mixture, reach, objective
        self.curve = curve
        self.history: list[Record] = []
        self.batches = mixture.batches(128, device="cpu")
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            G, D = mlp(2, 2, (width, width)), mlp(2, 1, (width, width))
            D = spectral(D) if spectral_norm else D
            self.game = gan(G, D, objective, latent=Normal(2), lr=1e-3, ema=None, device="cpu")
            self.alone = {
                player.name: Game(
                    {player.name: self.game.networks[player.name]},
                    [replace(player)],
                    self.game.latent,
                )
                for player in self.game.players
            }
        if clip:
            after = self.game.players[0].optimizer.register_step_post_hook
            after(lambda *_: clip_weights(D, clip))

    def train(self, steps: int) -> None:
        """Play some steps and record their mean losses.

        Args:
            steps: how many, at least 1.

        Raises:
            NonFiniteLoss: a loss became NaN or infinite.
        """
        self.history.append(play(self.game, self.batches, steps))

    def move(self, name: str) -> float:
        """Let one player move once; the step is not counted.

        Args:
            name: `"D"` or `"G"`.

        Returns:
            Its loss before the move.

        Raises:
            NonFiniteLoss: the loss became NaN or infinite.
        """
        return play(self.alone[name], self.batches, 1)[f"{name}_loss"]

    def set_pace(self, turns: int, lr_D: float, lr_G: float) -> None:
        """Change the pace of the players from now on.

        Args:
            turns: D's moves in each step, at least 1.
            lr_D: D's learning rate, above 0.
            lr_G: G's learning rate, above 0.
        """
        D, G = self.game.players
        D.turns = turns
        for player, lr in ((D, lr_D), (G, lr_G)):
            for group in player.optimizer.param_groups:
                group["lr"] = lr

    def report(self) -> str:
        """Say in one sentence what 2,500 samples of G are worth, by `mode_report`."""
        x = sample(self.game, 2500)
        if not x.isfinite().all():
            return f"Step {self.game.step:,}: G's samples are not finite, so nothing is counted."
        report = mode_report(x, self.mixture)
        last = self.history[-1] if self.history else {}
        losses = "".join(f", {P}'s loss {last[f'{P}_loss']:.3f}" for P in "DG" if last)
        share = f"{report['high_quality']:.1%} of the samples are good"
        outside = int((x.abs() > self.reach).any(dim=1).sum())
        away = f", {outside:,} of 2,500 lie outside the picture" if outside else ""
        covered = self._covered(int(report["modes"]))
        return f"Step {self.game.step:,}: {covered}, {share}{away}{losses}."

    def _covered(self, found: int) -> str:
        """Say how much of the data is covered."""
        of = len(self.mixture.modes)
        if self.curve:
            return f"{found / of:.0%} of the curve covered"
        return f"{found} of {of} mode{'s' if of > 1 else ''} covered"

    def draw(self) -> Figure:
        """Draw D's opinion with its pull on samples, G's bent grid, and the losses."""
        import matplotlib.pyplot as plt

        from .. import plots

        figure, axes = plt.subplot_mosaic([["D", "G"], ["loss", "loss"]], figsize=(5.6, 4.8))
        D, G = self.game.networks["D"], self.game.networks["G"]
        fake, reach = sample(self.game, 300), self.reach
        box = (-reach, reach, -reach, reach)
        plots.field(D, box, ax=axes["D"], critic=not self.objective.probabilistic)
        plots.points(self.mixture.modes, fake, ax=axes["D"], extent=box).get_legend().remove()
        pull = self.objective.g if self.objective.probabilistic else None
        plots.arrows(D, fake[:40], ax=axes["D"], loss=pull, longest=0.2 * reach)
        plots.warped_grid(G, ax=axes["G"])
        plots.points(fake=fake, ax=axes["G"], extent=box)
        if self.history:
            plots.curves(self.history, "D_loss", "G_loss", ax=axes["loss"])
        level = plots.equilibrium(self.objective)
        axes["loss"].axhline(level, color=plots.THEORY, ls="--", lw=1)
        axes["loss"].set_title(f"losses; dashed: D cannot tell, {level:.3f}")
        return figure
