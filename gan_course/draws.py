"""Draws that many processes share: each one draws for all, and keeps the rows that are its own.

The processes of one training hold the same random state. Each draws z, indices and penalty
weights for the whole world's batch and takes its rows of them: together they see what one
process alone would see, and their random states stay equal. Alone, nothing here does anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import TypeVar

import torch
from torch import Tensor

Result = TypeVar("Result")


@dataclass(frozen=True)
class _Place:
    rank: int = 0
    size: int = 1
    sharing: bool = False  # only inside batches and losses: `sample` draws the same everywhere


_ALONE = _Place()
_place: ContextVar[_Place] = ContextVar("place in the world", default=_ALONE)


@contextmanager
def _in_place(place: _Place) -> Iterator[None]:
    token = _place.set(place)
    try:
        yield
    finally:
        _place.reset(token)


def placed(rank: int, size: int) -> AbstractContextManager[None]:
    """Makes this process number `rank` of `size` inside the `with` block."""
    return _in_place(_Place(rank, size))


def sharing_draws(function: Callable[..., Result], *args: object) -> Result:
    """Returns `function(*args)`; what `draw_rows` draws meanwhile is drawn for all processes."""
    place = _place.get()
    if place.size == 1:
        return function(*args)
    with _in_place(replace(place, sharing=True)):
        return function(*args)


def share(n: int) -> int:
    """Returns how many of the `n` rows of the whole world's batch are this process's.

    Raises:
        ValueError: `n` is not a multiple of the number of processes.
    """
    size = _place.get().size
    if n % size:
        raise ValueError(
            f"a batch of {n} cannot be shared evenly by {size} processes: "
            f"ask for a multiple of {size}, such as {(n // size + 1) * size}."
        )
    return n // size


def shared() -> bool:
    """Whether draws are this process's rows of a draw for several."""
    # compiled games play in one process, and the compiler cannot read a ContextVar
    return not torch.compiler.is_compiling() and _place.get().sharing


def draw_rows(
    draw: Callable[..., Tensor],
    size: tuple[int, ...],
    dtype: torch.dtype | None = None,
    device: torch.device | str | None = None,
) -> Tensor:
    """Draws a tensor of this size; inside `sharing_draws`, our rows of one drawn for all.

    Args:
        draw: a random function of torch, such as `torch.randn`, called as
            `draw(size, dtype=dtype, device=device)`.
        size: `(n, ...)`, with n the rows wanted here.
        dtype: of the tensor.
        device: of the tensor.

    Returns:
        `[n, ...]`: of the ranks' tensors, put one below the other, the draw of one process.
    """
    place = _place.get() if shared() else _ALONE
    n, *rest = size
    drawn = draw((n * place.size, *rest), dtype=dtype, device=device)
    return drawn[place.rank * n : (place.rank + 1) * n] if place.size > 1 else drawn
