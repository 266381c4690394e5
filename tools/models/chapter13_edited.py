"""What chapter 13 does with faces: it finds held-out ones in G, and moves along directions of W."""

from __future__ import annotations

import torch
from torch import Tensor

from gan_course.data import Factors, draw_faces, face_factors
from gan_course.metrics import face_judge, invert
from gan_course.networks import StyleGenerator
from gan_course.stored import load_run

from .registry import recipe
from .style_reading import (
    COLUMNS,
    HELD_OUT,
    Reader,
    drawn,
    in_parts,
    linear_map,
    shortened,
    styles,
    trained,
    trained_steps,
)

INVERTED = 32  # held-out faces
STEPS = 200
FITTED = 6000  # faces from which directions are found
MOVED = 200  # faces that are moved along them
EDITED = [name for name, k in COLUMNS.items() if k.stop - k.start == 1]  # all but the haircut
SPAN = 0.8  # layers of a direction: the fewest neighbours with this share of the trait's sum
KINDS = ("normal", "mean difference", "others held", "others held, few layers")


def squared(a: Tensor, b: Tensor) -> Tensor:
    """Return the mean squared difference of each image, `[n]`."""
    return (a - b).square().flatten(1).mean(1)


def read_back(read: Reader, images: Tensor, truth: Tensor) -> dict[str, float]:
    """Return, for each factor, R^2 of what is read in images against what is read in the true ones."""
    rest = (read(images) - read(truth)).square().sum(0)
    total = (read(truth) - read(truth).mean(0)).square().sum(0)
    return {name: float(1 - rest[k].sum() / total[k].sum()) for name, k in COLUMNS.items()}


@recipe("13_inversion")
def inversion() -> dict:
    """Faces of four kinds, looked for in W and in W+: how near G comes, and what is lost."""
    G, read = trained(), face_judge("cpu").read
    with torch.no_grad():
        own = G.synthesis(styles(G, INVERTED, 5)).clamp(-1, 1)
    faces = drawn(INVERTED)
    asked = {"drawn": faces, "its own": own, "upside down": faces.flip(2)}
    found = {}
    for name, images in asked.items():
        for each in (False, True):
            ws = invert(G, images, each_layer=each, steps=STEPS)
            found[f"{name}, {'W+' if each else 'W'}"] = left(G, read, ws, images)
    with torch.no_grad():
        mean = squared(faces.mean(0, keepdim=True).expand_as(faces), faces)
        near = nearest(faces, drawn(10_000, seed=0))
    about = {"seeds": [HELD_OUT, 5], "steps": STEPS, "faces": INVERTED}
    return {
        "about": about,
        "found": shortened(found),
        "mean face": shortened(mean.tolist()),
        "nearest of 10,000": shortened(near.tolist()),
    }


@torch.no_grad()
def left(G: StyleGenerator, read: Reader, ws: Tensor, images: Tensor) -> dict:
    """Return what is left of images once they have been found: errors, and what the judge reads."""
    made = G.synthesis(ws).clamp(-1, 1)
    far = (ws - G.mean_w).square().sum(2).mean(1).sqrt()
    return {
        "errors": squared(made, images).tolist(),
        "read": read_back(read, made, images),
        "from centre": far.tolist(),
    }


def nearest(images: Tensor, others: Tensor) -> Tensor:
    """Return the mean squared difference of each image to its nearest among others."""
    found = torch.cdist(images.flatten(1), others.flatten(1)).amin(1)
    return found.square() / images[0].numel()


def directions(w: Tensor, y: Tensor, unit: Tensor) -> dict[str, Tensor]:
    """Return three ways to a direction for each edited trait, each `[traits, dim]`.

    All are scaled so that the linear map from w to the reading, y = B^T w + c, foresees one `unit`
    of the trait's own reading. With S the covariance of w:

        normal            B_k             straight up the map's own slope
        mean difference   S B_k           where faces with more of the trait have their mean
        others held       S B (B^T S B)^+ e_k    the shortest, in spreads of w, that leaves the rest

    Args:
        w: `[n, dim]`.
        y: readings `[n, C]`.
        unit: of each column, `[C]`.
    """
    B = torch.from_numpy(linear_map(w, y)[0]).float()  # [dim, C]
    S = torch.cov(w.T)
    held = S @ B @ torch.linalg.pinv(B.T @ S @ B, rtol=1e-4)  # [dim, C]
    ways = {"normal": B, "mean difference": S @ B, "others held": held}
    kept = [COLUMNS[name].start for name in EDITED]
    return {
        name: torch.stack([d[:, k] * unit[k] / (B[:, k] @ d[:, k]) for k in kept])
        for name, d in ways.items()
    }


def span(shares: list[float]) -> tuple[int, int]:
    """Return the fewest neighbouring layers, first and last + 1, with SPAN of the shares' sum."""
    n = len(shares)
    runs = [(first, last) for first in range(n) for last in range(first + 1, n + 1)]
    return min(
        (run for run in runs if sum(shares[slice(*run)]) >= SPAN * sum(shares)),
        key=lambda run: (run[1] - run[0], -sum(shares[slice(*run)])),
    )


def moved(G: StyleGenerator, ws: Tensor, direction: Tensor, layers: tuple[int, int]) -> Tensor:
    """Return the images of `ws [n, layers, dim]` whose layers have gone one direction further."""
    ws = ws.clone()
    ws[:, slice(*layers)] += direction
    return in_parts(G.synthesis, ws).clamp(-1, 1)


@recipe("13_edits")
@torch.no_grad()
def edits() -> dict:
    """Directions for fourteen traits, found four ways, and what a step along each changes."""
    G, read = trained(), face_judge("cpu").read
    w = styles(G, FITTED, 4)
    y = in_parts(lambda w: read(G.synthesis(w).clamp(-1, 1)), w)
    unit = read(drawn(3000)).std(0)
    ways = directions(w, y, unit)
    alone = load_run("13_layers")["data"]["alone"]
    spans = [span([row[name] for row in alone]) for name in EDITED]
    ws = styles(G, MOVED, 6)[:, None].expand(-1, G.layers, -1)
    before, everywhere = read(in_parts(G.synthesis, ws).clamp(-1, 1)), (0, G.layers)
    found = {}
    for kind in KINDS:
        rows = []
        for direction, few in zip(ways[kind.removesuffix(", few layers")], spans, strict=True):
            layers = few if "few" in kind else everywhere
            changes = [
                sign * (read(moved(G, ws, sign * direction, layers)) - before) / unit
                for sign in (1, -1)
            ]
            change = torch.stack(changes)  # [2, n, C]
            rows.append(
                {
                    "mean": change.mean((0, 1)).tolist(),
                    "square": change.square().mean((0, 1)).tolist(),
                }
            )
        found[kind] = rows
    return {
        "about": {"seeds": [4, 6], "steps": trained_steps(), "faces": MOVED, "fitted": FITTED},
        "columns": {name: [k.start, k.stop] for name, k in COLUMNS.items()},
        "changes": shortened(found, 3),
        "names": EDITED,
        "directions": shortened(ways["others held"].tolist(), 5),
        "layers": [[1] * G.layers] * len(EDITED),
        "few": spans,
        "unit": shortened(unit.tolist()),
        "truth": shortened(against_truth(G, read, ways["others held"], unit)),
    }


def against_truth(G: StyleGenerator, read: Reader, ways: Tensor, unit: Tensor) -> dict:
    """Return how near an edited face comes to the face drawn with that trait changed.

    Held-out faces are found in W and in W+, one trait is moved by a known amount, and so it is in
    the drawing. For each trait: squared differences of pixels, and the share of the change asked
    for that the judge reads.
    """
    factors, found = face_factors(INVERTED, HELD_OUT), {"W": {}, "W+": {}}
    before = draw_faces(factors)
    for space, each_layer in (("W", False), ("W+", True)):
        ws = invert(G, before, each_layer, STEPS)
        start = G.synthesis(ws).clamp(-1, 1)
        for name, direction in zip(EDITED, ways, strict=True):
            step, other = farther(factors, name)
            after, k = draw_faces(other), COLUMNS[name].start
            amount = (step / unit[k])[:, None, None]
            edited = G.synthesis(ws + amount * direction).clamp(-1, 1)
            change, asked = (read(b) - read(a) for a, b in ((start, edited), (before, after)))
            found[space][name] = {
                "start": float(squared(start, before).mean()),
                "idle": float(squared(start, after).mean()),
                "edited": float(squared(edited, after).mean()),
                "share": float((change * asked)[:, k].sum() / asked[:, k].square().sum()),
            }
    return found


def farther(factors: Factors, name: str) -> tuple[Tensor, Factors]:
    """Return by how much to move a factor towards its other end, and the factors so moved.

    A number goes one standard deviation of an even spread over its range, a choice to the other.
    """
    now = factors[name]
    low, high = now.min().round(), now.max().round()
    size = (high - low) / (1 if name in ("glasses", "beard") else 12**0.5)
    step = torch.where(now > (low + high) / 2, -size, size)
    return step, factors.replaced(**{name: now + step})
