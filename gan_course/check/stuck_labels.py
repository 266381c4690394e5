"""The bug clinic of chapter 17: a loss that cannot fall below log(1 + 9 / e)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, softplus

from .core import exercise
from .expect import expect, expect_close, gradients, number

CASES = ((2, 5, 4, 6, 1.0), (10, 7, 7, 7, 2.0), (4, 1, 3, 2, 1.0), (5, 6, 8, 3, 60.0))


class Logits(nn.Module):
    """A D whose inputs are its logits."""

    def forward(self, logits: Tensor) -> Tensor:
        return 1 * logits


@exercise(stars=2)
def d_loss(d_loss):
    """Repair D's loss in the game of few labels."""
    for classes, n, m, fakes, scale in CASES:
        x, u, fake = (scale * torch.randn(k, classes) for k in (n, m, fakes))
        y = torch.randint(classes, (n,))
        _check(d_loss, x, y, u, fake)
    _check_reach(d_loss)
    _check_slopes(d_loss)
    return "The loss is that of K + 1 classes, and falls to 0 where D is right and sure of it."


def _parts(x, y, u, fake) -> tuple[Tensor, Tensor, Tensor]:
    real, generated = u.logsumexp(1), fake.logsumexp(1)
    return cross_entropy(x, y), softplus(-real).mean(), softplus(generated).mean()


def _check(answer, x: Tensor, y: Tensor, u: Tensor, fake: Tensor) -> None:
    got = number(answer(Logits(), x, y, u, fake))
    named, on_u, on_fake = _parts(x, y, u, fake)
    soft, on_soft_u, on_soft_fake = _parts(x.softmax(1), y, u.softmax(1), fake.softmax(1))
    right = named + (on_u + on_fake) / 2
    expect(
        got.numel() == 1,
        f"The loss is one number; yours has {got.numel()}.",
        "A mean over each kind of samples.",
    )
    expect(
        got.isfinite().all(),
        "Logits of a hundred give a loss that is not finite.",
        "The log of a probability that was rounded to 0. cross_entropy and logsumexp take logits.",
    )
    expect_close(
        got.reshape(()),
        right,
        f"With K = {x.shape[1]} this is not the loss.",
        "cross_entropy of the logits of x, plus half of softplus(-log Z) of u and softplus(log Z) "
        "of the generated ones.",
        mistakes=[
            (
                soft + (on_soft_u + on_soft_fake) / 2,
                "This is still the loss of the clinic.",
                "cross_entropy applies log_softmax itself: what does it make of probabilities?",
            ),
            (
                soft + (on_u + on_fake) / 2,
                "The unlabelled half is right; the labelled one is still that of the clinic.",
                "cross_entropy wants logits.",
            ),
            (
                named + (on_soft_u + on_soft_fake) / 2,
                "The labelled half is right; log Z is still taken of probabilities.",
                "Probabilities add up to 1 whatever x is: Z must be the sum of exp of *logits*.",
            ),
            (named + on_u + on_fake, "The unlabelled part counts twice.", "One half of it."),
            (named, "The unlabelled part is missing.", "One half of softplus(-log Z(u)) + ..."),
            (
                named + (_parts(x, y, -u, fake)[1] * 0 + softplus(u.logsumexp(1)).mean() + softplus(-fake.logsumexp(1)).mean()) / 2,
                "u and the generated samples are exchanged.",
                "softplus(-log Z) is small where Z is large: that is meant for u.",
            ),
            (
                -x.softmax(1)[torch.arange(len(y)), y].mean() + (on_u + on_fake) / 2,
                "The log of the labelled part is missing.",
                "-log of the probability of the right class.",
            ),
        ],
    )  # fmt: skip


def _check_reach(answer) -> None:
    """Demand that a D that is right and sure of it pays nothing."""
    y = torch.arange(10)
    sure = 80 * torch.eye(10) - 40
    got = number(answer(Logits(), sure, y, sure, torch.full((6, 10), -40.0)))
    expect(
        got.abs().max() < 1e-3,
        f"A D that is right and sure of it pays {got.max().item():.4f}, and should pay nothing.",
        "Logits of +40 for the right class and -40 for all else, as they are.",
    )


def _check_slopes(answer) -> None:
    x, u, fake, y = torch.randn(4, 3), torch.randn(5, 3), torch.randn(6, 3), torch.tensor([0, 2, 1, 1])  # fmt: skip
    got = gradients(lambda x, u, fake: answer(Logits(), x, y, u, fake), x, u, fake)
    leaves = [t.clone().requires_grad_() for t in (x, u, fake)]
    named, on_u, on_fake = _parts(leaves[0], y, *leaves[1:])
    want = torch.autograd.grad(named + (on_u + on_fake) / 2, leaves)
    for name, mine, right in zip(("x", "u", "the generated samples"), got, want, strict=True):
        expect_close(
            mine,
            right,
            f"The loss is right, and D's slope on {name} is not.",
            "Nothing on the way may be detached: D learns from all three.",
        )
