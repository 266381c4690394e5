"""Generative adversarial networks, taught by running them.

A GAN is a game: `gan` builds one, `train` plays it, `sample` shows what G has learned.
Data, plots, metrics and the exercises' checks live in submodules of the same names.
"""

from .device import default_device
from .game import Game, NonFiniteLoss, Player, generate, play, sample, train, translate
from .game.averages import Average, average_of
from .games import (
    EvenPaths,
    History,
    acgan,
    adversarial_autoencoder,
    ali,
    autoencoder,
    cogan,
    context_encoder,
    cyclegan,
    emptied,
    even_paths,
    filled,
    gan,
    infogan,
    latent_regressor,
    moment_matching,
    path_lengths,
    pix2pix,
    regression,
    semi_supervised,
    stacked,
    stackgan,
    style_transfer,
    stylegan,
    supervised,
    vae,
)
from .latents import Categorical, Concat, Normal, Petals, Truncated, Uniform, lerp, slerp
from .objectives import (
    Objective,
    hinge,
    least_squares,
    minimax,
    non_saturating,
    relativistic,
    wasserstein,
)
from .penalties import clip_weights, gradient_norm, gradient_penalty, r1, r2
from .source import show

__all__ = [
    "Average", "Categorical", "Concat", "EvenPaths", "Game", "History", "NonFiniteLoss", "Normal",
    "Objective", "Petals", "Player", "Truncated", "Uniform", "acgan", "adversarial_autoencoder",
    "ali", "autoencoder", "average_of", "clip_weights", "cogan", "context_encoder", "cyclegan",
    "default_device", "emptied", "even_paths", "filled", "gan", "generate", "gradient_norm",
    "gradient_penalty", "hinge", "infogan", "latent_regressor", "least_squares", "lerp", "minimax",
    "moment_matching", "non_saturating", "path_lengths", "pix2pix", "play", "r1", "r2",
    "regression", "relativistic", "sample", "semi_supervised", "show", "slerp", "stacked",
    "stackgan", "style_transfer", "stylegan", "supervised", "train", "translate", "vae",
    "wasserstein",
]  # fmt: skip
__version__ = "0.1.0"
