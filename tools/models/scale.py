"""Chapter 12's BigGAN in miniature: how its games on glyphs are built and judged."""

from __future__ import annotations

from functools import cache

import torch
from torch import nn

from gan_course import Game, Normal, Truncated, gan, generate, hinge, train
from gan_course.data import balanced, glyphs
from gan_course.metrics import frechet_distance, precision_recall, train_classifier
from gan_course.networks import biggan_discriminator, biggan_generator
from gan_course.tricks import orthogonal, standing_statistics

from .registry import rounded

SIZE, LATENT = 16, 32
THRESHOLDS = (None, 1.0, 0.5, 0.3)


@cache
def data() -> tuple:
    """Return training glyphs, a classifier as judge, and its features of 1,000 other glyphs."""
    judge = train_classifier(glyphs(20_000, SIZE), device="cpu")
    return glyphs(20_000, SIZE), judge, judge(glyphs(1000, SIZE, seed=1).x)


def game(
    width: int = 16,
    shared: bool = True,
    skip: bool = True,
    beta: float = 0.0,
    **options,
) -> Game:
    """Return a small BigGAN on 16x16 glyphs, without attention, which these do not need."""
    shape = (1, SIZE, SIZE)
    embedding = 16 if shared else None
    G = biggan_generator(LATENT, shape, width, 10, embedding=embedding, skip=skip, attention=None)
    D = biggan_discriminator(shape, width, 10, attention=None)
    options = {"latent": Normal(LATENT), "betas": (0.0, 0.9), "ema": 0.99, **options}
    built = gan(G, D, hinge, device="cpu", **options)
    return orthogonal(built, beta) if beta else built


def judged(G: nn.Module, latent, n: int = 1000) -> dict[str, float]:
    """Return what G's samples are worth: Fréchet distance, named right, precision, recall."""
    _, judge, real = data()
    y = torch.arange(n) % 10
    images = generate(G, latent, n, y, seed=1).contiguous()
    fake = judge(images)
    precision, recall = precision_recall(real, fake)
    right = (judge.head(fake).argmax(1) == y).float().mean().item()
    distance = frechet_distance(real, fake)
    return {"frechet": distance, "right": right, "precision": precision, "recall": recall}


def played(built: Game, batch: int, steps: int, every: int) -> list[dict]:
    """Play with classes balanced in every batch; return scored records."""
    batches = balanced(data()[0]).batches(batch, device="cpu")
    history = []
    for record in train(built, batches, steps, report_every=every):
        G = built.averages["G"].network
        kept = {key: record[key] for key in ("step", "D_loss", "G_gradient")}
        history.append({**kept, **judged(G, Normal(LATENT))})
    return history


def truncated(built: Game) -> list[dict]:
    """Return what G is worth at each threshold, with standing statistics and without."""
    G, rows = built.averages["G"].network, []
    for threshold in THRESHOLDS:
        latent = Truncated(LATENT, threshold) if threshold else Normal(LATENT)
        standing, as_trained = judged(standing_statistics(G, latent), latent), judged(G, latent)
        kept = {f"{key}_as_trained": value for key, value in as_trained.items()}
        rows += rounded([{**standing, **kept}], 4)
        rows[-1]["threshold"] = threshold
    return rows
