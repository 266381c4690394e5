"""How much a generator listens to its label: an exercise of chapter 5."""

from __future__ import annotations

import torch
from torch import Tensor

from .core import exercise
from .expect import close, expect, expect_close, number


@exercise(stars=3)
def label_share(label_share):
    """Measure how much of a generator's variance is due to its label."""
    for n, classes, shape in ((40, 4, (3,)), (25, 5, (1, 3, 1))):
        _check_both(label_share, torch.randn(n, 2), torch.randn(classes, 3), shape)
    return "It is 0 for a deaf generator, 1 for one stamp per label, and shares in between."


def _check_both(label_share, z: Tensor, codes: Tensor, shape: tuple[int, ...]) -> None:
    """Try latents z [N, 2], as many labels as there are codes [K, 3], and a shape of outputs."""
    classes = len(codes)

    def both(z: Tensor, y: Tensor) -> Tensor:
        outputs = torch.cat([z[:, :1] * (1 + y[:, None]), codes[y][:, :2] + z[:, 1:]], 1)
        outputs = outputs + torch.arange(3)  # each output has a mean of its own
        return outputs.view(-1, *shape)

    def deaf(z: Tensor, y: Tensor) -> Tensor:
        return torch.cat([z, z.square()], 1)

    got = number(label_share(both, z, classes))
    expect(got.numel() == 1, "Return one number.", "Sum the variances over the outputs first.")
    made = torch.stack([both(z, torch.full((len(z),), k)) for k in range(classes)])  # [K, N, ...]
    _check_share(got, made)
    expect_close(label_share(deaf, z, classes), 0.0, "A deaf G should score 0.", "Keep z fixed.")
    expect_close(
        label_share(lambda z, y: codes[y].view(-1, 3, 1), z, classes),
        1.0,
        "A G that ignores z should score 1.",
        "Then all its variance is the label's. Outputs may be [N, ...]: sum over all of them.",
    )


def _check_share(got: Tensor, made: Tensor) -> None:
    flat = made.flatten(0, 1)
    total = flat.var(0, correction=0).sum()
    within = made.var(0, correction=0).mean(0).sum()
    of_means = made.mean(1).var(0, correction=0).sum()
    over_z = made.var(1, correction=0).mean(0).sum()
    less_one = made.var(0).mean(0).sum() / flat.var(0).sum()
    ratios = (made.var(0, correction=0).mean(0) / flat.var(0, correction=0)).mean()
    share = within / total
    if close(got, share):
        return
    expect_close(
        got,
        share,
        "This is not the variance over y at fixed z, over the whole variance.",
        "Stack G(z, k) for k = 0..K-1 with one z: [K, N, ...]. Variance over the first axis.",
        mistakes=[
            (of_means / total, "You averaged over z too early; or this is 1 minus the share of z at fixed y, the same number.", "Variance over y first, for each z; then the mean over z."),
            (over_z / total, "This is the share of z at fixed y.", "Exchange the axes."),
            (less_one, "You divided by one less than the number of values.", "Use correction=0."),
            (within, "Divide by the whole variance.", "A share has no unit."),
            (total / within, "It is upside down.", "The label's variance over the whole one."),
            (ratios, "You averaged the ratios of the outputs.", "Sum both variances over the outputs, then divide."),
            (made.var(0, correction=0).mean() / made.var(correction=0), "The whole variance is taken over the outputs as well.", "Variance over all (z, y) for each output, then the sum over the outputs."),
            (share.sqrt(), "This is the ratio of standard deviations.", "Variances, not their roots."),
        ],
    )  # fmt: skip
