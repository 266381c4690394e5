"""An evaluation in eval mode and in the right range: an exercise of chapter 7."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from ..metrics import frechet_distance
from .core import exercise
from .expect import expect, expect_close


def _patient(n: int) -> tuple[nn.Module, Tensor, Tensor]:
    """Return a small G, one weight frozen, whose running statistics fit no batch; z; images."""
    G = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Tanh())
    G[1].running_mean.copy_(torch.linspace(-1, 1, 6))
    G[1].running_var.copy_(torch.linspace(0.2, 2, 6))
    G[0].bias.requires_grad_(False)
    return G.train(), torch.randn(n, 4), torch.rand(80, 6) * 2 - 1


@torch.no_grad()
def _images(G: nn.Module, z: Tensor, training: bool, batch: int = 60) -> Tensor:
    twin = copy.deepcopy(G).train(training)
    return torch.cat([twin(part) for part in z.split(batch)])


@exercise(stars=2)
def score(score):
    """Repair an evaluation that works in train mode and in another range."""
    G, z, real = _patient(60)
    state = copy.deepcopy(G.state_dict())
    trained = [weight.requires_grad for weight in G.parameters()]
    right = _images(G, z, training=False)
    wrong = [_images(G, z, True, batch) for batch in (60, 10)]

    def distance(images: Tensor) -> float:
        return frechet_distance(real, images)

    got = score(G, z, real, lambda images: images)
    expect_close(
        got,
        distance(right),
        "This is not the Fréchet distance of G's samples in eval mode.",
        "G.eval(), then G(z) as it is, then frechet_distance(features(real), features(images)).",
        mistakes=[
            *((distance(w), "G was in train mode.", "Call G.eval() first.") for w in wrong),
            (distance((right + 1) / 2), "The range is still wrong.", "Features expect [-1, 1]."),
            *((distance((w + 1) / 2), "Both bugs are alive.", "See the diagnosis.") for w in wrong),
        ],
    )
    unchanged = all(torch.equal(value, state[name]) for name, value in G.state_dict().items())
    expect(unchanged, "G has been changed by being scored.", "Every pass must be in eval mode.")
    expect(
        [weight.requires_grad for weight in G.parameters()] == trained,
        "G's weights came back with another requires_grad: training would go wrong.",
        "Leave requires_grad alone: `with torch.no_grad():` around the passes is enough.",
    )
    expect(
        all(module.training for module in G.modules()),
        "G came in train mode and left in eval mode.",
        "Keep G.training in a variable and call G.train(variable) at the end.",
    )
    score(G.eval(), z, real, lambda images: images)
    expect(not G.training, "G came in eval mode and left in train mode.", "Restore what was.")
    _check_features(score, *_patient(45))
    return (
        "The number is right, and G is as it was: same weights, statistics, requires_grad and mode."
    )


def _check_features(score, G: nn.Module, z: Tensor, real: Tensor) -> None:
    def cubes(images: Tensor) -> Tensor:
        return images[:, :4] ** 3

    expect_close(
        score(G, z, real, cubes),
        frechet_distance(cubes(real), cubes(_images(G, z, training=False))),
        "It goes wrong with other features, another G and other images.",
        "Pass both the real images and the samples through `features`.",
    )
