"""Toy data in the plane: mixtures of Gaussians that know their modes, spread and density."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from ..arguments import is_real, is_whole, real_number, shown, whole_number
from ..device import resolve_device
from ..draws import draw_rows
from .dataset import Batches


@dataclass(frozen=True, eq=False)
class Mixture:
    """An equal-weight mixture of isotropic Gaussians in the plane.

    `p(x) = (1 / K) sum over k of N(x; modes_k, spread^2 I)`.

    Args:
        name: what the data are called in figures and records.
        modes: float32 centres [K, 2].
        spread: standard deviation of each coordinate around its centre, positive.

    Raises:
        ValueError: if `modes` is not [K, 2] with K > 0 or `spread` is not positive.
    """

    name: str
    modes: Tensor
    spread: float

    def __post_init__(self) -> None:
        shape = list(getattr(self.modes, "shape", []))
        if not isinstance(self.modes, Tensor) or len(shape) != 2 or shape[1] != 2 or not shape[0]:
            raise ValueError(f"modes must be centres [K, 2] in a tensor, got shape {shape}.")
        if not self.modes.is_floating_point() or not bool(self.modes.isfinite().all()):
            raise ValueError(f"modes must be finite floats, got {self.modes.dtype}: use .float().")
        if not is_real(self.spread) or not 0 < self.spread < math.inf:
            raise ValueError(f"spread must be a positive number, got {shown(self.spread)}.")

    def to(self, device: str | torch.device) -> Mixture:
        """Return the same mixture on a device: its samples are drawn there."""
        return replace(self, modes=self.modes.to(device))

    def draw(self, n: int, labels: bool = False) -> tuple[Tensor, ...]:
        """Draws samples, with torch's global random state, on the device of `modes`.

        Args:
            n: number of samples, at least 1.
            labels: whether to return the modes that they came from too.

        Returns:
            `(x,)` or `(x, k)`: x [n, 2], int64 mode indices k [n].

        Raises:
            ValueError: if `n` is below 1.
        """
        if not is_whole(n) or n < 1:
            raise ValueError(f"Ask for at least one sample, as a whole number; got n={shown(n)}.")
        pick = partial(torch.randint, len(self.modes))
        k = draw_rows(pick, (n,), device=self.modes.device)
        noise = draw_rows(torch.randn, (n, 2), self.modes.dtype, self.modes.device)
        x = self.modes[k] + self.spread * noise  # [n, 2]
        return (x, k) if labels else (x,)

    def sample(self, n: int) -> Tensor:
        """Draws samples [n, 2], with torch's global random state; see `draw`."""
        return self.draw(n)[0]

    def log_prob(self, x: Tensor) -> Tensor:
        """Evaluate the exact log-density.

        Args:
            x: points [n, 2]; the result has their dtype and device, of whole numbers float32.

        Returns:
            Log-densities [n], in nats.

        Raises:
            ValueError: if `x` is not [n, 2].
        """
        shape = list(x.shape) if isinstance(x, Tensor) else type(x).__name__
        if len(shape) != 2 or shape[1] != 2:
            raise ValueError(f"Expected points [n, 2] in a tensor, got shape {shape}.")
        x = x if x.is_floating_point() else x.float()  # whole numbers would cut the modes
        # no |x|^2 + |m|^2 - 2 x.m: the difference of large numbers loses a small spread
        distances = torch.cdist(
            x, self.modes.to(x), compute_mode="donot_use_mm_for_euclid_dist"
        )  # [n, K]
        log_weight = -math.log(len(self.modes) * 2 * math.pi) - 2 * math.log(self.spread)
        return torch.logsumexp(-0.5 * (distances / self.spread) ** 2, dim=1) + log_weight

    def batches(
        self, n: int, labels: bool = False, device: str | torch.device | None = None
    ) -> Batches:
        """Draws fresh minibatches for ever.

        Args:
            n: batch size, at least 1.
            labels: whether a batch is `(x, mode index)` instead of `(x,)`.
            device: where to draw; None for CUDA if present, else the CPU.

        Returns:
            An iterator of tuples: x [n, 2] and, if asked for, int64 mode indices [n].

        Raises:
            ValueError: if `n` is below 1.
        """
        there = self.to(resolve_device(device))
        return Batches(partial(there.draw, labels=labels), n)


def ring(modes: int = 8, radius: float = 1.0, spread: float = 0.01) -> Mixture:
    """Gaussians evenly spaced on a circle; the defaults are PacGAN's ring (Lin et al., 2018).

    The centres are `radius (cos 2 pi i / K, sin 2 pi i / K)` for i = 0..K-1. The often copied
    `linspace(0, 2 pi, 8)` puts its last centre on the first: 7 modes, one with double mass.

    Args:
        modes: number of modes K, at least 1.
        radius: radius of the circle.
        spread: standard deviation of each coordinate of a mode.

    Returns:
        The mixture, modes [K, 2].

    Raises:
        ValueError: if `modes` is below 1 or `spread` is not positive.

    Example:
        >>> x, _ = next(ring().batches(64, labels=True, device="cpu"))
        >>> x.shape
        torch.Size([64, 2])
    """
    whole_number(modes, "modes", at_least=0)
    real_number(radius, "radius")
    angles = torch.arange(modes, dtype=torch.float64) * (2 * math.pi / max(modes, 1))
    return _mixture("ring", radius * _polar(angles), spread)


def grid(side: int = 5, step: float = 2.0, spread: float = 0.05) -> Mixture:
    """Gaussians on a square grid around 0; the defaults are PacGAN's grid (Lin et al., 2018).

    Args:
        side: modes per side, at least 1; 5 gives 25 modes on {-4, -2, 0, 2, 4}^2.
        step: distance between neighbouring centres.
        spread: standard deviation of each coordinate of a mode.

    Returns:
        The mixture, modes [side^2, 2].

    Raises:
        ValueError: if `side` is below 1 or `spread` is not positive.
    """
    whole_number(side, "side", at_least=0)
    real_number(step, "step")
    axis = step * (torch.arange(side, dtype=torch.float64) - (side - 1) / 2)
    return _mixture("grid", torch.cartesian_prod(axis, axis).reshape(-1, 2), spread)


def swiss_roll(modes: int = 400, spread: float = 0.05) -> Mixture:
    """Return a spiral of one and a half turns, as Gaussians strung closely along it.

    The centres are `t (cos t, sin t) / 7` with t from 1.5 pi to 4.5 pi, the curve of
    scikit-learn's `make_swiss_roll`, about [-2, 2]. They are nearly evenly spaced along the
    curve (`t^2` is), closer than the spread, so that the density looks continuous.

    Args:
        modes: number of centres K, at least 1.
        spread: standard deviation of each coordinate around its centre: the thickness.

    Returns:
        The mixture, modes [K, 2] from the inner end to the outer.

    Raises:
        ValueError: if `modes` is below 1 or `spread` is not positive.
    """
    ends = (1.5 * math.pi) ** 2, (4.5 * math.pi) ** 2
    whole_number(modes, "modes", at_least=0)
    t = torch.linspace(*ends, modes, dtype=torch.float64).sqrt()
    return _mixture("swiss roll", t[:, None] * _polar(t) / 7, spread)


def two_moons(modes: int = 128, spread: float = 0.1) -> Mixture:
    """Two interleaved half circles, as Gaussians strung closely along them.

    The curves of scikit-learn's `make_moons`, moved to the middle and scaled by 4/3 to
    [-2, 2] x [-1, 1]; centres are closer than the spread, so that the density looks continuous.

    Args:
        modes: number of centres K, even, at least 2; the first half is the upper moon.
        spread: standard deviation of each coordinate around its centre: the thickness.

    Returns:
        The mixture, modes [K, 2].

    Raises:
        ValueError: if `modes` is odd or below 2, or `spread` is not positive.
    """
    if not is_whole(modes) or modes < 2 or modes % 2:
        raise ValueError(f"Two moons need an even number of modes, at least 2, got {shown(modes)}.")
    upper = _polar(torch.linspace(0, math.pi, modes // 2, dtype=torch.float64))
    lower = torch.tensor([1.0, 0.5]) - upper
    middle = torch.tensor([0.5, 0.25])
    return _mixture("two moons", (torch.cat([upper, lower]) - middle) * 4 / 3, spread)


def _polar(angles: Tensor) -> Tensor:
    return torch.stack([angles.cos(), angles.sin()], dim=1)  # [K, 2]


def _mixture(name: str, modes: Tensor, spread: float) -> Mixture:
    return Mixture(name, modes.float(), spread)
