"""Chapter 17: the same small game on several label sets at once, as one game.

The members share nothing: each has weights, labels, samples and noise of its own. A batch holds n
rows of the first member, then n of the second, and so on. Losses are means over all rows, so a
member's gradient is 1/M of what it would be alone; Adam's steps do not depend on that factor
(but for its epsilon). A step for ten members costs as much as for three.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from gan_course.data import Batches, Dataset

LATENT = 32


class Linears(nn.Module):
    """One linear layer for each member, with the first weights of `nn.Linear`: `[M, n, before]`."""

    def __init__(self, members: int, before: int, after: int) -> None:
        super().__init__()
        reach = before**-0.5
        self.weight = nn.Parameter(torch.empty(members, before, after).uniform_(-reach, reach))
        self.bias = nn.Parameter(torch.empty(members, 1, after).uniform_(-reach, reach))

    def forward(self, x: Tensor) -> Tensor:
        return torch.baddbmm(self.bias, x, self.weight)


class Noise(nn.Module):
    """Adds normal noise of a fixed strength in train mode."""

    def __init__(self, strength: float) -> None:
        super().__init__()
        self.strength = strength

    def forward(self, x: Tensor) -> Tensor:
        if not (self.training and self.strength):
            return x
        return x + self.strength * torch.randn_like(x)


class Given(nn.Module):
    """A G that cannot learn: each z in [-1, 1] is a row of its member's table `[M, rows, ...]`."""

    def __init__(self, tables: Tensor) -> None:
        super().__init__()
        self.register_buffer("tables", tables)

    def forward(self, z: Tensor) -> Tensor:
        members, rows = self.tables.shape[:2]
        row = ((z.view(members, -1) + 1) / 2 * rows).long().clamp(0, rows - 1)
        return self.tables[torch.arange(members)[:, None], row].flatten(0, 1)


def networks(
    members: int, widths: list[int], activation: Callable[[], nn.Module]
) -> list[nn.Module]:
    """Return the layers of multilayer perceptrons: `[M n, ...] -> [M, n, widths[-1]]`."""
    layers: list[nn.Module] = [nn.Flatten(), nn.Unflatten(0, (members, -1))]
    for before, after in zip(widths, widths[1:], strict=False):
        layers += [Linears(members, before, after), activation()]
    return layers[:-1]


def classifiers(
    members: int, inputs: int, classes: int, noise: float, hidden: int = 128
) -> nn.Sequential:
    """Return the D of all members: `[M n, ...] -> [M n, K]`."""
    body = networks(members, [inputs, hidden, hidden, classes], partial(nn.LeakyReLU, 0.2))
    return nn.Sequential(Noise(noise), *body, nn.Flatten(0, 1))


def generators(members: int, shape: tuple[int, ...], hidden: int = 128) -> nn.Sequential:
    """Return the G of all members, for images in [-1, 1]: `[M n, 32] -> [M n, *shape]`."""
    pixels = torch.Size(shape).numel()
    body = networks(members, [LATENT, hidden, hidden, pixels], nn.ReLU)
    return nn.Sequential(*body, nn.Tanh(), nn.Flatten(0, 1), nn.Unflatten(1, shape))


def mean_gaps(D: nn.Sequential) -> Callable[[Tensor, Tensor], Tensor]:
    """Return the loss of feature matching, a mean over the members, with D's last hidden layer."""
    features = D[:-2]  # [M n, ...] -> [M, n, hidden]

    def mean_gaps(fake: Tensor, real: Tensor) -> Tensor:
        with torch.no_grad():
            wanted = features(real).mean(1)
        return (features(fake).mean(1) - wanted).square().sum(1).mean()

    return mean_gaps


def batches(labelled: list[Dataset], unlabelled: list[Dataset] | None, n: int) -> Batches:
    """Draw for ever `(x, y, u)`, or `(x, y)`, with n rows of each kind for each member."""

    def draw(rows: int) -> tuple[Tensor, ...]:
        each = rows // len(labelled)
        parts = [data.draw(each, labels=True) for data in labelled]
        if unlabelled is not None:
            parts = [p + data.draw(each) for p, data in zip(parts, unlabelled, strict=True)]
        return tuple(torch.cat(kind) for kind in zip(*parts, strict=True))

    return Batches(draw, n * len(labelled))


@torch.no_grad()
def errors(network: nn.Module, tests: list[Dataset]) -> list[float]:
    """Return the share of its test set that each member names wrong; the sets are equally large."""
    network.eval()
    named = network(torch.cat([test.x for test in tests])).argmax(1).view(len(tests), -1)
    wrong = named != torch.stack([test.y for test in tests])
    return [round(share, 4) for share in wrong.double().mean(1).tolist()]
