"""PacGAN: D judges several samples of one source at once."""

from __future__ import annotations

from torch import Tensor, nn

from ..arguments import is_whole

__all__ = ["Packed"]


class Packed(nn.Module):
    """A D that sees m samples side by side, and says one thing of all of them.

    D inside compares p^m with q^m, products of m factors, whose total variation grows faster with
    m where q misses modes of p than where it is wrong in other ways (Lin et al., 2018,
    arXiv:1712.04086). Its verdict on a row counts for each of the m samples, so the game stays
    as it is; m = 1 is D itself. A batch of N makes N / m rows: the paper's batches have as many
    *rows* for every m. The slope of a verdict in each x is m times that of D, so weigh penalties
    accordingly.

    Args:
        D: maps rows `[N / m, m C, ...]` (points side by side, images by channels) to `[N / m, 1]`.
        m: samples in a row, at least 1.

    Raises:
        ValueError: `m` is below 1; when called, N is no multiple of it.
    """

    def __init__(self, D: nn.Module, m: int) -> None:
        super().__init__()
        if not (is_whole(m) and m >= 1):
            raise ValueError(f"a pack holds 1 or more samples, got m={m}.")
        self.D, self.m = D, m

    def extra_repr(self) -> str:
        return f"m={self.m}"

    def forward(self, x: Tensor) -> Tensor:
        if len(x) % self.m:
            raise ValueError(
                f"a batch of {len(x)} does not part into packs of {self.m}: ask for a multiple."
            )
        rows = x.reshape(len(x) // self.m, self.m * x.shape[1], *x.shape[2:])
        return self.D(rows).repeat_interleave(self.m, 0)  # [N, 1]
