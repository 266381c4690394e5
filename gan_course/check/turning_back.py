"""Which random turns leak into G: an exercise of chapter 17."""

from __future__ import annotations

import torch
from torch import Tensor

from .core import exercise
from .expect import expect, expect_close, number


@exercise(stars=2)
def turned(seen, weakest):
    """Say what D sees of random turns, and whether G can tell where up is."""
    for turns in (4, 3, 8, 2):
        w, p = torch.rand(turns).double(), torch.rand(turns).double() ** 2
        _check_seen(seen, p / p.sum(), w / w.sum())
    for w in _ways():
        _check_weakest(weakest, w)
    return "A leak is a pattern of turns that the mixture wipes out: an eigenvalue 0."


def _ways() -> list[Tensor]:
    even = [torch.full((k,), r / k) + (1 - r) * torch.eye(k)[0] for k, r in ((4, 0.6), (4, 1.0), (3, 0.3))]  # fmt: skip
    half = torch.tensor([0.5, 0.0, 0.5, 0.0])  # by half a turn, with probability 1/2
    uneven = [torch.rand(k) for k in (4, 5, 8)]
    return [w.double() / w.sum() for w in (*even, half, *uneven)]


def _circulant(w: Tensor) -> Tensor:
    return torch.stack(
        [w.roll(j) for j in range(len(w))], 1
    )  # column j: what orientation j becomes


def _check_seen(answer, p: Tensor, w: Tensor) -> None:
    T = _circulant(w)
    expect_close(
        answer(p, w),
        T @ p,
        f"With {len(p)} orientations this is not what D sees.",
        "Orientation j is seen if it was j - k and was turned by k: sum over k.",
        mistakes=[
            (
                T.T @ p,
                "This turns the other way round.",
                "Orientation j turned by k becomes j + k: index j - k on the right.",
            ),
            (p * w, "You multiplied number by number.", "Each turn moves *all* of p: sum over k."),
            (p, "The turns have no effect here.", "sum over k of w[k] times p moved by k."),
            (w, "This is w alone.", "It would be right if all of p stood at orientation 0."),
        ],
    )


def _check_weakest(answer, w: Tensor) -> None:
    values = torch.fft.fft(w)
    got = number(answer(w))
    expect(
        got.numel() == 1,
        f"One number is asked for, and yours are {got.numel()}.",
        "Of all eigenvalues the smallest modulus.",
    )
    told = ", ".join(f"{x:.2f}" for x in w.tolist())
    symmetric = torch.linalg.eigvalsh((_circulant(w) + _circulant(w).T) / 2)
    expect_close(
        got.reshape(()),
        values.abs().min(),
        f"For the turns ({told}) this is not the smallest modulus of an eigenvalue.",
        "The matrix T has w, moved down by j, as its column j. torch.linalg.eigvals(T).abs().min()",
        mistakes=[
            (
                values.real.min(),
                "This is the smallest *real part*.",
                "Eigenvalues of turns are complex, and abs() is their size.",
            ),
            (symmetric.abs().min(), "This is an eigenvalue of the symmetric part of T.", "T is not symmetric: eigvals, not eigvalsh."),
            (values.abs().max(), "This is the largest one, always 1.", "The smallest: min()."),
            (values.abs().square().min(), "This is the *square* of the modulus.", "abs()."),
            (values.abs().prod(), "This is the determinant.", "It shrinks with the number of turns; one eigenvalue is asked."),
            (w[0], "This is the probability of no turn.", "Which pattern of orientations shrinks the most?"),
        ],
        tolerance=1e-5,
    )  # fmt: skip
