"""What an encoder trained afterwards makes of a linear decoder: an exercise of chapter 15."""

from __future__ import annotations

import torch
from torch import Tensor

from .core import exercise
from .expect import expect, expect_close, number

CASES = ((1, 1, 0.8), (3, 2, 0.5), (2, 4, 1.5), (5, 5, 0.05), (4, 1, 30.0))  # d, k, noise


@exercise(stars=2)
def afterwards(code_covariance, error):
    """Find how the codes of the best regression spread, and how far they are from the truth."""
    for d, k, noise in CASES:
        A = torch.randn(d, k, dtype=torch.float64) * (0.5 + torch.rand(k, dtype=torch.float64))
        _check_covariance(code_covariance, A, noise)
        _check_error(error, A, noise)
    A = torch.randn(3, 2, dtype=torch.float64)
    _check_sum(code_covariance, error, A)
    return "Codes made afterwards are too narrow, by just what they do not know."


def _map(A: Tensor, noise: float) -> Tensor:
    """Return B [k, d], the mean of z given x."""
    S = A @ A.T + noise**2 * torch.eye(len(A), dtype=A.dtype)
    return torch.linalg.solve(S, A).T


def _check_covariance(answer, A: Tensor, noise: float) -> None:
    k = A.shape[1]
    got, B, one = number(answer(A, noise)), _map(A, noise), torch.eye(k, dtype=A.dtype)
    right = B @ A
    expect(
        got.numel() == k * k,
        f"The codes have {k} coordinates, so their covariance is [{k}, {k}]; yours is "
        f"{list(got.shape)}.",
        "E is a map B [k, d]: its codes have the covariance B S B', with S that of x.",
    )
    expect_close(
        got,
        right,
        "This is not the covariance of the codes E(x).",
        "E(x) = B x with B = A' S^-1 and S = A A' + v^2 I. So it is B S B'.",
        mistakes=[
            (one, "This is the covariance of z.", "E(x) is a mean: it varies less than z."),
            (one - right, "This is the covariance of z given x.", "Its other part is asked for."),
            (
                B @ B.T,
                "Here x has the covariance I.",
                "x = A z + v eps has the covariance A A' + v^2 I.",
            ),
            (
                B @ A @ A.T @ B.T,
                "The noise of x is missing in its covariance.",
                "E sees x with its noise: S = A A' + v^2 I.",
            ),
            (
                _map(A, noise**0.5) @ A,
                "v is a standard deviation.",
                "Its square stands in the covariance.",
            ),
            (A.T @ A, "This is A'A.", "Which linear map is E?"),
            (
                torch.linalg.pinv(A) @ torch.linalg.pinv(A).T * noise**2 + one,
                "Your E is the pseudo-inverse of A.",
                "The best guess of z under noise is nearer to 0: ridge regression.",
            ),
        ],
        tolerance=1e-5,
    )


def _check_error(answer, A: Tensor, noise: float) -> None:
    k = A.shape[1]
    T = torch.eye(k, dtype=A.dtype) - _map(A, noise) @ A
    right = T.trace()
    mistakes = [
        (k - right, "This is the variance of the codes.", "The error is what is missing in them."),
        (torch.tensor(float(k)), "That is the error of a code that is always 0.", "E knows more."),
        (right.sqrt(), "This is the root of the error.", "A mean *square* is asked for."),
        (T.det(), "This is a volume.", "A sum of squares has the trace for its mean."),
    ]
    if k > 1:
        mistakes.append((right / k, "You divided by the coordinates.", "Their sum is asked for."))
    expect_close(
        number(answer(A, noise)),
        right,
        "This is not E |z - E(x)|^2.",
        "The error of the best guess is the variance that x leaves in z: the trace of I - B A.",
        mistakes=mistakes,
        tolerance=1e-5,
    )


def _check_sum(code_covariance, error, A: Tensor) -> None:
    total = number(code_covariance(A, 0.7)).trace() + number(error(A, 0.7)).reshape(())
    expect_close(
        total,
        2.0,
        "The spread of the codes and their error should add up to the spread of z.",
        "A mean given x and what is left of z are not correlated: their variances add.",
    )
