"""Chapter 13: how straight and how separable Z and W are, beside the z of a DCGAN on the same faces."""

from __future__ import annotations

import torch
from torch import nn

from gan_course import Game, Normal, gan
from gan_course.checkpoint import load_generator
from gan_course.data import faces
from gan_course.metrics import face_judge, precision_recall
from gan_course.metrics.judge import READINGS
from gan_course.networks import dcgan_discriminator, dcgan_generator
from gan_course.stored import model_path

from .faces_game import DATA, played
from .registry import recipe, rounded
from .style_reading import shortened, trained, trained_steps
from .style_steps import ASKED, LATENT, PAIRS, measured

SHAPE, WIDTH, BATCH, STEPS = (3, 32, 32), 24, 64, 2_000
DRAWS = range(3)  # sets of latents, each with its own measurements


def dcgan_game() -> Game:
    """Return the DCGAN, with the paper's rates, before its first step."""
    torch.manual_seed(0)
    G, D = dcgan_generator(LATENT, SHAPE, WIDTH), dcgan_discriminator(SHAPE, WIDTH)
    return gan(G, D, latent=Normal(LATENT), bf16=True, device="cpu")


@recipe("13_dcgan")
def the_dcgan() -> dict:
    """Train a DCGAN of about the same size on the same faces."""
    game = dcgan_game()
    batches = faces(DATA).batches(BATCH, device="cpu")
    history = played(game, "13_dcgan", batches, STEPS, every=500)
    about = {
        "seeds": [0],
        "steps": STEPS,
        "data": f"faces({DATA}, 32, seed=0), batches of {BATCH}: {STEPS * BATCH} images seen",
        "tuning": "none: Adam 2e-4, (.5, .999), as in the paper",
    }
    return {"about": about, "history": rounded(history), "generators": {"13_dcgan": game}}


def _all(G: nn.Module) -> dict:
    """Measure G with each set of latents: a list for each number."""
    judge, real = face_judge("cpu"), faces(ASKED, 32, seed=1).x
    found = [measured(G, judge, real, seed) for seed in DRAWS]
    z = torch.randn(ASKED, LATENT, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        images = torch.cat([G(part) for part in z.split(500)]).clamp(-1, 1)
    both = precision_recall(judge(real[:2000]), judge(images[:2000]))._asdict()
    return shortened({"draws": found, **both})


@recipe("13_spaces")
def spaces() -> dict:
    """Measure Z, W and the DCGAN's z: distances, path lengths, linearity, separability."""
    dcgan = load_generator(dcgan_generator(LATENT, SHAPE, WIDTH), model_path("13_dcgan.pt"))
    about = {
        "seeds": list(DRAWS),
        "steps": trained_steps(),
        "data": f"{ASKED} latents and {PAIRS} pairs for each seed; distances to {ASKED} faces of "
        "seed 1, all in the judge's features; precision and recall of 2,000",
        "readings": list(READINGS),
    }
    return {"about": about, "StyleGAN": _all(trained()), "DCGAN": _all(dcgan)}
