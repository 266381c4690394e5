"""What samples without labels do to the K logits: an exercise of chapter 17."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import softplus

from .core import exercise
from .expect import expect, expect_close, number

CASES = ((5, 7, 3, 1.0), (4, 4, 10, 2.0), (1, 6, 2, 1.0), (6, 5, 4, 200.0))  # N, M, K, scale


@exercise(stars=2)
def slopes(slopes):
    """Write the slopes of D's unlabelled loss in the logits."""
    for n, m, classes, scale in CASES:
        l_u = scale * torch.randn(n, classes) - 0.3
        l_fake = scale * torch.randn(m, classes) + 0.2
        got = slopes(l_u, l_fake)
        expect(
            isinstance(got, (tuple, list)) and len(got) == 2,
            "Return two tensors: the slopes in l_u, then those in l_fake.",
            "Write `return on_u, on_fake`.",
        )
        for name, mine, logits, sign in zip(("l_u", "l_fake"), got, (l_u, l_fake), (-1, 1), strict=True):  # fmt: skip
            _check(name, mine, logits, sign)
    return "Both equal what autograd finds, for one class's logit in hundreds, too."


def _check(name: str, mine: Tensor, logits: Tensor, sign: int) -> None:
    leaf = logits.clone().requires_grad_()
    (right,) = torch.autograd.grad(softplus(sign * leaf.logsumexp(1)).mean(), leaf)
    n = len(logits)
    D = logits.logsumexp(1, keepdim=True).sigmoid()
    share = D if sign > 0 else 1 - D
    p = logits.softmax(1)
    got = number(mine)
    expect(
        got.isfinite().all(),
        f"The slopes in {name} are not finite for logits as large as {logits.abs().max().item():.0f}.",
        "Z overflows. log Z = torch.logsumexp(...) does not, and Z / (Z + 1) is its sigmoid.",
    )
    expect_close(
        got,
        right,
        f"These are not the slopes in {name}, {list(logits.shape)}.",
        "softplus'(a) = sigmoid(a), and d log Z / d l_k = exp(l_k) / Z. Mind the mean.",
        mistakes=[
            (-right, f"The slopes in {name} have the wrong sign.", "The loss falls along minus the slope: data should push log Z up, samples of G down."),
            (n * right, f"In {name} this is the slope of a *sum* over the samples.", "The loss is a mean: each sample counts 1 / N."),
            (sign * (1 - share) * p / n, f"In {name} the weight is that of the other kind of samples.", "Who is pulled hardest: the sample that D gets right, or the one that it gets wrong?"),
            (sign * p / n, f"In {name} every sample has the same weight.", "softplus'(a) = sigmoid(a): the surer D is and right, the less it learns."),
            (sign * share.expand_as(p) / n, f"In {name} every class is pulled alike.", "d log Z / d l_k is not 1: a class counts as much as D believes in it."),
            (sign * share * logits.softmax(0) / n, f"In {name} the softmax runs over the samples.", "It runs over the classes of one sample, dim=1."),
            (sign * share / n, f"In {name} one number per sample came, and each class has a slope.", "[N, 1] times the softmax [N, K]."),
        ],
    )  # fmt: skip
