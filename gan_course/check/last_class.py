"""D's logit of "real" from K + 1 logits: an exercise of chapter 17."""

from __future__ import annotations

import torch
from torch import Tensor

from .core import exercise
from .expect import expect, expect_close, gradients, number


@exercise(stars=1)
def real_logit(real_logit):
    """Read the logit of "real" off a classifier of K + 1 classes."""
    for classes, n, scale in ((2, 5, 1.0), (10, 7, 3.0), (3, 1, 1.0), (4, 6, 400.0)):
        _check_values(real_logit, scale * torch.randn(n, classes + 1) + 0.5, classes)
    logits = torch.randn(5, 4)
    (slope,) = gradients(real_logit, logits)
    want = torch.cat([logits[:, :-1].softmax(1), -torch.ones(5, 1)], 1)
    expect_close(
        slope,
        want,
        "The values are right, and their slopes are not.",
        "Nothing on the way may cut the graph: the classifier learns through it.",
    )
    far = 400 * torch.randn(4, 5)
    (slope,) = gradients(real_logit, far)
    expect(
        slope.isfinite().all(),
        "With logits of some hundreds a slope is not finite.",
        "torch.logsumexp subtracts the largest logit before it takes exp.",
    )
    return "It is the log-odds of real for any K, also where exp of a logit overflows."


def _check_values(answer, logits: Tensor, classes: int) -> None:
    known, last = logits[:, :-1], logits[:, -1]
    got = number(answer(logits))
    expect(
        got.isfinite().all(),
        f"Logits as large as {logits.abs().max().item():.0f} give a value that is not finite.",
        "log of a sum of exp: torch.logsumexp does it without exp ever growing large.",
    )
    real = known.logsumexp(1)
    every = logits.logsumexp(1)
    expect_close(
        got,
        real - last,
        f'With K = {classes} this is not the logit of "real", [N].',
        "log P(real) - log P(generated): the common denominator drops out.",
        mistakes=[
            (last - real, 'This is the logit of "generated".', "The other sign."),
            (
                real,
                "The last logit has no part in this: it would have to be 0.",
                "P(generated) is proportional to exp of the last logit.",
            ),
            (
                every - last,
                "This is -log P(generated).",
                "The odds compare it with P(real), the sum of the *first* K.",
            ),
            (real - every, "This is log P(real).", "Odds: minus log P(generated)."),
            ((real - last).sigmoid(), "This is the probability of real.", "Its logit is asked."),
            (
                known.amax(1) - last,
                "This looks at the likeliest class only.",
                "It is real if it is any of the K: their probabilities add up.",
            ),
            (known.sum(1) - last, "You added logits.", "Probabilities add up, not their logs."),
            (
                known.mean(1) - last,
                "This is the mean of the K logits against the last.",
                "Probabilities add up, not their logs.",
            ),
            (
                logits[:, 1:].logsumexp(1) - logits[:, 0],
                "This takes the *first* class for the generated one.",
                "The last column is that of generated samples.",
            ),
        ],
    )
