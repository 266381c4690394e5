"""Standing statistics: what batch norm has to divide by when z is drawn in another way."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from ..arguments import is_whole
from ..device import device_of
from ..game.averages import average_of
from ..game.first_batch import classes_of
from ..game.states import seeded

__all__ = ["standing_statistics"]


@torch.no_grad()
def standing_statistics(
    G: nn.Module, latent: Callable[..., Tensor], batch: int = 64, passes: int = 16, seed: int = 0
) -> nn.Module:
    """Return a copy of G whose batch norms hold the statistics of this latent's samples.

    In eval mode batch norm divides by what it saw while it was trained. Where z comes from
    elsewhere, such as `Truncated(64, 0.5)`, or where the weights are an average, that is not the
    spread of what passes. So Brock et al. (2019, arXiv:1809.11096) let G see some batches first:
    each running mean and variance becomes the mean of those of `passes` batches.

    Args:
        G: maps `(z, *y)` to samples, with batch norm.
        latent: where z comes from.
        batch: samples in a batch, at least 2.
        passes: how many batches, at least 1.
        seed: fixes z, and labels drawn uniformly if G has conditional layers; the caller's random
            state is left alone.

    Returns:
        The copy, in eval mode and not trained.

    Raises:
        ValueError: G has no batch norm with running statistics, or a number is too small.

    Example:
        >>> from gan_course import Normal
        >>> G = nn.Sequential(nn.BatchNorm1d(2))
        >>> standing_statistics(G, Normal(2), batch=1_000)[0].running_var.round().tolist()
        [1.0, 1.0]
    """
    if not (is_whole(batch) and batch >= 2 and is_whole(passes) and passes >= 1):
        raise ValueError(
            f"standing statistics need batches of at least 2 and 1 pass, got batch={batch} and "
            f"passes={passes}."
        )
    G, classes, device = average_of(G), classes_of(G), device_of(G)
    norms = [m for m in G.modules() if isinstance(m, _BatchNorm) and m.track_running_stats]
    if not norms:
        raise ValueError("this network has no batch norm with running statistics to set.")
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain mean over batches
        norm.train()
    with seeded(seed, device):
        for _ in range(passes):
            y = () if classes is None else (torch.randint(classes, (batch,), device=device),)
            G(latent(batch, device), *y)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    return G.eval()
