"""A walk that stays Gaussian: an exercise of chapter 4."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ..latents import lerp, slerp
from .core import exercise
from .expect import close, expect, expect_close, number


@exercise(stars=2)
def walk(walk):
    """Walk from z0 to z1 so that every point is distributed like a sample."""
    z0, z1 = torch.randn(2, 40_000, 2)
    path = number(walk(z0, z1, 5))
    shape = [5, *z0.shape]
    expect(
        list(path.shape) == shape,
        f"For 5 steps from {list(z0.shape)} the shape should be {shape}, not {list(path.shape)}.",
        "Make the angles [steps, 1, ..., 1], so that they are spread over the other dimensions.",
    )
    expect(
        close(path[0], z0) and close(path[-1], z1),
        "The walk does not begin at z0 and end at z1.",
        "cos(0) = 1 and cos(pi/2) = 0: which angles belong to the two ends?",
    )
    _check_spread(path, z0, z1)
    alpha = torch.linspace(0, math.pi / 2, 7)[:, None]
    expect_close(
        walk(z0[0], z1[0], 7),
        alpha.cos() * z0[0] + alpha.sin() * z1[0],
        "The points are not those of (4.6) at even angles.",
        "Use torch.linspace(0, pi / 2, steps) as angles; it must work for z of shape [d] too.",
    )
    return "Each point of it is N(0, I), in any dimension."


def _check_spread(path: Tensor, z0: Tensor, z1: Tensor) -> None:
    expect(
        not close(path, lerp(z0, z1, 5)),
        "This is the straight line; half-way its variance is 1/2.",
        "The squares of the two factors should add up to 1.",
    )
    expect(
        not close(path, slerp(z0, z1, 5)),
        "This is slerp, which uses the angle between z0 and z1; in two dimensions it shows.",
        "The angle in (4.6) is a number that does not depend on z0 and z1.",
    )
    middle = path[2]
    expect(
        (middle.norm(dim=-1).std() - z0.norm(dim=-1).std()).abs() < 0.02,
        "All points of it are about as long as each other, and samples are not.",
        "Do not normalise the points: the cosine and the sine do all that is needed.",
    )
    expect(
        (path.var(1) - 1).abs().max() < 0.04,
        "Somewhere on the way the variance is not 1.",
        "The squares of the two factors should add up to 1: a cosine and a sine.",
    )
