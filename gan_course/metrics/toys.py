"""Metrics for mixtures of separated Gaussians: what is covered, how well, how widely.

The protocol of VEEGAN (Srivastava et al., 2017) and PacGAN (Lin et al., 2018), usually with 2,500
samples: a sample is of *high quality* if it lies within 3 spreads of its nearest mode, and a mode
is *covered* if it is the nearest one of at least one such sample. On the curves (`swiss_roll`,
`two_moons`) modes overlap, and a perfect sampler has other scores: compare with `sample`'s.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ..data.toys import Mixture

RADIUS = 3.0  # of a high-quality sample, in spreads
STRAY = 5.0  # spreads from every mode: farther than any honest sample


def mode_report(x: Tensor, mixture: Mixture) -> dict[str, float]:
    """Scores samples against a mixture by all four metrics at once.

    Args:
        x: samples [n, 2], n > 0.
        mixture: the truth, such as `ring()`.

    Returns:
        `modes`, `high_quality`, `spread` and `reverse_kl`, the results of
        `modes_covered`, `high_quality_share`, `within_mode_spread` and
        `reverse_kl_over_modes`: numbers that can join a training record.

    Raises:
        ValueError: if `x` is empty, not [n, 2] or not finite.
    """
    return {
        "modes": float(modes_covered(x, mixture)),
        "high_quality": high_quality_share(x, mixture),
        "spread": within_mode_spread(x, mixture),
        "reverse_kl": reverse_kl_over_modes(x, mixture),
    }


def modes_covered(x: Tensor, mixture: Mixture) -> int:
    """Count the modes that are the nearest one of at least one high-quality sample.

    A lenient count: one sample in 2,500 is enough (Srivastava et al., 2017).

    Args:
        x: samples [n, 2], n > 0.
        mixture: the truth, with K modes.

    Returns:
        A number from 0 to K.

    Raises:
        ValueError: if `x` is empty, not [n, 2] or not finite.
    """
    _, mode = _high_quality(x, mixture)
    return len(mode.unique())


def high_quality_share(x: Tensor, mixture: Mixture) -> float:
    """Measures the share of samples within 3 spreads of their nearest mode.

    `#{i : min over k of |x_i - modes_k| < 3 spread} / n` (Srivastava et al., 2017). A perfect
    sampler of separated modes scores `1 - exp(-9 / 2)` = 98.89 %: more means modes that are too
    narrow, which `within_mode_spread` shows.

    Args:
        x: samples [n, 2], n > 0.
        mixture: the truth.

    Returns:
        A share from 0 to 1.

    Raises:
        ValueError: if `x` is empty, not [n, 2] or not finite.
    """
    good, _ = _high_quality(x, mixture)
    return len(good) / len(x)


def within_mode_spread(x: Tensor, mixture: Mixture) -> float:
    """Measures how wide the generated modes are, relative to the true ones.

    `sqrt(mean |x - mean of its mode's samples|^2 / (2 c spread^2))` over high-quality samples,
    about the samples' own mean in each mode, with n - (modes covered) degrees of freedom. They
    are cut off at 3 spreads, which shrinks a perfect sampler's mean square by
    `c = 1 - (9 / 2) / (exp(9 / 2) - 1)` = 0.949; dividing by c makes it score 1.

    Args:
        x: samples [n, 2], n > 0.
        mixture: the truth, with separated modes.

    Returns:
        1 for a perfect sampler (to about 1 % with 2,500 samples), 0 for one point per mode, at
        most about 1.54 for samples strewn evenly, since wider modes are cut off (the share of
        high-quality samples shows those); much narrower ones read up to 3 % too wide. NaN if no
        mode holds two high-quality samples.

    Raises:
        ValueError: if `x` is empty, not [n, 2] or not finite.
    """
    good, mode = _high_quality(x, mixture)
    counts = _counts(mode, mixture)  # [K]
    freedom = len(good) - int((counts > 0).sum())
    if freedom == 0:
        return math.nan
    sums = good.new_zeros(len(counts), 2).index_add(0, mode, good)
    means = sums / counts.clamp(min=1)[:, None]  # [K, 2]
    mean_square = float((good - means[mode]).square().sum()) / freedom
    a = RADIUS**2 / 2
    truth = 2 * mixture.spread**2 * (1 - a / math.expm1(a))
    return math.sqrt(mean_square / truth)


def stray_share(x: Tensor, mixture: Mixture) -> float:
    """Measures the share of samples that lie far from every mode.

    `#{i : min over k of |x_i - modes_k| > 5 spread} / n`. A Gaussian mode has practically
    nothing out there, exp(-25/2) of its samples, 4 in a million, and one that is twice too
    wide 4 %: what is left are threads between modes, and samples that have
    not found one. The other metrics cannot tell those from modes that are too wide.

    Args:
        x: samples [n, 2], n > 0.
        mixture: the truth, with separated modes.

    Returns:
        A share from 0 to 1.

    Raises:
        ValueError: if `x` is empty, not [n, 2] or not finite.
    """
    x, distance, _ = _nearest(x, mixture)
    return int((distance > STRAY * mixture.spread).sum()) / len(x)


def reverse_kl_over_modes(x: Tensor, mixture: Mixture) -> float:
    """Measures how unevenly the high-quality samples fall on the modes.

    `KL(h || uniform) = log K - H(h)`, with h the histogram of the high-quality samples over the
    K modes (Lin et al., 2018).

    Args:
        x: samples [n, 2], n > 0.
        mixture: the truth, with K modes.

    Returns:
        Nats from 0 (even) to log K (one mode only). A perfect sampler's mean is about
        (K - 1) / (2 n): 0.0014 for the ring, 0.0048 for the grid with 2,500 samples. NaN if there
        is no high-quality sample.

    Raises:
        ValueError: if `x` is empty, not [n, 2] or not finite.
    """
    _, mode = _high_quality(x, mixture)
    if len(mode) == 0:
        return math.nan
    share = _counts(mode, mixture) / len(mode)  # [K]
    return max(0.0, math.log(len(share)) + float(torch.xlogy(share, share).sum()))


def _high_quality(x: Tensor, mixture: Mixture) -> tuple[Tensor, Tensor]:
    """Return the high-quality samples, float64 [m, 2], and each one's nearest mode, [m]."""
    x, distance, mode = _nearest(x, mixture)
    good = distance < RADIUS * mixture.spread
    return x[good], mode[good]


def _nearest(x: Tensor, mixture: Mixture) -> tuple[Tensor, Tensor, Tensor]:
    """Return the samples, float64 [n, 2], the distance to each one's nearest mode, and which."""
    shape = list(x.shape) if isinstance(x, Tensor) else type(x).__name__
    if len(shape) != 2 or shape[1] != 2 or not shape[0]:
        raise ValueError(f"Expected samples [n, 2] with n > 0 in a tensor, got shape {shape}.")
    if not bool(torch.isfinite(x).all()):
        raise ValueError("The samples hold NaN or infinity: has the training diverged?")
    x = x.detach().double()
    distances = torch.cdist(
        x, mixture.modes.to(x), compute_mode="donot_use_mm_for_euclid_dist"
    )  # [n, K]
    return x, *distances.min(dim=1)


def _counts(mode: Tensor, mixture: Mixture) -> Tensor:
    return torch.bincount(mode, minlength=len(mixture.modes)).double()  # [K]
