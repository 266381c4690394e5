"""Layers that let D compare the samples of a batch: equal ones give a collapsed G away.

Put one in front of D's last layer. Real and generated samples pass D in batches of their own,
so each is compared with its like. On several machines a sample is compared with those of its
own process.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..arguments import is_whole

__all__ = ["MinibatchDeviation", "MinibatchDiscrimination"]


class MinibatchDiscrimination(nn.Module):
    """Appends how near each sample is to the others: `[N, A] -> [N, A + B]`.

        o_b(x_i) = sum over j != i of exp(-|M_ib - M_jb|_1),     M_i = f(x_i) T,  [B, C],

    from 0 (all others far away) to N - 1 (all equal). At equal samples its gradient is 0, so it
    cannot part them. (Salimans et al., 2016, arXiv:1606.03498; the sum leaves the sample itself
    out, as the authors' text and code do. Their B is 100 and their C is 5.)

    Args:
        features: A, of one sample.
        kernels: B, features to append.
        dims: C, dimensions in which samples are compared.

    Raises:
        ValueError: one of them is below 1; when called, the input is not `[N, A]`.
    """

    def __init__(self, features: int, kernels: int = 100, dims: int = 5) -> None:
        super().__init__()
        if min(features, kernels, dims) < 1:
            raise ValueError(
                "minibatch discrimination needs at least one feature, kernel and dimension, "
                f"got {features}, {kernels} and {dims}."
            )
        self.features, self.kernels, self.dims = features, kernels, dims
        self.T = nn.Parameter(torch.randn(features, kernels * dims) / features**0.5)

    def extra_repr(self) -> str:
        return f"{self.features}, kernels={self.kernels}, dims={self.dims}"

    def forward(self, f: Tensor) -> Tensor:
        if f.dim() != 2 or f.shape[1] != self.features:
            raise ValueError(
                f"this layer takes features [N, {self.features}], got {list(f.shape)}: flatten first."
            )
        M = (f @ self.T).unflatten(1, (self.kernels, self.dims))  # [N, B, C]
        distance = (M[:, None] - M[None]).abs().sum(3)  # [N, N, B]
        near = (-distance).exp().sum(1) - 1  # [N, B], without the sample itself
        return torch.cat([f, near.to(f.dtype)], 1)


class MinibatchDeviation(nn.Module):
    """Appends how much a batch varies, one number for all: `[N, C, ...] -> [N, C + 1, ...]`.

    The standard deviation over the batch of each feature at each pixel, averaged over both: 0 for
    equal samples, where its gradient is 0, too. (Karras et al., 2018, arXiv:1710.10196. Their
    paper takes the whole batch, their code groups of 4: samples i, i + N/4, i + N/2, ...)

    Args:
        group: how many samples are compared, at least 2; None: the whole batch.

    Raises:
        ValueError: `group` is below 2; when called, N is no multiple of it.
    """

    def __init__(self, group: int | None = None) -> None:
        super().__init__()
        if group is not None and not (is_whole(group) and group >= 2):
            raise ValueError(f"a group holds at least 2 samples, got {group}.")
        self.group = group

    def extra_repr(self) -> str:
        return f"group={self.group}"

    def forward(self, h: Tensor) -> Tensor:
        group = self.group or len(h)
        if len(h) % group:
            raise ValueError(
                f"a batch of {len(h)} does not part into groups of {group}: ask for a multiple."
            )
        members = h.unflatten(0, (group, -1))  # [group, N / group, C, ...]
        variance = members.var(0, correction=0)
        deviation = (variance + 1e-8).sqrt().flatten(1).mean(1)  # [N / group]
        column = deviation.repeat(group).view(-1, *[1] * (h.dim() - 1))  # [N, 1, ...]
        return torch.cat([h, column.expand(-1, 1, *h.shape[2:])], 1)
