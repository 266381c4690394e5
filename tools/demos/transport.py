"""The transport demo of chapter 6: sets of points to start from, and a picture of one of them."""

from importlib import import_module

import numpy as np
from matplotlib.figure import Figure

widget = import_module("gan_course.widgets.transport")  # the name in the package is its function


def _ring() -> tuple[np.ndarray, np.ndarray]:
    angles = np.arange(8) * np.pi / 4
    ring = 1.6 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return ring, np.random.default_rng(28).normal(0, 0.7, size=(8, 2))


def _line() -> tuple[np.ndarray, np.ndarray]:
    at = -1.25 + 0.55 * np.arange(6)  # a fake is 0.3 left of its data point, 0.25 right of the last
    return np.stack([at, np.zeros(6)], axis=1), np.stack([at - 0.3, np.zeros(6)], axis=1)


def _clusters() -> tuple[np.ndarray, np.ndarray]:
    noise = np.random.default_rng(5).normal(0, 0.3, size=(2, 10, 2))
    sides = np.where(np.arange(10) < 5, -1.2, 1.2)
    real = noise[0] + np.stack([sides, np.full(10, 0.8)], axis=1)
    fake = noise[1] + np.stack([np.where(np.arange(10) < 8, -1.2, 1.2), np.full(10, -0.8)], axis=1)
    return real, fake


def data() -> dict:
    """Return the sets by name, [n, 2] each: data and fakes, with what a reader calls them."""
    sets = {
        "ring": ("eight on a ring", *_ring()),
        "line": ("six on a line", *_line()),
        "clusters": ("two clusters, one half empty", *_clusters()),
    }
    return {
        name: {"title": title, "real": real.round(2).tolist(), "fake": fake.round(2).tolist()}
        for name, (title, real, fake) in sets.items()
    }


def picture() -> Figure:
    """Return the ring with its cheapest plan and the greedy one."""
    ring = data()["ring"]
    return widget.figure(ring["real"], ring["fake"])
