"""The orthogonal penalty and its slope, by hand: an exercise of chapter 12."""

from __future__ import annotations

import torch
from torch import Tensor

from .core import exercise
from .expect import expect_close

SHAPES = ((4, 3), (3, 5), (6, 2, 3, 3), (1, 7), (5, 5), (8, 4, 1, 1))


@exercise(stars=2)
def right_angles(penalty, slope):
    """Write the penalty without its diagonal, and its gradient without autograd."""
    for shape in SHAPES:
        W = torch.randn(shape, dtype=torch.float64)
        _check_penalty(penalty, W)
        _check_slope(slope, W)
    for length in (1e-3, 1e3):
        W = torch.randn(4, 6, dtype=torch.float64)
        W[1] *= length
        expect_close(
            penalty(W) / _penalty(W),
            1.0,
            f"With a row {length:g} times as long it is another one.",
            "Rows keep their lengths: nothing is normalised.",
        )
        expect_close(
            slope(W) / _slope(W),
            torch.ones_like(W),
            f"With a row {length:g} times as long the slope is another one.",
            "Rows keep their lengths: nothing is normalised.",
        )
    return (
        "It is 0 for rows at right angles, of any length, and its slope is 4 (W W^T * (1 - I)) W."
    )


def _products(W: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    flat = W.flatten(1)
    products = flat @ flat.T
    return flat, products, products - products.diagonal().diag()


def _penalty(W: Tensor) -> Tensor:
    return _products(W)[2].square().sum()


def _slope(W: Tensor) -> Tensor:
    flat, _, off = _products(W)
    return (4 * off @ flat).view_as(W)


def _check_penalty(penalty, W: Tensor) -> None:
    flat, products, off = _products(W)
    columns = flat.T @ flat
    eye = torch.eye(len(W), dtype=W.dtype)
    right = off.square().sum()
    expect_close(
        penalty(W),
        right,
        f"For W {list(W.shape)} the penalty is another one.",
        "Lay W out as [out, everything else], take the products of each two rows, and add up the "
        "squares of those of different rows.",
        mistakes=[
            (
                (products - eye).square().sum(),
                "Rows that are not of length 1 are charged for, too.",
                "Only products of *different* rows count: set the diagonal to 0.",
            ),
            (
                products.square().sum(),
                "The diagonal is still in it.",
                "The product of a row with itself is its length squared, and free.",
            ),
            (
                (columns - columns.diagonal().diag()).square().sum(),
                "These are the products of the columns.",
                "The outputs are the rows, W W^T, one for each output channel.",
            ),
            (
                right / 2,
                "Each pair is counted once.",
                "The sum runs over all entries of W W^T, so each pair comes twice.",
            ),
            (right.sqrt(), "This is the norm.", "The penalty is the norm squared."),
            (off.abs().sum(), "These are absolute values.", "The products are squared."),
            (off.square().mean(), "This is a mean.", "The penalty is a sum over the entries."),
        ]
        * (len(W) > 1),  # one row has no partner, and several mistakes make no difference
    )


def _check_slope(slope, W: Tensor) -> None:
    flat, products, off = _products(W)
    eye = torch.eye(len(W), dtype=W.dtype)
    expect_close(
        slope(W),
        _slope(W),
        f"For W {list(W.shape)} the slope is another one.",
        "Move W by a little E: W W^T moves by E W^T + W E^T. Where does W stand in the square, and "
        "how often?",
        mistakes=[
            (
                (2 * off @ flat).view_as(W),
                "This is half of the slope.",
                "The square gives a 2, and so does W, which stands in W W^T twice. (The code of "
                "BigGAN's authors adds this half, too.)",
            ),
            (
                (off @ flat).view_as(W),
                "This is a quarter of the slope.",
                "The square gives a 2, and so does W, which stands in W W^T twice.",
            ),
            (
                (4 * (products - eye) @ flat).view_as(W),
                "This is the slope of the penalty that asks for length 1, too.",
                "Set the diagonal to 0.",
            ),
            (
                (4 * products @ flat).view_as(W),
                "The diagonal is still in it.",
                "Set the diagonal of W W^T to 0 before the second product.",
            ),
            (-_slope(W), "The sign is wrong.", "A slope goes uphill; descent subtracts it."),
        ]
        * (len(W) > 1),
    )
