"""The colour in the middle, and what a distance charges an honest answer: an exercise of chapter 14."""

from __future__ import annotations

import torch
from torch import Tensor

from .core import exercise
from .expect import expect, expect_close, number

CASES = ((3, 3), (4, 1), (6, 3), (2, 5), (7, 2), (1, 3))  # inks, channels


@exercise(stars=2)
def middle(middles, charges):
    """Find the best colour by absolute and by squared distance, and what each way of answering pays."""
    for K, C in CASES:
        for sharp in (0.4, 2.0):
            inks, p = 2 * torch.rand(K, C) - 1, torch.softmax(sharp * torch.randn(K), 0)
            _check_middles(middles, inks, p)
            _check_charges(charges, inks, p)
    return "The score is best for a colour that nobody used, and worst for the honest generator."


def _median(inks: Tensor, p: Tensor) -> Tensor:
    """Return the weighted median of each channel: where half of the chance is reached."""
    values, order = inks.sort(0)
    reached = p[order].cumsum(0) >= 0.5
    return values.gather(0, reached.int().argmax(0, keepdim=True))[0]


def _charge(colours: Tensor, inks: Tensor, p: Tensor) -> Tensor:
    """Return what each colour [M, C] is charged on average: [M]."""
    return (colours[:, None] - inks).abs().mean(2) @ p


def _check_middles(answer, inks: Tensor, p: Tensor) -> None:
    got = answer(inks, p)
    expect(
        len(got) == 2 and not isinstance(got, dict),
        "Two colours are asked for, by absolute and by squared distance.",
        "return by_absolute, by_squared",
    )
    median, mean = _median(inks, p), p @ inks
    medoid = inks[_charge(inks, inks, p).argmin()]
    plain = _median(inks, torch.full_like(p, 1 / len(p)))
    expect_close(
        got[0],
        median,
        "The first colour does not have the least expected absolute distance.",
        "Each channel by itself: sort its values, and go up until half of the chance lies below.",
        mistakes=[
            (mean, "This is the mean, which is best for *squared* distances.", "For absolute ones it is a median."),
            (medoid, "This is the best of the inks.", "Any colour may be chosen, channel by channel."),
            (inks[p.argmax()], "This is the likeliest ink.", "Any colour may be chosen, channel by channel."),
            (inks.median(0).values, "This is the median of the inks, all counted alike.", "Half of the *chance* has to lie on either side."),
            (plain, "This is the median of the inks, all counted alike.", "Half of the *chance* has to lie on either side."),
            (inks.mean(0), "This is a mean, and an unweighted one.", "A median, weighed by p."),
        ],
    )  # fmt: skip
    expect_close(
        got[1],
        mean,
        "The second colour does not have the least expected squared distance.",
        "Set the slope of sum_k p_k (c - ink_k)^2 to zero.",
        mistakes=[
            (median, "This is the median, which is best for *absolute* distances.", "Set the slope of the squares to zero."),
            (inks.mean(0), "This is the mean of the inks, all counted alike.", "Weigh the inks by p."),
        ],
    )  # fmt: skip


def _check_charges(answer, inks: Tensor, p: Tensor) -> None:
    got = number(answer(inks, p))
    expect(
        got.shape == (3,),
        f"Three numbers are asked for, and yours has the shape {list(got.shape)}.",
        "The best colour, the best ink, an ink drawn from p: torch.stack([...]).",
    )
    of_inks = _charge(inks, inks, p)
    right = torch.stack([_charge(_median(inks, p)[None], inks, p)[0], of_inks.min(), of_inks @ p])
    square = (inks[:, None] - inks).square().mean(2) @ p
    for k, name in enumerate(("the best colour", "the best ink", "an ink drawn from p")):
        expect_close(
            got[k], right[k], *_what(k, name), mistakes=_mistakes(k, inks, p, right, square)
        )


def _what(k: int, name: str) -> tuple[str, str]:
    hints = (
        "Put your first colour into sum_k p_k mean_c |colour_c - ink_kc|.",
        "Compute it for each ink, and take the smallest.",
        "Truth and answer are both drawn from p, independently: a double sum.",
    )
    return f"This is not what {name} is charged.", hints[k]


def _mistakes(k: int, inks: Tensor, p: Tensor, right: Tensor, square: Tensor) -> list[tuple]:
    C, of_inks = inks.shape[1], _charge(inks, inks, p)
    channels = ("This is a sum over the channels.", "The mean over channels is the score.")
    mean = _charge((p @ inks)[None], inks, p)[0]
    apart = (inks[:, None] - inks).abs().mean(2)
    own = [
        [(mean, "This is what the mean is charged.", "The best colour is the median.")],
        [
            (
                of_inks[p.argmax()],
                "This is what the likeliest ink is charged.",
                "A rare ink in between may pay less.",
            ),
            (of_inks.max(), "This is the worst of the inks.", "The least is asked for."),
        ],
        [
            (
                of_inks.mean(),
                "This is for an answer drawn evenly.",
                "It is drawn from p, as the truth is.",
            ),
            (
                apart.mean(),
                "This is for truth and answer drawn evenly.",
                "Truth and answer are drawn from p.",
            ),
            (square @ p, "These are squared distances.", "The absolute distance is the score."),
            (
                torch.zeros(()),
                "0 would be for a generator that knows the truth.",
                "It draws its own ink, independently of the true one.",
            ),
            (
                right[2] / (1 - p @ p).clamp(min=1e-9),
                "This leaves out the cases in which the inks agree.",
                "They count, with the distance 0.",
            ),
        ],
    ][k]
    return [*own, (right[k] * C, *channels)]
