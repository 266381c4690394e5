"""A U-Net as plain operations on 16-bit numbers, which `layers.js` runs in the page."""

from typing import Any

import numpy as np
from torch import nn

from demos import _layers
from gan_course.networks import UNet


def exported(G: UNet, side: int) -> dict[str, Any]:
    """Return {"ops": ..., "halves": float16 [n]} of a U-Net in eval mode, for pictures side x side.

    Each halving but the innermost is kept; each doubling but the first joins what was kept last.
    Batch norm, a scale and a shift in eval mode, brings its few numbers in 32 bits.

    Raises:
        TypeError: the page cannot run one of its layers, or it has no skips.
        ValueError: a weight has more than 16 bits: give it `_style.halved(G)`.
    """
    if not G.skips:
        raise TypeError("the page runs U-Nets with skips.")
    packer = _layers.Packer()
    channels = next(m for m in G.modules() if isinstance(m, nn.Conv2d)).in_channels
    ops: list[dict] = [{"op": "unflatten", "shape": [channels, side, side]}]
    for k, down in enumerate(G.downs):
        ops += _block(down, packer) + [{"op": "keep"}] * (k < len(G.downs) - 1)
    for k, up in enumerate(G.ups):
        ops += [{"op": "join"}] * (k > 0) + _block(up, packer)
    weights = np.concatenate(packer.parts)
    halves = weights.astype(np.float16)
    if not np.array_equal(halves.astype(np.float32), weights):
        raise ValueError("the page holds 16 bits of each weight: give it `halved(G)`.")
    return {"ops": ops, "halves": halves}


def _block(block: nn.Module, packer: _layers.Packer) -> list[dict]:
    """Return the operations of a halving or a doubling."""
    ops = [_normed(layer) or _layers.operation(layer, packer) for layer in block]
    return [op for op in ops if op]


def _normed(layer: nn.Module) -> dict | None:
    """Return batch norm with its own numbers, and None for another layer."""
    if not isinstance(layer, nn.BatchNorm2d):
        return None
    scale, shift = (part.detach().float().numpy() for part in _layers.folded(layer))
    return {"op": "affine", "scale": scale, "shift": shift}
