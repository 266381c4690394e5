"""Coordinates that move in turn, in a function and in a game: an exercise of chapter 10."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from .core import exercise
from .expect import expect, expect_close, number

Sweep = Callable[[Tensor, Tensor, Tensor, float], Tensor]
FUNCTION, GAME = "quadratic function", "game"


@exercise(stars=2)
def sweep(sweep, factor):
    """Move each coordinate a share of its way, and find what sweeps do in the long run."""
    for A, kind, share in (
        (_function(3), FUNCTION, 1.0),
        (_game(3), GAME, 1.0),
        (_function(4), FUNCTION, 1.4),
        (_game(5), GAME, 0.6),
        (_game(2), GAME, 0.3),
    ):
        _check_sweep(sweep, A, share, kind)
    _check_factor(factor)
    return (
        "It descends a function and answers in a game, and the factor is right for both. A game "
        "may come home if nobody goes all the way."
    )


def _function(n: int) -> Tensor:
    """Return a symmetric positive definite matrix [n, n]."""
    root = torch.randn(n, n, dtype=torch.float64)
    return root @ root.T + torch.diag(torch.arange(1, n + 1))


def _game(n: int) -> Tensor:
    """Return a matrix [n, n] with a positive diagonal and no symmetry."""
    A = torch.randn(n, n, dtype=torch.float64)
    return A - A.diag().diag() + torch.diag(1.5 + torch.arange(n))


def _swept(
    A: Tensor, r: Tensor, w: Tensor, share: float = 1.0, order: Iterable[int] | None = None
) -> Tensor:
    w = w.clone()
    for i in range(len(w)) if order is None else order:
        w[i] += share * (r[i] - A[i] @ w) / A[i, i]
    return w


def _without_own(A: Tensor, r: Tensor, w: Tensor, share: float) -> Tensor:
    w = w.clone()
    for i in range(len(w)):
        w[i] = share * (r[i] - A[i] @ w) / A[i, i]
    return w


def _undivided(A: Tensor, r: Tensor, w: Tensor, share: float) -> Tensor:
    w = w.clone()
    for i in range(len(w)):
        w[i] += share * (r[i] - A[i] @ w)
    return w


def _check_sweep(sweep: Sweep, A: Tensor, share: float, kind: str) -> None:
    n = len(A)
    r, w = torch.randn(2, n, dtype=torch.float64)
    exact = _swept(A, r, w)
    expect_close(
        sweep(A, r, w, share),
        _swept(A, r, w, share),
        f"In a {kind} of {n} coordinates, with the share {share}, a sweep leads elsewhere.",
        "For each i in turn: where is (A w - r)_i zero in w_i, with the newest values of the others? "
        "Go the share of the way from w_i to there.",
        mistakes=[
            (
                w + share * (r - A @ w) / A.diag(),
                "All coordinates were moved from the old point, at once.",
                "The second one should see where the first one is by now.",
            ),
            (
                _swept((A + A.T) / 2, r, w, share),
                f"In a {kind} coordinate i does not follow row i of A w - r here.",
                "The gradient of w A w / 2 - r w is that of one function, with (A + A^T) / 2. In a "
                "game there is no such function: take row i of A itself.",
            ),
            (_swept(A.T, r, w, share), "This follows the columns of A.", "Row i belongs to w_i."),
            (
                _swept(A, r, w, share, reversed(range(n))),
                "This sweep goes backwards.",
                "Coordinate 0 moves first.",
            ),
            (exact, "The share has no effect.", "Go only that share of each coordinate's way."),
            (
                w + share * (exact - w),
                "Here the share is taken of the whole sweep.",
                "Each coordinate goes its share before the next one looks at it.",
            ),
            (_swept(A, 0 * r, w, share), "r has no effect.", "The derivative is (A w - r)_i."),
            (_swept(A, -r, w, share), "r has the wrong sign.", "The derivative is (A w - r)_i."),
            (
                _without_own(A, r, w, share),
                "A coordinate lands off its place by its old value.",
                "Solve for w_i: sum over j not equal to i, or move w_i *by* -(A w - r)_i / A_ii.",
            ),
            (
                _undivided(A, r, w, share),
                "This is a gradient step for each coordinate.",
                "The way to where the derivative is zero also depends on its slope, A_ii.",
            ),
            (
                torch.linalg.solve(A, r),
                "This is the point of rest itself.",
                "Go through the coordinates once.",
            ),
            (
                _swept(A, r, _swept(A, r, w, share), share),
                "These are two sweeps.",
                "Each coordinate moves once.",
            ),
        ],
        tolerance=1e-6,
    )


def _matrix(A: Tensor, share: float) -> Tensor:
    """Return what a sweep with r = 0 does to any w, as a matrix."""
    zero = torch.zeros(len(A), dtype=A.dtype)
    return torch.stack([_swept(A, zero, e, share) for e in torch.eye(len(A), dtype=A.dtype)], 1)


def _radius(matrix: Tensor) -> Tensor:
    return torch.linalg.eigvals(matrix).abs().max()


def _check_factor(factor: Callable[[Tensor, float], float]) -> None:
    strong = torch.tensor([[1.0, 1.5], [-1.5, 1.0]], dtype=torch.float64)
    apart = torch.diag(torch.tensor([1.0, 2.0, 5.0], dtype=torch.float64))
    for A, share, kind in (
        (_function(4), 1.0, FUNCTION),  # of two, the root is that of all at once
        (_game(3), 1.0, GAME),
        (_game(6), 0.7, GAME),
        (_function(2), 1.2, FUNCTION),
        (strong, 1.0, GAME),
        (strong, 0.7, GAME),
        (apart, 1.0, "game whose players do not meet"),
        (apart, 0.25, "game whose players do not meet"),
    ):
        got = number(factor(A, share))
        expect(
            got.numel() == 1,
            f"Return one number; yours has {got.numel()}.",
            "In the long run the largest modulus of an eigenvalue decides.",
        )
        _check_one_factor(got, A, share, kind)


def _check_one_factor(got: Tensor, A: Tensor, share: float, kind: str) -> None:
    step, one = _matrix(A, share), torch.eye(len(A), dtype=A.dtype)
    at_once = one - share * torch.linalg.solve(torch.diag(A.diag()), A)
    expect_close(
        got,
        _radius(step),
        f"In a {kind} of {len(A)} coordinates, with the share {share}, this is not the factor of a "
        "sweep in the long run.",
        "With r = 0 a sweep is a matrix: what does it make of (1, 0, ...), of (0, 1, ...)? Its "
        "eigenvalue of the largest modulus decides.",
        mistakes=[
            (_radius(_matrix(A, 1.0)), "The share has no effect.", "It changes each move."),
            (_radius(at_once), "This is the factor when all move at once.", "They take turns."),
            (_radius(step) ** 0.5, "This is the root of it.", "One sweep moves all coordinates."),
            (_radius(step) ** 2, "This is its square.", "Count one sweep, not two."),
            (
                torch.linalg.matrix_norm(step, 2),
                "This is by how much one sweep can stretch a vector at most.",
                "In the long run eigenvalues decide, not singular values.",
            ),
            (
                torch.linalg.eigvals(step).real.max(),
                "This is the largest real part of an eigenvalue.",
                "A negative factor flips at each sweep, a complex one turns: take the modulus.",
            ),
            (_radius(A), "This is an eigenvalue of A.", "The sweep is another matrix: try it."),
            (
                _radius(one + share * (_matrix(A, 1.0) - one)),
                "Here the share is taken of the whole sweep.",
                "Each coordinate goes its share before the next one looks at it.",
            ),
            (
                _radius(_matrix((A + A.T) / 2, share)),
                f"In a {kind} this is the factor for (A + A^T) / 2.",
                "There is no function w A w / 2 that all of them go down: coordinate i follows row i.",
            ),
        ],
    )
