"""DiffAugment: D sees real and generated images only through random changes that keep the gradient.

All that goes into D passes the same layer, data and samples of G, in D's move and in G's. A change
of the data alone would be learned by G as if it were part of them.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from ..draws import draw_rows

__all__ = ["DiffAugment"]


def _uniform(x: Tensor) -> Tensor:
    """Return one number of [0, 1) for each image, `[N, 1, 1, 1]`."""
    return draw_rows(torch.rand, (len(x), 1, 1, 1), dtype=torch.float32, device=x.device)


def _whole(x: Tensor, low: int, high: int) -> Tensor:
    """Return a whole number from `low` to `high` for each image, `[N, 1]`."""
    return (low + (_uniform(x) * (high - low + 1)).long().clamp(max=high - low)).flatten(1)


def _color(x: Tensor) -> Tensor:
    """Shift brightness by -0.5 to 0.5, scale saturation by 0 to 2 and contrast by 0.5 to 1.5."""
    x = x + (_uniform(x) - 0.5).to(x.dtype)
    grey = x.mean(1, keepdim=True)
    x = grey + (x - grey) * (2 * _uniform(x)).to(x.dtype)
    mean = x.mean((1, 2, 3), keepdim=True)
    return mean + (x - mean) * (0.5 + _uniform(x)).to(x.dtype)


def _translation(x: Tensor) -> Tensor:
    """Move each image by up to an eighth of its sides; zeros come in."""
    (H, W), n = x.shape[2:], torch.arange(len(x), device=x.device)
    h, w = (H + 4) // 8, (W + 4) // 8
    rows = _whole(x, 0, 2 * h) + torch.arange(H, device=x.device)  # [N, H]
    columns = _whole(x, 0, 2 * w) + torch.arange(W, device=x.device)  # [N, W]
    x = pad(x, (w, w, h, h)).permute(0, 2, 3, 1)  # [N, H + 2h, W + 2w, C]
    return x[n[:, None, None], rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def _cutout(x: Tensor) -> Tensor:
    """Set a window of half the sides to 0; a part of it may lie outside."""
    H, W = x.shape[2:]
    h, w = (H + 1) // 2, (W + 1) // 2
    top = _whole(x, 0, H - h % 2) - h // 2  # [N, 1], of the window
    left = _whole(x, 0, W - w % 2) - w // 2
    rows, columns = torch.arange(H, device=x.device), torch.arange(W, device=x.device)
    in_rows = (rows >= top) & (rows < top + h)  # [N, H]
    in_columns = (columns >= left) & (columns < left + w)  # [N, W]
    return x * ~(in_rows[:, None, :, None] & in_columns[:, None, None, :])


KINDS = {"color": _color, "translation": _translation, "cutout": _cutout}


class DiffAugment(nn.Module):
    """Changes each image at random, in train mode only: `[N, C, H, W]`, the same out.

    `"color"` changes brightness, saturation and contrast, `"translation"` moves by up to 1/8 of
    the side, `"cutout"` sets a window of half the side to 0. Put it in front of D, which then sees
    data and samples changed alike, and G's gradient passes through. (Zhao et al., 2020,
    arXiv:2006.10738, with the ranges of their code.) In eval mode D sees images as they are.

    Args:
        *kinds: of `"color"`, `"translation"`, `"cutout"`, applied in the order given.

    Raises:
        ValueError: no kind, or an unknown one; when called, x is not `[N, C, H, W]`.
    """

    def __init__(self, *kinds: str) -> None:
        super().__init__()
        unknown = [kind for kind in kinds if kind not in KINDS]
        if unknown or not kinds:
            raise ValueError(f"DiffAugment changes {', '.join(KINDS)}; got {unknown or 'nothing'}.")
        self.kinds = kinds

    def extra_repr(self) -> str:
        return ", ".join(self.kinds)

    def forward(self, x: Tensor) -> Tensor:
        if x.dim() != 4:
            raise ValueError(f"DiffAugment takes images [N, C, H, W], got {list(x.shape)}.")
        if self.training:
            for kind in self.kinds:
                x = KINDS[kind](x)
        return x
