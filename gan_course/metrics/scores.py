"""Scores from a classifier's probabilities: inception score and mode score."""

from __future__ import annotations

import numpy as np
from scipy.special import rel_entr

from ..arguments import is_whole, shown
from .arrays import Array, Samples, class_probabilities


def _mean_kl(p: Array, q: Array) -> float:
    """Mean over rows of KL(p_i || q), with 0 log 0 = 0."""
    return float(rel_entr(p, q).sum(axis=-1).mean())


def inception_score(probabilities: Samples, splits: int = 1) -> float:
    """Inception score: confident single predictions, many classes (Salimans et al. 2016).

    `exp(mean_i KL(p(y|x_i) || p(y)))`, p(y) the mean of the rows, 0 log 0 = 0. From 1 (every row
    the same) to K (one-hot rows, all classes equally often). It never sees real data, and is blind
    to collapse within a class. Biased downwards in n: p(y) is fitted to the rows that are scored.
    With splits, the mean over consecutive parts (shuffle rows that are sorted); papers print 10.

    Args:
        probabilities: p(y|x) of generated samples [n, K], rows sum to one.
        splits: number of parts, 1 <= splits <= n.

    Returns:
        The score, in [1, K].

    Raises:
        ValueError: rows that are no probabilities, or splits out of range.
    """
    p = class_probabilities(probabilities)
    if not is_whole(splits) or not 1 <= splits <= len(p):
        raise ValueError(f"Expected 1 <= splits <= {len(p)} samples, got {shown(splits)}.")
    parts = np.array_split(p, splits)
    return float(np.mean([np.exp(_mean_kl(part, part.mean(axis=0))) for part in parts]))


def mode_score(real: Samples, fake: Samples) -> float:
    """Mode score: the inception score, less what the classes' shares miss of the real ones.

    `exp(mean_i KL(p(y|x_i) || p_gen) - KL(p_gen || p_data))`, the form of Xu et al. (2018). From
    0 to K; p_data and p_gen are the means of the rows. The form that is often quoted, with p_data
    in the first term, cancels its second term and *is* the inception score (Zhou et al. 2018); for
    the one with the arguments of the last KL exchanged see `mode_score_che`. Biased downwards in n.

    Args:
        real: p(y|x) of real samples [n, K], rows sum to one.
        fake: p(y|x) of generated samples [m, K].

    Returns:
        The score, in [0, K]; 0 if a class is generated that the data do not have.

    Raises:
        ValueError: rows that are no probabilities, or another number of classes.
    """
    p_data, p_gen, p = _marginals(real, fake)
    return float(np.exp(_mean_kl(p, p_gen) - _mean_kl(p_gen, p_data)))


def mode_score_che(real: Samples, fake: Samples) -> float:
    """Mode score with the arguments of the last KL exchanged: a missing class drives it to zero.

    It is often quoted so after Che et al. (2017), who proposed the mode score.

    `exp(mean_i KL(p(y|x_i) || p_data) - KL(p_data || p_gen))`, p_data and p_gen the means of the
    rows. 0 if p_gen has no mass on a class of the data; a softmax never is exactly 0, so
    in practice it depends on how sure the classifier is.

    Args:
        real: p(y|x) of real samples [n, K], rows sum to one.
        fake: p(y|x) of generated samples [m, K].

    Returns:
        The score, at least 0; infinite if a class is generated that the data do not have and
        none is missing.

    Raises:
        ValueError: rows that are no probabilities, or another number of classes.
    """
    p_data, p_gen, p = _marginals(real, fake)
    missing = _mean_kl(p_data, p_gen)
    return 0.0 if np.isinf(missing) else float(np.exp(_mean_kl(p, p_data) - missing))


def _marginals(real: Samples, fake: Samples) -> tuple[Array, Array, Array]:
    r = class_probabilities(real, "real probabilities")
    p = class_probabilities(fake, "fake probabilities")
    if r.shape[1] != p.shape[1]:
        raise ValueError(
            f"real probabilities have {r.shape[1]} classes and fake ones {p.shape[1]}: "
            "both must come from the same classifier."
        )
    return r.mean(axis=0), p.mean(axis=0), p
