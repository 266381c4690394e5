"""A store of old images, as the authors of CycleGAN keep it: an exercise of chapter 14."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from .core import exercise
from .expect import close, expect, expect_close

CASES = (  # size, stored already, new, shape
    (4, 2, 14, (1, 2, 2)),
    (3, 3, 12, (2,)),
    (50, 50, 40, (1, 2, 2)),
    (5, 0, 3, (1, 3, 2)),
    (4, 0, 7, (2, 2, 2)),
    (4, 4, 1, (2,)),
    (1, 1, 6, (3,)),
)


@exercise(stars=2)
def exchange(exchange):
    """Show old images along with new ones, from a store of a given size."""
    for size, stored, n, shape in CASES:
        for _ in range(3):
            store = (
                100
                + torch.arange(stored)[(...,) + (None,) * len(shape)]
                + torch.rand(stored, *shape)
            )
            new = torch.arange(n)[(...,) + (None,) * len(shape)] + torch.rand(n, *shape)
            coins, rooms = torch.rand(n) < 0.5, torch.randint(size, (n,))
            _check_one(exchange, (store, new, size, coins, rooms))
    return "The store fills, then changes hands coin by coin, and what it hands out is safe."


def _own(
    store: Tensor,
    new: Tensor,
    size: int,
    coins: Tensor,
    rooms: Tensor,
    swap: Callable = lambda coin, room, kept, image: (kept[room], image) if coin else (image, None),
) -> tuple[Tensor, Tensor]:
    """Return what the authors' rule gives; `swap` says what is shown and what is stored once the store is full."""
    kept, shown = [*store.clone()], []
    for image, coin, room in zip(new, coins, rooms.tolist(), strict=True):
        if len(kept) < size:
            kept.append(image)
            shown.append(image)
            continue
        show, keep = swap(coin, room, kept, image)
        shown.append(show)
        if keep is not None:
            kept[room] = keep
    return torch.stack(shown), torch.stack(kept)


def _at_once(store: Tensor, new: Tensor, size: int, coins: Tensor, rooms: Tensor):
    """Follow the rule of somebody who reads all old images before any is replaced."""
    full = len(store) == size
    if not full:
        return _own(store, new, size, coins, rooms)
    mask = coins.view(-1, *[1] * (new.dim() - 1))
    kept = store.clone()
    for i in coins.nonzero()[:, 0].tolist():
        kept[rooms[i]] = new[i]
    return torch.where(mask, store[rooms], new), kept


def _as_views(store: Tensor, new: Tensor, size: int, coins: Tensor, rooms: Tensor):
    """Follow the rule, but hand out rooms in place of what was in them."""
    shown, kept = _own(store, new, size, coins, rooms)
    for i in range(len(new)):
        if coins[i] and len(store) + i >= size:
            shown[i] = kept[rooms[i]]
    return shown, kept


def _check_one(answer, given: tuple) -> None:
    _, new, size, *_ = given
    try:
        shown, kept = answer(*given)
    except (TypeError, ValueError) as error:
        expect(
            "unpack" not in str(error) and "iterate" not in str(error),
            "Two tensors are asked for.",
            "return shown, store",
        )
        raise
    right_shown, right_kept = _own(*given)
    stored = f"The store may hold {size}, and after these images yours holds {len(kept)}, not {len(right_kept)}."
    expect(
        len(kept) == len(right_kept),
        stored,
        "It grows by one for each image until it is full, and then never.",
    )
    expect(
        len(shown) == len(new),
        f"{len(new)} images came and {len(shown)} are shown.",
        "One is shown for each that comes.",
    )
    if close(shown, right_shown) and close(kept, right_kept):
        return
    _name(shown, kept, given)
    expect_close(
        shown,
        right_shown,
        "What is shown is not right.",
        "One image at a time: is there room? Else the coin decides.",
    )
    expect_close(
        kept,
        right_kept,
        "What is shown is right, and the store is not.",
        "With heads, and only then, the new image takes the old one's room.",
    )


def _name(shown: Tensor, kept: Tensor, given: tuple) -> None:
    """Say which mistake gives these tensors, if exactly one of those known does."""
    store, new, size, coins, rooms = given
    swapped = _own(store, new, size, ~coins, rooms)
    rules = [
        (swapped, "Heads and tails are swapped.", "With heads an old image is shown."),
        (
            _own(*given, lambda c, r, k, i: (i, i if c else None)),
            "Where an old image should be shown, yours shows the new one that took its room.",
            "Read the old one out first.",
        ),
        (
            _as_views(*given),
            "Images that were shown have changed when a new one took their room.",
            "Hand out a clone: a row of a tensor is a view.",
        ),
        (
            _own(*given, lambda c, r, k, i: (k[r], None) if c else (i, None)),
            "Old images are shown, but no new one takes their room.",
            "With heads the new image is stored where the old one was.",
        ),
        (
            _own(*given, lambda c, r, k, i: (k[r] if c else i, i)),
            "With tails an image is stored, too.",
            "With tails it is shown, and the store stays as it is.",
        ),
        (
            _own(*given, lambda c, r, k, i: (k[r], i)),
            "An old image is shown every time, whatever the coin says.",
            "With tails the new image is shown.",
        ),
        (
            _own(*given, lambda c, r, k, i: (i, None)),
            "Once it is full, the store is never used.",
            "With heads an old image is shown, and the new one takes its room.",
        ),
        (
            _at_once(*given),
            "It looks as if all old images were read before any was replaced.",
            "One at a time: two of a batch may go to one room, and the second finds the first.",
        ),
    ]
    fits = [hints for (a, b), *hints in rules if close(shown, a) and close(kept, b)]
    expect(len(fits) != 1, *(fits[0] if fits else ()))
