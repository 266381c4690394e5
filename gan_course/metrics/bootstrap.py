"""Error bars for any metric: resample the samples, compute the metric again, look at the spread."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from torch import Tensor

from ..arguments import as_float64, is_real, is_whole, random_generator, shown
from .arrays import Array, Samples, Seed

Metric = Callable[..., float]


class Interval(NamedTuple):
    """A value and the ends of its confidence interval, in the same unit."""

    value: float
    low: float
    high: float


def bootstrap(
    metric: Metric, *samples: Samples, draws: int = 200, level: float = 0.95, rng: Seed = 0
) -> Interval:
    """Percentile interval of a metric by the bootstrap (Efron 1979).

    Every sample is drawn anew from itself, as many rows as it has, *with* replacement; the
    interval holds the middle `level` of the values. Right for metrics that are plain means.
    The inception score is none: its intervals are too wide and off the middle. Wrong for those
    that look at neighbours, which repeated rows mislead, and for the Fréchet distance, whose
    bias it doubles: take `half_sampling` there.

    Args:
        metric: function of the samples that returns one number.
        *samples: arrays or tensors [n, ...], each resampled by itself.
        draws: number of resamples, at least 2.
        level: confidence, in (0, 1).
        rng: generator or seed that draws the rows.

    Returns:
        The metric of all samples, and the ends of the interval.

    Raises:
        ValueError: no sample, fewer than two draws, another level, or not finite.
        TypeError: the metric returns more than one number.
    """
    arrays = _checked(samples, draws, level)
    rng = random_generator(rng)
    values = [
        _number(metric(*(a[rng.integers(len(a), size=len(a))] for a in arrays)))
        for _ in range(draws)
    ]
    low, high = np.quantile(values, _tails(level))
    return Interval(_number(metric(*arrays)), float(low), float(high))


def half_sampling(
    metric: Metric, *samples: Samples, draws: int = 200, level: float = 0.95, rng: Seed = 0
) -> Interval:
    """Interval of any metric from random halves of the samples, drawn without replacement.

    Halves of n rows vary around their mean as much as n fresh rows do around the truth, to first
    order (a delete-d jackknife with d = n / 2: Shao and Wu 1989), and no row comes twice, so
    neighbours stay neighbours. The interval is value + (quantiles of the halves - their mean): it
    shows the spread and leaves a bias in n where it is.

    Args:
        metric: function of the samples that returns one number; must be defined on a half.
        *samples: arrays or tensors [n, ...], each halved by itself.
        draws: number of halves, at least 2.
        level: confidence, in (0, 1).
        rng: generator or seed that draws the rows.

    Returns:
        The metric of all samples, and the ends of the interval.

    Raises:
        ValueError: no sample, fewer than two draws, another level, or not finite.
        TypeError: the metric returns more than one number.
    """
    arrays = _checked(samples, draws, level)
    rng = random_generator(rng)
    values = [
        _number(metric(*(a[rng.choice(len(a), len(a) // 2, replace=False)] for a in arrays)))
        for _ in range(draws)
    ]
    low, high = np.quantile(values, _tails(level)) - np.mean(values)
    value = _number(metric(*arrays))
    return Interval(value, float(value + low), float(value + high))


def _checked(samples: tuple[Samples, ...], draws: int, level: float) -> list[Array]:
    whole, number = is_whole(draws) and draws >= 2, is_real(level) and 0 < level < 1
    if not (samples and whole and number):
        raise ValueError(
            f"Expected at least one sample, draws >= 2 and 0 < level < 1, "
            f"got {len(samples)} samples, draws={shown(draws)}, level={shown(level)}."
        )
    arrays = [as_float64(s, f"sample {i}") for i, s in enumerate(samples, 1)]
    for i, array in enumerate(arrays, 1):
        if array.ndim == 0 or len(array) < 2:
            raise ValueError(f"sample {i} needs at least 2 rows [n, ...], got shape {array.shape}.")
    return arrays


def _tails(level: float) -> tuple[float, float]:
    return (1 - level) / 2, (1 + level) / 2


def _number(value: float) -> float:
    if np.ndim(value) != 0 or not isinstance(value, float | int | np.generic | Tensor):
        raise TypeError(
            f"The metric must return one number, got a {type(value).__name__}: "
            "pick one, for example lambda x, y: precision_recall(x, y).recall."
        )
    return float(value)
