"""Where tensors live: one rule for the whole package."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import torch
from torch import nn


def default_device() -> torch.device:
    """Return where networks live unless one says otherwise: on a CUDA GPU if there is one.

    A chapter says it once, at its top, `device = default_device()`, and all its cells follow.
    """
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def resolve_device(device: str | torch.device | None = None) -> torch.device:
    """Return the device to use: the one asked for, else CUDA if present, else the CPU.

    Args:
        device: `None` (choose), a name such as `"cpu"` or `"cuda:0"`, or a `torch.device`.

    Raises:
        RuntimeError: CUDA was asked for and this machine has none.
    """
    if device is None:
        return default_device()
    device = torch.device(device)
    if device.type == "cuda" and not torch.cuda.is_available():
        raise RuntimeError(
            f"device={str(device)!r} was asked for, but torch sees no CUDA GPU here: "
            "leave `device` out to train on the CPU, or install a CUDA build of torch."
        )
    return device


def device_of(network: Callable) -> torch.device:
    """Return where a network's parameters and buffers lie; the CPU for a function without any."""
    if not isinstance(network, nn.Module):
        return torch.device("cpu")
    tensors = itertools.chain(network.parameters(), network.buffers())
    return next((tensor.device for tensor in tensors), torch.device("cpu"))
