"""A recording is put to the test: one move is played both ways, from one and the same state."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves

from ..game.states import get_random_state, set_random_state

TOLERANCE = 0.02  # of what changed: bfloat16 and kernels that add in any order stay below
OF_VALUES = 0.05  # of the largest loss or note: an accuracy may jump by one sample
ROUNDING = 1e-5  # of a tensor's own size


@torch.no_grad()
def both_ways(
    plain: Callable[[], object],
    replay: Callable[[], object],
    tensors: Sequence[Tensor],
    device: torch.device,
) -> tuple[object, bool]:
    """Run a function plainly, go back, replay it, and compare.

    Args:
        plain: the function.
        replay: its recording.
        tensors: all tensors `[...]` that it may change in place.
        device: whose random state it draws from.

    Returns:
        The result, and whether both agree; if not, all is as if only `plain` had run. Where memory
        does not suffice for copies, the replay's result and True.
    """
    random, before = get_random_state(device), []
    try:
        before = _copies(tensors)
        after = [torch.empty_like(tensor) for tensor in tensors]
        with torch.enable_grad():
            expected = plain()
    except torch.OutOfMemoryError:  # no room for a test: go on as recorded
        set_random_state(random, device)
        _go_back(tensors, before)
        return replay(), True
    random_after = get_random_state(device)
    _go_back(after, tensors)
    set_random_state(random, device)
    _go_back(tensors, before)
    with torch.enable_grad():
        result = replay()
    agree = _results_agree(expected, result) and all(
        _close(new, tensor, new - old if new.is_floating_point() else new)
        for old, new, tensor in zip(before, after, tensors)
    )
    if agree:
        return result, True
    _go_back(tensors, after)
    set_random_state(random_after, device)
    return expected, False


def _copies(tensors: Sequence[Tensor]) -> list[Tensor]:
    return [tensor.detach().clone() for tensor in tensors]


def _go_back(tensors: Sequence[Tensor], values: Sequence[Tensor]) -> None:
    for tensor, value in zip(tensors, values):
        if not torch.equal(tensor, value):  # constants may overlap themselves: leave them
            tensor.detach().copy_(value.detach())


def _results_agree(expected: object, result: object) -> bool:
    """Return whether two results agree: the first tensor number by number, the rest as a whole.

    The first holds loss and notes. The others are gradients, of which a single one may be
    nothing but rounding error, as that of a bias in front of a batch norm.
    """
    ones, others = (
        [leaf for leaf in tree_leaves(side) if isinstance(leaf, Tensor)]
        for side in (expected, result)
    )
    if [t.shape for t in ones] != [t.shape for t in others]:
        return False
    if not ones:
        return True
    one, other = (torch.cat([t.flatten().double() for t in side]) for side in (ones, others))
    values = len(ones[0].flatten())
    largest = torch.nan_to_num(one[:values], 0.0).abs().max().item()
    near = torch.isclose(
        one[:values], other[:values], rtol=0, atol=OF_VALUES * largest + ROUNDING, equal_nan=True
    )
    return bool(near.all()) and _close(one[values:], other[values:], one[values:])


def _close(expected: Tensor, got: Tensor, change: Tensor) -> bool:
    """Return whether a tensor differs by little of its change, besides rounding."""
    if not expected.numel() or torch.equal(expected, got):
        return True
    same = torch.isfinite(expected) == torch.isfinite(got)
    if not same.all():
        return False
    size, moved, error = (
        torch.nan_to_num(t.double(), 0.0, 0.0, 0.0).norm().item()
        for t in (expected, change, expected - got)
    )
    return error <= TOLERANCE * moved + ROUNDING * size
