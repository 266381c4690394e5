"""Torch's words, where a reader meets them while a game is played, put plainly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "not enough memory")


@contextmanager
def plainly() -> Iterator[None]:
    """Say in one sentence what went wrong inside, where torch says it in its own terms.

    Raises:
        MemoryError: the CPU or GPU ran out of memory.
        ValueError: batch norm met a single sample.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not isinstance(error, MemoryError | torch.OutOfMemoryError) and not any(
            words in str(error) for words in OUT_OF_MEMORY
        ):
            raise
        raise MemoryError(
            "there is not enough memory for a step of this game: lower the batch size first, then "
            "the width of the networks or the size of the images; bf16=True halves what "
            "activations need."
        ) from error
    except ValueError as error:
        if "more than 1 value per channel" not in str(error):
            raise
        raise ValueError(
            "a layer of batch norm met a batch of one sample, which has no spread to divide by: "
            "give it at least two, in a DataLoader by drop_last=True."
        ) from error
