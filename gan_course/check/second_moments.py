"""An exercise of chapter 11: how large a signal is after many layers."""

from __future__ import annotations

import math

from .core import exercise
from .expect import expect, expect_close, number


@exercise(stars=2)
def second_moment(second_moment, keeping_gain):
    """Follow the second moment of a signal through layers of leaky ReLU."""
    cases = [(2**0.5, 0.2, 8), (1.0, 0.2, 8), (2**0.5, 0.0, 5), (1.0, 1.0, 4), (1.7, 0.5, 1)]
    for gain, slope, layers in [*cases, (0.8, 0.1, 3), (1.2, 2.0, 2), (1.3, 0.3, 0)]:
        _check_moment(second_moment, gain, slope, layers)
    for slope in (0.2, 0.0, 1.0, 0.5, 0.01):
        _check_gain(keeping_gain, slope)
    return (
        "With the slope 0.2 and the gain sqrt(2) it grows by 4 % a layer; with the gain 1, 8 layers "
        "leave 0.005 of it."
    )


def _check_moment(second_moment, gain: float, slope: float, layers: int) -> None:
    a, b = gain**2, (1 + slope**2) / 2
    got = number(second_moment(gain, slope, layers))
    expect(got.numel() == 1, "Return one number.", "It is the second moment after the last layer.")
    expect_close(
        got,
        (a * b) ** layers,
        f"This is not the second moment after {layers} layers, with gain {gain:.3g} and slope {slope}.",
        "A sum of n products, each with the variance gain^2 / n times the moment before; then half of "
        "it keeps its size and half is multiplied by slope.",
        mistakes=[
            (a**layers, "The activation is missing.", "It shrinks the negative half."),
            (b**layers, "The gain has no effect.", "The weights have the variance gain^2 / n."),
            (
                (a / 2) ** layers,
                "The negative half counts for nothing here.",
                "It is multiplied by slope, and its square by slope^2.",
            ),
            (
                (a * (1 + slope) / 2) ** layers,
                "slope should be squared.",
                "(slope a)^2 = slope^2 a^2.",
            ),
            (
                (a * (b - (1 - slope) ** 2 / (2 * math.pi))) ** layers,
                "This follows the variance.",
                "A leaky ReLU leaves a mean, which counts in the second moment: E h^2, not Var h.",
            ),
            ((gain * b) ** layers, "gain should be squared.", "A second moment takes squares."),
            (
                (a * b) ** (layers / 2),
                "This is its root.",
                "The second moment is asked for, not the root of it.",
            ),
            (a * b, "This is one layer's factor.", "There are several layers."),
            (a * b * layers, "Layers multiply, they do not add.", "A power."),
            ((a * (1 + slope**2)) ** layers, "The half is missing.", "Half of the signal each."),
            ((a * b) ** (layers + 1), "This is one layer too many.", "After 0 layers it is 1."),
        ],
        tolerance=1e-6,
    )


def _check_gain(keeping_gain, slope: float) -> None:
    want = math.sqrt(2 / (1 + slope**2))
    got = number(keeping_gain(slope))
    expect(got.numel() == 1, "Return one number, the gain.", "It depends on the slope alone.")
    expect_close(
        got,
        want,
        f"With this gain the second moment does not stay, for slope {slope}.",
        "Let one layer's factor be 1, and solve for the gain.",
        mistakes=[
            (
                math.sqrt(2),
                "This is right for a slope of 0.",
                "A leaky ReLU loses less than a half.",
            ),
            (want**2, "This is its square.", "The factor has gain^2: take the root."),
            (1 / want, "It is upside down.", "What the activation takes, the gain gives back."),
            (
                math.sqrt(2 / (1 + slope)),
                "slope should be squared.",
                "The factor of a layer has (1 + slope^2) / 2.",
            ),
            (1.0, "With the gain 1 the activation shrinks it.", "The gain has to be larger."),
        ],
        tolerance=1e-6,
    )
