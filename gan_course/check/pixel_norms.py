"""An exercise of chapter 11: pixel norm, and what is left of a slope behind it."""

from __future__ import annotations

import torch
from torch import Tensor

from .core import exercise
from .expect import expect, expect_close, gradients, number

EPS = 1e-8
SHAPES = (((4, 3), 1.0), ((2, 5, 3, 4), 3.0), ((1, 3, 6), 0.5), ((3, 8, 1, 1), 40.0), ((6, 1), 1.0))


@exercise(stars=2)
def pixel_norm(pixel_norm, jacobian):
    """Write pixel norm, and its Jacobian at one pixel."""
    for shape, scale in SHAPES:
        _check_norm(pixel_norm, scale * (torch.randn(shape) + 0.5).double())
    _check_extremes(pixel_norm)
    for channels, scale in ((3, 1.0), (8, 0.1), (2, 30.0), (5, 1e-4), (1, 1.0)):
        _check_jacobian(jacobian, scale * (torch.randn(channels) + 0.3).double())
    _check_flat(jacobian)
    return "Along the pixel itself no slope comes through: its length has been forgotten."


def _normed(h: Tensor, eps: float = EPS, dim: int = 1) -> Tensor:
    return h / (h.square().mean(dim, keepdim=True) + eps).sqrt()


def _check_norm(pixel_norm, h: Tensor) -> None:
    of_all = h / (h.square().flatten(1).mean(1).view(-1, *[1] * (h.dim() - 1)) + EPS).sqrt()
    places = tuple(range(2, h.dim()))
    mistakes = [
        (
            h / h.square().sum(1, keepdim=True).sqrt(),
            "Each pixel has the length 1.",
            "It should have the mean square 1, so the length sqrt(C).",
        ),
        (
            h / (h.square().mean(1, keepdim=True) + EPS),
            "The root is missing.",
            "Divide by the root of the mean square.",
        ),
        (
            (h - h.mean(1, keepdim=True)) / (h.var(1, keepdim=True, correction=0) + EPS).sqrt(),
            "You also take the mean away.",
            "Pixel norm changes the length only: it divides, and subtracts nothing.",
        ),
        (
            h / (h.var(1, keepdim=True, correction=0) + EPS).sqrt(),
            "You divide by the standard deviation.",
            "The mean square is taken around 0, not around the mean.",
        ),
        (_normed(h, dim=0), "You average over the batch.", "Each pixel on its own: dimension 1."),
        (of_all, "You average over the whole image.", "Each pixel has a norm of its own."),
    ]
    if places:
        over_places = h / (h.square().mean(places, keepdim=True) + EPS).sqrt()
        mistakes.append((over_places, "You average over pixels.", "Over channels, dimension 1."))
    expect_close(
        pixel_norm(h),
        _normed(h),
        f"This is not the pixel norm of features {list(h.shape)}.",
        "Along dimension 1: the root of (mean square + 1e-8), and h divided by it. keepdim=True.",
        mistakes=mistakes,
    )


def _check_extremes(pixel_norm) -> None:
    """Ask at zero, where eps counts, at huge features, and for the slope there."""
    for scale in (0.0, 1e-6, 1e-4, 1e12):
        h = scale * torch.tensor([[1.0, -2.0, 2.0], [3.0, 0.0, 4.0]]).double()
        expect_close(
            pixel_norm(h),
            _normed(h),
            f"It goes wrong where features are of the size {scale:g}.",
            "1e-8 is added to the mean square, inside the root; it counts where features are below 1e-4.",
            tolerance=1e-6,
        )
        (slope,) = gradients(lambda x: (pixel_norm(x) * torch.tensor([1.0, 2.0, 5.0])).sum(), h)
        leaf = h.clone().requires_grad_()
        (want,) = torch.autograd.grad((_normed(leaf) * torch.tensor([1.0, 2.0, 5.0])).sum(), leaf)
        unit = max(want.abs().max().item(), 1e-300)
        expect(
            bool(slope.isfinite().all()) and ((slope - want).abs().max() / unit) < 1e-4,
            f"Its values are right, but not its slope where features are of the size {scale:g}.",
            "Add 1e-8 inside the root, as the root has no slope at 0; and nothing may cut the graph.",
        )


def _parts(h: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return r [], n = h / r [C] and the unit matrix [C, C]."""
    r = (h.square().mean() + EPS).sqrt()
    return r, h / r, torch.eye(len(h), dtype=h.dtype)


def _check_jacobian(jacobian, h: Tensor) -> None:
    r, n, unit = _parts(h)
    outer, count = torch.outer(n, n), len(h)
    want = (unit - outer / count) / r
    got = number(jacobian(h))
    expect(
        list(got.shape) == [count, count],
        f"For {count} channels the Jacobian has the shape {[count, count]}, and yours has {list(got.shape)}.",
        "Row i holds the slopes of output i in all inputs.",
    )
    expect_close(
        got * r,
        want * r,
        f"This is not the Jacobian at a pixel of {count} channels.",
        "With r the root and n = h / r: the derivative of h_i / r is (1 if i = j else 0) / r minus "
        "h_i / r^2 times dr/dh_j, and dr/dh_j = h_j / (C r).",
        mistakes=[
            (
                unit,
                "You took r for a constant.",
                "r depends on every channel: dr/dh_j = h_j / (C r).",
            ),
            (
                unit - outer,
                "One factor 1 / C is missing.",
                "The mean square has it: dr/dh_j = h_j / (C r).",
            ),
            (want * r * r, "One factor 1 / r is missing.", "The first term is I / r."),
            (want, "One factor 1 / r is too many.", "The first term is I / r."),
            (unit + outer / count, "The second term has the wrong sign.", "A quotient's rule."),
            (
                outer / count,
                "This is the part along the pixel: what does not come through.",
                "I - it.",
            ),
            (
                (unit - torch.diag(n * n) / count),
                "Off the diagonal it is 0.",
                "r ties all channels.",
            ),
        ],
        tolerance=1e-6,
    )


def _check_flat(jacobian) -> None:
    h = torch.zeros(3, dtype=torch.float64)
    expect_close(
        number(jacobian(h)) * EPS**0.5,
        torch.eye(3),
        "At a pixel of zeros it is wrong.",
        "There r = 1e-4, since 1e-8 stands in the root.",
    )
