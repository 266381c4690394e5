"""Which layers do not care where things are: an exercise of chapter 12."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..networks.attention import SelfAttention
from .core import exercise
from .expect import expect, expect_close


class _Ramp(nn.Module):
    """Adds to each place a number of its own."""

    def forward(self, h: Tensor) -> Tensor:
        return h + torch.linspace(0, 1, h.shape[2] * h.shape[3]).view(h.shape[2:]).to(h)


class _Pooled(nn.Module):
    """Gives each place the mean over all."""

    def forward(self, h: Tensor) -> Tensor:
        return h + h.mean((2, 3), keepdim=True)


class _Sorted(nn.Module):
    """Sorts the places of each channel, so that the order they came in is forgotten."""

    def forward(self, h: Tensor) -> Tensor:
        return h.flatten(2).sort(2).values.view_as(h)


class _Ring(nn.Module):
    """Adds to each place the one before it, all places in one ring, row after row."""

    def forward(self, h: Tensor) -> Tensor:
        return h + h.flatten(2).roll(1, 2).view_as(h)


def _attention(channels: int, pool: int = 1) -> nn.Module:
    block = SelfAttention(channels, pool)
    nn.init.constant_(block.gamma, 1.0)
    return block


def _conv(channels: int, size: int, **options) -> nn.Module:
    return nn.Conv2d(channels, channels, size, padding=size // 2, **options)


@exercise(stars=2)
def commutes(shuffled, commutes):
    """Ask layers whether shuffling the places before or after makes a difference."""
    for n, channels, rows, columns in ((2, 8, 4, 6), (1, 1, 1, 5), (3, 2, 2, 2)):
        _check_shuffled(shuffled, torch.randn(n, channels, rows, columns))
    for name, layer, want, hints in (*_layers(8), *_layers(16)[:3]):
        channels = next((p.shape[-3] for p in layer.parameters() if p.dim() == 4), 8)
        got = commutes(layer.eval(), torch.randn(2, channels, 4, 6))
        expect(
            bool(got) == want,
            f"Of {name} your answer is {bool(got)}.",
            *hints,
        )
    return (
        "Attention, 1x1 convolutions and means over all places commute with every shuffle; what "
        "knows of neighbours or of places does not."
    )


def _check_shuffled(shuffled, h: Tensor) -> None:
    places = h.shape[2] * h.shape[3]
    order = torch.randperm(places)
    want = h.flatten(2)[:, :, order].view_as(h)
    per_channel = h.clone().flatten(2)
    for c in range(h.shape[1]):
        per_channel[:, c] = per_channel[:, c][:, order.roll(c)]
    expect_close(
        shuffled(h, order),
        want,
        "The shuffled maps are others.",
        "Flatten the places, row after row, take them in the given order, and fold them up again: "
        "place i of the result is place order[i] of h, in all channels and samples alike.",
        mistakes=[
            (h, "The maps come back as they were.", "Use the order."),
            (
                h.flatten(2)[:, :, order.argsort()].view_as(h),
                "This undoes the shuffle.",
                "Place i of the result is place order[i] of h.",
            ),
            (
                per_channel.view_as(h),
                "Each channel has an order of its own.",
                "A place moves with all its channels.",
            ),
        ],
    )


_WHERE = "Compare layer(shuffled(h)) with shuffled(layer(h)), one and the same order in both."
_ANY = (
    "One shift or one flip is a special shuffle. Try random orders of all places, several of them."
)


def _layers(channels: int) -> list[tuple[str, nn.Module, bool, tuple[str, ...]]]:
    """Return layers, whether they commute with every shuffle, and what to tell if not found."""
    rounding = "Sums in another order differ by rounding: ask whether the two are close, not equal."
    return [
        ("a 1x1 convolution", _conv(channels, 1), True, (_WHERE, rounding)),
        ("a 3x3 convolution", _conv(channels, 3), False, (_WHERE, _ANY)),
        ("self-attention without pooling", _attention(channels), True, (rounding, _WHERE)),
        ("the map of means, added to each place", _Pooled(), True, (_WHERE, rounding)),
        (
            "a 3x3 convolution around a torus",
            _conv(channels, 3, padding_mode="circular"),
            False,
            (_ANY, _WHERE),
        ),
        ("a layer that adds the place before", _Ring(), False, (_ANY, _WHERE)),
        ("a layer that adds a ramp of positions", _Ramp(), False, (_WHERE, _ANY)),
        (
            "a layer that sorts its places",
            _Sorted(),
            False,
            ("It *forgets* the order, which is something else: shuffle its output too.", _WHERE),
        ),
        ("a 3x3 average pool of stride 1", nn.AvgPool2d(3, 1, 1), False, (_ANY, _WHERE)),
        (
            "self-attention with 2x2 pooled keys and values",
            _attention(channels, 2),
            False,
            (
                "Its difference is small, and it is not rounding.",
                "A shuffle puts other places into a window. Choose a tolerance between rounding, "
                "1e-6 of the values, and that.",
            ),
        ),
        ("a ReLU", nn.ReLU(), True, (_WHERE, rounding)),
    ]
