"""The weights that a style makes, and what variance they let through: an exercise of chapter 13."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import conv2d

from .core import exercise
from .expect import expect_close, number

CASES = ((3, 4, 5, 3), (2, 1, 3, 1), (1, 6, 2, 3), (4, 3, 1, 5))  # N, O, I, k


@exercise(stars=2)
def demodulated(demodulated, variance):
    """Write each image's own weights, and the variance of what comes out."""
    for n, outputs, inputs, k in CASES:
        weight = torch.randn(outputs, inputs, k, k) * torch.rand(outputs, inputs, 1, 1).add(0.2)
        s = torch.randn(n, inputs) * 2 + 0.5
        _check_weights(demodulated, weight, s)
        _check_variance(variance, weight, s, torch.rand(n, inputs).mul(4).add(0.05))
    _check_size(demodulated)
    return "Each image has weights of its own, of unit length, and you know what they let through."


def _styled(weight: Tensor, s: Tensor) -> Tensor:
    return weight[None] * s[:, None, :, None, None]


def _over(styled: Tensor, axes: tuple[int, ...]) -> Tensor:
    return styled / styled.square().sum(axes, keepdim=True).sqrt()


def _check_weights(answer, weight: Tensor, s: Tensor) -> None:
    got, styled = number(answer(weight, s)), _styled(weight, s)
    outputs, inputs = weight.shape[:2]
    mistakes = [
        (styled, "The weights are modulated, and not yet demodulated.", "Divide by the length."),
        (
            _over(weight[None], (2, 3, 4)) * s[:, None, :, None, None],
            "The weights are divided by their length before the style has scaled them.",
            "First W' = s W, then the length of W'.",
        ),
        (
            _over(weight[None], (2, 3, 4)).expand_as(styled),
            "The style has no effect on these weights.",
            "Scale them by s first: one factor for each channel that comes in.",
        ),
        (
            styled / styled.square().sum((2, 3, 4), keepdim=True),
            "You divided by the squared length.",
            "The length is the root of the sum of squares.",
        ),
        (
            styled / styled.square().mean((2, 3, 4), keepdim=True).sqrt(),
            "You divided by the root of the *mean* square.",
            "A sum over channels in and pixels of the kernel, no mean: it is the variance of a sum.",
        ),
        (
            _over(styled, (1, 2, 3, 4)),
            "You took one length for all output channels together.",
            "Each output channel has its own length.",
        ),
        (
            _over(styled, (3, 4)),
            "You took a length for each channel that comes in.",
            "An output channel is a sum over *all* channels in: sum over them, too.",
        ),
        (
            _over(styled, (1, 3, 4)),
            "You summed over the channels that go out.",
            "W is [out, in, k, k]: sum over `in` and the two of the kernel.",
        ),
        (
            _over(styled, (0, 2, 3, 4)),
            "You summed over the images of the batch.",
            "Each image has weights, and lengths, of its own.",
        ),
        (
            styled / styled.std((2, 3, 4), keepdim=True),
            "You divided by the standard deviation of the weights.",
            "Their mean is not subtracted: root of the sum of squares.",
        ),
    ]
    if outputs == inputs:
        wrong = _over(weight[None] * s[:, :, None, None, None], (2, 3, 4))
        mistakes.append((wrong, "The style scales the output channels.", "It scales what goes in."))
    expect_close(
        got,
        _over(styled, (2, 3, 4)),
        "These are not the demodulated weights [N, out, in, k, k].",
        "W' [N, out, in, k, k] by broadcasting, then divide by the root of its squares' sum over "
        "`in` and both axes of the kernel.",
        mistakes=mistakes,
        tolerance=1e-3,
    )


def _check_variance(answer, weight: Tensor, s: Tensor, v: Tensor) -> None:
    got, styled = number(answer(weight, s, v)), _styled(weight, s)
    energy = styled.square().sum((3, 4))  # [N, O, I]
    plain = (energy * v[:, None]).sum(2)
    right = plain / energy.sum(2)
    expect_close(
        got,
        right,
        "This is not the variance of the output channels [N, out].",
        "Variances of independent terms add, each times its weight squared: use the demodulated "
        "weights, and v of the channel in.",
        mistakes=[
            (torch.ones_like(right), "It is 1 only where every v is 1.", "Weigh the v."),
            (plain, "This is the variance without demodulation.", "Use the demodulated weights."),
            (right.sqrt(), "This is the standard deviation.", "Do not take the root."),
            (
                v.mean(1, keepdim=True).expand_as(right),
                "This is the plain mean of v.",
                "Channels with large weights count for more.",
            ),
            (
                (energy * v[:, None].square()).sum(2) / energy.sum(2),
                "v is squared here.",
                "v is a variance already. Only the weights are squared.",
            ),
            (
                (energy * v[:, None].sqrt()).sum(2) / energy.sum(2),
                "The root of v has no place here.",
                "v is a variance already. Only the weights are squared.",
            ),
            (
                (weight.square().sum((2, 3))[None] * v[:, None]).sum(2)
                / weight.square().sum((1, 2, 3)),
                "The style has no effect on your variance.",
                "A style that favours a channel lets more of its variance through.",
            ),
        ],
        tolerance=1e-3,
    )


def _check_size(answer) -> None:
    """Put the weights to use: a convolution by them has the variance that was promised."""
    weight, s = torch.randn(4, 8, 3, 3), 50 * torch.randn(1, 8)
    h = torch.randn(1, 8, 64, 64)
    found = conv2d(h, torch.as_tensor(answer(weight, s))[0].float()).var((0, 2, 3))
    expect_close(
        found,
        torch.ones(4),
        "A convolution of unit noise by your weights does not have unit variance.",
        "Whatever the size of s, the demodulated weights have the length 1.",
        tolerance=0.2,
    )
