"""Two sets side by side, for games that translate between them: matched, or not."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from ..device import resolve_device
from ..draws import draw_rows
from .dataset import Batches, Dataset, as_floats
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


@dataclass(frozen=True)
class Matched:
    """Two data sets of which row i belongs to row i: see `matched`.

    Attributes:
        a: the first set, [N, ...].
        b: the second, [N, ...].
    """

    a: Dataset
    b: Dataset

    def batches(self, n: int, device: str | torch.device | None = None) -> Batches:
        """Draw minibatches of pairs for ever; the samples move to the device once.

        Args:
            n: pairs in a batch, at least 1; may exceed the size of the sets.
            device: where the samples lie; None means CUDA if present, else the CPU.

        Returns:
            An iterator without end: `(x, y)`, x float32 `[n, ...]` from the first set and y
            `[n, ...]` from the same rows of the second.

        Raises:
            ValueError: n < 1.
            RuntimeError: CUDA is asked for and absent.
        """
        device = resolve_device(device)
        a, b = (each.stored.to(device) for each in (self.a, self.b))
        return Batches(partial(_draw_pairs, a, b), n)


def _draw_pairs(a: Tensor, b: Tensor, n: int) -> tuple[Tensor, Tensor]:
    index = draw_rows(partial(torch.randint, len(a)), (n,), device=a.device)
    return as_floats(a.index_select(0, index)), as_floats(b.index_select(0, index))


def matched(a: Dataset, b: Dataset) -> Matched:
    """Put two sets side by side, row by row: `matched(a, b).batches(64)` draws pairs (x, y).

    What goes with what *is* in the data, as pix2pix (Isola et al., 2017, arXiv:1611.07004) needs
    it; `paired` draws from both sets independently.

    Args:
        a: what is given, such as outlines.
        b: what belongs to it, as many samples, such as the drawings.

    Returns:
        The two, with batches `(x, y)` that survive an interrupt and resume exactly.

    Raises:
        TypeError: one of them is not a data set.
        ValueError: they have different numbers of samples.
    """
    for each in (a, b):
        if not isinstance(each, Dataset):
            raise TypeError(
                f"matched needs two data sets, got a {type(each).__name__}: make one of your "
                "images with from_images."
            )
    if len(a) != len(b):
        raise ValueError(
            f"matched needs as many samples of each, got {len(a):,} and {len(b):,}: row i of the "
            "first belongs to row i of the second."
        )
    return Matched(a, b)
