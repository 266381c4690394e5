"""How good a generator is, measured."""

from .bootstrap import Interval, bootstrap, half_sampling
from .classifier import Classifier, train_classifier
from .distances import (
    Estimate,
    gaussian_kernel,
    kernel_distance,
    mmd,
    polynomial_kernel,
    sliced_wasserstein,
    wasserstein_1d,
)
from .errors import error_rate
from .evaluator import Evaluator
from .features import InceptionFeatures, pixel_features
from .frechet import (
    Extrapolation,
    frechet_distance,
    frechet_distance_from_moments,
    frechet_infinity,
)
from .inversion import invert
from .judge import READINGS, FaceJudge, face_judge
from .linearity import linear_r2
from .memorisation import memorisation, memorisation_distance
from .neighbours import (
    DensityCoverage,
    NeighbourAccuracy,
    PrecisionRecall,
    density_coverage,
    one_nearest_neighbour,
    precision_recall,
)
from .paths import arc, perceptual_path_length
from .pyramid import laplacian_pyramid, pyramid_distances
from .ranking import auroc
from .scores import inception_score, mode_score, mode_score_che
from .separability import linear_separability
from .toys import (
    high_quality_share,
    mode_report,
    modes_covered,
    reverse_kl_over_modes,
    stray_share,
    within_mode_spread,
)

__all__ = [
    # two-dimensional mixtures
    "mode_report",
    "modes_covered",
    "high_quality_share",
    "within_mode_spread",
    "reverse_kl_over_modes",
    "stray_share",
    # two samples of features [n, d], the real one first
    "frechet_distance",
    "frechet_distance_from_moments",
    "frechet_infinity",
    "kernel_distance",
    "mmd",
    "gaussian_kernel",
    "polynomial_kernel",
    "sliced_wasserstein",
    "wasserstein_1d",
    "laplacian_pyramid",
    "pyramid_distances",
    "precision_recall",
    "density_coverage",
    "one_nearest_neighbour",
    "memorisation",
    "memorisation_distance",
    # a classifier's probabilities [n, K], and walks in latent space
    "inception_score",
    "mode_score",
    "mode_score_che",
    "perceptual_path_length",
    "arc",
    # inside a generator with styles
    "linear_r2",
    "linear_separability",
    "invert",
    # images to features, and all scores of a generator at once
    "Classifier",
    "train_classifier",
    "error_rate",
    "InceptionFeatures",
    "pixel_features",
    "FaceJudge",
    "face_judge",
    "READINGS",
    "Evaluator",
    # scores of anomalies [n] and of normal samples [m]
    "auroc",
    # error bars for any of them
    "bootstrap",
    "half_sampling",
    # what they return
    "DensityCoverage",
    "Estimate",
    "Extrapolation",
    "Interval",
    "NeighbourAccuracy",
    "PrecisionRecall",
]
