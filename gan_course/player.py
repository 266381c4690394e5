"""One player of a game, and the error that ends it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

__all__ = ["NonFiniteLoss", "Player", "Record"]

Record = dict[str, float]
Found = tuple[Tensor, dict[str, Tensor], tuple[Tensor | None, ...]]  # loss, notes, gradients


class NonFiniteLoss(FloatingPointError):
    """A loss became NaN or infinite: says whose, when, and what the last good record was."""

    def __init__(self, player: str, step: int, record: Record) -> None:
        self.player, self.step, self.record = player, step, record
        last = f"the last good record was {record}" if record else "there was no record before it"
        super().__init__(
            f"the loss of {player} stopped being finite in step {step}; {last}. Build the game "
            "again or load a checkpoint, then try a lower learning rate or a larger penalty."
        )

    def __reduce__(self) -> tuple:  # so that it can be raised in one process and read in another
        return type(self), (self.player, self.step, self.record)


def laid_out_like(parameter: Tensor, gradient: Tensor | None) -> Tensor | None:
    """Returns a gradient whose numbers lie in memory in the same order as the parameter's.

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
    """One player: minimises `loss(*batch)` in the parameters of `optimizer`, and in no other.

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

    def __post_init__(self) -> None:
        if self.turns < 1 or self.every < 1:
            raise ValueError(
                f"player {self.name}: turns and every are at least 1, "
                f"got turns={self.turns} and every={self.every}."
            )

    @property
    def parameters(self) -> list[nn.Parameter]:
        """The parameters that this player moves: not those frozen by `requires_grad_(False)`."""
        return [p for p in self._held() if p.requires_grad]

    def _held(self) -> list[nn.Parameter]:
        return [p for group in self.optimizer.param_groups for p in group["params"]]

    def gradients(self, *batch: Tensor) -> dict[str, Tensor]:
        """Sets `.grad` of this player's parameters, and of no others; returns what to report.

        Gradients are asked for by name (`torch.autograd.grad`), so the networks of the other
        players are only passed through: nothing to freeze, to detach or to set to zero.
        """
        parameters = self.parameters
        loss, notes, gradients = self.find(parameters, batch)
        if all(gradient is None for gradient in gradients):
            raise ValueError(f"the loss of player {self.name} does not depend on its parameters.")
        for parameter in self._held():
            parameter.grad = None  # what was frozen meanwhile must not move by an old gradient
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient
        return {"loss": loss, **notes}

    def find(self, parameters: list[nn.Parameter], batch: tuple[Tensor, ...]) -> Found:
        """Returns the loss, the notes and the loss's gradients; sets nothing.

        Args:
            parameters: those to differentiate by.
            batch: `(x [N, ...], *y)`.
        """
        loss, notes = self.loss(*batch)
        gradients = torch.autograd.grad(loss, parameters, allow_unused=True)
        gradients = tuple(map(laid_out_like, parameters, gradients))
        return loss.detach(), {name: note.detach() for name, note in notes.items()}, gradients

    def step(self) -> None:
        """Lets the optimizer move the parameters along the gradients found last."""
        self.optimizer.step()

    def move(self, *batch: Tensor) -> dict[str, Tensor]:
        """Takes one move on one batch: `gradients`, then `step`."""
        notes = self.gradients(*batch)
        self.step()
        return notes

    def gradient_norm(self) -> float:
        """Returns the Euclidean norm of this player's last gradient, over all parameters."""
        gradients = [p.grad.flatten() for p in self.parameters if p.grad is not None]
        return torch.cat(gradients).norm().item() if gradients else 0.0
