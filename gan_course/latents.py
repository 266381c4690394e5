"""Where z comes from, and how to walk between two of them.

A latent is called with a number of samples and returns them: `Normal(64)(16)` is `[16, 64]`.
It draws from torch's random state, like everything else in training. These draw by `draw_rows`, so
that many processes see the z of one; a latent of your own by `torch.randn` trains there too, with
noise of each process's own.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from .draws import draw_rows

__all__ = ["Categorical", "Concat", "Normal", "Petals", "Truncated", "Uniform", "lerp", "slerp"]


def _check_dim(dim: int) -> None:
    if dim < 1:
        raise ValueError(f"a latent needs at least one dimension, got {dim}.")


@dataclass(frozen=True)
class Normal:
    """z ~ N(0, I) in `dim` dimensions: `Normal(dim)(n) -> [n, dim]`.

    Example:
        >>> Normal(64)(16).shape
        torch.Size([16, 64])
    """

    dim: int

    def __post_init__(self) -> None:
        _check_dim(self.dim)

    def __call__(self, n: int, device: torch.device | str | None = None) -> Tensor:
        return draw_rows(torch.randn, (n, self.dim), device=device)


@dataclass(frozen=True)
class Uniform:
    """z ~ Uniform(-1, 1) in each of `dim` dimensions: `Uniform(dim)(n) -> [n, dim]`."""

    dim: int

    def __post_init__(self) -> None:
        _check_dim(self.dim)

    def __call__(self, n: int, device: torch.device | str | None = None) -> Tensor:
        return draw_rows(torch.rand, (n, self.dim), device=device) * 2 - 1


@dataclass(frozen=True)
class Categorical:
    """z is one of `dim` one-hot codes, each as likely: `Categorical(dim)(n) -> [n, dim]`."""

    dim: int

    def __post_init__(self) -> None:
        _check_dim(self.dim)

    def __call__(self, n: int, device: torch.device | str | None = None) -> Tensor:
        codes = draw_rows(partial(torch.randint, self.dim), (n,), device=device)
        return torch.nn.functional.one_hot(codes, self.dim).float()


@dataclass(frozen=True, init=False)
class Concat:
    """z is made of independent parts: `Concat(Categorical(10), Normal(8))(n) -> [n, 18]`."""

    parts: tuple[Callable[..., Tensor], ...]

    def __init__(self, *parts: Callable[..., Tensor]) -> None:
        if not parts:
            raise ValueError("Concat needs at least one latent.")
        object.__setattr__(self, "parts", parts)

    def __call__(self, n: int, device: torch.device | str | None = None) -> Tensor:
        return torch.cat([part(n, device) for part in self.parts], 1)


@dataclass(frozen=True)
class Petals:
    """z in the plane, a mixture of Gaussians on a ring, each longest along its own ray.

        z = R(2 pi y / K) (distance + along e_1, across e_2),     e ~ N(0, I),

    y one of K petals, each as likely, R(t) the turn by t: the prior with ten petals of the
    adversarial autoencoder (Makhzani et al., 2015, arXiv:1511.05644). `Petals(K)(n) -> [n, 2]`;
    with labels, `Petals(K)(n, device, y)` draws each z from the petal of its y.

    Args:
        classes: K, at least 2.
        distance: of the petals' centres from the middle, above 0.
        along: standard deviation along the ray, above 0.
        across: standard deviation across the ray, above 0.

    Raises:
        ValueError: there are fewer than two petals, or a length is not above 0.

    Example:
        >>> Petals()(16).shape
        torch.Size([16, 2])
    """

    classes: int = 10
    distance: float = 2.0
    along: float = 0.5
    across: float = 0.15

    def __post_init__(self) -> None:
        if self.classes < 2:
            raise ValueError(f"a flower needs at least two petals, got {self.classes}.")
        if not min(self.distance, self.along, self.across) > 0:
            raise ValueError(f"the lengths of petals lie above 0, got {self}.")

    def __call__(
        self, n: int, device: torch.device | str | None = None, y: Tensor | None = None
    ) -> Tensor:
        if y is None:
            y = draw_rows(partial(torch.randint, self.classes), (n,), device=device)
        elif y.shape != (n,):
            raise ValueError(f"{n} codes need {n} labels, as a tensor [n], got {list(y.shape)}.")
        e = draw_rows(torch.randn, (n, 2), device=device)
        r, s = self.distance + self.along * e[:, 0], self.across * e[:, 1]
        t = 2 * math.pi * y / self.classes
        return torch.stack([r * t.cos() - s * t.sin(), r * t.sin() + s * t.cos()], 1)

    def nearest(self, z: Tensor) -> Tensor:
        """Return the petal in which a code has the highest density, int64 `[n]`.

        Args:
            z: codes `[n, 2]`.
        """
        t = 2 * math.pi * torch.arange(self.classes, device=z.device) / self.classes
        u, v = z[:, :1], z[:, 1:]
        r, s = u * t.cos() + v * t.sin() - self.distance, v * t.cos() - u * t.sin()
        return ((r / self.along).square() + (s / self.across).square()).argmin(1)


@dataclass(frozen=True)
class Truncated:
    """z ~ N(0, I), each coordinate drawn again while it lies beyond +-`threshold`.

    `Truncated(dim, threshold)(n) -> [n, dim]`, BigGAN's truncation trick (Brock et al., 2019,
    arXiv:1809.11096): fewer surprises, less variety. The law of drawing again, reached at once by
    the inverse distribution function of N(0, 1) between -t and t:

        z = Phi^-1(Phi(-t) + u (Phi(t) - Phi(-t))),     u ~ Uniform(0, 1).

    Neither scaled (t z has other tails) nor clipped (which piles up at the ends).

    Raises:
        ValueError: there is no dimension, or the threshold is not above 0.

    Example:
        >>> bool((Truncated(64, 0.5)(16).abs() <= 0.5).all())
        True
    """

    dim: int
    threshold: float

    def __post_init__(self) -> None:
        _check_dim(self.dim)
        if not self.threshold > 0:
            raise ValueError(f"the threshold of a truncation lies above 0, got {self.threshold}.")

    def __call__(self, n: int, device: torch.device | str | None = None) -> Tensor:
        share = math.erf(self.threshold / math.sqrt(2))  # of N(0, 1) within the threshold
        u = draw_rows(torch.rand, (n, self.dim), device=device) * 2 - 1
        z = math.sqrt(2) * torch.erfinv(u * share)
        return z.clamp(-self.threshold, self.threshold)  # what rounding put beyond


def _steps(a: Tensor, b: Tensor, steps: int) -> Tensor:
    if a.shape != b.shape or steps < 2:
        raise ValueError(
            f"a walk needs two ends of one shape and at least 2 steps, "
            f"got {list(a.shape)}, {list(b.shape)} and {steps} steps."
        )
    return torch.linspace(0, 1, steps, dtype=a.dtype, device=a.device).view(-1, *[1] * a.dim())


def lerp(a: Tensor, b: Tensor, steps: int) -> Tensor:
    """Walk from `a` to `b` on the straight line: (1 - t) a + t b.

    Args:
        a: where to start, `[...]`.
        b: where to end, of the same shape.
        steps: number of points, both ends included; at least 2.

    Returns:
        `[steps, ...]`.

    Raises:
        ValueError: the shapes differ or there are fewer than 2 steps.

    Example:
        >>> lerp(torch.tensor([0.0, 0.0]), torch.tensor([2.0, 4.0]), 3).tolist()
        [[0.0, 0.0], [1.0, 2.0], [2.0, 4.0]]
    """
    return a.lerp(b, _steps(a, b, steps))


def slerp(a: Tensor, b: Tensor, steps: int) -> Tensor:
    """Walk from `a` to `b` on an arc (Shoemake, 1985; for latents White, 2016).

        sin((1 - t) w)/sin(w) a + sin(t w)/sin(w) b,     w the angle between a and b.

    In many dimensions N(0, I) lives near a sphere of radius sqrt(dim): a straight line cuts
    through its almost empty inside, the arc stays where G was trained.

    Args:
        a: where to start, `[..., dim]`.
        b: where to end, of the same shape.
        steps: number of points, both ends included; at least 2.

    Returns:
        `[steps, ..., dim]`; where `a` and `b` are parallel, the straight line.

    Raises:
        ValueError: the shapes differ or there are fewer than 2 steps.

    Example:
        >>> arc = slerp(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0]), 3)
        >>> [round(length, 4) for length in arc.norm(dim=1).tolist()]
        [1.0, 1.0, 1.0]
    """
    t = _steps(a, b, steps)
    cosine = torch.nn.functional.cosine_similarity(a, b, dim=-1).unsqueeze(-1).clamp(-1, 1)
    angle = cosine.acos()
    return torch.where(angle.sin().abs() < 1e-4, a.lerp(b, t), on_arc(a, b, angle, t))


def on_arc(a: Tensor, b: Tensor, angle: Tensor, t: Tensor) -> Tensor:
    """Return where the arc of `slerp` is at t, `[..., dim]`, for a known angle between a and b."""
    return (((1 - t) * angle).sin() * a + (t * angle).sin() * b) / angle.sin()
