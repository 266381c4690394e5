"""Many samples, few of them with labels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from ..arguments import torch_generator, whole_number
from .dataset import Batches, Dataset
from .toys import Mixture

__all__ = ["FewLabels", "few_labels"]


@dataclass(frozen=True)
class FewLabels:
    """Samples with labels beside samples without: see `few_labels`.

    Attributes:
        labelled: a set with labels.
        unlabelled: a set of such samples, whose labels, if it has any, are not looked at.
    """

    labelled: Dataset
    unlabelled: Dataset | Mixture

    def batches(self, n: int, device: str | torch.device | None = None) -> Batches:
        """Draw independent minibatches of both for ever; the samples move to the device once.

        Args:
            n: samples of each kind in a batch, at least 1; may exceed the sizes of the sets.
            device: where the samples lie; None means CUDA if present, else the CPU.

        Returns:
            An iterator without end: `(x, y, u)`, x float32 `[n, ...]` with labels y int64 `[n]`,
            and u `[n, ...]` without.

        Raises:
            ValueError: n < 1, or `labelled` has no labels.
            RuntimeError: CUDA is asked for and absent.
        """
        with_labels = self.labelled.batches(n, labels=True, device=device).draw
        without = self.unlabelled.batches(n, device=device).draw
        return Batches(partial(_draw_both, with_labels, without), n)


def _draw_both(with_labels: partial, without: partial, n: int) -> tuple[Tensor, ...]:
    return *with_labels(n), *without(n)


def few_labels(dataset: Dataset, per_class: int, seed: int = 0) -> FewLabels:
    """Keep the labels of a few samples of each class: `few_labels(digits(8), 2).batches(64)`.

    All samples of the set, those with a label too, are its samples without labels, as in the
    protocol of Salimans et al. (2016, arXiv:1606.03498), who also take as many of each class.

    Args:
        dataset: with labels.
        per_class: how many samples of each class that occurs keep theirs, at least 1.
        seed: chooses them; torch's global random state is left alone.

    Returns:
        The two sets, with batches `(x, y, u)` that survive an interrupt and resume exactly.

    Raises:
        TypeError: it is not a data set.
        ValueError: it has no labels, or a class has fewer samples.
    """
    whole_number(per_class, "per_class")
    if not isinstance(dataset, Dataset):
        raise TypeError(f"few_labels needs a data set, got a {type(dataset).__name__}.")
    if dataset.y is None:
        raise ValueError(f"{dataset.name} has no labels, so there are none to choose from.")
    y = dataset.y.cpu()
    order = torch.randperm(len(y), generator=torch_generator(seed))
    chosen = [order[y[order] == k][:per_class] for k in y.unique()]
    if poor := [rows for rows in chosen if len(rows) < per_class]:
        raise ValueError(
            f"few_labels cannot keep {per_class} labels of each class: {dataset.name} has "
            f"{len(poor[0])} samples of class {dataset.classes[y[poor[0][0]]]!r}."
        )
    labelled = dataset.take(torch.cat(chosen).to(dataset.stored.device))
    return FewLabels(labelled, replace(dataset, y=None, classes=()))
