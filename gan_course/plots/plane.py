"""The plane: samples, D as a landscape, the pull that it exerts, and G as a bent sheet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from torch import Tensor, nn

from ..device import device_of
from . import style
from .style import DOUBT, FAKE, REAL, THEORY, axes_or_new

Extent = tuple[float, float, float, float]  # left, right, bottom, top
SQUARE: Extent = (-2.0, 2.0, -2.0, 2.0)


def points(
    real: Tensor | None = None,
    fake: Tensor | None = None,
    ax: Axes | None = None,
    extent: Extent | None = None,
) -> Axes:
    """Scatter real points, blue discs, and generated ones, orange crosses.

    Args:
        real: `[N, 2]`, or None to leave them out.
        fake: `[M, 2]`, or None to leave them out.
        ax: axes to draw into; a new figure by default.
        extent: (left, right, bottom, top) to show; all points by default.

    Returns:
        The axes.

    Raises:
        ValueError: if points are not in the plane.
    """
    ax = axes_or_new(ax, height=4.6)
    looks = (
        (
            real,
            {"label": "real", "color": REAL, "s": 14, "alpha": 0.6, "linewidths": 0, "zorder": 4},
        ),
        (
            fake,
            {
                "label": "generated",
                "color": FAKE,
                "s": 22,
                "marker": "x",
                "linewidths": 1.1,
                "zorder": 3,
            },
        ),
    )
    for x, look in looks:
        if x is not None:
            _require_plane(x)
            ax.scatter(*x.detach().cpu().T, **look)
    if real is not None and fake is not None:
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.06), ncols=2, markerscale=1.4)
    return _frame(ax, extent)


def field(
    D: Callable[[Tensor], Tensor],
    extent: Extent = SQUARE,
    ax: Axes | None = None,
    critic: bool = False,
) -> Axes:
    """Show D over the plane: white where it cannot tell, blue where "real", orange where "fake".

    The colour is sigma(D(x)) in [0, 1], with a dashed line at 1/2. A critic has no zero: its
    colour is D(x) around its mean over the square shown.

    Args:
        D: maps `[N, 2]` to logits `[N]` or `[N, 1]`; a network is used in eval mode.
        extent: (left, right, bottom, top).
        ax: axes to draw into; a new figure by default.
        critic: whether D's outputs are scores rather than log-odds.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax, height=4.6)
    side = 121
    x, y = (torch.linspace(*ends, side) for ends in (extent[:2], extent[2:]))
    grid = torch.cartesian_prod(y, x).flip(1)  # [side^2, 2], row by row from below
    with _eval_mode(D), torch.no_grad():
        height = D(grid.to(device_of(D))).reshape(side, side).cpu().float()
    height = height - height.mean() if critic else height.sigmoid()
    reach = height.abs().max().item() or 1.0
    low, high = (-reach, reach) if critic else (0.0, 1.0)
    height = height.numpy()
    picture = ax.imshow(
        height, DOUBT, extent=extent, origin="lower", vmin=low, vmax=high, interpolation="bilinear"
    )
    if not critic and height.min() < 0.5 < height.max():
        ax.contour(height, [0.5], extent=extent, colors=THEORY, linewidths=0.8, linestyles="--")
    label = "D(x), around its mean" if critic else "D's probability of “real”"
    ax.figure.colorbar(picture, ax=ax, label=label, shrink=0.85)
    return _frame(ax, extent)


def arrows(
    D: Callable[[Tensor], Tensor],
    x: Tensor,
    ax: Axes | None = None,
    loss: Callable[[Tensor], Tensor] | None = None,
    longest: float = 0.3,
) -> Axes:
    """Draw where D pulls points: minus the gradient of G's loss in each of them.

    Args:
        D: maps `[N, 2]` to logits `[N]` or `[N, 1]`; a network is used in eval mode.
        x: `[N, 2]`, usually generated points.
        ax: axes to draw into; a new figure by default.
        loss: G's loss as a function of the logits, such as `objective.g`; by default -D(x),
            so that the arrows show the slope of D itself.
        longest: length of the longest arrow, in units of x; the others are in proportion.

    Returns:
        The axes.

    Raises:
        ValueError: if points are not in the plane.
    """
    _require_plane(x)
    ax = axes_or_new(ax, height=4.6)
    leaf = x.detach().to(device_of(D)).requires_grad_()
    with _eval_mode(D), torch.enable_grad():
        logits = D(leaf)
        total = -logits.sum() if loss is None else loss(logits)
    pull = -torch.autograd.grad(total, leaf)[0].cpu()  # [N, 2]
    pull = pull * (longest / pull.norm(dim=1).max().clamp_min(1e-30))
    arrow = {"angles": "xy", "scale_units": "xy", "scale": 1, "width": 0.006, "zorder": 5}
    ax.quiver(*x.detach().cpu().T, *pull.T, color=THEORY, **arrow)
    return _frame(ax, None)


def warped_grid(
    G: Callable[[Tensor], Tensor],
    radius: float = 2.0,
    lines: int = 21,
    ax: Axes | None = None,
    extent: Extent | None = None,
) -> Axes:
    """Show G as a bent sheet: where it takes the lines of a square grid of its two latents.

    Lines along the first latent are purple, along the second grey; where they crowd, G puts
    much of its probability, and where they fold, it is not one-to-one.

    Args:
        G: maps `[N, 2]` to `[N, 2]`; a network is used in eval mode.
        radius: the grid covers [-radius, radius]^2 (2 holds 91 % of a standard normal z).
        lines: number of lines each way.
        ax: axes to draw into; a new figure by default.
        extent: (left, right, bottom, top) to show; the whole sheet by default.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax, height=4.6)
    fixed, along = torch.linspace(-radius, radius, lines), torch.linspace(-radius, radius, 200)
    across = torch.cartesian_prod(fixed, along)  # [lines * 200, 2]
    for z, color in ((across, style.QUIET), (across.flip(1), style.G)):
        with _eval_mode(G), torch.no_grad():
            x = G(z.to(device_of(G))).cpu()
        _require_plane(x)
        sheet = x.reshape(lines, 200, 2).numpy()
        ax.add_collection(LineCollection(sheet, colors=color, linewidths=0.9, zorder=2))
    ax.autoscale_view()
    return _frame(ax, extent)


def _frame(ax: Axes, extent: Extent | None) -> Axes:
    """Equal units both ways, and the extent if one is asked for."""
    ax.set_aspect("equal")
    ax.grid(False)
    if extent is not None:
        ax.set(xlim=extent[:2], ylim=extent[2:])
    return ax


def _require_plane(x: Tensor) -> None:
    if x.ndim != 2 or x.shape[1] != 2 or not np.prod(x.shape):
        raise ValueError(f"points in the plane have shape [N, 2] with N > 0, got {list(x.shape)}.")


@contextmanager
def _eval_mode(network: Callable) -> Iterator[None]:
    """Look at a network without moving its batch statistics."""
    modules = list(network.modules()) if isinstance(network, nn.Module) else []
    before = [module.training for module in modules]
    for module in modules:
        module.training = False
    try:
        yield
    finally:
        for module, training in zip(modules, before, strict=True):
            module.training = training
