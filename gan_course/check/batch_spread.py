"""An exercise of chapter 9: how much a batch varies, as one more feature."""

from __future__ import annotations

import torch
from torch import Tensor

from .core import exercise
from .expect import close, expect, expect_close, gradients, number


@exercise(stars=2)
def deviation(with_deviation):
    """Append the minibatch standard deviation as one more channel."""
    shapes = (((6, 3), 1.0), ((4, 2, 5, 3), 3.0), ((9, 7), 0.01), ((2, 1), 1.0))
    for shape, scale in shapes:
        h = (
            scale
            * torch.randn(shape)
            * (1 + torch.arange(shape[1]).view(-1, *[1] * (len(shape) - 2)))
        )
        _check_deviation(with_deviation, h + scale)
    _check_collapsed(with_deviation)
    return "It is right in value and slope. A full collapse gives a finite slope, and that is 0."


def _spread(h: Tensor) -> Tensor:
    return (h.var(0, unbiased=False) + 1e-12).sqrt().mean()


def _check_deviation(with_deviation, h: Tensor) -> None:
    got = number(with_deviation(h))
    shape = [len(h), h.shape[1] + 1, *h.shape[2:]]
    expect(
        list(got.shape) == shape,
        f"From features {list(h.shape)} {shape} should come, and yours is {list(got.shape)}.",
        "One more channel, in dimension 1: expand the number to [N, 1, ...] and torch.cat(..., 1).",
    )
    expect_close(
        got[:, :-1],
        h,
        "The features themselves should stay as they are, in front of the new channel.",
        "torch.cat([h, new], 1)",
    )
    new, scale, n = got[:, -1].flatten(), _spread(h).item(), len(h)
    expect(
        (new - new[0]).abs().max() < 1e-6 * (1 + scale),
        "The new channel should hold the same number everywhere.",
        "One standard deviation for each feature, over the batch; then the mean of all of them.",
    )
    hints = (
        "The number is not the mean of the features' standard deviations over the batch.",
        "Dimension 0 is the batch: a root of a mean square in each feature, and then one mean.",
    )
    expect(close(new[:1] / scale, 1.0, 1e-3), *_known(new[0] / scale, h, n, scale) or hints)
    slope, want = (gradients(f, h)[0] for f in (lambda x: with_deviation(x)[:, -1].mean(), _spread))
    expect_close(
        slope,
        want,
        "The number is right, but its slope in the features is not: D hands it to G.",
        "Nothing on the way may cut the graph: no detach, no item, no numpy.",
        tolerance=1e-3,
    )


def _known(got: Tensor, h: Tensor, n: int, scale: float) -> tuple[str, str] | None:
    """Return the hints for a known wrong number, got in units of the right one, or None."""
    mistakes = [
        (h.std(0, unbiased=True).mean() if n > 1 else h.sum(), "You divided by N - 1.", "By N."),
        (h.var(0, unbiased=False).mean(), "These are variances.", "Take each feature's root."),
        (
            h.var(0, unbiased=False).mean().sqrt(),
            "You averaged before the root.",
            "First the root in each feature, then the mean.",
        ),
        (h.std(unbiased=False), "All numbers went into one deviation.", "One for each feature."),
        (
            h.flatten(1).std(1, unbiased=False).mean(),
            "You measured how features differ inside a sample.",
            "Dimension 0, the batch, is the one to look along.",
        ),
        (scale * h[0].numel(), "You summed over the features.", "Take their mean."),
    ]
    added = "Something is added inside the root, and it is too much to leave the number as it is."
    for constant in (1e-2, 1e-3, 1e-4, 1e-5):
        wrong = (h.var(0, unbiased=False) + constant).sqrt().mean()
        mistakes.append((wrong, added, "It has to be tiny, such as 1e-8."))
    for wrong, *hints in mistakes:
        if close(got, wrong / scale, 1e-3):
            return tuple(hints)
    return None


def _check_collapsed(with_deviation) -> None:
    """Expect a small number and no NaN where all samples are one."""
    for h in (torch.ones(5, 3), torch.randn(1, 2, 3, 3).repeat(4, 1, 1, 1)):
        value = number(with_deviation(h))[:, -1].max()
        expect(
            value < 0.01,
            f"For a batch of equal samples the new channel holds {value:.3g}; it should be about 0.",
            "If something is added inside the root to keep it from 0, it has to be tiny: 1e-8.",
        )
        (slope,) = gradients(lambda x: with_deviation(x)[:, -1].sum(), h)
        expect(
            slope.isfinite().all(),
            "For a batch of equal samples its slope is not finite: one such batch, and D is NaN.",
            "The root has an infinite slope at 0. Add something tiny, such as 1e-8, inside it.",
        )
        expect(
            slope.abs().max() < 1e-3,
            "For a batch of equal samples the slope should be 0: moving one to either side is alike.",
            "Is the deviation taken around the mean of the batch?",
        )
