"""Exact distances between distributions, in float64 and natural logarithms.

A distribution is an array of probabilities (`dx=1`) or of densities on a grid whose cells have
the volume `dx`. The reverse KL divergence is `kl(q, p)`. The Jensen-Shannon divergence of two
Gaussians has no closed form: evaluate both densities on a fine grid and call `js`.
"""

from .discrete import (
    js,
    kl,
    optimal_discriminator,
    total_variation,
    value,
)
from .gaussians import (
    kl_gaussians,
    log_gaussian,
    total_variation_gaussians,
    wasserstein1_gaussians,
    wasserstein2_gaussians,
)
from .linear_gaussian import decoder_joint, encoder_joint, posterior
from .transport import (
    Transport,
    wasserstein,
    wasserstein_lp,
    wasserstein_on_grid,
)

__all__ = [
    "kl",
    "js",
    "total_variation",
    "optimal_discriminator",
    "value",
    "wasserstein",
    "wasserstein_on_grid",
    "wasserstein_lp",
    "Transport",
    "kl_gaussians",
    "total_variation_gaussians",
    "wasserstein1_gaussians",
    "wasserstein2_gaussians",
    "log_gaussian",
    "decoder_joint",
    "encoder_joint",
    "posterior",
]
