"""A trained generator to play with: codes, directions and classes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ..device import device_of
from ..latents import slerp
from .live import panel

if TYPE_CHECKING:
    from ipywidgets import VBox
    from matplotlib.axes import Axes

__all__ = ["main_directions", "sampler"]


@torch.no_grad()
def main_directions(
    G: Callable[..., Tensor], z: Tensor, count: int, y: Tensor | None = None, step: float = 0.1
) -> Tensor:
    """Find the directions of z in which G's samples change most.

        the first eigenvectors of E_z[J' J],     J the derivative of G in z,

    by differences of 2 `step`. They are what the first principal components are to data (for
    pictures, compare Shen and Zhou, 2021, arXiv:2007.06600, who read them off G's weights).

    Args:
        G: a generator in eval mode, `G(z)` or `G(z, y)`.
        z: codes to average over, `[N, dim]`.
        count: how many directions, at most dim.
        y: labels `[N]` of a conditional generator.
        step: of the differences, in the units of z.

    Returns:
        Orthonormal rows `[count, dim]`, the strongest first, each with its largest entry positive.

    Raises:
        ValueError: there are fewer than `count` dimensions.
    """
    dim, labels = z.shape[1], () if y is None else (y,)
    if not 1 <= count <= dim:
        raise ValueError(f"count must lie in 1..{dim}, the dimensions of z, got {count}.")
    unit = torch.eye(dim, dtype=z.dtype, device=z.device) * step
    slopes = [(G(z + e, *labels) - G(z - e, *labels)).flatten() / (2 * step) for e in unit]
    J = torch.stack(slopes).double()  # [dim, N * pixels]
    vectors = torch.linalg.eigh(J @ J.T).eigenvectors.T.flip(0)[:count]
    largest = vectors.gather(1, vectors.abs().argmax(1, keepdim=True))
    return (vectors * largest.sign()).to(z.dtype)


def sampler(
    G: Callable[..., Tensor],
    latent: Callable[[int], Tensor],
    classes: int | None = None,
    directions: int = 4,
) -> VBox:
    """Play with a trained generator of pictures in a live kernel.

    One slider chooses a code z by its seed, one walks on the arc to the next code, and the others
    push z along `main_directions`. A conditional generator shows its classes side by side.

    Args:
        G: a generator in eval mode; `G(z)` or `G(z, y)` gives `[N, C, H, W]` in [-1, 1].
        latent: draws codes, such as `Normal(48)`.
        classes: how many labels a conditional G knows.
        directions: how many sliders push z, 0 to 8.

    Returns:
        A box of `ipywidgets` to show as the last value of a cell.

    Raises:
        ValueError: `directions` is not in 0..8.
    """
    import ipywidgets

    if not 0 <= directions <= 8:
        raise ValueError(f"directions must lie in 0..8, got {directions}.")
    device = device_of(G)
    many = codes_of_seed(latent, 32, seed=0).to(device)
    labels = None if classes is None else torch.arange(len(many), device=device) % classes
    basis = main_directions(G, many, directions, labels) if directions else many[:0]
    slide = partial(ipywidgets.FloatSlider, value=0.0, step=0.1)
    controls = [
        ipywidgets.IntSlider(value=0, min=0, max=99, description="code"),
        slide(min=0.0, max=1.0, description="walk"),
        *(slide(min=-4.0, max=4.0, description=f"direction {k + 1}") for k in range(directions)),
    ]

    def draw(seed: int, t: float, *pushes: float) -> Axes:
        z = _on_the_arc(latent, seed, t).to(device)  # [1, dim]
        return _row(G, z + torch.tensor(pushes, device=device) @ basis, classes)

    return panel(draw, controls, "a sample of the generator for the code that the sliders choose")


def codes_of_seed(latent: Callable[[int], Tensor], n: int, seed: int) -> Tensor:
    """Codes [n, dim] of one seed; torch's own random state stays as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return latent(n)


def _on_the_arc(latent: Callable[[int], Tensor], seed: int, t: float) -> Tensor:
    """Return the code [1, dim] at the part t of the way from one seed's code to the next one's."""
    begin, end = codes_of_seed(latent, 1, seed), codes_of_seed(latent, 1, seed + 1)
    return slerp(begin, end, 101)[round(100 * t)]


@torch.no_grad()
def _row(G: Callable[..., Tensor], z: Tensor, classes: int | None) -> Axes:
    """Return the picture of z, or its pictures for all classes side by side."""
    from .. import plots

    if classes is None:
        return plots.image_grid(G(z), columns=4)
    pictures = G(z.repeat(classes, 1), torch.arange(classes, device=z.device))
    return plots.image_grid(pictures, columns=classes, column_labels=range(classes))
