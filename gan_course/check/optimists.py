"""An optimizer that remembers one gradient: the bug clinic of chapter 10."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from .core import exercise
from .expect import close, expect
from .stubs import is_stub
from .watch import UnansweredError

STEPS = 5
Direction = Callable[[list[Tensor]], Tensor]  # from all gradients so far to what is gone down


def _optimistic(found: list[Tensor]) -> Tensor:
    return found[-1] if len(found) == 1 else 2 * found[-1] - found[-2]


_MISTAKES: tuple[tuple[Direction, str, str], ...] = (
    (
        lambda found: found[-1],
        "Yours moves exactly as plain descent does: its past has no effect.",
        "Either it is not used, or it is the present one under another name. w.grad is one tensor, "
        "into which zero_ and backward write again: keep a clone of it, after the step has used "
        "the one before.",
    ),
    (
        lambda found: found[-1] if len(found) == 1 else 2 * found[-1] - found[0],
        "The past stays what it was after the first step.",
        "Replace it at the end of each step by a clone of this step's gradient.",
    ),
    (
        lambda found: 2 * found[-1] - found[-2] if len(found) > 1 else 2 * found[-1],
        "The first step is twice as long as it should be.",
        "It has no past: go down the gradient itself.",
    ),
    (
        lambda found: found[-1] if len(found) == 1 else 2 * found[-1] + found[-2],
        "The past is added.",
        "The step is 2 g - past: it foresees that the change of the gradient goes on.",
    ),
    (
        lambda found: found[-1] if len(found) == 1 else found[-1] - found[-2],
        "Only the change of the gradient is gone down.",
        "The present gradient counts twice: 2 g - past = g + (g - past).",
    ),
    (
        lambda found: found[-1] if len(found) < 3 else 2 * found[-1] - found[-3],
        "The past is two steps old.",
        "Take the gradient of the step before this one.",
    ),
    (
        lambda found: -_optimistic(found),
        "The steps go up the loss.",
        "Subtract lr times (2 g - past) from the weights.",
    ),
)


@exercise(stars=2, in_place=True)
def optimist(optimist):
    """Repair an optimizer whose past is always the present."""
    _expect_written(optimist)
    for lr in (0.1, 0.03):
        _check_play(optimist, lr)
    for clear in ("zero_", "None"):
        expect(
            _equal(_played(optimist, 0.1, clear), _expected(0.1)),
            f"It goes wrong where somebody else clears the gradients, by {clear}.",
            "Keep numbers of your own, a clone of w.grad, and do not count on what becomes of it.",
        )
    _check_two(optimist)
    return "It steps along 2 g - past, whoever clears the gradients, and two of them do not mix."


def _expect_written(optimist) -> None:
    example = optimist(nn.Linear(1, 1).parameters(), 0.1)
    step = getattr(example, "step", None)
    expect(
        step is not None and hasattr(example, "zero_grad"),
        "An optimizer with the methods zero_grad and step is expected here.",
        "Keep the class of the stub, and fill its three methods.",
    )
    if is_stub(step):
        raise UnansweredError


def _network(seed: int = 0) -> nn.Sequential:
    """Return a network with two weights of one shape, the same for a seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(nn.Linear(3, 3), nn.Tanh(), nn.Linear(3, 3)).double()


def _loss(network: nn.Module, step: int) -> Tensor:
    random = torch.Generator().manual_seed(100 + step)
    x = torch.randn(8, 3, generator=random, dtype=torch.float64)
    return (network(x) - x.square()).square().sum(1).mean()


def _weights(network: nn.Module) -> Tensor:
    return nn.utils.parameters_to_vector(network.parameters()).detach().clone()


def _played(optimist, lr: float, clear: str = "own") -> Tensor:
    """Return the weights after each step of the learner's optimizer, [STEPS, n]."""
    network, found = _network(), []
    optimizer = optimist(network.parameters(), lr)
    for step in range(STEPS):
        if clear == "own":
            optimizer.zero_grad()
        for w in network.parameters():
            if clear == "None":
                w.grad = None
            elif clear == "zero_" and w.grad is not None:
                w.grad.zero_()
        _loss(network, step).backward()
        optimizer.step()
        found.append(_weights(network))
    return torch.stack(found)


def _expected(
    lr: float, direction: Direction = _optimistic, cleared: bool = True, seed: int = 0
) -> Tensor:
    """Return the weights after each step along a direction, [STEPS, n]."""
    network, found, weights = _network(seed), [], []
    for step in range(STEPS):
        slopes = torch.autograd.grad(_loss(network, step), list(network.parameters()))
        slope = nn.utils.parameters_to_vector(slopes)
        found.append(slope if cleared or not found else found[-1] + slope)
        moved = _weights(network) - lr * direction(found)
        nn.utils.vector_to_parameters(moved, network.parameters())
        weights.append(moved)
    return torch.stack(weights)


def _equal(a: Tensor, b: Tensor) -> bool:
    return close(a, b, 1e-9)


def _check_play(optimist, lr: float) -> None:
    got = _played(optimist, lr)
    if _equal(got, _expected(lr)):
        return
    start = _weights(_network())
    expect(
        not _equal(got, start.expand(STEPS, -1)),
        "The weights do not move at all.",
        "Change them in place, w -= ..., under torch.no_grad(). If parameters is a generator, a "
        "list keeps what it gives.",
    )
    for direction, *hints in _MISTAKES:
        expect(not _equal(got, _expected(lr, direction)), *hints)
    for direction in (_optimistic, _MISTAKES[0][0]):
        expect(
            not _equal(got, _expected(lr, direction, cleared=False)),
            "Gradients pile up from step to step.",
            "backward adds to w.grad: zero_grad has to clear it.",
        )
    late = _equal(got[0], _expected(lr)[0])
    expect(
        late,
        f"With lr = {lr} already the first step is not the plain one.",
        "It has no past: w -= lr * w.grad.",
    )
    expect(
        False,
        f"With lr = {lr} the first step is right, and later ones are not.",
        "Each parameter needs a past of its own: the gradient it had at the step before.",
    )


def _check_two(optimist) -> None:
    """Let two players move in turn, each with its own optimizer."""
    networks = _network(0), _network(1)
    optimizers = [optimist(network.parameters(), 0.1) for network in networks]
    for step in range(STEPS):
        for network, optimizer in zip(networks, optimizers, strict=True):
            optimizer.zero_grad()
            _loss(network, step).backward()
            optimizer.step()
    for seed, network in enumerate(networks):
        expect(
            _equal(_weights(network), _expected(0.1, seed=seed)[-1]),
            "Two optimizers at work disturb each other.",
            "Each needs a past of its own: make it in __init__, not in the body of the class.",
        )
