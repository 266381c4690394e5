"""Two sets side by side, for games that translate between them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from .dataset import Batches, Dataset
from .toys import Mixture


@dataclass(frozen=True)
class Paired:
    """Two data sets whose samples come together, but are not matched: see `paired`.

    Attributes:
        a: the first set.
        b: the second.
    """

    a: Dataset | Mixture
    b: Dataset | Mixture

    def batches(self, n: int, device: str | torch.device | None = None) -> Batches:
        """Draw independent minibatches of both sets for ever; the samples move to the device once.

        Args:
            n: samples of each set in a batch, at least 1; may exceed the sizes of the sets.
            device: where the samples lie; None means CUDA if present, else the CPU.

        Returns:
            An iterator without end: `(x, y)`, x float32 `[n, ...]` from the first set and y
            `[n, ...]` from the second.

        Raises:
            ValueError: n < 1.
            RuntimeError: CUDA is asked for and absent.
        """
        a, b = (each.batches(n, device=device).draw for each in (self.a, self.b))
        return Batches(partial(_draw_both, a, b), n)


def _draw_both(a: partial, b: partial, n: int) -> tuple[Tensor, Tensor]:
    return *a(n), *b(n)


def paired(a: Dataset | Mixture, b: Dataset | Mixture) -> Paired:
    """Put two sets side by side: `paired(a, b).batches(64)` draws from each independently.

    What x goes with what y is not in the data: that is what CycleGAN (Zhu et al., 2017,
    arXiv:1703.10593) and CoGAN (Liu and Tuzel, 2016, arXiv:1606.07536) have to find.

    Args:
        a: a data set or a mixture, such as photographs by day.
        b: another one, such as photographs by night; sizes and shapes may differ.

    Returns:
        The two, with batches `(x, y)` that survive an interrupt and resume exactly.

    Raises:
        TypeError: one of them is not a data set.
    """
    for each in (a, b):
        if not isinstance(each, Dataset | Mixture):
            raise TypeError(
                f"paired needs two data sets, got a {type(each).__name__}: make one of your "
                "images with from_images."
            )
    return Paired(a, b)
