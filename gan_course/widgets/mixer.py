"""Two faces mixed by layers, truncated and edited, in a live kernel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ..device import device_of
from ..networks import StyleGenerator, truncate
from .live import panel
from .sampler import codes_of_seed

if TYPE_CHECKING:
    from ipywidgets import VBox
    from matplotlib.axes import Axes

__all__ = ["mixed_styles", "mixer"]


def mixed_styles(
    a: Tensor,
    b: Tensor,
    from_b: Sequence[bool],
    mean: Tensor,
    psi: float = 1.0,
    push: Tensor | float = 0.0,
) -> Tensor:
    """Mix the styles of two faces layer by layer, truncate them, then push them.

        w_l = mean + psi (b_l - mean) + push_l  where layer l hears B,  the same of a elsewhere.

    Args:
        a: styles of A, `[N, layers, dim]`.
        b: styles of B, of the same shape.
        from_b: for each layer whether it hears B.
        mean: the centre of W, `[dim]`, such as `G.mean_w`.
        psi: 1 changes nothing, 0 is the mean face, below 0 are opposites.
        push: what edits add, `[layers, dim]`.

    Returns:
        Styles `[N, layers, dim]` for `G.synthesis`.

    Raises:
        ValueError: the shapes differ, or `from_b` does not speak of each layer.
    """
    if a.shape != b.shape or a.dim() != 3 or len(from_b) != a.shape[1]:
        raise ValueError(
            "mixed_styles takes two tensors of styles [N, layers, dim] of one shape and a choice "
            f"for each layer, got {list(a.shape)}, {list(b.shape)} and {len(from_b)} choices."
        )
    chosen = torch.tensor(from_b, dtype=torch.bool, device=a.device)[:, None]
    return truncate(torch.where(chosen, b, a), mean, psi) + push


def mixer(
    G: StyleGenerator,
    latent: Callable[[int], Tensor],
    edits: Mapping[str, Tensor] | None = None,
) -> VBox:
    """Play with a trained StyleGAN in a live kernel: mix two faces, truncate, edit.

    Two sliders choose A and B by their seeds, one the layers that hear B, one psi; each of the
    others pushes the style along one of the edits. Shown are A, the mixture and B.

    Args:
        G: in eval mode.
        latent: draws codes, such as `Normal(64)`.
        edits: by name, what one step of its slider adds to the styles, `[layers, dim]`.

    Returns:
        A box of `ipywidgets` to show as the last value of a cell.

    Raises:
        ValueError: an edit has another shape.
    """
    import ipywidgets

    device, edits = device_of(G), dict(edits or {})
    for name, edit in edits.items():
        if tuple(edit.shape) != (G.layers, len(G.mean_w)):
            wanted = f"[{G.layers}, {len(G.mean_w)}]"
            raise ValueError(f"edit {name!r} must have shape {wanted}, got {list(edit.shape)}.")
    seed = partial(ipywidgets.IntSlider, min=0, max=99)
    slide = partial(ipywidgets.FloatSlider, value=0.0, step=0.1)
    layers = ipywidgets.IntRangeSlider(value=(0, 3), min=0, max=G.layers, description="B's layers")
    controls = [
        *(seed(value=2, description="A"), seed(value=5, description="B"), layers),
        slide(value=0.7, min=-1.0, max=1.5, description="ψ"),
        *(slide(min=-3.0, max=3.0, description=name.replace("_", " ")) for name in edits),
    ]

    def draw(a: int, b: int, from_b: tuple[int, int], psi: float, *pushes: float) -> Axes:
        z = torch.cat([codes_of_seed(latent, 1, chosen) for chosen in (a, b)]).to(device)
        steps = zip(pushes, edits.values(), strict=True)
        push = sum(step * edit.to(device) for step, edit in steps) if edits else 0.0
        return _three(G, z, range(*from_b), psi, push)

    return panel(draw, controls, "face A, the mixture that the sliders choose, and face B")


@torch.no_grad()
def _three(G: StyleGenerator, z: Tensor, from_b: range, psi: float, push: Tensor | float) -> Axes:
    """Return the pictures of A, of the mixture and of B, side by side."""
    from .. import plots

    a, b = G.styles(z).split(1)  # [1, layers, dim] each
    chosen = [layer in from_b for layer in range(G.layers)]
    ws = [
        mixed_styles(a, a, chosen, G.mean_w, psi),
        mixed_styles(a, b, chosen, G.mean_w, psi, push),
        mixed_styles(b, b, chosen, G.mean_w, psi),
    ]
    pictures = G.synthesis(torch.cat(ws)).clamp(-1, 1)
    return plots.image_grid(pictures, columns=3, column_labels=["A", "mixture", "B"])
