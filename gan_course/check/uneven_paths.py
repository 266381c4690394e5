"""How far each image moves for a step in W: the bug clinic of chapter 13."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from .core import exercise
from .expect import close, expect, expect_close, number


@exercise(stars=2)
def path_lengths(path_lengths):
    """Repair the lengths whose penalty sees no difference between images."""
    for n, layers, dim, shape in ((5, 3, 4, (3, 4, 4)), (2, 5, 2, (1, 8, 8)), (1, 2, 3, (3, 2, 2))):
        _check_lengths(path_lengths, n, layers, dim, shape)
    _check_gradient(path_lengths)
    return "Each image has a length of its own, and the penalty can be differentiated."


def _images(ws: Tensor, shape: tuple[int, ...], maps: Tensor, bend: float = 0.5) -> Tensor:
    """Return images of a generator in which some move ten times as fast as others."""
    speed = torch.where(ws[:, 0, 0] > 0, 10.0, 1.0)
    flat = ws.flatten(1) @ maps
    return (speed[:, None] * (flat + bend * flat.sin())).view(len(ws), *shape)


def _check_lengths(answer, n: int, layers: int, dim: int, shape: tuple[int, ...]) -> None:
    size = shape[0] * shape[1] * shape[2]
    maps, noise = torch.randn(layers * dim, size), torch.randn(n, *shape)
    ws = torch.randn(n, layers, dim).requires_grad_()
    pixels = shape[1] * shape[2]
    got = answer(lambda ws: _images(ws, shape, maps), ws, noise)
    images = _images(ws, shape, maps)
    (slope,) = torch.autograd.grad((images * noise).sum() / pixels**0.5, ws)
    squares = slope.square()
    right = squares.sum(2).mean(1).sqrt()
    value = number(got)
    expect(
        not (value.shape == (layers,) and n != layers),
        f"Yours has a number for each of {layers} layers; each of {n} images needs one.",
        "The images are axis 0 of the gradient: which axes may go?",
    )
    expect_close(
        value,
        right,
        "These are not the lengths of the images, [N].",
        "The gradient of (images * noise).sum() / sqrt(H W) in ws is [N, layers, dim]: squares, "
        "summed over dim, their mean over the layers, the root.",
        mistakes=_mistakes(slope, pixels, shape[0]),
        tolerance=1e-3,
    )


def _mistakes(slope: Tensor, pixels: int, colours: int) -> list[tuple]:
    squares = slope.square()
    right = squares.sum(2).mean(1).sqrt()
    rms = "Mean over the layers, sum over the numbers of a style, then the root."
    return [
        (
            squares.sum(2).mean().sqrt().expand_as(right),
            "All images have the same length here.",
            "A mean over the images has crept in: axis 0 must stay.",
        ),
        (right.square(), "This is the squared length.", "Take the root at the end."),
        (squares.sum((1, 2)).sqrt(), "You summed over the layers.", rms),
        (squares.mean((1, 2)).sqrt(), "You took a mean over the numbers of a style.", rms),
        (squares.mean(2).sum(1).sqrt(), "Sum and mean are swapped.", rms),
        (squares.sum(2).sqrt().mean(1), "The root comes too early.", rms),
        (slope.abs().sum(2).mean(1), "These are sums of absolute values.", rms),
        (
            right * pixels**0.5,
            "The noise is not scaled.",
            "Divide by the root of the number of pixels, H W.",
        ),
        (
            right / colours**0.5,
            "The colours count as pixels here.",
            "Divide by sqrt(H W), as the authors do; the channels are not in it.",
        ),
        (
            right / pixels**0.5,
            "You divided by the number of pixels.",
            "Divide by its root.",
        ),
        (
            right / len(right),
            "You took a mean over the images before the gradient.",
            "Sum over the images: each one's gradient stays its own.",
        ),
    ]


def _check_gradient(answer) -> None:
    """Demand that the lengths go on to be differentiated in the generator's weights."""
    maps, noise = torch.randn(6, 12), torch.randn(4, 3, 2, 2)
    start = torch.randn(4, 2, 3)

    def through(lengths: Callable[..., Tensor]) -> Tensor:
        weights, ws = maps.clone().requires_grad_(), start.clone().requires_grad_()
        found = lengths(lambda ws: _images(ws, (3, 2, 2), weights), ws, noise)
        expect(
            found.requires_grad,
            "The lengths are cut off from the generator's weights: no penalty can teach it.",
            "torch.autograd.grad(..., create_graph=True).",
        )
        return torch.autograd.grad(found.sum(), weights)[0]

    def own(synthesis: Callable, ws: Tensor, noise: Tensor) -> Tensor:
        along = (synthesis(ws) * noise).sum() / 2
        (slope,) = torch.autograd.grad(along, ws, create_graph=True)
        return slope.square().sum(2).mean(1).sqrt()

    expect(
        close(through(answer), through(own), 1e-3),
        "The lengths are right, but not their gradient in the generator's weights.",
        "Nothing may be cut on the way: no detach, no torch.no_grad, and create_graph=True.",
    )
