"""A block of attention that never wakes up: the bug clinic of chapter 12."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .core import exercise
from .expect import close, expect

STEPS = 150


@exercise(stars=2)
def revived(attention):
    """Repair a block that starts as nothing, so that it does not stay nothing."""
    for channels, rows, columns in ((8, 4, 4), (16, 2, 6), (32, 1, 5)):
        h = torch.randn(2, channels, rows, columns)
        _check_start(attention(channels), h)
    for seed in range(2):
        torch.manual_seed(seed)
        _check_training(attention(16))
    return "It starts as the identity, each of its weights gets to move, and it learns to look far."


def _check_start(block: nn.Module, h: Tensor) -> None:
    out = block(h)
    expect(
        out.shape == h.shape,
        f"Maps of shape {list(h.shape)} come back as {list(out.shape)}.",
        "The block adds to its input: both have one shape.",
    )
    expect(
        [*block.parameters()],
        "The block has no parameters.",
        "Queries, keys and values are 1x1 convolutions, and gamma is an nn.Parameter.",
    )
    expect(
        close(out, h, 1e-6),
        "At the start the block changes its input.",
        "In out = h + gamma * branch the product has to be 0 at first. One factor is enough.",
    )
    slopes = _slopes(block, h)
    expect(
        any((slope != 0).any() for slope in slopes.values()),
        "At the start no parameter of the block has a gradient, so none will ever move.",
        "The slope of a product in one factor is the other one. If both are 0, so are both slopes: "
        "let only one of them start at 0.",
    )


def _slopes(block: nn.Module, h: Tensor) -> dict[str, Tensor]:
    block.zero_grad()
    (block(h) * torch.randn_like(h)).sum().backward()
    return {
        name: torch.zeros_like(p) if p.grad is None else p.grad
        for name, p in block.named_parameters()
    }


def _far(h: Tensor) -> Tensor:
    """Add to the first four channels their means over all places: what the block shall learn."""
    return torch.cat([h[:, :4] + 3 * h[:, :4].mean((2, 3), keepdim=True), h[:, 4:]], 1)


def _check_training(block: nn.Module) -> None:
    before = {name: p.detach().clone() for name, p in block.named_parameters()}
    optimizer = torch.optim.Adam(block.parameters(), 0.03)
    losses = []
    for _ in range(STEPS):
        h = torch.randn(8, 16, 3, 4)
        loss = (block(h) - _far(h)).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    first, last = sum(losses[:10]) / 10, sum(losses[-10:]) / 10
    still = [name for name, p in block.named_parameters() if torch.equal(p, before[name])]
    expect(
        last < first / 4,
        f"In {STEPS} steps of Adam the block should learn to add to each place a mean over all, and "
        f"its error went from {first:.3f} to {last:.3f}.",
        "Softmax over the places, values, a way back to all channels, and a gamma that is trained.",
    )
    expect(
        not still,
        f"The block learns, but after {STEPS} steps of Adam {', '.join(still)} has never moved.",
        "Use all that you make, and let gradients reach it.",
    )
