"""Chapter 14: a small encoder and decoder that lend the style of one photograph to another."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import mse_loss

from gan_course import Game, Player, play, style_transfer
from gan_course.data import Dataset, crops, faces, from_images, paired, photographs
from gan_course.networks import (
    StyleTransfer,
    borrow_style,
    channel_statistics,
    he_init,
    style_transfer_network,
)

from .registry import recipe

SEEDS, STEPS, SIDE, BATCH = range(3), 600, 32, 4
ALPHAS = (0.0, 0.25, 0.5, 0.75, 1.0)


def squares() -> Dataset:
    """Return 900 squares of 32 pixels: of the photographs at two sizes, and drawn faces."""
    small, large = photographs(192), photographs(384)
    parts = [crops(small, 400, SIDE, 0), crops(large, 400, SIDE, 1), faces(100, SIDE)]
    return from_images(torch.cat([part.x for part in parts]))


def autoencoder(G: StyleTransfer) -> Game:
    """Return a game of one player, which learns to paint each picture from its own code."""

    def loss(x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        return mse_loss(G.decoder(G.levels(x)[-1]), x), {}

    return Game({"G": G}, [Player("G", loss, torch.optim.Adam(G.parameters(), 2e-3))])


def styled(seed: int, data: Dataset, trained: bool) -> tuple[Game, dict[str, float]]:
    """Train the encoder as an autoencoder's, or leave it as it was drawn; then the decoder."""
    torch.manual_seed(seed)
    G, found = style_transfer_network(), {}
    if trained:
        first = autoencoder(G)
        for lr, steps in ((2e-3, STEPS // 2), (5e-4, STEPS // 2)):
            first.players[0].lr = lr
            found["painted back"] = play(first, data.batches(BATCH, device="cpu"), steps)["G_loss"]
    else:
        he_init(G.encoder)  # torch's own start shrinks what passes
    game = style_transfer(G, lr=2e-3, device="cpu")
    record = play(game, paired(data, data).batches(BATCH, device="cpu"), STEPS)
    return game, {**found, "content": record["G_content"], "style": record["G_style"]}


def statistics(levels: list[Tensor]) -> Tensor:
    """Return means and deviations of all channels of all levels, in one row for each picture."""
    return torch.cat([s.flatten(1) for h in levels for s in channel_statistics(h)], 1)


def shape_of(h: Tensor) -> Tensor:
    """Return features whose channels have mean 0 and deviation 1: what a style cannot change."""
    mean, deviation = channel_statistics(h)
    return (h - mean) / deviation


def distances(judge: StyleTransfer, x: Tensor, content: Tensor, style: Tensor) -> dict[str, float]:
    """Return how far x is from the content and from the style, as shares of how far those two are.

    Style: squared distances of the statistics of all levels; content: of the last level's shape.
    """
    of = {k: judge.levels(v) for k, v in (("x", x), ("content", content), ("style", style))}
    s, c = ({k: f(v) for k, v in of.items()} for f in (statistics, lambda v: shape_of(v[-1])))
    return {
        "style": (mse_loss(s["x"], s["style"]) / mse_loss(s["content"], s["style"])).item(),
        "content": (mse_loss(c["x"], c["content"]) / mse_loss(c["style"], c["content"])).item(),
    }


@torch.no_grad()
def measured(paint, judge: StyleTransfer) -> dict[str, float]:
    """Return the mean distances of both photographs in each other's style."""
    pictures = photographs(192)
    both = [(pictures[:1], pictures[1:]), (pictures[1:], pictures[:1])]
    found = [distances(judge, paint(c, s).clamp(-1, 1), c, s) for c, s in both]
    return {k: float(f"{(found[0][k] + found[1][k]) / 2:.4g}") for k in found[0]}


@recipe("14_styles")
def styles() -> dict:
    """Train from three seeds; each is measured by the encoder of the next seed."""
    data, games, rows = squares(), {}, []
    for seed in SEEDS:
        for trained in (True, False):
            games[seed, trained], record = styled(seed, data, trained)
            print(f"  seed {seed}, trained {trained}: {record}", flush=True)
            rows.append({"seed": seed, "trained": trained, "record": record})
    for row in rows:
        G = games[row["seed"], row["trained"]].networks["G"].eval()
        judge = games[(row["seed"] + 1) % len(SEEDS), True].networks["G"]
        row["alphas"] = {
            str(alpha): measured(lambda c, s, a=alpha, G=G: G(c, s, a), judge) for alpha in ALPHAS
        }
        row["colours"] = measured(borrow_style, judge)
    about = {
        "seeds": list(SEEDS),
        "steps": STEPS,
        "data": "squares of 32 pixels: 400 of the two photographs 192 pixels wide, 400 of them 384 "
        f"wide, 100 drawn faces; batches of {BATCH}; measured on the photographs, 192 wide, by "
        "the encoder of the next seed",
        "tuning": "none: Adam .002 (autoencoder: .0005 in its second half), weight of the style 10",
    }
    return {"about": about, "rows": rows, "generators": {"14_styles": games[0, True]}}
