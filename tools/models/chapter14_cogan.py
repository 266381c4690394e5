"""Chapter 14: CoGANs that share layers, or none, or the wrong ones."""

from __future__ import annotations

import torch

from gan_course import Game, Normal, play, sample
from gan_course.games import cogan
from gan_course.metrics import frechet_distance, train_classifier
from gan_course.networks import dcgan_discriminator, dcgan_generator, tie

from .chapter13 import bytes_of
from .chapter14 import ROWS, domains, reader, training
from .registry import recipe, rounded

SEEDS, STEPS, BATCH, LR = range(5), 800, 32, 1e-3
LATENT, ASKED, SHOWN = 32, 1_000, 10
FIRST, LAST = slice(0, 8), slice(2, None)  # all of G but the last doubling; of D but the first
SHARED = {  # way: what is shared of G, and of D
    "both": (FIRST, LAST),
    "only G": (FIRST, None),
    "only D": (None, LAST),
    "D reversed": (FIRST, slice(0, -1)),
    "nothing": (None, None),
}


def coupled(way: str, seed: int) -> Game:
    """Return one game before its first step."""
    torch.manual_seed(seed)
    G_X, G_Y = (dcgan_generator(LATENT, (1, 16, 16), 16) for _ in "XY")
    D_X, D_Y = (dcgan_discriminator((1, 16, 16), 16) for _ in "XY")
    of_G, of_D = SHARED[way]
    G_Y = G_Y if of_G is None else tie(G_X, G_Y, of_G)
    D_Y = D_Y if of_D is None else tie(D_X, D_Y, of_D)
    return cogan(G_X, G_Y, D_X, D_Y, latent=Normal(LATENT), lr=LR, device="cpu")


def _run(way: str, seed: int, read_x, read_y) -> dict:
    """Play one game, and count how often both pictures of one z are named alike."""
    game = coupled(way, seed)
    record = rounded([play(game, training(False).batches(BATCH, device="cpu"), STEPS)])[0]
    x, y = (sample(game, ASKED, network=f"G_{kind}", seed=1) for kind in "XY")
    (real_x, real_y) = (each.x for each in domains(ASKED, 2))
    named = [read.probabilities(made).argmax(1) for read, made in ((read_x, x), (read_y, y))]
    found = {
        "agree": float((named[0] == named[1]).float().mean()),
        "classes": [torch.bincount(each, minlength=10).tolist() for each in named],
        "frechet": [
            float(f"{frechet_distance(read(real), read(made)):.4g}")
            for read, real, made in ((read_x, real_x, x), (read_y, real_y, y))
        ],
        "seed": seed,
        "record": record,
    }
    print(f"  {way}, seed {seed}: {found['agree']}, {found['frechet']}", flush=True)
    if seed == 0:
        found["pictures"] = [bytes_of(made[:SHOWN]) for made in (x, y)]
    return found


@recipe("14_cogan")
def couples() -> dict:
    """Play and measure all ways of sharing from all seeds."""
    read_x = train_classifier(domains(ROWS, 5)[0], steps=600, device="cpu")
    read_y = reader(False)
    about = {
        "seeds": list(SEEDS),
        "steps": STEPS,
        "data": f"as 14_cycles, batches of {BATCH}; {ASKED} pairs counted",
        "tuning": f"none: Adam {LR} for all ways, z of {LATENT} numbers",
        "networks": "dcgan_generator, dcgan_discriminator, width 16",
    }
    runs = {way: [_run(way, seed, read_x, read_y) for seed in SEEDS] for way in SHARED}
    return {"about": about, "runs": runs, "readers": [read_x.accuracy, read_y.accuracy]}
