"""An exercise of chapter 11: one size fades into the next."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate, max_pool2d

from .core import exercise
from .expect import expect_close, gradients

SHAPES = (((2, 3, 4, 4), 0.3), ((5, 1, 1, 1), 0.8), ((1, 4, 8, 2), 0.55), ((3, 2, 2, 2), 0.25))


@exercise(stars=1)
def fade_in(faded, faded_real):
    """Blend what a network made at the old size with what it makes at the new one."""
    for shape, alpha in SHAPES:
        n, c, h, w = shape
        _check_faded(faded, torch.randn(shape), torch.randn(n, c, 2 * h, 2 * w), alpha)
        _check_real(faded_real, torch.randn(n, c, 2 * h, 2 * w), alpha)
    _check_ends(faded, faded_real)
    _check_slopes(faded)
    return "At 0 it is the old size, at 1 the new one, and data fade as G's images do."


def _up(x: Tensor) -> Tensor:
    return interpolate(x, scale_factor=2)


def _smooth(x: Tensor) -> Tensor:
    return interpolate(x, scale_factor=2, mode="bilinear")


def _check_faded(faded, old: Tensor, new: Tensor, alpha: float) -> None:
    expect_close(
        faded(old, new, alpha),
        (1 - alpha) * _up(old) + alpha * new,
        f"This is not the blend of old and new images at alpha = {alpha}.",
        "Make each old pixel 2x2 equal ones, as F.interpolate(old, scale_factor=2) does; then weights "
        "1 - alpha and alpha.",
        mistakes=[
            (
                alpha * _up(old) + (1 - alpha) * new,
                "alpha weighs the old images.",
                "At alpha = 1 the new ones stand alone.",
            ),
            (
                (1 - alpha) * _smooth(old) + alpha * new,
                "Your old images are smoothed on their way up.",
                "Each old pixel becomes 2x2 equal ones: interpolate does so unless told otherwise.",
            ),
            (
                (1 - alpha) * old.repeat(1, 1, 2, 2) + alpha * new,
                "Each old image stands four times beside itself.",
                "Pixels are repeated in place: a, a, b, b and not a, b, a, b. repeat_interleave does it.",
            ),
            (
                (1 - alpha) * old + alpha * avg_pool2d(new, 2),
                "The result has the size of the old images.",
                "Bring the old images up, and leave the new ones as they are.",
            ),
            (_up(old), "Only the old images are left.", "Where does new come in?"),
            (new, "Only the new images are left.", "Where does old come in?"),
            (_up(old) + alpha * new, "Old images keep their full weight.", "It is 1 - alpha."),
            (_up(old) + new, "alpha has no effect.", "The weights are 1 - alpha and alpha."),
        ],
        tolerance=1e-5,
    )


def _check_real(faded_real, x: Tensor, alpha: float) -> None:
    expect_close(
        faded_real(x, alpha),
        (1 - alpha) * _up(avg_pool2d(x, 2)) + alpha * x,
        f"This is not how a real image fades at alpha = {alpha}.",
        "Its old version has half the size: the means of 2x2 pixels, by F.avg_pool2d(x, 2). Then it "
        "fades as G's images do.",
        mistakes=[
            (
                x,
                "Real images stay as they are: D could tell them by their finer half.",
                "Give D the same blend: of the image at half the size, and the image itself.",
            ),
            (
                alpha * _up(avg_pool2d(x, 2)) + (1 - alpha) * x,
                "alpha weighs the old size.",
                "At alpha = 1 the image itself stands alone.",
            ),
            (
                (1 - alpha) * _up(x[..., ::2, ::2]) + alpha * x,
                "At half the size you keep one pixel of four.",
                "Average the four: so do the data that earlier stages were trained on.",
            ),
            (
                (1 - alpha) * _up(max_pool2d(x, 2)) + alpha * x,
                "At half the size you keep the largest of four pixels.",
                "Average the four.",
            ),
            (
                (1 - alpha) * _smooth(avg_pool2d(x, 2)) + alpha * x,
                "On its way up the small image is smoothed.",
                "Each pixel becomes 2x2 equal ones, as in faded.",
            ),
            (
                _up(avg_pool2d(x, 2)),
                "Only the old size is left.",
                "Blend it with x itself, with the weight alpha.",
            ),
            (
                (1 - alpha) * avg_pool2d(x, 2) + alpha * avg_pool2d(x, 2),
                "The result has half the size.",
                "Bring the small image up again.",
            ),
        ],
        tolerance=1e-5,
    )


def _check_ends(faded, faded_real) -> None:
    """Expect exactly the old images at 0 and exactly the new at 1."""
    old, new = torch.randn(2, 3, 4, 4), 1e6 * torch.randn(2, 3, 8, 8)
    for alpha, want in ((0.0, _up(old)), (1.0, new)):
        expect_close(
            faded(old, new, alpha),
            want,
            f"At alpha = {alpha:g} something of the other size is left.",
            "There the weights are 0 and 1: nothing may be added to them, and nothing divided by them.",
            tolerance=1e-6,
        )
    for alpha, want in ((0.0, _up(avg_pool2d(new, 2))), (1.0, new)):
        expect_close(
            faded_real(new, alpha),
            want,
            f"At alpha = {alpha:g} a real image is not what it should be.",
            "At 0 it is the image at half the size, brought up; at 1 the image itself.",
            tolerance=1e-6,
        )


def _check_slopes(faded) -> None:
    old, new = torch.randn(2, 3, 4, 4), torch.randn(2, 3, 8, 8)
    slopes = gradients(lambda a, b: faded(a, b, 0.3), old, new)
    for slope, weight in zip(slopes, (4 * 0.7, 0.3), strict=True):
        expect_close(
            slope,
            torch.full_like(slope, weight),
            "The values are right, but a slope is not: both the old and the new end have to learn.",
            "Nothing on the way may cut the graph: no detach, no item, no numpy.",
        )
