"""Score generators against one set of real images: the real side is computed once."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from torch import Tensor

from ..arguments import shown, whole_number
from ..data.pixels import check_images
from ..game import Game, sample
from .arrays import Array, finite, two_samples
from .distances import cross_mean, polynomial_kernel, within_mean
from .frechet import Gaussian, frechet_between, gaussian_of
from .neighbours import (
    density_coverage_within,
    neighbour_radii,
    precision_recall_within,
)
from .scores import inception_score, mode_score

FROM_0_TO_1 = "images from 0 to 1 are brought to [-1, 1] by 2 * images - 1."
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

    Images must be floats in [-1, 1]. Images in [0, 1] keep to that range too, so they are known by
    comparison: none of their pixels lies below 0 while they run from nearly 0 (at most 0.05) to
    0.5 or more, and the other side's reach below -0.5. Dark, grey and white images of a G that has
    learnt nothing yet are never taken for such.

    Raises:
        TypeError: real is no tensor, features are no function, or images are no floats.
        ValueError: fewer than six samples, real images outside [-1, 1], or features that are no
            finite [n, d].
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
        if not (isinstance(self.real, Tensor) and self.real.dim() > 1 and callable(self.features)):
            raise TypeError(
                "Evaluator needs a tensor of real samples [n, ...] and a function that returns "
                f"their features, got {shown(self.real)} and {shown(self.features)}."
            )
        if self.real.dim() == 4:
            check_images(self.real, "Real images must lie")
            if _as_if_from_0_to_1(self.real):
                warnings.warn(
                    f"No pixel of the real images lies below 0: {FROM_0_TO_1}", stacklevel=3
                )
        x = self.features(self.real)
        self.x, _ = two_samples(x, x, at_least=DENSITY_K + 1)
        if hasattr(self.features, "probabilities"):
            self.probabilities = self.features.probabilities(self.real)
        self.gaussian = gaussian_of(self.x)
        self.precision_radii = neighbour_radii(self.x, PRECISION_K)
        self.density_radii = neighbour_radii(self.x, DENSITY_K)
        with np.errstate(over="ignore", invalid="ignore"):
            self.similarity = finite(within_mean(self.x, polynomial_kernel), "The kernel's mean")

    def __call__(
        self, game: Game, *y: Tensor, n: int | None = None, seed: int = 0
    ) -> dict[str, float]:
        """Draw samples from a game's G, in eval mode with its averaged weights, and score them.

        Args:
            game: a game with a network `"G"`; where its images leave [-1, 1], as a G without tanh
                may, they are cut off there, as in a picture.
            *y: what else G takes for each sample, such as labels [n].
            n: number of samples; None means as many as there are labels, or real images.
            seed: fixes z; the caller's random state is left alone.

        Returns:
            As `score`.

        Raises:
            ValueError: as `score`, or y does not have n entries.
        """
        count = len(y[0] if y else self.real) if n is None else whole_number(n, "n")
        fake = sample(game, count, *y, seed=seed)
        return self.score(fake.clamp(-1, 1) if fake.dim() == 4 else fake)

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
            TypeError: the samples are images, and no floats.
            ValueError: too few samples, images of another range than the real ones, or features
                that do not fit the real ones.
        """
        if self.real.dim() == 4:
            _check_range(self.real, fake)
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
        with np.errstate(over="ignore", invalid="ignore"):
            own, cross = within_mean(y, polynomial_kernel), cross_mean(self.x, y, polynomial_kernel)
            return finite(self.similarity + own - 2 * cross, "The kernel's mean")

    def _scores(self, fake: Tensor) -> dict[str, float]:
        if self.probabilities is None:
            return {}
        p = self.features.probabilities(fake)
        return {"inception": inception_score(p), "mode": mode_score(self.probabilities, p)}


def _check_range(real: Tensor, fake: Tensor) -> None:
    """Refuse fake images that are no floats in [-1, 1], or where one side alone is in [0, 1]."""
    check_images(fake, "Generated images must lie")
    for one, other, name in ((fake, real, "generated"), (real, fake, "real")):
        if len(fake) and _as_if_from_0_to_1(one) and other.min() < -0.5:
            raise ValueError(
                f"No pixel of the {name} images lies below 0, and those they are compared with go "
                f"down to {other.min():.2g}: {FROM_0_TO_1}"
            )


def _as_if_from_0_to_1(images: Tensor) -> bool:
    """Whether images fill [0, 1] and nothing below: alone that is a suspicion, not a proof."""
    return bool(0 <= images.min() <= 0.05 and images.max() >= 0.5)
