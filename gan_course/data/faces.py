"""Drawn faces whose fifteen factors are known: coloured images without a download."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ..arguments import whole_number
from .dataset import Dataset
from .factors import Factors, face_factors
from .pixels import images_to_bytes
from .portrait import portraits

CHUNK = 256  # faces painted at once: small enough for the processor's cache
SMALL = 32  # below this side pictures are drawn at twice the size and averaged


def faces(n: int = 20_000, size: int = 32, seed: int = 0) -> Dataset:
    """Draw faces of many looks from independent factors, which stay known.

    Args:
        n: number of faces.
        size: side of the square images in pixels, at least 16.
        seed: fixes the faces; torch's global random state is left alone.

    Returns:
        `n` images uint8 [n, 3, size, size] without labels, and the factors of `FACTORS`, each
        float32 [n] under its name. The same seed gives the same faces at every size.

    Raises:
        ValueError: n < 1 or size < 16.
    """
    factors = face_factors(n, seed)
    stored = torch.cat(
        [images_to_bytes(draw_faces(part, size)) for part in factors.values.split(CHUNK)]
    )
    return Dataset("faces", stored, factors={name: factors[name] for name in factors.names})


def draw_faces(factors: Factors | Tensor, size: int = 32) -> Tensor:
    """Draw the faces that factors describe: a function of them alone, without chance.

    Args:
        factors: of n faces, from `face_factors`, or their values [n, 15].
        size: side of the square images in pixels, at least 16.

    Returns:
        float32 [n, 3, size, size] in [-1, 1], painted on the CPU, on the factors' device.

    Raises:
        TypeError, ValueError: as `Factors`; size < 16.
    """
    size = whole_number(size, "size", at_least=16)
    values = (factors if isinstance(factors, Factors) else Factors(factors)).values
    painted = [_painted(Factors(part), size) for part in values.float().cpu().split(CHUNK)]
    return torch.cat(painted).mul_(2).sub_(1).to(values.device)


def _painted(factors: Factors, size: int) -> Tensor:
    if size >= SMALL:
        return portraits(factors, size)
    return F.avg_pool2d(portraits(factors, 2 * size), 2)
