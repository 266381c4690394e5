"""What G can reach and D can say: data beyond a tanh's ends, and logits that are none."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

RANGES: dict[type[nn.Module], tuple[float, float]] = {  # of last layers
    nn.Tanh: (-1.0, 1.0),
    nn.Sigmoid: (0.0, 1.0),
}
TO_IMAGES = "make images floats in [-1, 1], as x.float() / 127.5 - 1 does with bytes"


@contextmanager
def bounded_layers(G: nn.Module) -> Iterator[dict[type[nn.Module], Tensor]]:
    """Keep what layers of the kinds in `RANGES` returned last, while G is called inside."""
    returned: dict[type[nn.Module], Tensor] = {}

    def keep(layer: nn.Module, _: object, out: Tensor) -> None:
        returned[type(layer)] = out

    hooks = [m.register_forward_hook(keep) for m in G.modules() if type(m) in RANGES]
    try:
        yield returned
    finally:
        for hook in hooks:
            hook.remove()


def end_of(fake: Tensor, returned: dict[type[nn.Module], Tensor]) -> type[nn.Module] | None:
    """Return the kind of layer whose output is what G returned `[N, ...]`, but for its shape."""
    for kind, out in returned.items():
        if out.dtype == fake.dtype and torch.equal(out.flatten(), fake.flatten()):
            return kind
    return None


def check_range(end: type[nn.Module] | None, real: Tensor) -> None:
    """Raise a sentence if data lie outside what G can return.

    Args:
        end: the kind of layer in which G ends, of those that are known to be bounded.
        real: samples `[N, ...]`.

    Raises:
        ValueError: a value lies outside.
    """
    if end is None or not real.is_floating_point():
        return
    low, high = RANGES[end]
    least, most = real.min().item(), real.max().item()
    if least < low - 1e-3 or most > high + 1e-3:
        raise ValueError(
            f"the loader returns values from {least:.3g} to {most:.3g}, and G ends in "
            f"{end.__name__}, which reaches {low:g} to {high:g} only: "
            f"rescale the data; {TO_IMAGES}."
        )


def warn_of_sigmoid(D: nn.Module, outputs: list[Tensor]) -> None:
    """Warn of a D whose outputs `[N, ...]`, of whatever it is shown, all lie in [0, 1]."""
    # a young D of logits may stay in [0, 1] by chance, but it does not press against an end
    low, high = min(out.min() for out in outputs), max(out.max() for out in outputs)
    # (one whose last weights begin at zero is flat, and presses against nothing)
    presses = isinstance(_last_layer(D), nn.Sigmoid) or (low < high and min(low, 1 - high) < 1e-6)
    if presses and all(((out >= 0) & (out <= 1)).all() for out in outputs):
        warnings.warn(
            "all outputs of D lie in [0, 1], whatever it is shown, so it seems to end in a "
            "sigmoid: D must return logits, and the losses apply the sigmoid themselves. Take it "
            "out, or the loss will look like equilibrium while little is learned.",
            stacklevel=2,
        )


def _last_layer(network: nn.Module) -> nn.Module | None:
    """Return the last layer that changes values, not only shapes."""
    leaves = [module for module in network.modules() if not [*module.children()]]
    leaves = [
        leaf for leaf in leaves if not isinstance(leaf, nn.Flatten | nn.Unflatten | nn.Identity)
    ]
    return leaves[-1] if leaves else None
