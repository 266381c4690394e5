"""Self-attention for maps: every place may look at every other (Zhang et al., 2019)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import max_pool2d

__all__ = ["SelfAttention"]


class SelfAttention(nn.Module):
    """Adds to each place what it finds at all others: `[N, C, H, W]` to the same shape.

        out = x + gamma v(o),     o_i = sum_j a_ij h(x_j),     a_ij = softmax_j(q_i . k_j)

    with queries q, keys k (C/8 channels each), values h (C/2) and v (back to C): 1x1
    convolutions without biases. The scalar gamma is learned and starts at 0, where the
    block changes nothing. (SAGAN, arXiv:1805.08318; as in the authors' code, and BigGAN's,
    keys and values are max-pooled 2x2, and scores are not divided by the square root of
    their length.)

    Args:
        channels: C, at least 8.
        pool: side of the windows over which keys and values are pooled; 1: not at all,
            as the paper writes it. The block then commutes with every permutation of
            the places.

    Raises:
        ValueError: there are too few channels or `pool` is below 1; when called, the maps
            have other channels, or sides that are no multiples of `pool`.
    """

    def __init__(self, channels: int, pool: int = 2) -> None:
        super().__init__()
        if channels < 8 or pool < 1:
            raise ValueError(
                "attention needs at least 8 channels, an eighth of which makes a query, and "
                f"a pool of at least 1; got channels={channels} and pool={pool}."
            )
        self.channels, self.pool = channels, pool
        self.query = nn.Conv2d(channels, channels // 8, 1, bias=False)
        self.key = nn.Conv2d(channels, channels // 8, 1, bias=False)
        self.value = nn.Conv2d(channels, channels // 2, 1, bias=False)
        self.out = nn.Conv2d(channels // 2, channels, 1, bias=False)
        self.gamma = nn.Parameter(torch.zeros(()))

    def extra_repr(self) -> str:
        return f"{self.channels}, pool={self.pool}"

    def weights(self, x: Tensor) -> Tensor:
        """Return where each place looks: a `[N, H W, H W / pool^2]`, rows add up to 1.

        Row `i = row * W + column` is that of a place, its columns run over the windows in
        the same order: `weights(x)[0, i].view(H // pool, W // pool)` is the map of a place.

        Args:
            x: maps `[N, C, H, W]`.
        """
        q = self.query(self._checked(x)).flatten(2)  # [N, C/8, H W]
        k = self._windows(self.key(x))  # [N, C/8, H W / pool^2]
        return (q.transpose(1, 2) @ k).softmax(2)

    def forward(self, x: Tensor) -> Tensor:
        h = self._windows(self.value(self._checked(x)))  # [N, C/2, H W / pool^2]
        found = h @ self.weights(x).transpose(1, 2)  # [N, C/2, H W]
        return x + self.gamma * self.out(found.unflatten(2, x.shape[2:]))

    def _windows(self, maps: Tensor) -> Tensor:
        return (max_pool2d(maps, self.pool) if self.pool > 1 else maps).flatten(2)

    def _checked(self, x: Tensor) -> Tensor:
        channels, *sides = x.shape[1:]
        whole = len(sides) == 2 and not any(side % self.pool for side in sides)
        if channels != self.channels or not whole:
            raise ValueError(
                f"this block takes maps [N, {self.channels}, H, W] with sides that are "
                f"multiples of {self.pool}, got {list(x.shape)}."
            )
        return x
