"""Two styles in one picture, and which layers decide: an exercise of chapter 13."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from .core import exercise
from .expect import expect, expect_close, gradients, number


@exercise(stars=2)
def crossed(crossed, influence):
    """Cross two styles at a layer of each image's own, and find how much each layer decides."""
    for n, layers, dim in ((5, 4, 3), (6, 7, 2), (1, 3, 4), (8, 2, 2)):
        ws, others = torch.randn(n, layers, dim), torch.randn(n, layers, dim)
        _check_crossed(crossed, ws, others, torch.randint(0, layers + 1, (n,)))
        _check_influence(influence, ws, others)
    _check_ends(crossed)
    return "Each image crosses over where it should, and each layer's share is its own."


def _where(layers: int, layer: Tensor) -> Tensor:
    """Return which layers come from the other style: bool [N, layers, 1]."""
    return (torch.arange(layers)[None] >= layer[:, None])[..., None]


def _check_crossed(answer, ws: Tensor, others: Tensor, layer: Tensor) -> None:
    n, layers, _ = ws.shape
    got, late = number(answer(ws, others, layer)), _where(layers, layer)
    right = torch.where(late, others, ws)
    after = _where(layers, layer + 1)
    only = torch.arange(layers)[None, :, None] == layer[:, None, None]
    expect_close(
        got,
        right,
        "This is not ws before the layer and others from it on.",
        "Compare `torch.arange(layers)` with `layer[:, None]`, and choose by torch.where.",
        mistakes=[
            (
                torch.where(late, ws, others),
                "The two styles are the wrong way round.",
                "The *coarse* layers, before the crossing, come from ws.",
            ),
            (
                torch.where(after, others, ws),
                "The crossing is one layer too late.",
                "Layer number `layer` itself already belongs to others.",
            ),
            (
                torch.where(_where(layers, layer - 1), others, ws),
                "The crossing is one layer too early.",
                "Layer number `layer` is the first that belongs to others.",
            ),
            (
                torch.where(only, others, ws),
                "Only one layer comes from others.",
                "All layers *from* this one on belong to others.",
            ),
            (
                torch.where(_where(layers, layer[:1].expand(n)), others, ws),
                "All images cross over where the first one does.",
                "`layer` holds a number for each image.",
            ),
            (ws, "Nothing has crossed over.", "From `layer` on, take others."),
            (others, "All layers come from others.", "Those before `layer` come from ws."),
            ((ws + others) / 2, "This is a blend of both.", "Each layer takes one or the other."),
        ],
    )
    of_ws, of_others = gradients(lambda a, b: answer(a, b, layer), ws, others)
    expect_close(
        torch.cat([of_ws, of_others]),
        torch.cat([(~late).expand_as(ws), late.expand_as(ws)]).double(),
        "The gradient does not go back to the style that a layer came from.",
        "Choose inside the graph: torch.where, or a mask times the styles.",
    )


def _check_ends(answer) -> None:
    """Demand that a crossing at 0 takes all, and one behind the last layer nothing."""
    ws, others = torch.randn(2, 5, 3), torch.randn(2, 5, 3)
    got = number(answer(ws, others, torch.tensor([0, 5])))
    expect_close(
        got,
        torch.stack([others[0], ws[1]]),
        "At layer 0 all should come from others, and at layer L nothing.",
        "Counting from 0, is there any layer before number 0? Any from number L on?",
    )


def _synthesis(layers: int, dim: int) -> Callable[[Tensor], Tensor]:
    """Return a small generator in which each layer builds on those before it."""
    maps = torch.randn(layers, dim, 12) * torch.rand(layers, 1, 1).add(0.2)

    def synthesis(ws: Tensor) -> Tensor:
        h = torch.ones(len(ws), 12)
        for i in range(layers):
            h = torch.tanh(h + ws[:, i] @ maps[i])
        return h.view(len(ws), 3, 2, 2)

    return synthesis


def _check_influence(answer, ws: Tensor, others: Tensor) -> None:
    n, layers, dim = ws.shape
    synthesis = _synthesis(layers, dim)
    before = synthesis(ws)

    def change(styles: Tensor, than: Tensor = before) -> Tensor:
        return (synthesis(styles) - than).square()

    def alone(i: int, base: Tensor = ws, new: Tensor = others) -> Tensor:
        return torch.where((torch.arange(layers) == i)[None, :, None], new, base)

    each = [change(alone(i)) for i in range(layers)]
    right = torch.stack([one.mean() for one in each])
    tails = torch.stack(
        [
            change(torch.where(_where(layers, torch.full((n,), i)), others, ws)).mean()
            for i in range(layers)
        ]
    )
    back = torch.stack(
        [change(alone(i, others, ws), synthesis(others)).mean() for i in range(layers)]
    )
    got = number(answer(synthesis, ws, others))
    expect(
        got.shape == (layers,),
        f"Return one number for each layer, [{layers}]; yours has the shape {list(got.shape)}.",
        "A mean over images, channels and pixels leaves one number for each layer.",
    )
    expect_close(
        got,
        right,
        "This is not how much each layer decides alone.",
        "For each layer: a copy of ws with this one layer from others, and the mean squared "
        "difference of its images from those of ws.",
        mistakes=[
            (tails, "Here all layers from this one on are exchanged.", "Exchange one layer only."),
            (
                back,
                "Here one layer goes back from others to ws.",
                "Start from ws, and take one layer from others.",
            ),
            (right.sqrt(), "This is the root of what is asked for.", "Leave the square as it is."),
            (
                torch.stack([one.sqrt().mean() for one in each]),
                "These are absolute differences.",
                "Square them before the mean.",
            ),
            (
                right * before[0].numel(),
                "You summed over the pixels.",
                "Take the mean over images, channels and pixels.",
            ),
            (right * n, "You summed over the images.", "Take the mean over them, too."),
            (right / right.sum(), "These are shares of the sum.", "Changes themselves, please."),
        ],
        tolerance=1e-3,
    )
