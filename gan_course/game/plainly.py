"""Torch's words, where a reader meets them while a game is played, put plainly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "not enough memory", "ALLOC_FAILED")
PLAYING = (
    "a step of this game: lower the batch size first, then the width of the networks or the size "
    "of the images; bf16=True halves what activations need."
)
SAMPLING = "these samples: draw fewer of them at a time, or lower the width of the network."


def out_of_memory(error: Exception) -> bool:
    """Return whether memory ran out: torch has a kind of its own for that on GPUs only."""
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or any(
        words in str(error) for words in OUT_OF_MEMORY
    )


@contextmanager
def plainly(doing: str = PLAYING) -> Iterator[None]:
    """Say in one sentence what went wrong inside, where torch says it in its own terms.

    Args:
        doing: what there may be too little memory for, and what to lower.

    Raises:
        MemoryError: the CPU or GPU ran out of memory.
        ValueError: batch norm met a single sample.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not out_of_memory(error):
            raise
        raise MemoryError(f"there is not enough memory for {doing}") from error
    except ValueError as error:
        if "more than 1 value per channel" not in str(error):
            raise
        raise ValueError(
            "a layer of batch norm met a batch of one sample, which has no spread to divide by: "
            "give it at least two, in a DataLoader by drop_last=True."
        ) from error
