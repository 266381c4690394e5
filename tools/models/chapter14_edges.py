"""Chapter 14's demo: lines as a hand draws them, painted by two U-Nets, with an adversary and without."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan_course import Game, pix2pix, regression
from gan_course.checkpoint import load_generator
from gan_course.data import edges, glyphs, ink_of, painted
from gan_course.networks import patch_discriminator, spectral

from .chapter13 import halved
from .faces_game import played
from .registry import MODELS, recipe, rounded
from .rough_lines import CHARACTERS, SIDE, rough_pairs, sketched_unet

PAIRS, BATCH, STEPS, EVERY = 16_000, 16, 5_000, 250
WEIGHT, RATE, DECAY = 10.0, 5e-4, 0.998


def _made(game: Game, name: str) -> dict:
    """Train on rough pairs; the average is kept, rounded to 16 bits."""
    batches = rough_pairs(PAIRS).batches(BATCH, device="cpu")
    rates = {player.name: player.lr for player in game.players}

    def slower(game: Game) -> None:
        """Lower all rates in a straight line in the second half, as the paper's authors do."""
        for player in game.players:
            player.lr = rates[player.name] * min(1.0, 2 - 2 * game.step / STEPS)

    history = played(game, name, batches, STEPS, EVERY, slower)
    halved(game.averages["G"].network)
    about = {
        "seeds": [0],
        "steps": game.step,
        "data": f"{PAIRS:,} rough pairs of {SIDE} x {SIDE}, {CHARACTERS}, batches of {BATCH}",
    }
    return {"about": about, "history": rounded(history), "generators": {name: game}}


@recipe("14_edges")
def with_an_adversary() -> dict:
    """Train pix2pix. D has spectral norm: with batch norm in its place D won in a first run."""
    torch.manual_seed(0)
    D = spectral(patch_discriminator(1 + 3, 16, 2, norm=nn.Identity))
    game = pix2pix(sketched_unet(), D, weight=WEIGHT, lr=RATE, ema=DECAY, device="cpu")
    return _made(game, "14_edges")


@recipe("14_edges_l1")
def alone() -> dict:
    """Train the same U-Net for the distance alone, on the same pairs, for as many steps."""
    torch.manual_seed(0)
    game = regression(sketched_unet(), lr=RATE, ema=DECAY, device="cpu")
    return _made(game, "14_edges_l1")


@torch.no_grad()
def _measured(name: str, y: Tensor, draws: int = 8) -> dict[str, float]:
    """Let a stored G paint the outlines of y in `draws` noises, and return what can be said of it."""
    G, x = load_generator(sketched_unet(), MODELS / f"{name}.pt"), edges(y)
    torch.manual_seed(0)
    answers = torch.stack([G(x) for _ in range(draws)])  # [draws, N, 3, 32, 32]
    inks = torch.stack([ink_of(one) for one in answers])  # [draws, N]
    flat = answers.flatten(0, 1).clamp(-1, 1)
    brightest = flat.amax((1, 2, 3), keepdim=True)
    as_bright = (
        2 * (flat + 1) / (brightest + 1) - 1
    )  # so "light" is what has half its own brightness

    def followed(pictures: Tensor) -> float:
        near = F.max_pool2d(edges(pictures), 3, 1, 1).view(draws, *x.shape) > 0
        return near[:, x > 0].float().mean().item()

    return {
        "in an ink": (inks >= 0).float().mean().item(),
        "in the ink of the data": (inks == ink_of(y)).float().mean().item(),
        "in one ink for all noises": ((inks == inks[0]) & (inks >= 0)).all(0).float().mean().item(),
        "inks for all lines": len(inks[inks >= 0].unique()),
        "lines followed": followed(flat),
        "lines followed at half its own brightness": followed(as_bright),
        "distance": (answers - y).abs().mean().item(),
    }


@recipe("14_edges_read")
def read() -> dict:
    """Measure both on 1,000 glyphs that neither has seen, with outlines as they are."""
    y = painted(glyphs(1_000, SIDE, CHARACTERS, seed=1), seed=1).x
    about = {"seeds": [1], "steps": STEPS, "data": "1,000 unseen glyphs, 8 noises each"}
    return {"about": about, **{name: _measured(name, y) for name in ("14_edges", "14_edges_l1")}}
