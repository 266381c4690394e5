"""The bug clinic of chapter 3: a training step, played beside a correct one."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from .core import exercise
from .expect import close, expect


def _step(
    G, D, adam_G, adam_D, x, z_D, z_G, *, detach=True, clear="own", saturating=False,
    at_once=False, one_latent=False, exchanged=False,
) -> None:  # fmt: skip
    """Play one step: the correct one, or with one of the known mistakes.

    `clear` says which zero_grad stand where: "own" before each backward, "top" for both, "other"
    with the names exchanged, or only those of "D" or "G".
    """
    cleared = {"own": "DG", "top": "B ", "other": "GD", "D": "D ", "G": " G"}[clear]
    groups = {"D": (adam_D,), "G": (adam_G,), "B": (adam_D, adam_G), " ": ()}
    first, second = (adam_G, adam_D) if exchanged else (adam_D, adam_G)
    z_G = z_D if one_latent else z_G

    def g_loss() -> Tensor:
        d_fake = D(G(z_G))
        return -softplus(d_fake).mean() if saturating else softplus(-d_fake).mean()

    for adam in groups[cleared[0]]:
        adam.zero_grad()
    fake = G(z_D).detach() if detach else G(z_D)
    (softplus(-D(x)).mean() + softplus(D(fake)).mean()).backward()
    if at_once:  # G's slope is that of the D which has not moved yet
        slopes = torch.autograd.grad(g_loss(), list(G.parameters()))
        first.step()
        for p, slope in zip(G.parameters(), slopes):
            p.grad = slope
    else:
        first.step()
        for adam in groups[cleared[1]]:
            adam.zero_grad()
        g_loss().backward()
    second.step()


def _g_first(G, D, adam_G, adam_D, x, z_D, z_G) -> None:
    adam_G.zero_grad()
    softplus(-D(G(z_G))).mean().backward()
    adam_G.step()
    adam_D.zero_grad()
    (softplus(-D(x)).mean() + softplus(D(G(z_D).detach())).mean()).backward()
    adam_D.step()


_EXCHANGED = (
    "The two optimizers are exchanged.",
    "After D's backward comes adam_D.step(), after G's backward adam_G.step().",
)
_REACHED = (
    "G moves along the gradient of D's loss, too.",
    "D's backward also reaches G's weights: cut G(z_D) off, or clear G's gradients before G's own "
    "backward.",
)
_ORDER = ("G has moved before D.", "D moves first; G's loss is seen through the D that has moved.")
_FIRST = [  # mistakes of the first step, each with its hints
    *(
        (partial(_step, exchanged=True, detach=detach, clear=clear), _EXCHANGED)
        for detach in (True, False)
        for clear in ("own", "top", "other")
    ),
    (_g_first, _ORDER),
    (partial(_step, detach=False, clear="top"), _REACHED),
    (
        partial(_step, one_latent=True),
        ("G has learned from D's latents, z_D.", "G's loss is on samples of its own: D(G(z_G))."),
    ),
    (
        partial(_step, saturating=True),
        (
            "G descends the saturating loss.",
            "The colleague's loss for G was right: the mean of softplus(-D(G(z_G))).",
        ),
    ),
    (
        partial(_step, at_once=True),
        (
            "G's gradient is that of a D which has not moved yet.",
            "D's step comes first; work out G's loss only afterwards.",
        ),
    ),
]
_LATER = [  # mistakes that show from the second step on
    (
        partial(_step, clear="G"),
        (
            "The first step is right, but later ones are not: D's gradients are left over.",
            "G's backward fills the gradients of D too: they must be gone before D's next "
            "backward.",
        ),
    ),
    (
        partial(_step, clear="D"),
        (
            "The first step is right, but later ones are not: G's gradients are left over.",
            "G's own gradients of the last step are still there: clear them before its backward.",
        ),
    ),
]


class _Spied(torch.optim.SGD):
    """SGD that writes down when it clears and when it steps."""

    def __init__(self, net: nn.Module, name: str, events: list) -> None:
        super().__init__(net.parameters(), lr=0.5)
        self._note = partial(events.append, (name, "zero"))
        self.register_step_pre_hook(lambda *_: events.append((name, "step")))

    def zero_grad(self, *args: Any, **kwargs: Any) -> None:
        self._note()
        super().zero_grad(*args, **kwargs)


def _play(step: Callable, steps: int) -> dict:
    """Plays a few steps on small nets from a fixed start; returns G, D and what happened."""
    torch.manual_seed(0)
    G = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 2))
    D = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
    start = copy.deepcopy((G, D))
    events: list[tuple[str, str]] = []
    for name, net in (("G", G), ("D", D)):
        next(net.parameters()).register_hook(lambda _, name=name: events.append((name, "slope")))
    adam_G, adam_D = _Spied(G, "G", events), _Spied(D, "D", events)
    for _ in range(steps):
        x, z_D, z_G = torch.randn(16, 2) + 2, torch.randn(16, 2), torch.randn(16, 2)
        step(G, D, adam_G, adam_D, x, z_D, z_G)
    return {"G": G, "D": D, "start": start, "events": events}


def _weights(net: nn.Module) -> Tensor:
    return torch.cat([p.detach().flatten() for p in net.parameters()])


def _same(one: dict, other: dict, names: str = "DG") -> bool:
    return all(close(_weights(one[name]), _weights(other[name])) for name in names)


def _why_still(name: str, events: list) -> str:
    """Say why a player has not moved, from what happened to its gradients in order."""
    own = [what for who, what in events if who == name]
    if "step" not in own:
        return f"adam_{name}.step() is never called."
    if "slope" not in own:
        return f"No gradient reaches {name}'s weights: its samples, or its loss, are cut off."
    if "slope" not in own[: own.index("step")]:
        return f"adam_{name}.step() stands before the backward that fills {name}'s gradients."
    if own[own.index("step") - 1] == "zero":
        return f"{name}'s gradients are cleared between its backward and its step."
    return f"One of: no backward, no step, or {name}'s gradients cleared in between."


@exercise(stars=2, in_place=True)
def repaired_step(step: Callable) -> str:
    """Repair a training step in which G also follows the gradient of D's loss."""
    first, right = _play(step, 1), _play(_step, 1)
    for name in "DG":
        expect(
            (name, "step") in first["events"],
            f"{name} does not move at all.",
            _why_still(name, first["events"]),
        )
    if not _same(first, right):
        for mistake, hints in _FIRST:
            expect(not _same(first, _play(mistake, 1)), *hints)
    for name, start in zip("DG", first["start"][::-1]):
        expect(
            not torch.equal(_weights(first[name]), _weights(start)),
            f"{name} does not move at all.",
            _why_still(name, first["events"]),
        )
    expect(
        _same(first, right, "D"),
        "D's move differs from a correct one.",
        "D moves first, up on x and down on G(z_D), and only along its own loss. One of these is "
        "not so: the order, the loss, or what the gradients hold when adam_D steps.",
    )
    expect(
        _same(first, right, "G"),
        "G's move differs from a correct one.",
        "G moves second, along the slope of the mean of softplus(-D(G(z_G))) alone. One of these "
        "is not so: the loss, or what the gradients hold when adam_G steps.",
    )
    later, right = _play(step, 4), _play(_step, 4)
    if not _same(later, right):
        for mistake, hints in _LATER:
            expect(not _same(later, _play(mistake, 4)), *hints)
    expect(
        _same(later, right),
        "The first step is right, but later ones are not: something is left from step to step.",
        "G's backward fills the gradients of D too. Each player's gradients must be gone before "
        "its own next backward.",
    )
    return "Your step moves both players exactly as a correct one does, four steps in a row."
