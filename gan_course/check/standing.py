"""Standing statistics of batch norm: an exercise of chapter 12."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from .core import exercise
from .expect import close, expect, expect_close
from .redrawing import _variance


@exercise(stars=3)
def standing(standing, limit):
    """Give batch norm the statistics of what passes now."""
    for make in (_one_norm, _images, _deep):
        G, batches = make()
        _check_standing(standing, G, batches)
    _check_dropout(standing)
    for latent, features, t in ((4, 3, 0.5), (1, 1, 0.1), (6, 9, 2.0)):
        _check_limit(limit, torch.randn(features, latent), torch.randn(features), t)
    return (
        "The norms hold plain means over the batches, the rest of the copy is as it was, and the "
        "first layer's statistics go where the formula says."
    )


def _used(G: nn.Module) -> nn.Module:
    """Return the network after some batches of training, so that its statistics are not 0 and 1."""
    G.train()
    with torch.no_grad():
        for _ in range(5):
            shape = (16, 3) if isinstance(G[0], nn.Linear) else (16, 2, 4, 4)
            G(torch.randn(shape))
    return G


def _one_norm() -> tuple[nn.Module, list[Tensor]]:
    G = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh())
    return _used(G), [0.3 * torch.randn(8, 3) for _ in range(4)]


def _images() -> tuple[nn.Module, list[Tensor]]:
    G = nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3, momentum=0.3), nn.ReLU())
    return _used(G).eval(), [torch.randn(4, 2, 5, 5) + 1 for _ in range(3)]


def _deep() -> tuple[nn.Module, list[Tensor]]:
    inner = nn.Sequential(nn.Linear(5, 6), nn.BatchNorm1d(6), nn.ReLU())
    G = nn.Sequential(nn.Linear(3, 5), nn.BatchNorm1d(5), nn.ReLU(), inner, nn.Linear(6, 2))
    return _used(G), [torch.randn(16, 3) * (1 + i) for i in range(5)]


def _norms(G: nn.Module) -> list[_BatchNorm]:
    return [m for m in G.modules() if isinstance(m, _BatchNorm)]


@torch.no_grad()
def _statistics(
    G: nn.Module, batches: list[Tensor], momentum: float | None, reset: bool = True
) -> Tensor:
    """Return all means and variances after these batches, in one row."""
    twin = copy.deepcopy(G).eval()
    for norm in _norms(twin):
        if reset:
            norm.reset_running_stats()
        norm.momentum = momentum
        norm.train()
    for z in batches:
        twin(z)
    return _all(twin)


def _all(G: nn.Module) -> Tensor:
    return torch.cat([torch.cat([n.running_mean, n.running_var]) for n in _norms(G)])


@torch.no_grad()
def _check_standing(standing, G: nn.Module, batches: list[Tensor]) -> None:
    before = {k: v.clone() for k, v in G.state_dict().items()}
    training = G.training
    want = _statistics(G, batches, None)
    result = standing(G, batches)
    expect(
        isinstance(result, nn.Module) and len(_norms(result)) == len(_norms(G)),
        "A network like G is expected, with its batch norms.",
        "Return a deep copy of G, in eval mode, with other statistics.",
    )
    expect(
        all(torch.equal(v, before[k]) for k, v in G.state_dict().items()),
        "G itself has been changed.",
        "Work on copy.deepcopy(G).",
    )
    expect(
        G.training == training and result is not G,
        "G itself is not in the mode it was in.",
        "Work on copy.deepcopy(G).",
    )
    state = result.state_dict()
    kept = [k for k in before if "running" not in k and "num_batches" not in k]
    expect(
        all(k in state and torch.equal(state[k], before[k]) for k in kept),
        "Weights have changed.",
        "Only running_mean and running_var are to change: nothing is trained here.",
    )
    _explain(_all(result), want, G, batches)
    expect(
        not any(m.training for m in result.modules()),
        "Part of the copy is still in train mode.",
        "In train mode each new batch changes the statistics again: return it in eval mode.",
    )


def _explain(got: Tensor, want: Tensor, G: nn.Module, batches: list[Tensor]) -> None:
    momentum = _norms(G)[0].momentum
    expect_close(
        got,
        want,
        "The statistics are others.",
        "Reset them, let each batch pass with the norms in train mode, and let momentum=None make "
        "the plain mean over the batches: of their means, and of their variances.",
        mistakes=[
            (
                _all(G),
                "The statistics are those of G still.",
                "In eval mode batch norm learns nothing.",
            ),
            (
                _statistics(G, batches, momentum),
                "Later batches weigh more, and the start, 0 and 1, is still in it.",
                "A running average with a momentum forgets. With momentum=None torch keeps the "
                "plain mean over all batches since the reset.",
            ),
            (
                _statistics(G, batches, momentum, reset=False),
                "What G saw in training is still in it.",
                "Reset the statistics first, and weigh all batches alike.",
            ),
            (
                _statistics(G, batches, None, reset=False),
                "What G saw in training still counts as batches.",
                "Reset the statistics first.",
            ),
            (
                _statistics(G, batches[-1:], None),
                "Only the last batch counts.",
                "The statistics are means over all batches.",
            ),
            (
                _statistics(G, batches[:1], None),
                "Only the first batch counts.",
                "The statistics are means over all batches.",
            ),
            (
                _statistics(G, [torch.cat(batches)], None),
                "This is one large batch.",
                "Let the batches pass one by one, and take the mean of their statistics.",
            ),
        ],
    )


@torch.no_grad()
def _check_dropout(standing) -> None:
    torch.manual_seed(0)
    G = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5), nn.Linear(4, 4), nn.BatchNorm1d(4))
    G, batches = _used(G), [torch.randn(16, 3) for _ in range(3)]
    expect(
        close(_all(standing(G, batches)), _statistics(G, batches, None)),
        "With dropout in G the statistics are others.",
        "Later G runs in eval mode, where nothing is dropped: set only the batch norms to train "
        "mode while the batches pass.",
    )


def _check_limit(limit, A: Tensor, b: Tensor, t: float) -> None:
    A, b = A.double(), b.double()
    v = _variance(t)
    mean, variance = _two(limit(A, b, t))
    expect_close(
        mean,
        b,
        "The mean is another one.",
        "z is symmetric about 0, truncated or not: what is the mean of A z + b?",
    )
    energy = A.square().sum(1)
    expect_close(
        variance,
        v * energy,
        "The variance is another one.",
        "The coordinates of z are independent, each with the variance of exercise 4. What is the "
        "variance of a sum of them, with weights?",
        mistakes=[
            (energy, "This is the variance with z ~ N(0, I), as in training.", "Truncate z."),
            (v**0.5 * energy, "The width of z enters squared.", "Use its variance."),
            (t * t * energy, "This is the variance with scaled z.", "Truncation does not scale."),
            (
                v * A.sum(1).square(),
                "The weights are added before they are squared.",
                "Independent parts.",
            ),
            ((v * energy).sqrt(), "This is the standard deviation.", "Batch norm keeps variances."),
        ],
    )


def _two(result) -> tuple:
    expect(
        isinstance(result, tuple | list) and len(result) == 2,
        "Two things are expected: means and variances.",
        "Return a pair of tensors [features].",
    )
    return tuple(result)
