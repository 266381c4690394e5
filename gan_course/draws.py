"""Draws that many processes share: each one draws for all, and keeps the rows that are its own.

The processes of one training hold the same random state. Each draws z, indices and penalty
weights for the whole world's batch by `draw_rows` and takes its rows of them: together they see
what one process alone would see, and their common state stays equal. What is drawn in any other
way inside a loss (dropout, noise in a network, a latent by `torch.randn`) comes from a state of
the rank's own, so that no part of a batch repeats the noise of another. That state follows from
the common one, the step and the rank: the common one is all that a checkpoint needs. Alone,
nothing here does anything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import TypeVar

import torch
from torch import Tensor

from .game.states import RandomState, get_random_state, set_random_state

Result = TypeVar("Result")


CPU = torch.device("cpu")


@dataclass(frozen=True)
class _Place:
    rank: int = 0
    size: int = 1
    device: torch.device = CPU
    # only inside batches and losses: `sample` draws the same everywhere
    common: RandomState | None = None


_ALONE = _Place()
_place: ContextVar[_Place] = ContextVar("place in the world", default=_ALONE)


@contextmanager
def _in_place(place: _Place) -> Iterator[None]:
    token = _place.set(place)
    try:
        yield
    finally:
        _place.reset(token)


def placed(rank: int, size: int, device: torch.device = CPU) -> AbstractContextManager[None]:
    """Make this process number `rank` of `size` inside the `with` block, on its device."""
    return _in_place(_Place(rank, size, device))


@dataclass
class OwnDraws:
    """The random state from which a rank draws what it does not share, begun anew in every step.

    Attributes:
        moment: returns the step and the random state with which its playing began.
        begun: the moment that `state` belongs to.
        state: where its draws stand.
    """

    moment: Callable[[], tuple[int, RandomState | None]] = lambda: (0, None)
    begun: tuple[int | None, RandomState | None] = (None, None)
    state: RandomState = field(default_factory=dict)

    def enter(self, place: _Place, common: RandomState) -> None:
        """Make torch go on from here; at a new moment from what follows from the common state."""
        step, played_from = self.moment()
        if step != self.begun[0] or played_from is not self.begun[1]:  # else another move of it
            self.begun, self.state = (step, played_from), _following(common, step, place)
        set_random_state(self.state, place.device)

    def leave(self, place: _Place) -> None:
        """Remember where the draws stand."""
        self.state = get_random_state(place.device)


def _following(common: RandomState, step: int, place: _Place) -> RandomState:
    """Return a rank's own random state: a digest of the common one, the step and the rank."""
    known = b"".join(common[name].numpy().tobytes() for name in sorted(common))
    digest = hashlib.sha256(known + f"{step} {place.rank}".encode()).digest()
    seed = int.from_bytes(digest[:4], "big")
    devices = {name: place.device if name == "cuda" else CPU for name in common}
    return {k: torch.Generator(d).manual_seed(seed).get_state() for k, d in devices.items()}


def sharing_draws(
    function: Callable[..., Result], *args: object, own: OwnDraws | None = None
) -> Result:
    """Return `function(*args)`; what `draw_rows` draws meanwhile is drawn for all processes.

    Args:
        function: to call.
        *args: what with.
        own: where everything else is drawn from; without it, from what follows from the common
            state alone.
    """
    place = _place.get()
    if place.size == 1 or place.common is not None:
        return function(*args)
    own, common = own or OwnDraws(), get_random_state(place.device)
    try:
        own.enter(place, common)
        with _in_place(replace(place, common=common)):
            return function(*args)
    finally:
        own.leave(place)
        set_random_state(common, place.device)


def share(n: int) -> int:
    """Return how many of the `n` rows of the whole world's batch are this process's.

    Raises:
        ValueError: `n` is not a multiple of the number of processes.
    """
    size = _place.get().size
    if n % size:
        raise ValueError(
            f"a batch of {n} cannot be shared evenly by {size} processes: "
            f"ask for a multiple of {size}, such as {(n // size + 1) * size}."
        )
    return n // size


def shared() -> bool:
    """Whether draws are this process's rows of a draw for several."""
    # compiled games play in one process, and the compiler cannot read a ContextVar
    return not torch.compiler.is_compiling() and _place.get().common is not None


def draw_rows(
    draw: Callable[..., Tensor],
    size: tuple[int, ...],
    dtype: torch.dtype | None = None,
    device: torch.device | str | None = None,
) -> Tensor:
    """Draw a tensor of this size; inside `sharing_draws`, our rows of one drawn for all.

    Args:
        draw: a random function of torch, such as `torch.randn`, called as
            `draw(size, dtype=dtype, device=device)`.
        size: `(n, ...)`, with n the rows wanted here.
        dtype: of the tensor.
        device: of the tensor.

    Returns:
        `[n, ...]`: of the ranks' tensors, put one below the other, the draw of one process.
    """
    if not shared():
        return draw(size, dtype=dtype, device=device)
    place, (n, *rest) = _place.get(), size
    own = get_random_state(place.device)
    set_random_state(place.common, place.device)
    try:
        drawn = draw((n * place.size, *rest), dtype=dtype, device=device)
    finally:
        place.common.update(get_random_state(place.device))
        set_random_state(own, place.device)
    return drawn[place.rank * n : (place.rank + 1) * n]
