"""Pairs (x, z) of linear maps and Gaussian noise: the case in which inference is linear algebra.

All of them have the mean zero, so that a covariance [d + k, d + k] of (x, z) says everything:
`kl_gaussians` compares two of them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import as_floats, real_number


def decoder_joint(A: ArrayLike, noise: float) -> NDArray:
    """Return the covariance of the pairs that a linear decoder makes.

    `z ~ N(0, I)`, `x = A z + noise e` with `e ~ N(0, I)`:
    `[[A A' + noise^2 I, A], [A', I]]`.

    Args:
        A: map [d, k] from codes to data, or a number.
        noise: standard deviation of the noise, at least 0.

    Returns:
        Covariance of (x, z), [d + k, d + k].

    Raises:
        ValueError: if A is no finite matrix or the noise is negative.
    """
    A, noise = _matrix(A, "A"), real_number(noise, "noise", at_least=0)
    d, k = A.shape
    return np.block([[A @ A.T + noise**2 * np.eye(d), A], [A.T, np.eye(k)]])


def encoder_joint(B: ArrayLike, T: ArrayLike, S: ArrayLike) -> NDArray:
    """Return the covariance of the pairs that a linear encoder makes.

    `x ~ N(0, S)`, `z ~ N(B x, T)`: `[[S, S B'], [B S, B S B' + T]]`.

    Args:
        B: map [k, d] from data to codes, or a number.
        T: covariance [k, k] of the code of one x, or a variance.
        S: covariance [d, d] of the data, or a variance.

    Returns:
        Covariance of (x, z), [d + k, d + k].

    Raises:
        ValueError: if shapes do not fit.
    """
    B, T, S = _matrix(B, "B"), _matrix(T, "T"), _matrix(S, "S")
    k, d = B.shape
    if T.shape != (k, k) or S.shape != (d, d):
        raise ValueError(
            f"For B {B.shape} T must be [{k}, {k}] and S [{d}, {d}], got {T.shape} and {S.shape}."
        )
    return np.block([[S, S @ B.T], [B @ S, B @ S @ B.T + T]])


def posterior(A: ArrayLike, noise: float) -> tuple[NDArray, NDArray]:
    """Return B and T of the only encoder whose pairs are those of a linear decoder.

    `z | x ~ N(B x, T)` with `B = A' (A A' + noise^2 I)^-1` and `T = I - B A` (Bayes' rule for
    Gaussians; Bishop, 2006, section 2.3.3). For numbers `a / (a^2 + noise^2)` and
    `noise^2 / (a^2 + noise^2)`.

    Args:
        A: map [d, k] from codes to data, or a number.
        noise: standard deviation of the noise; above 0 unless A has rank d.

    Returns:
        B [k, d] and T [k, k].

    Raises:
        ValueError: if A is no finite matrix, the noise is negative, or x has no density.
    """
    A = _matrix(A, "A")
    d, k = A.shape
    S = decoder_joint(A, noise)[:d, :d]
    if np.linalg.matrix_rank(S) < d:
        raise ValueError("x has no density, as A has a rank below d: the noise must be above 0.")
    B = np.linalg.solve(S, A).T
    return B, np.eye(k) - B @ A


def _matrix(A: ArrayLike, name: str) -> NDArray:
    A = np.atleast_2d(as_floats(A, name))
    if A.ndim != 2 or A.size == 0 or not np.isfinite(A).all():
        raise ValueError(f"{name} must be a finite matrix or a number, got shape {A.shape}.")
    return A
