"""Score generators against one set of real images: the real side is computed once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from torch import Tensor

from gan_course.game import Game, sample
from gan_course.metrics.arrays import Array, two_samples
from gan_course.metrics.distances import cross_mean, polynomial_kernel, within_mean
from gan_course.metrics.frechet import Gaussian, frechet_between, gaussian_of
from gan_course.metrics.neighbours import (
    density_coverage_within,
    neighbour_radii,
    precision_recall_within,
)
from gan_course.metrics.scores import inception_score, mode_score

PRECISION_K = 3  # the papers' neighbours, as in precision_recall and density_coverage
DENSITY_K = 5


@dataclass
class Evaluator:
    """Real images and their features, against which any number of generators is scored.

    Args:
        real: real images [n, C, H, W] in [-1, 1], or points [n, d]; better not those that G
            was trained on, which cannot tell a copy from a fresh sample.
        features: function of samples that returns features [n, d], such as
            `train_classifier(dataset)`; if it has `probabilities`, the scores are computed too.

    Raises:
        ValueError: fewer than six samples, or features that are no finite [n, d].
    """

    real: Tensor
    features: Callable[[Tensor], Tensor]
    x: Array = field(init=False, repr=False)
    probabilities: Tensor | None = field(default=None, init=False, repr=False)
    gaussian: Gaussian = field(init=False, repr=False)
    precision_radii: Array = field(init=False, repr=False)
    density_radii: Array = field(init=False, repr=False)
    similarity: float = field(init=False, repr=False)

    def __post_init__(self) -> None:
        x = self.features(self.real)
        self.x, _ = two_samples(x, x, at_least=DENSITY_K + 1)
        if hasattr(self.features, "probabilities"):
            self.probabilities = self.features.probabilities(self.real)
        self.gaussian = gaussian_of(self.x)
        self.precision_radii = neighbour_radii(self.x, PRECISION_K)
        self.density_radii = neighbour_radii(self.x, DENSITY_K)
        self.similarity = within_mean(self.x, polynomial_kernel)

    def __call__(
        self, game: Game, *y: Tensor, n: int | None = None, seed: int = 0
    ) -> dict[str, float]:
        """Draw samples from a game's G, in eval mode with its averaged weights, and score them.

        Args:
            game: a game with a network `"G"`.
            *y: what else G takes for each sample, such as labels [n].
            n: number of samples; None means as many as there are labels, or real images.
            seed: fixes z; the caller's random state is left alone.

        Returns:
            As `score`.

        Raises:
            ValueError: as `score`, or y does not have n entries.
        """
        count = n or len(y[0] if y else self.real)
        return self.score(sample(game, count, *y, seed=seed))

    def score(self, fake: Tensor) -> dict[str, float]:
        """Score samples from anywhere.

        Args:
            fake: generated samples [m, ...], shaped as the real ones, m >= 4.

        Returns:
            Record of `samples` (m) and `real_samples` (n), on which all of these depend:
            `frechet`, `kernel`, `precision`, `recall`, `density`, `coverage`, and
            `inception` and `mode` if the features come from a classifier. Distances are in
            the units of these features: name them beside the numbers.

        Raises:
            ValueError: too few samples, or features that do not fit the real ones.
        """
        x, y = two_samples(self.x, self.features(fake), at_least=PRECISION_K + 1)
        radii = neighbour_radii(y, PRECISION_K)
        return {
            "samples": len(y),
            "real_samples": len(x),
            "frechet": frechet_between(self.gaussian, gaussian_of(y)),
            "kernel": self._kernel_distance(y),
            **precision_recall_within(x, self.precision_radii, y, radii)._asdict(),
            **density_coverage_within(x, self.density_radii, y, DENSITY_K)._asdict(),
            **self._scores(fake),
        }

    def _kernel_distance(self, y: Array) -> float:
        own, cross = within_mean(y, polynomial_kernel), cross_mean(self.x, y, polynomial_kernel)
        return self.similarity + own - 2 * cross

    def _scores(self, fake: Tensor) -> dict[str, float]:
        if self.probabilities is None:
            return {}
        p = self.features.probabilities(fake)
        return {"inception": inception_score(p), "mode": mode_score(self.probabilities, p)}
