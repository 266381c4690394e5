"""Which z the command line draws: fewer surprises near the mean, and closed walks."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ..latents import Normal, Uniform, lerp, slerp

Latent = Callable[..., Tensor]  # latent(n, device) -> z [n, dim]
PATHS = {Normal: slerp, Uniform: lerp}  # along which z stays where G was trained


def path_of(latent: Latent, option: str) -> Callable[[Tensor, Tensor, int], Tensor]:
    """Return how to walk between two z of a latent with mean 0.

    Args:
        latent: of the run's game.
        option: what asks for it, for the message.

    Raises:
        ValueError: there is nothing between two z, or it is not known what.
    """
    if type(latent) not in PATHS:
        raise ValueError(
            f"{option} needs a normal or uniform z, which can be scaled and walked through; this "
            f"run's z is {latent!r}: leave {option} out."
        )
    return PATHS[type(latent)]


def truncated(latent: Latent, psi: float) -> Latent:
    """Return the latent whose z are those of `latent`, scaled towards their mean: psi z.

    Args:
        latent: one with mean 0.
        psi: in (0, 1]; 1 leaves z as it is.
    """
    return lambda n, device=None: psi * latent(n, device)


def closed_walk(latent: Latent, points: int, copies: int = 1) -> Latent:
    """Return a latent that draws `points` z and walks through all of them and back to the first.

    Asked for `points * frames * copies` z it takes `frames` steps from one point to the next and
    repeats each z `copies` times in a row. The points are what `latent` draws from the same
    random state.

    Args:
        latent: normal (the walk is on arcs) or uniform (on straight lines).
        points: how many z to pass, at least 2.
        copies: of each z, such as one for each class.

    Raises:
        ValueError: there is nothing between two z of this latent.
    """
    path = path_of(latent, "--interpolate")

    def draw(n: int, device: torch.device | str | None = None) -> Tensor:
        here = latent(points, device)  # [points, dim]
        legs = path(here, here.roll(-1, 0), n // (points * copies) + 1)[:-1]
        return legs.transpose(0, 1).flatten(0, 1).repeat_interleave(copies, 0)

    return draw
