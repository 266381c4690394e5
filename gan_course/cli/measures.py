"""What the two kinds of evaluation share: names of scores, features, how many images."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from ..data import Dataset

NEEDED = 10  # images of each kind, below which nothing is scored
MEANINGS = {
    "frechet": "Fréchet distance of the features, lower is better",
    "kernel": "kernel distance (KID), unbiased, lower is better",
    "precision": "share of generated images that look real",
    "recall": "share of real images that could be generated",
    "density": "how deep generated images lie among real ones",
    "coverage": "share of real images with a generated one nearby",
    "memorisation": "1/2: as far from the training set as new images; 1: copies",
    "inception": "inception score of the classifier, higher is better",
    "accuracy": "share whose class the classifier names",
}


def small_pixels(images: Tensor) -> Tensor:
    """Return pixels averaged to 8x8 as features `[n, 64 C]`, for images without classes.

    Args:
        images: `[n, C, H, W]`.
    """
    return adaptive_avg_pool2d(images, 8).flatten(1)


def name_of(features: object) -> str:
    """Return what features are called in a report."""
    return getattr(features, "name", "pixels, averaged to 8x8")


def some(dataset: Dataset, n: int, seed: int) -> Dataset:
    """Return n different images, drawn at random; all of them in their order if there are n."""
    return dataset.split(n / len(dataset), seed)[0] if n < len(dataset) else dataset
