"""Two exercises of chapter 9 on augmentation: a translation with a slope, and where T belongs."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from .core import exercise
from .expect import expect, expect_close, gradients

SIZES = (((5, 1, 6, 4), 2), ((3, 3, 4, 7), 3), ((2, 1, 3, 3), 4))  # of pictures, and largest shift


def moved(x: Tensor, down: Tensor, right: Tensor) -> Tensor:
    """Return pictures [N, C, H, W] moved by whole pixels [N], with 0 where nothing comes in."""
    result = torch.zeros_like(x)
    height, width = x.shape[2:]
    for i, (dy, dx) in enumerate(zip(down.tolist(), right.tolist(), strict=True)):
        for row in range(max(dy, 0), min(height + dy, height)):
            for column in range(max(dx, 0), min(width + dx, width)):
                result[i, :, row, column] = x[i, :, row - dy, column - dx]
    return result


def _rolled(x: Tensor, down: Tensor, right: Tensor) -> Tensor:
    shifts = zip(x, down.tolist(), right.tolist(), strict=True)
    return torch.stack([one.roll((dy, dx), (1, 2)) for one, dy, dx in shifts])


@exercise(stars=2)
def translation(translation):
    """Move each picture by whole pixels of its own, with a slope that reaches the pictures."""
    for shape, most in SIZES:
        x = torch.randn(shape)
        down, right = torch.randint(-most, most + 1, (2, len(x)))
        down[:2], right[:2] = torch.tensor([most, -1]), torch.tensor([-1, most - 1])
        _check_moved(translation, x, down, right)
    return "Pixels move and do not come back on the other side, and slopes move the other way."


def _check_moved(translation, x: Tensor, down: Tensor, right: Tensor) -> None:
    nothing = torch.zeros_like(down)
    expect_close(
        translation(x, nothing, nothing),
        x,
        "A shift of 0 should change nothing.",
        "It is the identity, whatever the size of the pictures.",
    )
    first = down[:1].expand_as(down), right[:1].expand_as(right)
    mistakes = [
        (
            _rolled(x, down, right),
            "What leaves the picture on one side comes in on the other.",
            "Pad the pictures with zeros first, or set to 0 what torch.roll brings in.",
        ),
        (moved(x, -down, -right), "The pictures move the other way.", "down = 1: row 0 goes to 1."),
        (moved(x, right, down), "Rows and columns are exchanged.", "down moves along dimension 2."),
        (moved(x, *first), "All pictures move like the first one.", "Each has a shift of its own."),
        (moved(x, -down, right), "Down is up.", "down = 1: row 0 goes to row 1."),
        (moved(x, down, -right), "Right is left.", "right = 1: column 0 goes to column 1."),
    ]
    expect_close(
        translation(x, down, right),
        moved(x, down, right),
        "These are not the pictures, moved, with 0 where nothing comes in.",
        "The pixel of the result at (row, column) is x at (row - down, column - right), where "
        "there is one.",
        mistakes=mistakes,
    )
    weights = torch.randn(x.shape)
    (slope,) = gradients(lambda pictures: (weights * translation(pictures, down, right)).sum(), x)
    expect_close(
        slope,
        moved(weights, -down, -right),
        "The pictures are right, but not the slope that reaches them.",
        "What D asks of a moved pixel has to arrive at the pixel that it came from: indexing, "
        "padding and torch.roll all do so; .data and numpy do not.",
    )


class Trick:
    """A transformation of samples [N, d] that counts, and that no D can mistake for another."""

    def __init__(self, factor: float, shift: float) -> None:
        self.factor, self.shift = factor, shift

    def __call__(self, x: Tensor) -> Tensor:
        return self.factor * x + self.shift + x.square() / 4


@exercise(stars=2)
def augmented(d_loss, g_loss):
    """Repair the losses of the bug clinic, which augment the real samples only."""
    for n, d, trick in (
        (6, 2, Trick(0.5, 1.0)),
        (9, 3, Trick(2.0, -0.5)),
        (1, 4, Trick(-1.0, 0.3)),
    ):
        D = nn.Sequential(nn.Linear(d, 8), nn.Tanh(), nn.Linear(8, 1))
        real, fake = torch.randn(n, d), torch.randn(n + 2, d) - 1
        _check_d(d_loss, D, trick, real, fake)
        _check_g(g_loss, D, trick, fake)
    return "Both players look at T(x) and T(G(z)), and the slope passes through T on its way to G."


def _check_d(d_loss, D: nn.Module, T: Trick, real: Tensor, fake: Tensor) -> None:
    def loss(x: Tensor, y: Tensor) -> Tensor:
        return softplus(-D(x)).mean() + softplus(D(y)).mean()

    expect_close(
        d_loss(D, T, real, fake),
        loss(T(real), T(fake)),
        "D's loss is not the usual one on augmented samples.",
        "D has to compare like with like: whatever is done to one side is done to the other.",
        mistakes=[
            (
                loss(T(real), fake),
                "D still sees real samples changed and fakes as they are.",
                "Then G does best by imitating T, too, whatever T does.",
            ),
            (loss(real, T(fake)), "Here only the fakes are changed.", "Change both."),
            (loss(real, fake), "D's loss does not use T now.", "Keep T, but for both sides."),
            (loss(T(T(real)), T(fake)), "The real samples are changed twice.", "Once, each side."),
            (loss(T(real), T(T(fake))), "The fakes are changed twice.", "Once, each side."),
        ],
    )


def _check_g(g_loss, D: nn.Module, T: Trick, fake: Tensor) -> None:
    expect_close(
        g_loss(D, T, fake),
        softplus(-D(T(fake))).mean(),
        "G's loss is not the non-saturating one on augmented samples.",
        "D knows only what T returns: ask it about nothing else.",
        mistakes=[
            (
                softplus(-D(fake)).mean(),
                "In G's move D is asked about samples without T, of which it has seen none.",
                "The same T stands in both players' moves.",
            ),
            (-softplus(D(T(fake))).mean(), "This is the saturating loss.", "softplus(-a)."),
            (softplus(D(T(fake))).mean(), "This is what D minimises on fakes.", "softplus(-a)."),
        ],
    )
    (slope,), (want,) = (
        gradients(f, fake) for f in (lambda x: g_loss(D, T, x), lambda x: softplus(-D(T(x))).mean())
    )
    expect_close(
        slope,
        want,
        "The value of G's loss is right, but its slope does not pass through T.",
        "No detach and no no_grad between the samples, T and D.",
    )
    expect(slope.abs().sum() > 0, "No slope reaches G's samples.", "Nothing may be detached here.")
