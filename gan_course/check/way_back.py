"""The way there and back again: the bug clinic of chapter 14."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from .core import exercise
from .expect import close, expect, expect_close

CASES = (  # shapes of x and of y
    ((4, 1, 3, 3), (4, 1, 3, 3)),
    ((2, 3, 2, 2), (5, 1, 2, 2)),
    ((7, 2), (3, 5)),
)


class _Bent(nn.Module):
    """A small translator, far from the identity."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.A = nn.Parameter(torch.randn(before, after) / before**0.5)
        self.b = nn.Parameter(torch.randn(after))

    def forward(self, x: Tensor) -> Tensor:
        h = x.movedim(1, -1) @ self.A + self.b
        return (2 * h.tanh() + 0.3 * h).movedim(-1, 1)


@exercise(stars=2)
def way_back(way_back):
    """Charge for both ways there and back, each compared with where it began."""
    for shape_x, shape_y in CASES:
        G, F = _Bent(shape_x[1], shape_y[1]), _Bent(shape_y[1], shape_x[1])
        x, y = 2 * torch.randn(shape_x), torch.randn(shape_y)
        _check_value(way_back, G, F, x, y)
        _check_gradients(way_back, G, F, x, y)
    x = torch.randn(6, 1, 2, 2)
    expect_close(
        way_back(lambda x: 3 * x + 1, lambda y: (y - 1) / 3, x, x.flip(0)),
        0.0,
        "G and F that undo each other pay nothing.",
        "F(G(x)) is x here, and G(F(y)) is y.",
    )
    return "Each way there and back is compared with where it began, and both translators learn."


def _own(G: Callable, F: Callable, x: Tensor, y: Tensor) -> Tensor:
    return (F(G(x)) - x).abs().mean() + (G(F(y)) - y).abs().mean()


def _check_value(answer, G: nn.Module, F: nn.Module, x: Tensor, y: Tensor) -> None:
    a, b = F(G(x)) - x, G(F(y)) - y
    ways = a.abs().mean(), b.abs().mean()
    both = "|F(G(x)) - x| + |G(F(y)) - y|."
    mistakes = [
        (ways[0], "Only the way of x is charged.", "The way of y, G(F(y)), has to end at y."),
        (ways[1], "Only the way of y is charged.", "The way of x, F(G(x)), has to end at x."),
        ((ways[0] + ways[1]) / 2, "This is the mean of the two ways.", "Their sum is asked for."),
        (a.square().mean() + b.square().mean(), "These are squared differences.", "Absolute ones."),
        (a.abs().sum() + b.abs().sum(), "This is a sum over all values.", "The mean of a batch."),
        (
            a.abs().sum() / len(x) + b.abs().sum() / len(y),
            "This is a mean over the batch alone.",
            "The mean over all values: pixels and channels, too.",
        ),
        (
            (a.abs().sum() + b.abs().sum()) / (a.numel() + b.numel()),
            "This is one mean over both ways.",
            "A mean for each way, then their sum.",
        ),
        (a.mean().abs() + b.mean().abs(), "Differences of both signs cancel here.", "abs first."),
        (a.mean() + b.mean(), "Differences of both signs cancel here.", "Absolute values."),
        (ways[0] * ways[1], "This is the product of the two ways.", "Their sum is asked for."),
    ]
    if G(x).shape[1:] == x.shape[1:]:
        mistakes += _same_kind(G, F, x, y)
    expect_close(
        answer(G, F, x, y),
        ways[0] + ways[1],
        "This is not the cycle loss.",
        both,
        mistakes=mistakes,
    )


def _same_kind(G: nn.Module, F: nn.Module, x: Tensor, y: Tensor) -> list[tuple]:
    """Return the mistakes that only images of one shape allow."""

    def apart(a: Tensor, b: Tensor) -> Tensor:
        return (a - b).abs().mean()

    begun = "Compare with where the way began."
    found = [
        (
            apart(F(G(x)), G(x)) + apart(G(F(y)), F(y)),
            "The way back is compared with the translation, as the colleague does.",
            "F(G(x)) has to come back to x, and G(F(y)) to y.",
        ),
        (
            apart(G(y), y) + apart(F(x), x),
            "This is the identity loss.",
            "There *and back*: F(G(x)) and G(F(y)).",
        ),
        (apart(G(x), x) + apart(F(y), y), "Nothing comes back here.", "F(G(x)) and G(F(y))."),
        (
            apart(G(F(x)), x) + apart(F(G(y)), y),
            "Each image takes the other one's way.",
            "x is G's to translate, and F's to bring back.",
        ),
    ]
    if x.shape == y.shape:
        found += [
            (apart(F(G(x)), y) + apart(G(F(y)), x), "The two goals are swapped.", begun),
            (apart(G(x), y) + apart(F(y), x), "x and y are no pair.", "F(G(x)) and G(F(y))."),
            (apart(F(G(x)), G(F(y))), "The two ways are compared with each other.", begun),
        ]
    return found


def _check_gradients(answer, G: nn.Module, F: nn.Module, x: Tensor, y: Tensor) -> None:
    def slopes(loss: Callable) -> list[Tensor]:
        value = loss(G, F, x, y)
        cut = "The loss is right, and no gradient reaches a translator."
        expect(value.requires_grad, cut, "No .item(), .detach() or torch.no_grad on the way.")
        parameters = [*G.parameters(), *F.parameters()]
        return [*torch.autograd.grad(value, parameters, materialize_grads=True, allow_unused=True)]

    for got, want in zip(slopes(answer), slopes(_own), strict=True):
        expect(
            close(got, want, 1e-3),
            "The loss is right, but not all of its gradient reaches the translators.",
            "On both ways G and F learn, the first and the second of each: detach nothing.",
        )
