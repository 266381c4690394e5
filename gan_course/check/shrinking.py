"""What truncation does to a whole distribution, in closed form: an exercise of chapter 13."""

from __future__ import annotations

import torch
from torch import Tensor

from .core import exercise
from .expect import expect, expect_close, number

PSIS = (0.7, 0.0, 1.0, 1.4, -0.6, -1.0)


@exercise(stars=2)
def shrunk(shrunk, distance):
    """Say where truncation leads, and how far it is from there to where it began."""
    for dim, pixels in ((3, 5), (6, 4), (1, 2)):
        for psi in PSIS:
            _check_one(shrunk, distance, psi, *_linear(dim, pixels))
    return "The images' mean and covariance are right, and so is their distance, for every psi."


def _linear(dim: int, pixels: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return a linear G, the mean and the covariance of w, and a centre."""
    kind = {"dtype": torch.float64}
    root = torch.randn(dim, dim, **kind)
    cov = root @ root.T / dim + 0.1 * torch.eye(dim, **kind)
    return (
        torch.randn(pixels, dim, **kind),
        torch.randn(dim, **kind),
        cov,
        torch.randn(dim, **kind),
    )


def _check_one(shrunk, distance, psi: float, A, mean, cov, centre) -> None:
    got = shrunk(A, mean, cov, centre, psi)
    expect(
        isinstance(got, (tuple, list)) and len(got) == 2,
        "Return a mean and a covariance.",
        "Write `return mean, cov`.",
    )
    w = centre + psi * (mean - centre)
    inside = A @ cov @ A.T
    zero = torch.zeros_like(centre)
    expect_close(
        got[0],
        A @ w,
        f"At psi = {psi} this is not the mean of the images.",
        "The mean of centre + psi (w - centre), then through A.",
        mistakes=[
            (w, "This is a mean in W.", "The images are A times w."),
            (A @ (psi * mean), "The centre plays no part here.", "centre + psi (mean - centre)."),
            (A @ mean, "psi has no effect on this mean.", "centre + psi (mean - centre)."),
            (A @ centre, "This is the image of the centre.", "It is the mean at psi = 0 only."),
            (
                A @ (mean + psi * (centre - mean)),
                "psi counts from the wrong end.",
                "At psi = 1 nothing changes, at 0 all images are that of the centre.",
            ),
            (A @ (psi * (mean - centre) + zero), "The centre is not added back.", "centre + ..."),
        ],
    )
    expect_close(
        got[1],
        psi**2 * inside,
        f"At psi = {psi} this is not the covariance of the images.",
        "What is multiplied by a number has its covariance multiplied by the number's square; "
        "A w has the covariance A cov A^T.",
        mistakes=[
            (psi * inside, "The covariance shrinks by more than psi.", "It is of second order."),
            (abs(psi) * inside, "The covariance shrinks by more than |psi|.", "Second order."),
            (inside, "psi has no effect on this covariance.", "Deviations are multiplied by it."),
            (psi**2 * cov, "This is a covariance in W.", "A cov A^T."),
        ],
    )
    _check_distance(distance, psi, A, mean, cov, centre)


def _check_distance(distance, psi: float, A, mean, cov, centre) -> None:
    inside = (A @ cov @ A.T).trace()
    shift = (A @ (mean - centre)).square().sum()
    means, spreads = (1 - psi) ** 2 * shift, (1 - abs(psi)) ** 2 * inside
    got = number(distance(A, mean, cov, centre, psi))
    expect(
        got.numel() == 1,
        f"The distance is one number; yours has {got.numel()}.",
        "Squared distance of the means, plus a trace.",
    )
    off = (A @ ((1 - psi) * (mean - centre))).norm() + spreads
    expect_close(
        got.reshape(()),
        means + spreads,
        f"At psi = {psi} this is not the Fréchet distance of the truncated images from all of them.",
        "|m - m'|^2 + tr(S + S' - 2 (S S')^{1/2}) with S' = psi^2 S: then (S S')^{1/2} is a "
        "multiple of S, and the multiple is never negative.",
        mistakes=[
            (
                means + (1 - psi) ** 2 * inside,
                "At a negative psi the root of psi^2 is not psi.",
                "A covariance does not see the sign: N(m, S) and its mirror image have the same.",
            ),
            (
                (1 - abs(psi)) ** 2 * shift + spreads,
                "At a negative psi the means are further apart than that.",
                "The mean does go to the other side of the centre.",
            ),
            (spreads, "The means are missing.", "They differ, as the centre is not the mean."),
            (means, "The covariances are missing.", "The trace of S + S' - 2 (S S')^{1/2}."),
            (means + (1 - psi**2) * inside, "The cross term is missing.", "-2 tr (S S')^{1/2}."),
            (means + (1 + psi**2) * inside, "The cross term is missing.", "-2 tr (S S')^{1/2}."),
            (off, "The distance of the means is not squared.", "|m - m'|^2."),
            ((means + spreads).sqrt(), "This is the root.", "The squared distance, as everywhere."),
            (
                (1 - psi) ** 2 * (mean - centre).square().sum() + (1 - abs(psi)) ** 2 * cov.trace(),
                "This is the distance in W.",
                "The images are A times w: A goes into both terms.",
            ),
        ],
    )
