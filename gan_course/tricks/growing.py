"""Progressive growing, as a trick on a game: start small, fade larger layers in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from torch import Tensor

from ..game import Game
from ..networks.growing import Growing, at_stage, set_stage
from ..objectives import Objective

__all__ = ["drifting", "grow", "growing", "stage_at"]


def growing(game: Game) -> Game:
    """Return the game in which real images are shown at the stage and alpha of G.

    Each player's loss sees `at_stage(real, *G.now())` in place of `real`, as in the code of
    Karras et al. (2018, arXiv:1710.10196): while G fades, so do the data.

    Args:
        game: whose G is a `GrowingGenerator` and whose D is a `GrowingDiscriminator`.

    Returns:
        Its successor, with the networks, optimizers and random state of `game`.

    Raises:
        ValueError: G or D does not grow.
    """
    G = game.networks.get("G")
    if not isinstance(G, Growing) or not _growing_parts(game, "D"):
        raise ValueError("this trick is for games of a growing G against a growing D.")

    def faded(loss: Callable) -> Callable:
        def seen(real: Tensor, *y: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
            return loss(at_stage(real, *G.now()), *y)

        return seen

    # eager: a recording would go on with the blocks that it has seen
    players = [replace(p, loss=faded(p.loss), eager=True) for p in game.players]
    return replace(game, players=players, settings={**game.settings, "growing": "True"})


def _growing_parts(game: Game, *names: str) -> list[Growing]:
    networks = [game.networks[name] for name in names or game.networks if name in game.networks]
    if not names:
        networks += [average.network for average in game.averages.values()]
    return [part for net in networks for part in net.modules() if isinstance(part, Growing)]


def grow(game: Game, stage: int, alpha: float = 1.0) -> None:
    """Set the stage of all growing networks of a game, and of their averages, in place.

    For the body of a training loop: `grow(game, *stage_at(game.step, stay=300, fade=300))`. With a
    new stage all optimizers forget their moments, as in the authors' code, and averages are young
    again, so that they soon forget the random start of the new block.

    Args:
        game: that `growing` returned.
        stage: 0 for 4x4 pixels, then one for each doubling.
        alpha: 0 for what the stage before makes, 1 for this one alone.

    Raises:
        ValueError: nothing in the game grows, there is no such stage, or `alpha` is out of range.
    """
    parts = _growing_parts(game)
    if not parts:
        raise ValueError("nothing grows in this game: build it of growing networks.")
    new = any(part.now()[0] != stage for part in parts)
    for part in parts:
        set_stage(part, stage, alpha)
    if new:
        for player in game.players:
            player.optimizer.state.clear()
        for average in game.averages.values():
            average.age = 0


def stage_at(step: int, stay: int, fade: int, first: int = 0, last: int = 3) -> tuple[int, float]:
    """Return stage and alpha of a step in the paper's plan.

    Stage `first` for `stay` steps; then each stage up to `last` is faded in evenly during `fade`
    steps and trained for `stay` more. (In the paper both are 800,000 images; in its code 600,000.)

    Args:
        step: steps played, at least 0.
        stay: steps at alpha 1.
        fade: steps in which alpha rises from 0 to 1; 0 switches at once.
        first: the stage to begin with.
        last: the stage to end with.

    Raises:
        ValueError: a number is below 0, both lengths are 0, or `last` is below `first`.

    Example:
        >>> [stage_at(step, stay=100, fade=50, first=1, last=2) for step in (0, 100, 125, 400)]
        [(1, 1.0), (2, 0.0), (2, 0.5), (2, 1.0)]
    """
    if min(step, stay, fade, first) < 0 or stay + fade < 1 or last < first:
        raise ValueError(
            "a plan needs numbers of at least 0, a stay or a fade, and a last stage not before "
            f"the first: got step={step}, stay={stay}, fade={fade}, first={first}, last={last}."
        )
    if step < stay or last == first:
        return first, 1.0
    later, into = divmod(step - stay, stay + fade)
    if first + 1 + later > last:
        return last, 1.0
    return first + 1 + later, min(1.0, into / fade) if fade else 1.0


def drifting(objective: Objective, weight: float = 1e-3) -> Objective:
    """Return an objective whose D is held near 0 on real samples.

        d = objective.d + weight E D(x)^2

    A Wasserstein loss does not change when a constant is added to D, so D drifts; this pins it
    (Karras et al., 2018, arXiv:1710.10196, who write epsilon for the weight).

    Args:
        objective: such as `wasserstein`.
        weight: at least 0.

    Raises:
        ValueError: the weight is below 0.

    Example:
        >>> from gan_course import wasserstein
        >>> drifting(wasserstein)
        wasserstein, drift 0.001
    """
    if not weight >= 0:
        raise ValueError(f"the weight of a drift is at least 0, got {weight}.")
    name = f"{objective.name}, drift {weight}"
    return replace(objective, name=name, d=partial(_drifting_d, objective.d, weight))


def _drifting_d(d: Callable[..., Tensor], weight: float, real: Tensor, fake: Tensor) -> Tensor:
    return d(real, fake) + weight * real.square().mean()
