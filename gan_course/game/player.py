"""One player of a game, and the error that ends it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from numbers import Real

import torch
from torch import Tensor, nn

from ..arguments import is_whole

__all__ = ["NonFiniteLoss", "Player", "Record"]

Record = dict[str, float]
RESERVED = frozenset({"loss", "gradient"})  # what a record says of every player
Found = tuple[Tensor, dict[str, Tensor], tuple[Tensor | None, ...]]  # loss, notes, gradients


class NonFiniteLoss(FloatingPointError):
    """A loss became NaN or infinite: whose, when, after which record, and if the data were."""

    def __init__(self, player: str, step: int, record: Record, data: bool = False) -> None:
        self.player, self.step, self.record, self.data = player, step, record, data
        last = f"the last good record was {record}" if record else "there was no record before it"
        remedy = (
            "The data are to blame: a batch held NaN or infinite values. Find them with "
            "x.isfinite() and mend or drop them; the learning rate has nothing to do with it."
            if data
            else "Build the game again or load a checkpoint, then try a lower learning rate or a "
            "larger penalty."
        )
        super().__init__(
            f"the loss of {player} stopped being finite in step {step}; {last}. {remedy}"
        )

    def __reduce__(self) -> tuple:  # so that it can be raised in one process and read in another
        return type(self), (self.player, self.step, self.record, self.data)


def laid_out_like(parameter: Tensor, gradient: Tensor | None) -> Tensor | None:
    """Return a gradient whose numbers lie in memory in the same order as the parameter's.

    `backward()` sees to it, `torch.autograd.grad` does not: the gradient of a gradient penalty
    in a convolution's channels-last weights `[out, in, H, W]` comes out in another order, and a
    fused optimizer, which reads both as plain memory, would move the wrong weights by it.

    Args:
        parameter: `[...]`.
        gradient: of the same shape, or None, which stays None.
    """
    if gradient is None or gradient.stride() == parameter.stride():
        return gradient
    return torch.empty_like(parameter).copy_(gradient)


@dataclass
class Player:
    """One player, which minimises `loss(*batch)` in the parameters of `optimizer`, and in no other.

    Attributes:
        name: prefix of its entries in the records, such as `"D"` in `D_loss`.
        loss: `loss(x, *y) -> (scalar to minimise, {name: scalar to report})`.
        optimizer: holds the parameters that are this player's to move.
        turns: moves in each step, every further one on a fresh batch (`n_critic` of WGAN).
        every: moves only in steps that are multiples of it (a *lazy* penalty).
        eager: stays plain Python where the rest of a game is compiled or recorded
            (`accelerate`): for a loss that reads its tensors to decide what to do next.
    """

    name: str
    loss: Callable[..., tuple[Tensor, dict[str, Tensor]]]
    optimizer: torch.optim.Optimizer
    turns: int = 1
    every: int = 1
    eager: bool = False
    _last: list[Tensor] = field(default_factory=list, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not all(is_whole(count) and count >= 1 for count in (self.turns, self.every)):
            raise ValueError(
                f"player {self.name}: turns and every are whole numbers of at least 1, "
                f"got turns={self.turns} and every={self.every}."
            )

    @property
    def parameters(self) -> list[nn.Parameter]:
        """The parameters that this player moves: not those frozen by `requires_grad_(False)`."""
        return [p for p in self.held() if p.requires_grad]

    @property
    def lr(self) -> float:
        """The optimizer's learning rate; setting it sets that of all groups of parameters.

        Raises:
            ValueError: on reading, the groups have different rates.
        """
        rates = {float(group["lr"]) for group in self.optimizer.param_groups}
        if len(rates) > 1:
            raise ValueError(
                f"player {self.name} has several learning rates, {sorted(rates)}: read them from "
                "its optimizer's param_groups."
            )
        return rates.pop()

    @lr.setter
    def lr(self, rate: float) -> None:
        if not (isinstance(rate, Real) and 0 <= rate < math.inf):
            raise ValueError(f"a learning rate is a number of at least 0, got {rate!r}.")
        for group in self.optimizer.param_groups:
            group["lr"] = float(rate)

    def held(self) -> list[nn.Parameter]:
        """Return all parameters of this player's optimizer, frozen ones too."""
        return [p for group in self.optimizer.param_groups for p in group["params"]]

    def gradients(self, *batch: Tensor) -> dict[str, Tensor]:
        """Set `.grad` of this player's parameters, and of no others; return what to report.

        Gradients are asked for by name (`torch.autograd.grad`), so the networks of the other
        players are only passed through: nothing to freeze, to detach or to set to zero.

        Raises:
            ValueError: all parameters are frozen, the loss depends on none of them, or a note
                has a name that the record itself uses.
        """
        parameters = self.parameters
        if not parameters:
            raise ValueError(
                f"player {self.name} has nothing to move, as all its parameters are frozen: thaw "
                "some with requires_grad_(True), or leave it out of game.players."
            )
        loss, notes, gradients = self.find(parameters, batch)
        if not notes.keys().isdisjoint(RESERVED):
            raise ValueError(
                f"a note of player {self.name} cannot be called {' or '.join(sorted(RESERVED))}, "
                f"which are the record's own: rename it, got {sorted(notes)}."
            )
        if all(gradient is None for gradient in gradients):
            raise ValueError(f"the loss of player {self.name} does not depend on its parameters.")
        for parameter in self.held():
            parameter.grad = None  # what was frozen meanwhile must not move by an old gradient
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient
        self._last = [gradient for gradient in gradients if gradient is not None]
        return {"loss": loss, **notes}

    def find(self, parameters: list[nn.Parameter], batch: tuple[Tensor, ...]) -> Found:
        """Return the loss, the notes and the loss's gradients; set nothing.

        Args:
            parameters: those to differentiate by.
            batch: `(x [N, ...], *y)`.
        """
        loss, notes = self.loss(*batch)
        if not loss.requires_grad:  # it was detached, or all that it passed through is frozen
            return loss, notes, (None,) * len(parameters)
        found = torch.autograd.grad(loss, parameters, allow_unused=True)
        gradients = tuple(laid_out_like(p, g) for p, g in zip(parameters, found, strict=True))
        return loss.detach(), {name: note.detach() for name, note in notes.items()}, gradients

    def step(self) -> None:
        """Let the optimizer move the parameters along the gradients found last."""
        self.optimizer.step()
        # a hook may have averaged or clipped them
        self._last = [p.grad for p in self.parameters if p.grad is not None]

    def move(self, *batch: Tensor) -> dict[str, Tensor]:
        """Take one move on one batch: `gradients`, then `step`."""
        notes = self.gradients(*batch)
        self.step()
        return notes

    def gradient_norm(self) -> float:
        """Return the Euclidean norm of the gradient that this player found last.

        It is its own, also where another player has moved the same parameters since.
        """
        gradients = [gradient.flatten() for gradient in self._last]
        return torch.cat(gradients).norm().item() if gradients else 0.0
