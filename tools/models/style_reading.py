"""What the recipes of chapter 13 share: the trained G, the judge's readings, and linear maps."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from gan_course.checkpoint import load_generator
from gan_course.data import FACTORS, draw_faces, face_factors
from gan_course.metrics import linear_r2
from gan_course.networks import StyleGenerator, style_generator
from gan_course.stored import load_run, model_path

Reader = Callable[[Tensor], Tensor]
HELD_OUT = 777  # seed of the faces that neither G nor the judge was taught with


def _columns() -> dict[str, slice]:
    """Return which columns of a reading belong to each factor: one, or K for K > 2 kinds."""
    found, start = {}, 0
    for factor in FACTORS:
        width = len(factor.kinds) if len(factor.kinds) > 2 else 1
        found[factor.name] = slice(start, start + width)
        start += width
    return found


COLUMNS = _columns()


def trained() -> StyleGenerator:
    """Return the G of `13_faces`, whose noise stands still."""
    return load_generator(style_generator(), model_path("13_faces.pt"))


def trained_steps() -> int:
    """Return how many steps that G was trained for."""
    return load_run("13_faces")["about"]["steps"]


def drawn(n: int, seed: int = HELD_OUT) -> Tensor:
    """Return n drawn faces, `[n, 3, 32, 32]`."""
    return draw_faces(face_factors(n, seed))


def in_parts(function: Callable[[Tensor], Tensor], x: Tensor, size: int = 100) -> Tensor:
    """Return function(x), computed for some rows at a time."""
    return torch.cat([function(part) for part in x.split(size)])


def styles(G: StyleGenerator, n: int, seed: int) -> Tensor:
    """Return `w [n, dim]` of n draws of z."""
    return G.mapping(torch.randn(n, 64, generator=torch.Generator().manual_seed(seed)))


def linear_map(x: Tensor, y: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Return `B [d, C]` and `c [C]` of the least squares fit y = x B + c."""
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    B = np.linalg.lstsq(np.column_stack([x, np.ones(len(x))]), y, rcond=None)[0]
    return B[:-1], B[-1]


def explained(x: Tensor, y: Tensor, tested: int) -> dict[str, float]:
    """Return R^2 of a linear map from x to each factor's reading, on the last rows, held out.

    Of a factor with several kinds: the mean over its columns, by their variance.
    """
    r2, spread = linear_r2(x, y, tested / len(x)), y[-tested:].double().var(0).cpu().numpy()
    return {k: float(np.average(r2[c], weights=spread[c])) for k, c in COLUMNS.items()}


def shortened(found: object, digits: int = 4) -> object:
    """Return nested lists and dicts with every float rounded to some significant digits."""
    if isinstance(found, dict):
        return {key: shortened(value, digits) for key, value in found.items()}
    if isinstance(found, list | tuple):
        return [shortened(value, digits) for value in found]
    return float(f"{found:.{digits}g}") if isinstance(found, float) else found
