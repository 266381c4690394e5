"""An exercise of chapter 11: what a step on v = w / c does to the weight w."""

from __future__ import annotations

import torch
from torch import Tensor

from .core import exercise
from .expect import expect_close

CASES = (((4, 3), 0.5, 0.1), ((7,), 0.02, 0.003), ((2, 3, 3, 3), 3.0, 0.25), ((1, 5), 1.5, 2.0))


@exercise(stars=2)
def equal_steps(sgd_step, adam_step):
    """Find the step on w = c v that a step on v makes, by SGD and by the first step of Adam."""
    for shape, c, h in CASES:
        w, slope = torch.randn(shape).double(), torch.randn(shape).double()
        _check_sgd(sgd_step, w, slope, c, h)
        for eps in (0.3, 1e-8):
            _check_adam(adam_step, w, slope, c, h, eps)
    _check_small(adam_step)
    return (
        "SGD's step is c^2 h of a plain one, Adam's c h: with c = gain / sqrt(fan_in), all weights move "
        "by the same share of their size. And eps counts for 1 / c of its plain self."
    )


def _check_sgd(sgd_step, w: Tensor, slope: Tensor, c: float, h: float) -> None:
    expect_close(
        sgd_step(w, slope, c, h),
        w - c**2 * h * slope,
        f"This is not where w is after the step, with c = {c} and h = {h}.",
        "v = w / c. The slope in v is c times that in w. Step, then multiply by c again.",
        mistakes=[
            (w - h * slope, "This is the step on w itself.", "The step is taken on v = w / c."),
            (
                w - c * h * slope,
                "One factor c is missing.",
                "It comes in twice: in the slope in v, and on the way back from v to w.",
            ),
            (w - h * slope / c**2, "c should multiply.", "dL/dv = dL/dw dw/dv = c dL/dw."),
            (w - h * slope / c, "c should multiply.", "dL/dv = dL/dw dw/dv = c dL/dw."),
            (
                w / c - c * h * slope,
                "This is the new v.",
                "Return w = c v.",
            ),
            (w + c**2 * h * slope, "This goes up.", "Descent subtracts."),
            (-(c**2) * h * slope, "This is the step without w.", "Return the new w."),
            (w - c**4 * h * slope, "c comes in too often.", "Twice is enough: c^2."),
        ],
        tolerance=1e-7,
    )


def _adam(w: Tensor, slope: Tensor, length: float, eps: float) -> Tensor:
    return w - length * slope / (slope.abs() + eps)


def _check_adam(adam_step, w: Tensor, slope: Tensor, c: float, h: float, eps: float) -> None:
    expect_close(
        adam_step(w, slope, c, h, eps),
        _adam(w, slope, c * h, eps / c),
        f"This is not where w is after Adam's first step, with c = {c}, h = {h} and eps = {eps:g}.",
        "With its bias corrected, the first step on v is h g / (|g| + eps), with g the slope in v. That "
        "is c times the slope in w.",
        mistakes=[
            (
                _adam(w, slope, h, eps),
                "This is the step on w itself.",
                "The step is taken on v = w / c.",
            ),
            (
                _adam(w, slope, c * h, eps),
                "c h is right, but eps is added to the slope in w.",
                "Adam sees the slope in v: it divides by |c slope| + eps.",
            ),
            (
                w - c * h * slope.sign(),
                "eps has no effect.",
                "h g / (|g| + eps), with g the slope in v.",
            ),
            (
                _adam(w, slope, c**2 * h, eps / c),
                "c comes in twice, as for SGD.",
                "Adam divides by the size of the slope, so the c of the slope is gone: one c is left.",
            ),
            (
                _adam(w, slope, h, eps / c),
                "The step on v is right. What does it do to w?",
                "w = c v: its step is c times as long.",
            ),
            (_adam(w, slope, -c * h, eps / c), "This goes up.", "Descent subtracts."),
            (
                _adam(w / c, slope, h, eps / c),
                "This is the new v.",
                "Return w = c v.",
            ),
            (
                w - c**2 * h * slope,
                "This is SGD's step.",
                "Adam divides by the size of the slope.",
            ),
        ],
        tolerance=1e-7,
    )


def _check_small(adam_step) -> None:
    """Let slopes be 0, tiny and huge, where eps decides or is nothing."""
    slope = torch.tensor([0.0, 1e-12, -1e-9, 1e-5, -1e12], dtype=torch.float64)
    w, c, h, eps = torch.ones_like(slope), 0.01, 0.1, 1e-8
    expect_close(
        (adam_step(w, slope, c, h, eps) - w) / (c * h),
        (_adam(w, slope, c * h, eps / c) - w) / (c * h),
        "It goes wrong where slopes are 0, tiny or huge.",
        "At slope 0 there is no step. A slope of eps / c moves w by half of c h.",
        tolerance=1e-6,
    )
