"""What chapter 13 measures inside its trained G, read by the judge: layers, linear maps, truncation.

Every recipe uses the weights of `13_faces` and of the judge; none trains a GAN. What is done with
held-out faces, inversion and edits, is in `chapter13_edited.py`.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gan_course.data import draw_faces, face_factors
from gan_course.metrics import Evaluator, face_judge
from gan_course.networks import StyleGenerator, style_generator, truncate
from gan_course.stored import load_run

from .registry import recipe
from .style_reading import (
    COLUMNS,
    HELD_OUT,
    Reader,
    drawn,
    explained,
    in_parts,
    shortened,
    styles,
    trained,
    trained_steps,
)

PAIRS = 500  # faces whose layers are exchanged
SPLITS = range(3)  # disjoint sets of faces, each with its own linear maps
EACH, TESTED = 3000, 600  # faces of one set; of them held out
PSIS = (0.0, 0.3, 0.5, 0.7, 0.85, 1.0, 1.3)
COUNTED = 2000  # faces for each psi


def two_faces(G: StyleGenerator) -> tuple[Tensor, Tensor]:
    """Return the styles `[PAIRS, layers, dim]` of two faces for each pair."""
    one, other = (styles(G, PAIRS, seed)[:, None].expand(-1, G.layers, -1) for seed in (1, 2))
    return one.clone(), other.clone()


def effect(moved: Tensor, at: Tensor, other: Tensor) -> dict[str, float]:
    """Return, for each factor, how much of the way from `at` to `other` was gone, in squares.

    E |moved - at|^2 / E |other - at|^2: 0 if nothing changed, 1 if as much as between two faces.
    """
    changed, asked = (moved - at).square().sum(0), (other - at).square().sum(0)
    return {name: float(changed[k].sum() / asked[k].sum()) for name, k in COLUMNS.items()}


def exchanged(G: StyleGenerator, read: Reader, one: Tensor, other: Tensor, runs: list) -> list:
    """Return the effect of taking each run of layers (first, last + 1) from the other face."""

    def of(ws: Tensor) -> Tensor:
        return in_parts(lambda ws: read(G.synthesis(ws).clamp(-1, 1)), ws)

    at, asked, found = of(one), of(other), []
    for first, last in runs:
        ws = one.clone()
        ws[:, first:last] = other[:, first:last]
        found.append(effect(of(ws), at, asked))
    return found


def alone(G: StyleGenerator, read: Reader) -> list[dict[str, float]]:
    """Return the effect of each layer alone."""
    return exchanged(G, read, *two_faces(G), [(k, k + 1) for k in range(G.layers)])


@recipe("13_layers")
@torch.no_grad()
def layers() -> dict:
    """One layer's style, the first few, or the noise, from another face: what is read otherwise?"""
    G, read = trained(), face_judge("cpu").read
    one, other = two_faces(G)
    torch.manual_seed(0)

    def noisy(ws: Tensor) -> Tensor:
        return read(G.synthesis(ws, G.synthesis.draw_noise(len(ws))).clamp(-1, 1))

    at, again, asked = (in_parts(noisy, ws) for ws in (one, one, other))
    pixels = [in_parts(lambda ws: G.synthesis(ws, G.synthesis.draw_noise(len(ws))), one)] * 2
    pixels[1] = in_parts(lambda ws: G.synthesis(ws, G.synthesis.draw_noise(len(ws))), one)
    return {
        "about": {"seeds": [1, 2], "steps": trained_steps(), "pairs": PAIRS},
        "alone": shortened(alone(G, read)),
        "up_to": shortened(exchanged(G, read, one, other, [(0, k) for k in range(1, G.layers)])),
        "noise": shortened(effect(again, at, asked)),
        "jitter": shortened(float((pixels[0] - pixels[1]).square().mean().div(2).sqrt())),
        "strengths": shortened([float(layer.strength) for layer in G.synthesis.layers]),
    }


def seen_by(mapping: nn.Sequential, z: Tensor) -> dict[str, Tensor]:
    """Return z and what each dense layer of a mapping makes of it; the last is w."""
    found, h = {"z": z}, z
    for layer in mapping:
        h = layer(h)
        if isinstance(layer, nn.LeakyReLU):
            found[f"layer {len(found)}"] = h
    return found


def mapping_before_training(seed: int) -> nn.Sequential:
    """Return the mapping with which the G of `faces_game(seed)` begins."""
    torch.manual_seed(seed)
    return style_generator().mapping


@recipe("13_linear")
@torch.no_grad()
def linear() -> dict:
    """How well a linear map foretells a reading from z, from each layer of the mapping, from w."""
    G, read, found = trained(), face_judge("cpu").read, []
    own, foreign = (mapping_before_training(seed) for seed in (0, 1))  # G began with seed 0
    for split in SPLITS:
        z = torch.randn(EACH, 64, generator=torch.Generator().manual_seed(100 + split))
        y = in_parts(lambda z: read(G(z).clamp(-1, 1)), z)
        seen = seen_by(G.mapping, z)
        seen |= {"its own, untrained": own(z), "a foreign one, untrained": foreign(z)}
        found.append({name: explained(x, y, TESTED) for name, x in seen.items()})
    moved = [
        float((after - before).norm() / before.norm())
        for before, after in zip(own.parameters(), G.mapping.parameters(), strict=True)
        if before.dim() == 2
    ]
    return {
        "about": {
            "seeds": [100 + split for split in SPLITS],
            "steps": trained_steps(),
            "faces": EACH,
        },
        "tested": TESTED,
        "moved": shortened(moved),  # by how much of its length each matrix of the mapping
        "r2": shortened(found),
    }


@recipe("13_truncation")
@torch.no_grad()
def truncation() -> dict:
    """Spread of each trait, Fréchet distance, precision and recall for each psi."""
    G, read = trained(), face_judge("cpu").read
    real = drawn(COUNTED)
    evaluator, spread = Evaluator(real, face_judge("cpu")), read(real).var(0)
    w, rows = styles(G, COUNTED, 3), []
    for psi in PSIS:
        images = in_parts(G.synthesis, truncate(w, G.mean_w, psi)).clamp(-1, 1)
        scores = evaluator.score(images) if psi else {}
        narrow = read(images).var(0)
        spreads = {
            name: float((narrow[k].sum() / spread[k].sum()).sqrt()) for name, k in COLUMNS.items()
        }
        kept = ("frechet", "precision", "recall", "density", "coverage")
        rows.append({"psi": psi, "spread": spreads} | {k: scores[k] for k in kept if scores})
    return {
        "about": {"seeds": [3], "steps": trained_steps(), "faces": COUNTED},
        "rows": shortened(rows),
    }


TURNED = 200
SWEEP = torch.linspace(-1.5, 1.5, 13)  # how far heads are turned, in spreads of the turn


@recipe("13_sticking")
@torch.no_grad()
def sticking() -> dict:
    """Whether details stay where they are while heads turn: the mean of a turn, G's and drawn."""
    G, judge = trained(), face_judge("cpu")
    stored = load_run("13_edits")["data"]
    k = stored["names"].index("turn")
    way = torch.tensor(stored["layers"][k])[:, None] * torch.tensor(stored["directions"][k])
    ws = styles(G, TURNED, 8)[:, None]
    made = torch.stack([in_parts(G.synthesis, ws + t * way).clamp(-1, 1) for t in SWEEP])
    turns = torch.stack([judge.factors(images)["turn"].clamp(-1, 1) for images in made])
    factors = face_factors(TURNED, HELD_OUT)
    drawings = torch.stack([draw_faces(factors.replaced(turn=turn)) for turn in turns])
    return {
        "about": {"seeds": [8, HELD_OUT], "steps": trained_steps(), "faces": TURNED},
        "turns": shortened(turns.mean(1).tolist()),
        "kept": shortened({"made": kept(made).tolist(), "drawn": kept(drawings).tolist()}),
    }


def kept(images: Tensor) -> Tensor:
    """Return how much of its sideways contrast each face keeps in the mean over a turn, `[n]`.

    Of `[turns, n, 3, 32, 32]`: the squared slope along the rows, in the middle 16x16, of the mean
    image, over the mean squared slope of the images. 1 if nothing moves.
    """
    middle = images[..., 8:24, 8:24]
    whole, mean = (x.diff(dim=-1).square().flatten(-3).sum(-1) for x in (middle, middle.mean(0)))
    return mean / whole.mean(0)
