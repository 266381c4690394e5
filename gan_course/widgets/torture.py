"""The torture test with a dial: a share of a perfect generator's samples is broken, all scores move."""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .. import metrics
from ..arguments import is_real, shown
from ..stored import load_run
from .live import panel

if TYPE_CHECKING:
    from ipywidgets import VBox
    from matplotlib.figure import Figure

__all__ = ["TortureTest", "torture"]

# What each score calls better: "low", "high", or near what a perfect generator gets, "both".
BETTER = {
    "Fréchet": "low",
    "cubic MMD": "low",
    "Gauss MMD": "low",
    "sliced W": "low",
    "precision": "high",
    "recall": "high",
    "density": "high",
    "coverage": "high",
    "1-NN": "both",
    "inception": "high",
    "mode": "high",
    "memorisation": "both",
    "nearest": "both",
}
WIDTH = 8.0  # of the Gaussian kernel
STEP = 1 / 16  # features are stored in whole steps, so that distances are exact
SEES = 4.0  # standard deviations: below, a score is called blind


@dataclass(frozen=True, eq=False)
class TortureTest:
    """Features of chapter 7's real images, of a perfect generator's and of eight broken ones'.

    Attributes:
        x: real images, the training set [n, d], float64.
        held_out: real images that no generator saw [n, d].
        fresh: samples of a perfect generator [n, d].
        broken: as many samples of each broken one [n, d], by the name of its failure.
        weight: of the classifier's last layer [K, d].
        bias: of the same [K].
        directions: unit vectors [k, d] for the sliced distance.
        center: mean of each score over draws of a perfect generator [13], as `scores` orders them.
        spread: their standard deviation [13].
    """

    x: NDArray
    held_out: NDArray
    fresh: NDArray
    broken: dict[str, NDArray]
    weight: NDArray
    bias: NDArray
    directions: NDArray
    center: NDArray
    spread: NDArray

    def samples(self, failure: str, share: float) -> NDArray:
        """Return the features of n samples, a share of which is broken.

        Args:
            failure: a key of `broken`.
            share: how many of them, from 0 to 1.

        Returns:
            Features [n, d]: the first `round(share n)` are broken.

        Raises:
            ValueError: no such failure, or a share out of range.
        """
        if failure not in self.broken:
            raise ValueError(f"Expected one of {', '.join(self.broken)}; got {shown(failure)}.")
        if not is_real(share) or not 0 <= share <= 1:
            raise ValueError(f"Expected a share from 0 to 1, got {shown(share)}.")
        count = round(share * len(self.fresh))
        return np.concatenate([self.broken[failure][:count], self.fresh[count:]])

    def probabilities(self, y: NDArray) -> NDArray:
        """Return what the classifier says about features [m, d]: probabilities [m, K]."""
        logits = y @ self.weight.T + self.bias
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        return shares / shares.sum(axis=1, keepdims=True)

    def scores(self, y: NDArray) -> dict[str, float]:
        """Compute the thirteen scores of section 7.

        Args:
            y: features of generated samples [m, d].

        Returns:
            The scores by their names.
        """
        x, p = self.x, self.probabilities(y)
        return {
            "Fréchet": metrics.frechet_distance(x, y),
            "cubic MMD": metrics.mmd(x, y, metrics.polynomial_kernel),
            "Gauss MMD": metrics.mmd(x, y, metrics.gaussian_kernel(WIDTH)),
            "sliced W": metrics.sliced_wasserstein(x, y, self.directions),
            **metrics.precision_recall(x, y)._asdict(),
            **metrics.density_coverage(x, y)._asdict(),
            "1-NN": metrics.one_nearest_neighbour(x, y).overall,
            "inception": metrics.inception_score(p),
            "mode": metrics.mode_score(self.probabilities(x), p),
            "memorisation": metrics.memorisation(x, y, self.held_out),
            "nearest": metrics.memorisation_distance(x, y),
        }

    def worse(self, y: NDArray) -> dict[str, float]:
        """Compute by how much each score calls samples worse than a perfect generator's.

        Args:
            y: features of generated samples [m, d].

        Returns:
            Standard deviations over perfect draws; below zero where the score prefers `y`.
        """
        signs = {"low": 1, "high": -1}
        z = (np.array(list(self.scores(y).values())) - self.center) / self.spread
        return {
            name: float(signs[better] * value if better in signs else abs(value))
            for (name, better), value in zip(BETTER.items(), z, strict=True)
        }


def directions() -> NDArray:
    """Return the unit vectors [64, 64] of the sliced distance, always the same."""
    drawn = np.random.default_rng(0).standard_normal((64, 64))
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def stored() -> TortureTest:
    """Return the test that `python tools/make_models.py 07_dial` stored, 512 images of each kind."""
    data = load_run("07_dial")["data"]
    features = {name: unpacked(text, 64) * STEP for name, text in data["features"].items()}
    numbers = {name: np.array(data[name]) for name in ("weight", "bias", "center", "spread")}
    real = {name: features.pop(name) for name in ("x", "held_out", "fresh")}
    return TortureTest(**real, broken=features, directions=directions(), **numbers)


def packed(levels: NDArray) -> str:
    """Return whole numbers from 0 to 255 as text: one byte each, compressed."""
    content = levels.clip(0, 255).astype(np.uint8).tobytes()
    return base64.b64encode(zlib.compress(content, 9)).decode()


def unpacked(text: str, width: int) -> NDArray:
    """Return the whole numbers that `packed` wrote, as bytes [n, width]."""
    content = zlib.decompress(base64.b64decode(text))
    return np.frombuffer(content, np.uint8).reshape(-1, width)


def torture() -> VBox:
    """Turn the dial of the torture test in a live kernel: one failure, and the share that is broken.

    Returns:
        A box of `ipywidgets` to show as the last value of a cell.
    """
    from ipywidgets import Dropdown, FloatSlider

    test = stored()
    controls = [
        Dropdown(options=list(test.broken), description="failure"),
        FloatSlider(
            value=0.2, min=0.0, max=1.0, step=0.05, description="share", continuous_update=False
        ),
    ]
    alt = "thirteen scores as bars, in standard deviations of a perfect generator's"
    return panel(lambda failure, share: figure(test, failure, share), controls, alt)


def figure(test: TortureTest, failure: str, share: float) -> Figure:
    """Draw by how many standard deviations each score calls the samples worse.

    Args:
        test: the features.
        failure: which one.
        share: how many of the samples are broken.

    Returns:
        A matplotlib figure: the axis is linear up to 4, then logarithmic.
    """
    import matplotlib.pyplot as plt

    from .. import plots

    worse = test.worse(test.samples(failure, share))
    values = np.array(list(worse.values()))
    colours = np.where(values >= SEES, plots.FAKE, np.where(values <= -SEES, plots.REAL, "#999999"))
    drawn, ax = plt.subplots(figsize=(5.6, 3.6), layout="constrained")
    ax.axvspan(-SEES, SEES, color="#999999", alpha=0.2)
    ax.barh(list(worse), values, color=colours)
    ax.set_xscale("symlog", linthresh=SEES)
    ax.set(xlim=(-100, 1000), xlabel="standard deviations worse than a perfect generator")
    ticks = [-100, -10, -SEES, 0, SEES, 10, 100, 1000]
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.invert_yaxis()
    seen, blind = (values >= SEES).sum(), (np.abs(values) < SEES).sum()
    verdict = f"{seen} see it, {blind} are blind, {len(values) - seen - blind} prefer it"
    ax.set_title(f"{share:.0%} {failure}: {verdict}", fontsize="medium")
    return drawn
