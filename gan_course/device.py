"""Where tensors live: one rule for the whole package."""

from __future__ import annotations

import torch


def resolve_device(device: str | torch.device | None = None) -> torch.device:
    """Returns the device to use: the one asked for, else CUDA if present, else the CPU.

    Args:
        device: `None` (choose), a name such as `"cpu"` or `"cuda:0"`, or a `torch.device`.

    Raises:
        RuntimeError: CUDA was asked for and this machine has none.
    """
    if device is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    device = torch.device(device)
    if device.type == "cuda" and not torch.cuda.is_available():
        raise RuntimeError(
            f"device={str(device)!r} was asked for, but torch sees no CUDA GPU here: "
            "leave `device` out to train on the CPU, or install a CUDA build of torch."
        )
    return device
