"""How well a score ranks anomalies, with ties: an exercise of chapter 15."""

from __future__ import annotations

import torch
from torch import Tensor

from .core import exercise
from .expect import close, expect, expect_close, number

CASES = ((1, 1, 3), (6, 9, 4), (40, 15, 5), (25, 60, 10_000), (12, 12, 2))  # n, m, levels


@exercise(stars=2)
def ranked(auroc, roc):
    """Count pairs ranked right, ties half; draw the curve whose area that is."""
    for n, m, levels in CASES:
        a, b = torch.randint(levels, (n,)) + levels * 0.2, torch.randint(levels, (m,)).float()
        a = a.round()
        _check_area(auroc, a, b)
        _check_curve(roc, a, b)
    _check_flat(auroc, roc)
    _check_infinite(auroc)
    return "Pairs, ranks and the area under the curve are one number."


def _shares(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Return the shares of pairs with a higher, and of ties."""
    a, b = a.double()[:, None], b.double()
    return (a > b).double().mean(), (a == b).double().mean()


def _check_area(answer, a: Tensor, b: Tensor) -> None:
    above, ties = _shares(a, b)
    right = above + ties / 2
    expect_close(
        number(answer(a, b)),
        right,
        "This is not the share of pairs ranked right, with ties counted half.",
        "Compare every anomaly with every normal sample: `a[:, None] > b`, and `==` for ties.",
        mistakes=[
            (1 - right, "It is the wrong way round.", "Anomalies should have the *higher* scores."),
            (above, "Ties count nothing here.", "A tie is a coin toss: one half."),
            (above + ties, "Ties count as right here.", "A tie is a coin toss: one half."),
            (2 * right - 1, "This goes from -1 to 1.", "The share of pairs lies in [0, 1]."),
            (
                right * len(a) * len(b),
                "This is the number of pairs.",
                "Divide by the number of all pairs.",
            ),
            (
                right * len(a),
                "You divided by the normal samples only.",
                "There are n times m pairs.",
            ),
            (
                right * len(b),
                "You divided by the anomalies only.",
                "There are n times m pairs.",
            ),
            (
                (a > b.median()).double().mean(),
                "This is the share of anomalies beyond one threshold.",
                "No threshold is asked for: all pairs are.",
            ),
        ],
    )


def _points(a: Tensor, b: Tensor, strict: bool = False) -> Tensor:
    """Return false alarms and hits, [2, K + 1], from the highest threshold to the lowest."""
    levels = torch.cat([a, b]).unique().flip(0)[:, None]
    rates = [(side >= levels).double().mean(1) for side in (b, a)]
    if strict:
        rates = [(side > levels).double().mean(1) for side in (b, a)]
    return torch.stack([torch.cat([torch.zeros(1).double(), rate]) for rate in rates])


def _check_curve(answer, a: Tensor, b: Tensor) -> None:
    got = answer(a, b)
    expect(
        isinstance(got, tuple | list | Tensor) and len(got) == 2,
        "`roc` should return two rows: false alarms, and hits.",
        "`return false_alarms, hits`.",
    )
    false_alarms, hits = map(number, got)
    expect(
        false_alarms.dim() == 1 and false_alarms.shape == hits.shape,
        "Both rows need one entry for each point of the curve.",
        "One point for each threshold, and (0, 0) before the first.",
    )
    right, found = _points(a, b), torch.stack([false_alarms, hits])
    n, m = len(a), len(b)
    known = [
        (right.flip(0), "The two rows are swapped.", "False alarms first: they are the abscissa."),
        (right.flip(1), "The curve runs backwards.", "Begin with the highest threshold."),
        (right[:, 1:], "The curve does not begin at (0, 0).", "Put it before the first threshold."),
        (
            right[:, :-1],
            "The curve does not end at (1, 1).",
            "The lowest score is a threshold, too.",
        ),
        (
            right * torch.tensor([[m], [n]]),
            "These are numbers of samples.",
            "Divide each row by the size of its own side.",
        ),
    ]
    mistakes = [each for each in known if each[0].shape == found.shape]
    if found.shape != right.shape and not any(close(found, wrong) for wrong, *_ in mistakes):
        expect(
            found.shape[1] <= right.shape[1],
            f"The curve should have {right.shape[1]} points, and yours has {found.shape[1]}.",
            "A threshold cannot pass between equal scores: one point for each *distinct* score.",
        )
    expect_close(
        found,
        right,
        "These are not the points of the curve.",
        "For every distinct score, from high to low: the share of normal samples with at least "
        "this score, and the share of anomalies; (0, 0) in front.",
        mistakes=mistakes,
    )


def _check_flat(auroc, roc) -> None:
    """Demand 1/2, and a straight line, of a score that says nothing."""
    a, b = torch.ones(5), torch.ones(8)
    expect_close(
        number(auroc(a, b)),
        0.5,
        "A score that is the same for all should have the area one half.",
        "All pairs are ties.",
    )
    expect_close(
        torch.stack([*map(number, roc(a, b))]),
        [[0.0, 1.0], [0.0, 1.0]],
        "A score that is the same for all has two points, (0, 0) and (1, 1).",
        "One distinct score, one threshold.",
    )


def _check_infinite(auroc) -> None:
    """Demand that only the order counts: the area stays, whatever increasing function is applied."""
    a, b = torch.randn(30) + 1, torch.randn(20)
    expect_close(
        number(auroc((5 * a).exp(), (5 * b).exp())),
        number(auroc(a, b)),
        "The area should not change when an increasing function is applied to all scores.",
        "Only the order of scores may count.",
        tolerance=1e-6,
    )
