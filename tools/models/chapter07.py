"""Chapter 7: the games of chapters 3 to 6 on the same glyphs, for about the same time each."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import torch
from torch import nn

from gan_course import (
    Game,
    Normal,
    gan,
    gradient_penalty,
    hinge,
    non_saturating,
    r1,
    relativistic,
    wasserstein,
)
from gan_course.data import glyphs
from gan_course.networks import (
    ConditionalBatchNorm2d,
    Projection,
    dcgan_discriminator,
    dcgan_generator,
    mlp_discriminator,
    mlp_generator,
    spectral,
)

from .chapter05 import decaying
from .registry import recipe, rounded

SHAPE, LATENT = (1, 32, 32), Normal(48)  # every G has 60,000 to 75,000 weights
critic = partial(dcgan_discriminator, SHAPE, 16, norm=nn.Identity)


def perceptron() -> Game:
    """Chapter 3."""
    G, D = mlp_generator(48, SHAPE, hidden=(64, 60)), mlp_discriminator(SHAPE, (256, 256))
    options = {"penalties": [(1, r1)], "lr": 5e-4, "ema": 0.99}
    return gan(G, D, relativistic, latent=LATENT, device="cpu", **options)


def convolutional() -> Game:
    """Chapter 4."""
    G, D = dcgan_generator(48, SHAPE, 12), dcgan_discriminator(SHAPE, 16)
    return gan(G, D, non_saturating, latent=LATENT, lr=1e-3, ema=0.99, device="cpu")


def conditional() -> Game:
    """Chapter 5."""
    G = dcgan_generator(48, SHAPE, 12, norm=partial(ConditionalBatchNorm2d, classes=10))
    D = spectral(critic(head=partial(Projection, classes=10)))
    rates = {"lr": 2e-3, "lr_D": 1e-3, "betas": (0.0, 0.9)}
    return gan(G, D, hinge, latent=LATENT, ema=0.99, device="cpu", **rates)


def wasserstein_gp() -> Game:
    """Chapter 6."""
    game = {"penalties": [(10, gradient_penalty)], "n_critic": 2, "betas": (0.0, 0.9)}
    G = dcgan_generator(48, SHAPE, 12)
    return gan(G, critic(), wasserstein, latent=LATENT, lr=1e-3, ema=0.99, device="cpu", **game)


STEPS = {perceptron: 6000, convolutional: 2400, conditional: 2200, wasserstein_gp: 1100}


def played(build: Callable[[], Game]) -> dict:
    """One game, one seed, for about 90 seconds of one core."""
    torch.manual_seed(0)
    game, steps, start = build(), STEPS[build], time.process_time()
    batches = glyphs().batches(64, labels=build is conditional, device="cpu")
    history = list(decaying(game, batches, steps, every=steps // 20))
    seconds = round(time.process_time() - start, 1)
    about = {"seeds": [0], "steps": steps, "cpu_seconds": seconds, "data": "glyphs()", "batch": 64}
    generators = {f"07_{build.__name__}": game}
    return {"about": about, "history": rounded(history), "generators": generators}


for build in STEPS:
    recipe(f"07_{build.__name__}")(partial(played, build))
