"""How strongly an objective pulls a fake, as a function of the density ratio: exercise of chapter 8."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ..objectives import (
    Objective,
    hinge,
    least_squares,
    least_squares_with,
    minimax,
    non_saturating,
)
from .core import exercise
from .expect import close, expect, expect_close

Best = Callable[[Tensor], Tensor]


def _itself(s: Tensor) -> Tensor:
    return s


def _exponential_g(fake: Tensor, real: Tensor | None = None) -> Tensor:
    return -fake.exp().mean()


def _cubic_g(fake: Tensor, real: Tensor | None = None) -> Tensor:
    return -(fake**3 / 3 + fake).mean()


def _stretched(s: Tensor) -> Tensor:
    return 2 * s + torch.sin(s)


# An objective, its best D, and its pull in closed form. Two of them stand in no chapter.
CASES = (
    (non_saturating, _itself, lambda s: torch.sigmoid(-s)),
    (minimax, _itself, torch.sigmoid),
    (least_squares, torch.sigmoid, lambda s: torch.sigmoid(s) * torch.sigmoid(-s) ** 2),
    (Objective("exponential", non_saturating.d, _exponential_g), _itself, torch.exp),
    (
        Objective("cubic", non_saturating.d, _cubic_g),
        _stretched,
        lambda s: (_stretched(s) ** 2 + 1) * (2 + torch.cos(s)),
    ),
    (
        least_squares_with(-1, 1, 0),  # it pulls back where p > q
        lambda s: torch.tanh(s / 2),
        lambda s: -torch.tanh(s / 2) * (1 - torch.tanh(s / 2) ** 2) / 2,
    ),
)


@exercise(stars=2)
def pull(pull):
    """Find how strongly any objective pulls a fake towards a larger ratio p/q."""
    for objective, best, exact in CASES:
        for size in (9, 1, 64):
            _check_pull(pull, objective, best, exact, 3 * torch.randn(size, dtype=torch.float64))
    _check_far(pull)
    _check_flat(pull)
    return (
        "It is right for six objectives, two of which you have not seen, for fakes of any number "
        "and at ratios from e^-60 to e^20."
    )


def _check_pull(pull, objective: Objective, best: Best, exact: Best, s: Tensor) -> None:
    where = f" ({objective.name}, N = {len(s)})"
    mistakes = (*_other_numbers(exact(s)), *_other_slopes(objective, best, exact, s))
    expect_close(
        pull(objective, best, s),
        exact(s),
        f"This is not the pull of each fake{where}.",
        "Make s a leaf that requires a gradient, compute objective.g(best(s)), and differentiate it "
        "in s with torch.autograd.grad.",
        mistakes=[(wrong, f"{told}{where}.", hint) for wrong, told, hint in mistakes],
        tolerance=1e-5,
    )


def _other_numbers(right: Tensor) -> list[tuple[Tensor, str, str]]:
    """Return what known mistakes make of the right pulls, with their hints."""
    one_nth = "objective.g is a mean, so a fake has one N-th of the loss. Multiply by N."
    return [
        (-right, "The sign is turned round", "G goes down its loss: minus the slope."),
        (right / len(right), "The pull of each fake depends on how many there are", one_nth),
        (-right / len(right), "The sign is turned round, and each fake has one N-th", one_nth),
        (right.mean(), "This is the mean over the fakes", "One number for each fake."),
        (right.sum(), "This is the sum over the fakes", "One number for each fake."),
    ]


def _other_slopes(
    objective: Objective, best: Best, exact: Best, s: Tensor
) -> list[tuple[Tensor, str, str]]:
    """Return what comes out if something else is differentiated, with hints."""
    chain = torch.autograd.functional.jvp(best, s, torch.ones_like(s))[1]  # of D's output in s
    in_output = exact(s) / chain
    not_given = "This is the pull of the non-saturating loss"
    return [
        *([(torch.sigmoid(-s), not_given, "Use objective.g.")] if objective is minimax else []),
        (in_output, "This is the slope in D's output", "Differentiate in s."),
        (
            in_output / len(s),
            "This is the slope in D's output, and of the mean",
            "Differentiate in s, and multiply by N.",
        ),
        (exact(s) / s.exp(), "This is the slope in p/q", "Differentiate in s, its logarithm."),
        (
            _slope(objective, lambda s: best(s).sigmoid(), s),
            "A sigmoid stands before the loss",
            "objective.g takes D's output as it is: pass best(s).",
        ),
        (
            _slope(objective, lambda s: s, s),
            "`best` is not used",
            "objective.g takes D's output, which is best(s), not s.",
        ),
        (
            best(s),
            "This is D's output",
            "It goes into objective.g, and the slope of that is asked for.",
        ),
    ]


def _slope(objective: Objective, best: Best, s: Tensor) -> Tensor:
    leaf = s.clone().requires_grad_()
    return -len(s) * torch.autograd.grad(objective.g(best(leaf), None), leaf)[0]


def _check_far(pull) -> None:
    """Where p/q is e^20 or e^-60 a pull may be huge or tiny: compare relative to its size."""
    s = torch.tensor([-60.0, -20.0, 0.0, 20.0], dtype=torch.float64)
    for objective, best, exact in CASES[:-1]:  # the last one is rounded to 0 there
        ratio = pull(objective, best, s) / exact(s)
        expect(
            close(ratio, torch.ones_like(s), 1e-3),
            f"It goes wrong where log p/q is -60 or 20 ({objective.name}).",
            "Clamp nothing, and take no finite differences: autograd is exact.",
        )


def _check_flat(pull) -> None:
    """Ask for the hinge, whose best D is a sign: nothing flows back through it."""
    s = torch.tensor([-2.0, -0.5, 0.5, 3.0])
    got = pull(hinge, torch.sign, s)
    expect_close(
        got,
        torch.zeros(4),
        "The best D of the hinge is the sign of s, and its slope is 0 everywhere.",
        "Then G is pulled nowhere. What else than s does your answer differentiate in?",
    )
