"""Networks, one file for each family."""

from .mlp import mlp, mlp_discriminator, mlp_generator

__all__ = ["mlp", "mlp_discriminator", "mlp_generator"]
