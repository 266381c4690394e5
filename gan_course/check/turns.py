"""Translators between Gaussians, and the loss that breaks their tie: an exercise of chapter 14."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .core import exercise
from .expect import close, expect, expect_close, number


@exercise(stars=3)
def rotations(translator, left_alone):
    """Write all linear translators between two Gaussians, and what the identity loss says of each."""
    for d in (3, 2, 5):
        for _ in range(2):
            S_x, S_y = _covariance(d), _covariance(d)
            _check_family(translator, S_x, S_y)
            _check_alone(left_alone, S_y)
    _check_circle(left_alone)
    return (
        "A family as large as the rotations without any loss; the identity loss tells them apart. "
        "In the plane a mirror pays less than a half turn: it leaves one axis alone."
    )


def _orthogonal(d: int, mirrored: bool = False) -> Tensor:
    Q, R = torch.linalg.qr(torch.randn(d, d, dtype=torch.float64))
    Q = Q * R.diagonal().sign()
    if (torch.linalg.det(Q) < 0) is not mirrored:
        Q = Q * torch.tensor([-1.0] + [1.0] * (d - 1), dtype=torch.float64)
    return Q


def _covariance(d: int) -> Tensor:
    Q = _orthogonal(d)
    return Q * (0.2 + 3 * torch.rand(d, dtype=torch.float64)) @ Q.T


def _root(S: Tensor, power: float = 0.5) -> Tensor:
    values, vectors = torch.linalg.eigh(S)
    return vectors * values**power @ vectors.T


def _check_family(answer, S_x: Tensor, S_y: Tensor) -> None:
    d = len(S_x)
    eye = torch.eye(d, dtype=torch.float64)
    turns = [eye, _orthogonal(d), _orthogonal(d, mirrored=True), _orthogonal(d)]
    maps = [number(answer(S_x, S_y, Q)) for Q in turns]
    for A, Q in zip(maps, turns, strict=True):
        expect(
            A.shape == (d, d), f"A should be {d} x {d}, and yours is {list(A.shape)}.", "A [d, d]."
        )
        _check_marginal(A, S_x, S_y, Q)
    apart = (maps[1] - maps[3]).abs().max() > 1e-6
    hint = "A(Q) = L_y Q L_x^-1, with L L^T = S for each: Q stands between the two roots."
    expect(apart, "Two different turns give one and the same G.", hint)
    mixed = number(answer(S_x, S_y, 2 * turns[1] - 3 * turns[2]))
    expect(
        close(mixed, 2 * maps[1] - 3 * maps[2], 1e-6),
        "Each G has the right covariance, but A is not linear in Q.",
        hint,
    )


def _check_marginal(A: Tensor, S_x: Tensor, S_y: Tensor, Q: Tensor) -> None:
    """Demand that Ax is distributed as y."""
    mistakes = []
    for root in (_root, torch.linalg.cholesky):
        mistakes += [(B @ S_x @ B.T, *hints) for B, *hints in _slips(root(S_x), root(S_y), Q)]
    expect_close(
        A @ S_x @ A.T,
        S_y,
        "Ax is not distributed as y: its covariance is not S_y.",
        "The covariance of Ax is A S_x A^T. Make x white first, turn it, then give it S_y.",
        mistakes=mistakes,
        tolerance=1e-6,
    )


def _slips(L_x: Tensor, L_y: Tensor, Q: Tensor) -> list[tuple]:
    """Return wrong A, with hints, for roots L of the two covariances."""
    white = torch.linalg.inv(L_x)
    variances = "Deviations scale by roots: L with L L^T = S."
    between = "Turn what is white: Q stands in the middle."
    return [
        (L_y @ Q @ L_x, "x is spread twice in A.", "The *inverse* of a root makes x white."),
        (
            L_y @ L_y.T @ Q @ white.T @ white,
            "This is made of the covariances themselves.",
            variances,
        ),
        (L_x @ Q @ torch.linalg.inv(L_y), "This takes y to x.", "Make x white, and give it S_y."),
        (Q @ white, "Ax is white.", "Give it the spread of y at the end."),
        (L_y @ Q, "This would be right if x were white.", "First make it so."),
        (white @ Q @ L_y, "The parts stand in the wrong order.", "The rightmost acts on x first."),
        (Q @ L_y @ white, "The turn comes last, and turns the spread of y, too.", between),
        (L_y @ white @ Q, "The turn comes first, before x is white.", between),
        (Q, "This turns x, and leaves its spread as it is.", "It has to be the spread of y."),
    ]


def _alone(A: Tensor, S: Tensor) -> Tensor:
    moved = A - torch.eye(len(A), dtype=A.dtype)
    return (moved @ S @ moved.T).diagonal().clamp(min=0).sqrt()  # deviations of each coordinate


def _check_alone(answer, S: Tensor) -> None:
    d = len(S)
    A = torch.randn(d, d, dtype=torch.float64)
    deviations, c = _alone(A, S), math.sqrt(2 / math.pi)
    moved = A - torch.eye(d, dtype=torch.float64)
    right = c * deviations.mean()
    middle = "The mean absolute value of N(0, s^2) is s sqrt(2 / pi)."
    expect_close(
        answer(A, S),
        right,
        "This is not the identity loss.",
        "G(y) - y = (A - I) y is Gaussian. What is the deviation of each coordinate, and what the mean "
        "of its absolute value?",
        mistakes=[
            (right * d, "This is a sum over the coordinates.", "The mean over d is asked for."),
            (deviations.mean(), "This is the mean deviation.", middle),
            (deviations.square().mean(), "This is the mean of the squares.", middle),
            (c * deviations.square().mean(), "The root is missing.", middle),
            (c * deviations.square().mean().sqrt(), "The mean comes before the root.", "Each coordinate has a deviation of its own: roots first."),
            (c * (A @ S @ A.T).diagonal().sqrt().mean(), "This is the size of G(y), not of G(y) - y.", "Subtract the identity from A."),
            (c * (moved.T @ S @ moved).diagonal().sqrt().mean(), "The transpose stands on the wrong side.", "The covariance of My is M S M^T."),
            (c * (moved @ moved.T).diagonal().sqrt().mean(), "This would be right for S = I.", "y has the covariance S."),
        ],
        tolerance=1e-6,
    )  # fmt: skip
    eye = torch.eye(d, dtype=torch.float64)
    expect_close(answer(eye, S), 0.0, "Who leaves everything alone pays nothing.", "A = I: 0.")
    expect_close(
        answer(-eye, S),
        2 * c * S.diagonal().sqrt().mean(),
        "A half turn of everything moves y by 2y.",
        middle,
    )


def _check_circle(answer) -> None:
    eye = torch.eye(2, dtype=torch.float64)
    for a in (0.3, 1.0, 2.5, -1.2):
        turn = torch.tensor([[math.cos(a), -math.sin(a)], [math.sin(a), math.cos(a)]]).double()
        right = 2 * math.sqrt(2 / math.pi) * abs(math.sin(a / 2))
        expect_close(
            answer(turn, eye), right, f"A turn of the plane by {a} pays something else.",
            "Turning by a moves a point by 2 |sin(a / 2)| times its length.", tolerance=1e-6,
        )  # fmt: skip
