"""A walk without an end that stays Gaussian: an exercise of chapter 4."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .core import exercise
from .expect import close, expect, number

WALKS, DIM, STEPS = 20_000, 3, 5
SLACK = 0.03  # of a correlation or variance of 60,000 numbers: seven standard errors


@exercise(stars=2)
def wander(wander):
    """Walk on and on, so that every point is a sample and neighbours correlate as asked."""
    for rho in (0.9, 0.4, -0.6):
        z0 = torch.randn(WALKS, DIM)
        path = number(wander(z0, STEPS, rho))
        _check_form(path, z0, STEPS)
        _check_noise(path, rho)
        _check_spread(path)
        _check_neighbours(path, rho)
        again = number(wander(z0, STEPS, rho))
        expect(
            not close(path[1:], again[1:]),
            "Two calls give the same walk.",
            "Do not set a seed inside: a walk without an end needs fresh noise.",
        )
    for steps, shape in ((2, (4,)), (7, (2, 3, 5))):
        z0 = torch.randn(shape)
        _check_form(number(wander(z0, steps, 0.9)), z0, steps)
    return (
        "In each walk tried, points keep mean 0 and variance 1, and neighbours correlate as asked."
    )


def _check_form(path: Tensor, z0: Tensor, steps: int) -> None:
    shape = [steps, *z0.shape]
    expect(
        list(path.shape) == shape,
        f"For {steps} points from {list(z0.shape)} the shape should be {shape}, "
        f"not {list(path.shape)}.",
        "Keep the points in a list, z0 as its first, and torch.stack them.",
    )
    expect(close(path[0], z0), "The walk does not begin at z0.", "The first point is z0 itself.")
    expect(path.isfinite().all(), "The walk has points that are not finite.", "Print sqrt's input.")


def _check_noise(path: Tensor, rho: float) -> None:
    """Look for noise that is not fresh: in the next step, in other walks, in other coordinates."""
    new = path[1:] - rho * path[:-1]  # what a step adds
    there = new.abs().max() > 1e-6
    expect(
        not (there and close(new[0], new[1])),
        "Each step adds the same noise.",
        "Draw it inside the loop, a fresh one for each step.",
    )
    expect(
        not (there and new.std(1).max() < 1e-5),
        "All walks of the batch get the same noise.",
        "torch.randn_like(z0) has a number for each walk and each coordinate.",
    )
    expect(
        not (there and new.std(2).max() < 1e-5),
        "The noise is the same in all coordinates of a walk.",
        "torch.randn_like(z0) has a number for each walk and each coordinate.",
    )
    lengths = path.norm(dim=-1)
    expect(
        not close(lengths[1], lengths[0], 1e-3),
        "All points of a walk are equally long, and samples are not.",
        "Do not normalise: the two factors do all that is needed.",
    )


def _check_spread(path: Tensor) -> None:
    means = path.flatten(1).mean(1)
    expect(means.abs().max() < SLACK, "The points' mean is not 0.", "Noise has mean 0: randn.")
    variances = path.flatten(1).var(1)
    trend = "falls" if variances[-1] < variances[0] else "grows"
    expect(
        (variances - 1).abs().max() < SLACK,
        f"The variance of the points {trend}: from {variances[0]:.2f} to {variances[-1]:.2f}.",
        "Which factor belongs to the noise, so that the squares of the two add up to 1?",
    )


def _check_neighbours(path: Tensor, rho: float) -> None:
    first, second = _correlation(path[0], path[1]), _correlation(path[1], path[2])
    expect(
        abs(first - rho) < SLACK,
        f"Neighbours correlate by {first:.2f}, not by {rho}.",
        "In (4.7) z_0 and the new point correlate by the cosine: rho is the cosine, not the angle.",
    )
    expect(
        abs(second - rho) < SLACK,
        f"The first two points correlate by {first:.2f}, the next two by {second:.2f}.",
        "Each step goes on from the point before it, not from z0.",
    )
    far = _correlation(path[0], path[2])
    expect(
        abs(far - rho**2) < SLACK,
        f"Points two steps apart correlate by {far:.2f}; with fresh noise it is {rho**2:.2f}.",
        "Turning by one angle in one plane comes back in the end: draw a new z_1 at each step.",
    )
    for each in (*path[1:].unbind(), *(path[1:] - rho * path[:-1]).unbind()):
        kurtosis = (each / each.std()).pow(4).mean().item()
        expect(
            math.isclose(kurtosis, 3, abs_tol=0.25),
            "The points have the right variance, but are not Gaussian.",
            "Draw the noise by torch.randn or torch.randn_like.",
        )


def _correlation(a: Tensor, b: Tensor) -> float:
    return torch.corrcoef(torch.stack([a.flatten(), b.flatten()]))[0, 1].item()
