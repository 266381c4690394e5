"""The bug clinic of chapter 3: a training step, played beside a correct one."""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from .core import exercise
from .expect import close, expect


def _reference_step(G, D, adam_G, adam_D, x, z_D, z_G) -> None:
    fake = G(z_D).detach()
    adam_D.zero_grad()
    (softplus(-D(x)).mean() + softplus(D(fake)).mean()).backward()
    adam_D.step()
    adam_G.zero_grad()
    softplus(-D(G(z_G))).mean().backward()
    adam_G.step()


def _on_one_latent(G, D, adam_G, adam_D, x, z_D, z_G) -> None:
    """Return the correct step, but for G's latents, which are those of D."""
    _reference_step(G, D, adam_G, adam_D, x, z_D, z_D)


def _play(step: Callable, steps: int) -> dict:
    """Plays a few steps on small nets from a fixed start; returns G, D and both histories."""
    torch.manual_seed(0)
    G = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 2))
    D = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
    start = copy.deepcopy((G, D))
    adam_G = torch.optim.SGD(G.parameters(), lr=0.5)
    adam_D = torch.optim.SGD(D.parameters(), lr=0.5)
    for _ in range(steps):
        x, z_D, z_G = torch.randn(16, 2) + 2, torch.randn(16, 2), torch.randn(16, 2)
        step(G, D, adam_G, adam_D, x, z_D, z_G)
    return {"G": G, "D": D, "start": start}


def _weights(net: nn.Module) -> Tensor:
    return torch.cat([p.detach().flatten() for p in net.parameters()])


@exercise(stars=2, in_place=True)
def repaired_step(step: Callable) -> str:
    """Repair a training step in which G also follows the gradient of D's loss."""
    first, right = _play(step, 1), _play(_reference_step, 1)
    G_start, D_start = first["start"]
    expect(
        not torch.equal(_weights(first["D"]), _weights(D_start)),
        "D does not move at all.",
        "Both players take one step: adam_D.step() and adam_G.step().",
    )
    expect(
        not torch.equal(_weights(first["G"]), _weights(G_start)),
        "G does not move at all.",
        "If G's samples are cut off in G's own loss, no gradient reaches its weights.",
    )
    expect(
        close(_weights(first["D"]), _weights(right["D"])),
        "D's move differs from a correct one.",
        "D's part of the step was right: x up, G(z_D) down, and only D's own gradient.",
    )
    reused = _play(_on_one_latent, 1)
    expect(
        not close(_weights(first["G"]), _weights(reused["G"])),
        "G has learned from D's latents, z_D.",
        "G's loss is on samples of its own: D(G(z_G)).",
    )
    expect(
        close(_weights(first["G"]), _weights(right["G"])),
        "G still moves along more, or another, gradient than that of its own loss.",
        "D's backward also reaches G's weights: cut G(z_D) off, or clear G's gradients before "
        "G's own backward.",
    )
    later, right = _play(step, 4), _play(_reference_step, 4)
    expect(
        close(_weights(later["D"]), _weights(right["D"]))
        and close(_weights(later["G"]), _weights(right["G"])),
        "The first step is right, but later ones are not: something is left from step to step.",
        "G's backward fills the gradients of D too: they must be gone before D's next backward.",
    )
    return "Your step moves both players exactly as a correct one does, four steps in a row."
