"""Perceptual path length: how smoothly a generator turns latents into images."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from ..arguments import as_float64, is_real, is_whole, shown
from ..game.states import mode
from ..latents import on_arc

Interpolation = Callable[[Tensor, Tensor, Tensor], Tensor]


def perceptual_path_length(
    G: nn.Module,
    start: Tensor,
    end: Tensor,
    t: Tensor,
    distance: Callable[[Tensor, Tensor], Tensor],
    interpolate: Interpolation = torch.lerp,
    epsilon: float = 1e-4,
    trim: float = 0.01,
    batch: int = 128,
) -> float:
    """Perceptual path length: the mean squared speed of G's output on the way between latents.

    `mean distance(G(z(t)), G(z(t + epsilon))) / epsilon^2`, z(t) on a path from `start` to `end`
    (Karras et al. 2019: slerp in Z, lerp in W), after the lowest and highest `trim` are dropped,
    which tames heavy tails and lowers the value. For a linear G(z) = A z, z ~ N(0, I), lerp and
    squared L2 it is `2 |A|_F^2` on average, whatever epsilon, at trim 0. In float32, rounding
    adds about `(1e-7 |G(z)| / epsilon)^2`: take float64, or no smaller epsilon. torchmetrics
    takes t = 0.

    Args:
        G: maps latents [b, dim] to images [b, ...]; called in eval mode, without gradients.
        start: latents [n, dim].
        end: latents [n, dim].
        t: where on its path each pair is looked at [n]: uniform on [0, 1), or zeros for the
            variant "end".
        distance: *squared* distance [b] between two batches of images, as LPIPS is.
        interpolate: function of start [b, dim], end [b, dim] and t [b, 1].
        epsilon: step in t.
        trim: share dropped at either end, in [0, 0.5).
        batch: pairs per call of G.

    Returns:
        The mean, in units of the distance, at least 0.

    Raises:
        ValueError: shapes that do not fit, epsilon, trim or batch out of range, a distance that
            is not one finite number per pair.
    """
    given = [list(x.shape) if isinstance(x, Tensor) else shown(x) for x in (start, end, t)]
    n = given[0][:1]
    if not (given[0] == given[1] and len(given[0]) == 2 and given[2] == n and n != [0]):
        raise ValueError(
            "Expected tensors start [n, dim], end [n, dim] and t [n], "
            f"got {given[0]}, {given[1]} and {given[2]}."
        )
    numbers = is_real(epsilon) and is_real(trim) and is_whole(batch)
    if not (numbers and 0 < epsilon < np.inf and 0 <= trim < 0.5 and batch > 0):
        raise ValueError(
            "Expected epsilon > 0, 0 <= trim < 0.5 and a whole number batch > 0, "
            f"got {shown(epsilon)}, {shown(trim)} and {shown(batch)}."
        )
    pairs = zip(start.split(batch), end.split(batch), t[:, None].split(batch), strict=True)
    with mode([G], training=False):
        steps = [_step(G, *pair, distance, interpolate, epsilon) for pair in pairs]
    return _trimmed_mean(np.concatenate(steps) / epsilon**2, trim)


@torch.no_grad()
def _step(
    G: nn.Module,
    start: Tensor,
    end: Tensor,
    t: Tensor,
    distance: Callable[[Tensor, Tensor], Tensor],
    interpolate: Interpolation,
    epsilon: float,
) -> np.ndarray:
    here, there = (G(interpolate(start, end, s)) for s in (t, t + epsilon))
    moved = as_float64(distance(here, there), "the distance between images")
    if moved.shape != (len(start),):
        raise ValueError(
            f"distance must return one number per pair, [{len(start)}], got shape {moved.shape}."
        )
    return moved


def arc(start: Tensor, end: Tensor, t: Tensor) -> Tensor:
    """Walk on the sphere of radius sqrt(dim) from one latent to another: slerp in Z.

        sqrt(dim) (sin((1 - t) v) a + sin(t v) b) / sin v,    a, b of length 1, v their angle,

    at constant speed v sqrt(dim). (Karras et al., 2019, arXiv:1812.04948; their code walks on
    the unit sphere, which is the same for a G that brings z to one length.) With it, and z from
    N(0, I), the path length of a linear G(z) = A z is (pi^2 / 4 + 1 / dim) |A|_F^2, about.

    Args:
        start: latents [n, dim], brought to the sphere.
        end: latents [n, dim], neither equal nor opposite to their start.
        t: share of the way [n, 1].

    Returns:
        Points [n, dim].
    """
    a, b = (z / torch.linalg.vector_norm(z, dim=1, keepdim=True) for z in (start, end))
    angle = (a * b).sum(1, keepdim=True).clamp(-1, 1).acos()
    return on_arc(a, b, angle, t) * start.shape[1] ** 0.5


def _trimmed_mean(values: np.ndarray, trim: float) -> float:
    low = np.quantile(values, trim, method="lower")
    high = np.quantile(values, 1 - trim, method="higher")
    return float(values[(values >= low) & (values <= high)].mean())
