"""Noise that stays: dropout that G keeps when it is used, and a fog in front of D that lifts."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout

from ..draws import draw_rows

__all__ = ["InstanceNoise", "KeptDropout"]


class KeptDropout(nn.Dropout):
    """Dropout that stays active in eval mode: the noise of a G that is used as it was trained.

    (Isola et al., 2017, arXiv:1611.07004, with p = 0.5 in three layers of their G.) `sample` and
    `generate` fix it by their seed.

    Args:
        p: share of features set to 0; the others are divided by 1 - p.
        inplace: whether to write into the input.
    """

    def forward(self, h: Tensor) -> Tensor:
        return dropout(h, self.p, training=True, inplace=self.inplace)


class InstanceNoise(nn.Module):
    """Adds normal noise to all that D sees, real or not, in train mode only: `[N, ...]`, the same out.

        x + level * N(0, I),     level = start * max(0, 1 - step / steps).

    Put it in front of D, and let the loop lift the fog by `at`. Distributions that hardly overlap
    do so behind it. (Sønderby et al., 2017, arXiv:1610.04490; Arjovsky and Bottou, 2017,
    arXiv:1701.04862.) The level is a buffer: a checkpoint holds it, and a recording follows it.

    Args:
        start: the level at step 0, in units of x, at least 0.
        steps: when it is gone, at least 1.

    Raises:
        ValueError: one of them is out of range.

    Example:
        >>> noise = InstanceNoise(0.5, steps=1000)
        >>> noise.at(250)
        0.375
    """

    level: Tensor

    def __init__(self, start: float, steps: int) -> None:
        super().__init__()
        if not (start >= 0 and steps >= 1):
            raise ValueError(
                "instance noise starts at a level of at least 0 and is gone after at least 1 step, "
                f"got {start} and {steps}."
            )
        self.start, self.steps = start, steps
        self.register_buffer("level", torch.tensor(float(start)))

    def extra_repr(self) -> str:
        return f"start={self.start}, steps={self.steps}"

    def at(self, step: float) -> float:
        """Set the level for this step, and return it."""
        level = self.start * max(0.0, 1 - step / self.steps)
        self.level.fill_(level)
        return level

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        noise = draw_rows(torch.randn, tuple(x.shape), dtype=x.dtype, device=x.device)
        return x + self.level.to(x.dtype) * noise
