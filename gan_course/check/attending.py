"""Attention by its formula: an exercise of chapter 12."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .core import exercise
from .expect import close, expect, expect_close, gradients

SIZES = ((2, 5, 7, 3, 4), (1, 6, 6, 8, 2), (3, 1, 9, 2, 1), (4, 8, 2, 1, 6), (1, 1, 1, 1, 1))


@exercise(stars=1)
def attend(attend):
    """Let each place gather values from all others."""
    for n, queries, keys, d, e in SIZES:
        q, k = (torch.randn(n, m, d, dtype=torch.float64) for m in (queries, keys))
        v = torch.randn(n, keys, e, dtype=torch.float64)
        _check(attend, q, k, v)
    _check_extremes(attend)
    q, k, v = (torch.randn(2, m, 3, dtype=torch.float64) for m in (4, 5, 5))
    target = torch.randn(2, 4, 3, dtype=torch.float64)
    for got, want in zip(
        gradients(lambda *qkv: attend(*qkv) * target, q, k, v),
        gradients(lambda *qkv: _right(*qkv) * target, q, k, v),
        strict=True,
    ):
        expect_close(
            got,
            want,
            "The values are right, and their slopes are not.",
            "Nothing of q, k and v may be detached on the way: all three are learned.",
        )
    return (
        "Each query gets a mean of the values, weighed by a softmax of its scores, however large."
    )


def _right(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return (q @ k.mT).softmax(2) @ v


def _check(attend, q: Tensor, k: Tensor, v: Tensor) -> None:
    scores = q @ k.mT  # [N, Q, K]
    expect_close(
        attend(q, k, v),
        _right(q, k, v),
        f"With q {list(q.shape)}, k {list(k.shape)} and v {list(v.shape)} the answer is another one.",
        "Scores [N, Q, K] are scalar products of each query with each key. Softmax them over the "
        "keys, and weigh the values by what comes out.",
        mistakes=[
            *_of_other_scores(scores, q.shape[2], v),
            (scores @ v, "There is no softmax: the weights do not add up to 1.", "Normalise them."),
            (
                scores.softmax(1) @ v,
                "The softmax runs over the queries.",
                "Each query shares out one unit of attention over all keys: the weights of one "
                "query add up to 1.",
            ),
            (
                scores.sigmoid() @ v,
                "Each weight is a probability of its own.",
                "Keys compete: the weights of one query add up to 1. That is a softmax.",
            ),
            (
                scores.softmax(2) @ v / v.shape[1],
                "The mean is divided by the number of keys once more.",
                "The weights add up to 1 already.",
            ),
        ],
    )


def _of_other_scores(scores: Tensor, d: int, v: Tensor) -> list[tuple]:
    if d == 1 or v.shape[1] == 1:
        return []
    return [
        (
            (scores / math.sqrt(d)).softmax(2) @ v,
            "Your scores are divided by sqrt(d), as a transformer does.",
            "SAGAN does not, and no more does this exercise: take the products as they are.",
        ),
        (
            (-scores).softmax(2) @ v,
            "Your places look away from what fits.",
            "A larger score gets a larger weight.",
        ),
        (
            torch.nn.functional.one_hot(scores.argmax(2), v.shape[1]).to(v.dtype) @ v,
            "Each query takes the value of its best key alone.",
            "Softmax shares the attention out, and so has a slope.",
        ),
    ]


def _check_extremes(attend) -> None:
    q = torch.tensor([[[1000.0, 0.0], [0.0, -1000.0], [900.0, 900.0]]], dtype=torch.float64)
    k = torch.tensor([[[1.0, 0.0], [0.0, 1.0], [0.999, 0.0]]], dtype=torch.float64)
    v = torch.tensor([[[1.0], [10.0], [100.0]]], dtype=torch.float64)
    got = attend(q, k, v)
    expect(
        torch.as_tensor(got).isfinite().all(),
        "With scores of 1,000 something is not finite.",
        "exp(1000) is infinite. torch.softmax subtracts the largest score first.",
    )
    expect(
        close(got, _right(q, k, v)),
        "With scores of 1,000 the answer is another one.",
        "Only differences of scores count: 1000 and 999 share the attention as 1 and 0 do.",
    )
