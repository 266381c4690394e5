"""The StyleGAN of chapter 13: what is played on drawn faces, and how a long run goes on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import torch

from gan_course import Game, play
from gan_course.checkpoint import load, save
from gan_course.data.download import cache_folder
from gan_course.games import stylegan
from gan_course.networks import style_discriminator, style_generator

BATCH = 16
DATA = 20_000  # faces of seed 0; held-out ones have other seeds


def faces_game(seed: int = 0) -> Game:
    """Return the game of the chapter's generator, before its first step."""
    torch.manual_seed(seed)
    G, D = style_generator(), style_discriminator()
    return stylegan(G, D, gamma=0.1, lr=2e-3, ema=0.999, bf16=True, device="cpu")


def checkpoint_of(name: str) -> Path:
    """Return where a long run is kept while it is not over: outside the repository."""
    return cache_folder() / "unfinished" / f"{name}.pt"


def played(
    game: Game,
    name: str,
    batches: Iterable,
    steps: int,
    every: int = 1000,
    before: Callable[[Game], None] = lambda game: None,
) -> list[dict]:
    """Play so many steps in all; go on with what an interrupted run has kept.

    Args:
        game: as it is before its first step.
        name: of its checkpoint.
        batches: of images.
        steps: in all, a multiple of `every`.
        every: steps between two records, each of which is kept with the game.
        before: is told the game before each of them, such as to lower its rates.

    Returns:
        The records of the whole run.
    """
    path = checkpoint_of(name)
    told, history = path.with_suffix(".json"), []
    if path.is_file():
        load(game, path)
        history = json.loads(told.read_text())[: game.step // every]
    while game.step < steps:
        before(game)
        history.append(play(game, batches, every))
        save(game, path)
        told.write_text(json.dumps(history))
        print(f"  {name}: {history[-1]}", flush=True)
    return history
