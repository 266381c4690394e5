"""Where tensors live: one rule for the whole package."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import ArrayLike
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


def to_numpy(x: torch.Tensor | ArrayLike) -> np.ndarray:
    """Return `x` as a float64 array, wherever a tensor lies and whether or not it has gradients.

    Args:
        x: a tensor or whatever NumPy takes, of any shape.
    """
    x = x.detach().cpu() if isinstance(x, torch.Tensor) else x
    return np.asarray(x, dtype=np.float64)


def device_of(network: Callable) -> torch.device:
    """Return where a network's parameters lie; the CPU for a function that has none."""
    parameters = network.parameters() if isinstance(network, nn.Module) else iter(())
    return next((p.device for p in parameters), torch.device("cpu"))
