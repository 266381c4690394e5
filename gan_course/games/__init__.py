"""Functions that assemble a game. Each reads like its paper."""

from .ali import ali, latent_regressor
from .autoencoders import adversarial_autoencoder, autoencoder, vae
from .auxiliary import acgan
from .cogan import cogan
from .cyclegan import History, cyclegan
from .infogan import infogan
from .inpainting import context_encoder, emptied, filled
from .moments import moment_matching
from .semi_supervised import semi_supervised, supervised
from .stacked import stacked
from .stackgan import stackgan
from .style_transfer import style_transfer
from .stylegan import EvenPaths, even_paths, path_lengths, stylegan
from .translation import pix2pix, regression
from .two_players import gan

__all__ = [
    "EvenPaths", "History", "acgan", "adversarial_autoencoder", "ali", "autoencoder", "cogan",
    "context_encoder", "cyclegan", "emptied", "even_paths", "filled", "gan", "infogan",
    "latent_regressor", "moment_matching", "path_lengths", "pix2pix", "regression",
    "semi_supervised", "stacked", "stackgan", "style_transfer", "stylegan", "supervised", "vae",
]  # fmt: skip
