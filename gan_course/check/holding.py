"""A direction in W that changes one factor and holds the others: an exercise of chapter 13."""

from __future__ import annotations

import torch
from torch import Tensor

from .core import exercise
from .expect import close, expect, expect_close, number


@exercise(stars=3)
def holding(direction, effects):
    """Find the likeliest step in W that changes one factor by 1 and holds the others."""
    for dim, factors, noise in ((5, 3, 0.0), (8, 4, 0.0), (3, 2, 0.5), (6, 2, 2.0), (4, 4, 0.0)):
        ws, f = _readings(dim, factors, noise)
        for k in range(factors):
            _check_direction(direction, ws, f, k)
    for scale in (1.0, 0.5):
        _check_effects(effects, scale)
    return "The step changes one factor by 1, holds the others, and stays where w's are likely."


def _readings(dim: int, factors: int, noise: float) -> tuple[Tensor, Tensor]:
    """Return styles that lean on each other, and readings that are linear in them, plus noise."""
    kind = {"dtype": torch.float64}
    ws = torch.randn(400, dim, **kind) @ (torch.randn(dim, dim, **kind) + torch.eye(dim, **kind))
    ws = ws + 3 * torch.randn(dim, **kind)
    f = ws @ torch.randn(dim, factors, **kind) + 5 * torch.randn(factors, **kind)
    return ws, f + noise * torch.randn(f.shape, **kind)


def _check_direction(answer, ws: Tensor, f: Tensor, k: int) -> None:
    w, y = ws - ws.mean(0), f - f.mean(0)
    S = w.T @ w / len(w)
    B = torch.linalg.lstsq(w, y).solution  # [dim, factors]
    right = (S @ B @ torch.linalg.inv(B.T @ S @ B))[:, k]
    got = number(answer(ws, f, k))
    expect(
        got.shape == right.shape,
        f"The direction should have the shape {list(right.shape)}, yours has {list(got.shape)}.",
        "One step in W, the same for all styles.",
    )
    if close(got, right, 1e-3):
        return
    _name_direction(got, right, w, y, S, B, k)
    moved = B.T @ got
    told = ", ".join(f"{round(value, 3) + 0.0:g}" for value in moved.tolist())
    expect(
        close(moved, torch.eye(len(moved))[k], 1e-3),
        f"By the least-squares map your step changes the factors by {told}; only number {k} "
        "should change, and by 1.",
        "B^T d = e_k, with B [dim, K] from centred styles to centred readings.",
    )
    mine, best = (d @ torch.linalg.solve(S, d) for d in (got, right))
    expect(
        False,
        f"It changes one factor by 1 and holds the others, but d^T S^-1 d is {mine.item():.4g}, "
        f"and {best.item():.4g} can be had.",
        "Of all d with B^T d = e_k, the one with the smallest d^T S^-1 d lies along S B c, for "
        "some c. Which c fits?",
    )


def _name_direction(got: Tensor, right: Tensor, w, y, S: Tensor, B: Tensor, k: int) -> None:
    b = B[:, k]
    along = y.T @ w / len(w)  # [factors, dim]
    same = [
        (b, "This is the map's own column.", "Along it, all factors change that lean on k."),
        (b / b.norm(), "This is the map's own column, of length 1.", "Others change along it."),
        (
            b / (b @ b),
            "Along the map's own column the factor changes by 1, and others change, too.",
            "B^T d = e_k is one condition for each factor, not for k alone.",
        ),
        (
            S @ b / (b @ S @ b),
            "This is the likeliest step for the factor alone, and the others follow it.",
            "B^T d = e_k for all factors: invert B^T S B.",
        ),
        (
            torch.linalg.pinv(B.T)[:, k],
            "This step holds the others, and is the shortest one. It is not the likeliest.",
            "Lengths in W count by d^T S^-1 d: S, the covariance of the styles, belongs into it.",
        ),
        (
            torch.linalg.solve(y.T @ y / len(y), along)[k],
            "You regressed the styles on the *readings*, whose noise makes the step too short.",
            "Regress readings on styles first: B. Then the fitted readings, without noise, count.",
        ),
        (-right, "The step goes the wrong way.", "Factor k should go *up* by 1."),
    ]
    for wrong, *hints in same:
        expect(not close(got, wrong, 1e-3), *hints)
    ratio = got / right
    expect(
        not (ratio.isfinite().all() and close(ratio, ratio.mean().expand_as(ratio), 1e-3)),
        f"The direction is right, and the step {ratio.mean().item():.4g} times as long as it "
        "should be.",
        "The factor changes by 1: B^T d = e_k.",
    )


def _check_effects(answer, scale: float) -> None:
    """Compare mean changes, in each factor's own spread, for readings that are not linear."""
    ws, d = torch.randn(300, 4) + 1, scale * torch.randn(4)
    matrix = torch.randn(4, 3) * torch.tensor([0.3, 1.0, 3.0])

    def read(styles: Tensor) -> Tensor:
        return torch.tanh(styles @ matrix) + 0.2 * (styles @ matrix).square()

    before, after = read(ws), read(ws + d)
    mean, spread = (after - before).mean(0), before.std(0, correction=0)
    got = number(answer(read, ws, d))
    expect_close(
        got,
        mean / spread,
        "These are not the mean changes in units of each factor's spread, [K].",
        "read(ws + d) - read(ws), its mean over the styles, divided by the standard deviation of "
        "read(ws).",
        mistakes=[
            (mean, "The factors' spreads are missing.", "Divide by the deviation of read(ws)."),
            (mean / before.var(0), "You divided by the variance.", "The standard deviation."),
            (mean / before.var(0, correction=0), "You divided by the variance.", "Its root."),
            (-mean / spread, "The sign is wrong.", "After minus before."),
            (
                (after - before).abs().mean(0) / spread,
                "These are mean *absolute* changes.",
                "Keep the sign: does the factor go up or down?",
            ),
            (
                mean / after.std(0, correction=0),
                "The spread should be that of the faces before the step.",
                "The deviation of read(ws).",
            ),
            (
                mean / (after - before).std(0, correction=0),
                "You divided by the spread of the changes.",
                "The deviation of read(ws).",
            ),
            (
                (read((ws + d).mean(0, keepdim=True)) - read(ws.mean(0, keepdim=True)))[0] / spread,
                "This is the change at the mean style.",
                "Readings bend: change each style, then take the mean of the changes.",
            ),
        ],
        tolerance=5e-3,
    )
