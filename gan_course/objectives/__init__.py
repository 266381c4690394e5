"""What D and G want: pairs of losses on logits.

Every objective here is a pair of pure functions of D's raw outputs (*logits*; no sigmoid):
`d(real, fake)` is the loss that D minimises and `g(fake, real)` the loss that G minimises.
With p the density of the data, q that of G and sigma the logistic function, D's probability
that x is real is sigma(D(x)), and

    -log sigma(a) = softplus(-a),      -log(1 - sigma(a)) = softplus(a),

which is how the logarithms below are written: stable for logits of any size.
"""

from .base import Objective
from .classic import (
    hinge,
    least_squares,
    least_squares_with,
    minimax,
    non_saturating,
    relativistic,
    wasserstein,
)
from .f_divergences import FDivergence, f_gan
from .f_family import (
    F_DIVERGENCES,
    GAN,
    JENSEN_SHANNON,
    KL,
    NEYMAN,
    PEARSON,
    REVERSE_KL,
    SQUARED_HELLINGER,
    TOTAL_VARIATION,
)
from .kernels import GaussianMixture, Kernel, energy_distance, minus_distance, mmd, mmd2

__all__ = [
    "F_DIVERGENCES",
    "GAN",
    "JENSEN_SHANNON",
    "KL",
    "NEYMAN",
    "PEARSON",
    "REVERSE_KL",
    "SQUARED_HELLINGER",
    "TOTAL_VARIATION",
    "FDivergence",
    "GaussianMixture",
    "Kernel",
    "Objective",
    "energy_distance",
    "f_gan",
    "hinge",
    "least_squares",
    "least_squares_with",
    "minimax",
    "minus_distance",
    "mmd",
    "mmd2",
    "non_saturating",
    "relativistic",
    "wasserstein",
]
