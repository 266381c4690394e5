"""Chapter 13: the generator of faces, the first paper's steps A to F, and a DCGAN to compare with."""

from __future__ import annotations

import torch

from .faces_game import BATCH, DATA, faces_game, played
from .registry import recipe, rounded

IMAGES = 160_000


@torch.no_grad()
def halved(network: torch.nn.Module) -> None:
    """Round weights and buffers to 16 bits, in place: what the page loads is what torch loads."""
    for tensor in network.state_dict().values():
        tensor.copy_(tensor.half())


@recipe("13_faces")
def the_generator() -> dict:
    """Train the chapter's StyleGAN; its average is kept, rounded to 16 bits."""
    game = faces_game()
    history = played(game, "13_faces", IMAGES)
    halved(game.averages["G"].network)
    about = {
        "seeds": [0],
        "steps": game.step,
        "data": f"faces({DATA}, 32, seed=0), batches of {BATCH}: {game.step * BATCH} images seen",
    }
    return {"about": about, "history": rounded(history), "generators": {"13_faces": game}}
