"""The playground of chapter 3: its data sets, and a picture of a trained game."""

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.figure import Figure

from gan_course import Normal, gan, generate, non_saturating, plots
from gan_course.data import grid, ring, swiss_roll, two_moons
from gan_course.game import play
from gan_course.networks import mlp

# What a reader calls each data set, the mixture, and half the side of the square that shows it.
SETS = {
    "ring": ("ring of 8", ring(), 1.5),
    "grid": ("grid of 25", grid(), 5.0),
    "moons": ("two moons", two_moons(), 2.6),
    "roll": ("Swiss roll", swiss_roll(), 2.6),
    "pair": ("two Gaussians", ring(2, spread=0.2), 2.0),
}
CURVES = {"moons", "roll"}  # their Gaussians stand so close that nobody would call one a mode


def data() -> dict:
    """Return the mixtures, with the centres and spreads of the package, in the order of choice."""
    sets = [
        {
            "name": name,
            "title": title,
            "modes": np.asarray(mixture.modes).ravel(),
            "spread": mixture.spread,
            "reach": reach,
            "curve": name in CURVES,
        }
        for name, (title, mixture, reach) in SETS.items()
    ]
    return {"sets": sets}


def picture() -> Figure:
    """Return D's opinion with its pull on the samples, and G's grid, after 3,000 steps."""
    torch.manual_seed(0)
    G, D = mlp(2, 2, (64, 64)), mlp(2, 1, (64, 64))
    game = gan(G, D, non_saturating, latent=Normal(2), lr=1e-3, ema=None, device="cpu")
    play(game, ring().batches(128, device="cpu"), 3000)
    fake, box = generate(G, Normal(2), 300), (-1.5, 1.5, -1.5, 1.5)
    figure, (left, right) = plt.subplots(1, 2, figsize=(5.6, 2.9))
    plots.field(D, ax=left, extent=box)
    plots.points(ring().sample(200), fake, ax=left, extent=box).get_legend().remove()
    plots.arrows(D, fake[:40], ax=left, loss=non_saturating.g)
    plots.warped_grid(G, ax=right)
    plots.points(fake=fake, ax=right, extent=box)
    return figure
