"""What the losses of CycleGAN leave open among kinds of images: an exercise of chapter 14."""

from __future__ import annotations

from collections import Counter
from math import factorial, prod

import torch

from .core import exercise
from .expect import expect_close, number

SAME = ([3, 3, 3, 3], [5], [1, 2, 3, 4], [4, 4, 9], [2, 2, 7, 7, 7, 1], [10] * 10, [6, 1, 6, 1, 6])
DIFFERENT = (
    ([1, 2, 3], [2, 2, 2]),
    ([4, 4, 4], [6, 6]),
    ([5, 1], [2, 2, 2]),
    ([7, 3, 3], [7, 7, 3]),
)


@exercise(stars=2)
def loss_free(loss_free, kept):
    """Count the pairs (G, F) without any loss, and the images that they send to the right kind."""
    for sizes in SAME:
        a = torch.tensor(sizes)
        b = a[torch.randperm(len(a))]
        _check_count(loss_free, a, b)
        _check_kept(kept, a)
    for one, other in DIFFERENT:
        _check_none(loss_free, torch.tensor(one), torch.tensor(other))
    return (
        "Kinds of one size can change places, and no others: sizes tell what pairs would have told."
    )


def _count(a: torch.Tensor) -> int:
    return prod(factorial(times) for times in Counter(a.tolist()).values())


def _check_count(answer, a: torch.Tensor, b: torch.Tensor) -> None:
    right, times = _count(a), Counter(a.tolist())
    K = len(a)
    expect_close(
        number(answer(a, b)).double(),
        float(right),
        f"For kinds of {a.tolist()} and {b.tolist()} images this is not the number of pairs.",
        "Without a cycle loss F undoes G, so count the G: to which kinds of Y may a kind of X go "
        "without changing the shares?",
        mistakes=[
            (float(right**2), "This is the square: F chosen apart from G.", "Once G is given, the way back has no choice."),
            (float(factorial(K)), "These are all bijections.", "Some of them make a kind too common: D would see it."),
            (float(K**K), "These are all maps.", "Two kinds that go to one cannot both come back."),
            (float(prod(times.values())), "Kinds of one size can be arranged in more ways.", "m kinds in m places: a factorial."),
            (float(sum(factorial(m) for m in times.values())), "Choices for different sizes multiply.", "A product over sizes, not a sum."),
            (1.0, "This is the true pairing alone.", "Kinds of the same size may change places, and no loss will say so."),
        ],
    )  # fmt: skip


def _check_none(answer, a: torch.Tensor, b: torch.Tensor) -> None:
    expect_close(
        number(answer(a, b)).double(),
        0.0,
        f"Kinds of {a.tolist()} images cannot become kinds of {b.tolist()} images without a loss.",
        "If the sizes of X's kinds are not those of Y's, in some order, some share comes out wrong: 0.",
    )


def _check_kept(answer, a: torch.Tensor) -> None:
    K, n, times = len(a), int(a.sum()), Counter(a.tolist())
    share = sum(size / times[size] for size in a.tolist()) / n  # a kind stays in 1 of m orders
    kinds = len(times) / K
    expect_close(
        answer(a),
        share,
        f"For kinds of {a.tolist()} images this is not the share that keeps its kind.",
        "Fix one kind of X, of which m have the size. In how many of the pairs does it go to its "
        "own partner? Then weigh the kinds by their images.",
        mistakes=[
            (1 / _count(a), "This is the chance that *all* kinds are right.", "Take an average over images."),
            (1 / K, "This would hold if all kinds could change places.", "Only those of one size can."),
            (kinds, "This is the share of *kinds*.", "Large kinds hold more images: weigh them."),
            (1.0, "Not all images keep their kind.", "Kinds of one size may change places."),
            (n * share, "This is the number of images.", "Divide by how many there are."),
            (1 - share, "This is the share that loses its kind.", "The share that keeps it is asked for."),
        ],
    )  # fmt: skip
