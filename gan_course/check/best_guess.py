"""What the best D and a Gaussian's width would show: two exercises of chapter 3 on paper."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from .core import exercise
from .expect import expect, expect_close


@exercise(stars=1)
def collapsed(answer: Callable) -> str:
    """Give loss and accuracies of the best D, if G makes k of K equal modes and nothing else."""
    for k, K in ((1, 8), (3, 8), (1, 2), (9, 10), (7, 25)):
        got = answer(k, K)
        expect(
            isinstance(got, (tuple, list, Tensor)) and len(got) == 3,
            "Three numbers are expected: the loss, the accuracy on real, the accuracy on fake.",
            "return loss, accuracy_real, accuracy_fake",
        )
        where = f" (k = {k}, K = {K})"
        here, seen, unseen = k / K, math.log((K + k) / k), math.log((K + k) / K)
        expect_close(
            got[0],
            here * seen + unseen,
            f"The loss of the best D is another one{where}.",
            "At a mode that G makes, p = 1/K and q = 1/k, and the best probability of real is "
            "p/(p + q) = k/(K + k). At the other modes the best D is certain.",
            mistakes=[
                (
                    -(here * seen + unseen),
                    f"This is V, which D maximises{where}.",
                    "L_D is minus that.",
                ),
                (
                    seen + unseen,
                    f"This is as if all real points lay at the modes that G makes{where}.",
                    "Only k/K of them do; about the others the best D is certain, at no cost.",
                ),
                (
                    here * unseen + seen,
                    f"Real and generated points have exchanged their parts{where}.",
                    "The best probability of real at a mode that G makes is k/(K + k), below 1/2.",
                ),
                (
                    2 * math.log(2),
                    f"This is the loss where q = p{where}.",
                    "G leaves out K - k modes: there the best D is certain.",
                ),
                (
                    (here * seen + unseen) / math.log(2),
                    f"This is the loss in bits{where}.",
                    "Natural logarithms, as everywhere in the course.",
                ),
                (
                    (here * seen + unseen) / 2,
                    f"This is half of the loss{where}.",
                    "L_D is the sum of two expectations, not their mean.",
                ),
            ],
        )
        expect_close(
            got[1],
            1 - here,
            f"The accuracy on real points is another one{where}.",
            "At which modes does the best D say real, and how many real points lie there?",
            mistakes=[
                (
                    here,
                    f"This is the share of real points that D calls fake{where}.",
                    "Where G puts samples q = 1/k is larger than p = 1/K: D says fake there.",
                ),
                (
                    1.0,
                    f"D is not right on all real points{where}.",
                    "Some of them lie at the modes that G makes, and D says fake there.",
                ),
                (
                    0.5,
                    f"D does better than a guess on real points{where}.",
                    "At the modes that G leaves out D is certain, and right.",
                ),
            ],
        )
        expect_close(
            got[2],
            1.0,
            f"The accuracy on generated points is another one{where}.",
            "All of them lie at k modes. What does the best D say there?",
            mistakes=[
                (
                    K / (K + k),
                    f"This is the probability of fake that D gives{where}.",
                    "Accuracy counts how often D is right: a probability above 1/2 is a verdict.",
                ),
                (
                    0.5,
                    f"D does better than a guess on generated points{where}.",
                    "It would be one half where p = q. At the modes of G, q is larger.",
                ),
            ],
        )
    return "One mode of eight: a loss of 0.39, an accuracy of 7/8 on real points and of 1 on fakes."


@exercise(stars=2)
def width_or_threads(width: Callable, strays: Callable) -> str:
    """Give the width of modes that explains a share of good samples, and the strays with it."""
    for g in (0.66, 0.3, 0.8, 0.95):
        square = -4.5 / math.log(1 - g)  # of the width
        line = 3 / (2**0.5 * float(torch.erfinv(torch.tensor(g, dtype=torch.float64))))
        expect_close(
            width(g),
            square**0.5,
            f"A share of {g:g} means another width.",
            "Modes w times as wide: 3 true standard deviations are 3/w of their own. Put r = 3/w "
            "into 1 - exp(-r^2/2) = g, and solve for w.",
            mistakes=[
                (square, "This is the square of the width.", "Take the square root."),
                (
                    square**-0.5,
                    "This is one over the width.",
                    "3 true standard deviations are 3/w of the mode's own, not 3w.",
                ),
                (
                    line,
                    "This is the width on a line, in one dimension.",
                    "In the plane a share exp(-r^2/2) lies farther than r standard deviations.",
                ),
                (
                    (square / 9) ** 0.5,
                    "Good means within 3 standard deviations, not within 1.",
                    "3 true standard deviations are 3/w of the mode's own.",
                ),
                (
                    (2 * square) ** 0.5,
                    "A factor of two is missing in the exponent.",
                    "A Gaussian's density falls like exp(-r^2/2): keep the half.",
                ),
                (
                    (-4.5 / math.log(g)) ** 0.5,
                    "This is as if g were the share that lies outside.",
                    "Outside lies 1 - g.",
                ),
            ],
        )
        expect_close(
            strays(g),
            (1 - g) ** (25 / 9),
            f"With a share of {g:g} another share of strays comes along.",
            "Five true standard deviations are 5/w of the mode's own, with the w of the first "
            "function; farther than r lies exp(-r^2/2).",
            mistakes=[
                (
                    1 - (1 - g) ** (25 / 9),
                    "This is the share of all but the strays.",
                    "Take one minus it.",
                ),
                (
                    math.exp(-12.5),
                    "These are the strays of modes of the true width.",
                    "The modes are w times as wide: 5/w of their own standard deviations.",
                ),
                (
                    1 - g,
                    "This is the share beyond 3 standard deviations.",
                    "Strays lie farther than 5.",
                ),
                (
                    (1 - g) ** (50 / 9),
                    "A factor of two is missing in the exponent.",
                    "Farther than r lies exp(-r^2/2), with the half.",
                ),
            ],
        )
    return (
        "A share of 0.66 would need modes 2.04 times too wide, and 5 % strays. Many more strays "
        "than that are threads, lost samples or displaced modes."
    )
