"""Truncation by drawing again: an exercise of chapter 12."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .core import exercise
from .expect import close, expect, expect_close, number

THRESHOLDS = (0.5, 0.05, 0.3, 1.0, 2.0, 4.0)


@exercise(stars=2)
def redrawn(redrawn, spread):
    """Draw again what lies beyond a threshold, and say how wide the rest is."""
    for t in THRESHOLDS:
        _check_redrawn(redrawn, torch.randn(400, 50), t)
    for shape in ((1, 1), (7, 3), (5,)):
        got = torch.as_tensor(redrawn(torch.randn(shape), 0.5))
        expect(
            got.shape == shape,
            f"For z of shape {list(shape)} yours has {list(got.shape)}.",
            "As many numbers come back as came in, each in its place.",
        )
    for t in (*THRESHOLDS, 8.0):
        _check_spread(spread, t)
    return "What was within is kept, the rest is N(0, 1) between -t and t, and its width is known."


def _share(t: float) -> float:
    """Return the share of N(0, 1) within +-t."""
    return math.erf(t / math.sqrt(2))


def _variance(t: float) -> float:
    density = math.exp(-t * t / 2) / math.sqrt(2 * math.pi)
    return 1 - 2 * t * density / _share(t)


def _check_redrawn(redrawn, z: Tensor, t: float) -> None:
    got = torch.as_tensor(redrawn(z, t))
    expect(
        got.shape == z.shape,
        f"For z of shape {list(z.shape)} yours has {list(got.shape)}.",
        "Nothing is thrown away: what lies beyond is replaced, in its place.",
    )
    got = number(got)
    _expect_no_known_mistake(got, z.double(), t)
    expect(
        (got.abs() <= t + 1e-6).all(),
        f"With t = {t} a number of modulus {got.abs().max().item():.3f} is left.",
        "What is drawn again may lie beyond, too: go on until none does.",
    )
    inside = z.abs() <= t
    expect(
        close(got[inside], z[inside], 1e-6),
        "Numbers that lie within have been changed.",
        "Only what lies beyond +-t is drawn again, coordinate by coordinate.",
    )
    _expect_the_law(got[~inside], t)


def _expect_no_known_mistake(got: Tensor, z: Tensor, t: float) -> None:
    if t > 2:  # where hardly anything lies beyond, several mistakes look alike
        return
    expect(
        not close(got, z.clamp(-t, t), 1e-5),
        "This is clipped: a heap of numbers lies exactly at the threshold.",
        "Replace what lies beyond by fresh draws.",
    )
    expect(
        t == 1 or not close(got, t * z, 1e-5),
        "This is scaled, and numbers beyond the threshold are still there.",
        "Keep what lies within, and replace the rest by fresh draws.",
    )
    beyond = z.abs() > t
    expect(
        not (got[beyond] == 0).all(),
        "What lies beyond has become 0.",
        "Replace it by fresh draws of N(0, 1).",
    )


def _expect_the_law(fresh: Tensor, t: float) -> None:
    """Expect that new numbers are N(0, 1) given |z| <= t: by their places in its distribution."""
    n = len(fresh)
    if n < 200:
        return
    share = _share(t)
    places = (torch.erf(fresh / math.sqrt(2)) / share + 1) / 2  # uniform on [0, 1] if right
    expect(
        len(fresh.unique()) > n / 2,
        "What is drawn again takes few values.",
        "Each number beyond gets a draw of its own.",
    )
    expect(
        abs((fresh > 0).double().mean().item() - 0.5) < 2.5 / math.sqrt(n),
        "What is drawn again is not as often positive as negative.",
        "A fresh draw forgets what it replaces, and its sign.",
    )
    steps = torch.arange(1, n + 1, dtype=torch.float64) / n
    gap = (places.sort().values - steps).abs().max().item()
    expect(
        gap < 2.5 / math.sqrt(n),
        f"With t = {t} what is drawn again has another distribution: its spread is "
        f"{fresh.std().item():.3f}, and that of N(0, 1) within is {math.sqrt(_variance(t)):.3f}.",
        "Draw from N(0, 1), keep what lies within, and draw the others again.",
    )


def _check_spread(spread, t: float) -> None:
    density = math.exp(-t * t / 2) / math.sqrt(2 * math.pi)
    v = _variance(t)
    second = t * t * (1 - _share(t)) + _share(t) * v  # of a clipped normal
    right = math.sqrt(v)
    expect_close(
        spread(t),
        right,
        f"With t = {t} the standard deviation is another one.",
        "E z^2 within is the integral of z^2 phi(z) from -t to t over the share that lies there. "
        "By parts: z^2 phi = -z phi', and phi' = -z phi.",
        tolerance=2e-4 * right,
        mistakes=[
            (v, "This is the variance.", "The standard deviation is its root."),
            (t, "This is the spread of scaled z.", "Truncation does not scale."),
            (
                math.sqrt(second),
                "This is the spread of clipped z, with heaps at both ends.",
                "Here nothing lies at the ends: divide by the share that lies within.",
            ),
            (
                math.sqrt(_share(t) * v),
                "You did not divide by the share of N(0, 1) that lies within.",
                "What is left has to have probability 1 again.",
            ),
            (
                t / math.sqrt(3),
                "This is the spread of a uniform z.",
                "Within +-t the density still falls from the middle to the ends.",
            ),
            (
                math.sqrt(max(1 - t * density / _share(t), 0)),
                "Only one of the two ends is counted.",
                "The boundary term of the integral by parts stands at t and at -t.",
            ),
        ],
    )
