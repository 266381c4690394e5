"""What a data set is made of, checked when it is made: samples, labels, classes, factors."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from ..arguments import shown


def check_factors(factors: Mapping[str, Tensor], n: int) -> None:
    """Refuse factors that are not tensors [n], one value for each of n samples."""
    if not isinstance(factors, Mapping):
        raise TypeError(f"factors must be a dict of tensors by name, got {shown(factors)}.")
    for name, values in factors.items():
        shape = list(values.shape) if isinstance(values, Tensor) else type(values).__name__
        if shape != [n]:
            raise ValueError(
                f"Factor {name!r} must be a tensor of shape [{n}], one value per sample; "
                f"got {shape}."
            )


def checked_classes(classes: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names as a tuple; refuses what are no names, and two that are the same."""
    names = tuple(classes) if isinstance(classes, tuple | list) else (None,)
    if not all(isinstance(name, str) for name in names):
        raise TypeError(f"classes must be a tuple of names, got {shown(classes)}.")
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"Each class needs a name of its own, got {twice!r} twice.")
    return names


def checked_index(index: Tensor, n: int) -> Tensor:
    """Return positions [M] or a mask [n] as a tensor; refuses what does not fit n samples."""
    try:
        index = torch.as_tensor(index)
    except (TypeError, ValueError, RuntimeError):  # torch's words for what is no list of numbers
        raise TypeError(f"An index must be a tensor, got {shown(index)}.") from None
    if index.dtype not in (torch.int64, torch.bool) or index.dim() != 1:
        raise TypeError(
            f"An index must be int64 [M] positions or a bool [{n}] mask, got {index.dtype} of "
            f"shape {list(index.shape)}."
        )
    mask = index.dtype == torch.bool
    if len(index) != n if mask else len(index) and not -n <= index.min() <= index.max() < n:
        got = f"{len(index)} entries" if mask else f"{index.min()} to {index.max()}"
        raise IndexError(f"An index must fit the {n} samples, got {got}.")
    return index


def check_samples(stored: Tensor) -> None:
    """Refuse what is neither images uint8 [N, C, H, W] nor finite points float32 [N, d]."""
    kinds = {4: torch.uint8, 2: torch.float32}
    if not isinstance(stored, Tensor):
        raise TypeError(
            f"Samples must be a tensor, got a {type(stored).__name__}: use torch.as_tensor."
        )
    if stored.dim() not in kinds:
        raise ValueError(
            f"Samples must be images [N, C, H, W] or points [N, d], got {list(stored.shape)}."
        )
    if stored.dtype != kinds[stored.dim()]:
        raise TypeError(
            f"Images are stored as uint8 (from_images converts floats in [-1, 1]) and points as "
            f"float32, got {stored.dtype} of shape {list(stored.shape)}."
        )
    if stored.numel() == 0:
        raise ValueError(f"A data set needs at least one sample, got {list(stored.shape)}.")
    if stored.requires_grad:
        raise ValueError("Samples must not require gradients: pass samples.detach().")
    if stored.is_floating_point() and not stored.isfinite().all():
        raise ValueError("Points must be finite, got NaN or infinite values: remove those rows.")


def check_labels(y: Tensor, n: int, classes: int) -> None:
    """Refuse what are not labels int64 [n] of this many classes."""
    if not isinstance(y, Tensor) or y.dtype != torch.int64:
        kind = y.dtype if isinstance(y, Tensor) else f"a {type(y).__name__}"
        raise TypeError(
            f"Labels must be an int64 tensor, got {kind}: use torch.as_tensor(y).long()."
        )
    if y.shape != (n,):
        raise ValueError(f"Labels must have shape [{n}], one per sample; got {list(y.shape)}.")
    if y.min() < 0 or y.max() >= classes:
        raise ValueError(
            f"Labels must lie in 0..{classes - 1}, one number per class name; "
            f"got {y.min()} to {y.max()}."
        )
