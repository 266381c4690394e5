"""What a game asks of its data, looked at once, before the first move.

A wrong range, dtype or label is easy to see in a batch and hard to see in a loss: most of them
train, and look like a GAN that does not. So the first batch is tried on the networks, which are
left as they were, and what does not fit is said in one sentence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..networks.layers import Conditional


@dataclass
class Inspection:
    """Looks at all of a game's first batch, and at the labels of every batch.

    Attributes:
        trial: `trial(x, *y)`, what a kind of game asks of its first batch besides; it raises a
            sentence. See `try_players`.
        classes: labels lie in 0..classes - 1; with None nothing is asked of them.
        passed: whether a first batch has passed.
    """

    trial: Callable[..., object] | None = None
    classes: int | None = None
    passed: bool = False

    def __call__(self, batch: tuple[Tensor, ...], device: torch.device) -> None:
        """Raise a sentence about what is wrong with a batch, if anything is.

        Args:
            batch: `(x [N, ...], *y)`, on any device.
            device: where the game is played.

        Raises:
            TypeError: a dtype is wrong.
            ValueError: something else is.
        """
        if self.classes is not None:
            check_labels(batch, self.classes)
        if self.passed:
            return
        check_numbers(batch)
        if self.trial is not None:
            self.trial(*(tensor.to(device) for tensor in batch))
        self.passed = True


def check_labels(batch: tuple[Tensor, ...], classes: int) -> None:
    """Raise a sentence unless the second entry of a batch names a class for each sample.

    Values are read on the CPU only: reading them from a GPU would make every step wait.

    Args:
        batch: `(x [N, ...], y [N], ...)`, or x alone.
        classes: how many the networks know.

    Raises:
        TypeError: labels are not int64.
        ValueError: they are not `[N]`, or one names no class.
    """
    if len(batch) < 2:
        return  # the trial says that labels are missing
    x, y = batch[:2]
    if y.dtype != torch.int64:
        raise TypeError(f"labels must be int64, got {y.dtype}: let the loader return y.long().")
    if y.shape != x.shape[:1]:
        raise ValueError(
            f"labels must have shape {list(x.shape[:1])}, one per sample, got {list(y.shape)}: "
            "mend what the loader returns."
        )
    if y.device.type == "cpu" and len(y) and not 0 <= y.min() <= y.max() < classes:
        raise ValueError(
            f"labels must lie in 0..{classes - 1}, as the networks know {classes} classes, and the "
            f"loader gave {y.min()} to {y.max()}: number the classes from 0, or build the networks "
            "for more."
        )


def check_numbers(batch: tuple[Tensor, ...]) -> None:
    """Raise a sentence if a batch is empty or holds NaN or infinity.

    Args:
        batch: `(x [N, ...], *y)`; numbers `[]` are not looked at.

    Raises:
        ValueError: it is, or does.
    """
    for x in batch:
        if x.dim() == 0:
            return  # a game of numbers, not of samples
        if len(x) == 0:
            raise ValueError("the loader gave a batch without samples: mend the data.")
        if x.is_floating_point() and not x.isfinite().all():
            bad = (~x.isfinite()).flatten(1).any(1).sum() if x.dim() > 1 else (~x.isfinite()).sum()
            raise ValueError(
                f"the loader gave NaN or infinite values, in {int(bad)} of the {len(x)} samples of "
                "the first batch: find them with x.isfinite() and mend or drop them."
            )


def classes_of(*networks: nn.Module) -> int | None:
    """Return how many classes the conditional layers of these networks know; None without any."""
    layers = [
        layer for net in networks for layer in net.modules() if isinstance(layer, Conditional)
    ]
    return min((layer.classes for layer in layers), default=None)
