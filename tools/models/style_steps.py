"""The first StyleGAN's steps A to F in miniature, and two of the second: what is built and measured."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from gan_course import Game, Normal, gan, gradient_penalty, non_saturating, r1, wasserstein
from gan_course.games import even_paths
from gan_course.metrics import (
    arc,
    frechet_distance,
    linear_r2,
    linear_separability,
    perceptual_path_length,
)
from gan_course.metrics.judge import READINGS, FaceJudge, resized
from gan_course.networks import (
    AdaINLayer,
    ModulatedLayer,
    PlainLayer,
    StyleGenerator,
    style_discriminator,
    style_generator,
)

SIDE, LATENT, BATCH = 16, 64, 16
WIDTHS = (32, 32, 24)
LR, GAMMA = 2e-3, 0.1  # of all rows: nothing was tuned for any of them
ASKED = 5_000  # images for distances and readings
PAIRS = 500  # for path lengths
MIDDLES = {"turn": 0.0, "gaze": 0.0, "brows": 0.0, "smile": 0.0, "light": 0.0}  # others .5

BEFORE = {"layer": PlainLayer, "depth": 0, "constant": False, "noise": False, "mixing": 0.0}


@dataclass(frozen=True)
class Step:
    """One row of the table: what it adds to the row before, and how it is built."""

    words: str
    network: dict = field(default_factory=dict)
    with_gp: bool = False
    paths: bool = False


STEPS = {
    "A": Step("ProGAN's layers and loss (WGAN-GP)", BEFORE, with_gp=True),
    "B": Step("non-saturating loss with R1", BEFORE),
    "C": Step("mapping and AdaIN", {**BEFORE, "layer": AdaINLayer, "depth": 4}),
    "D": Step("learned constant", {"layer": AdaINLayer, "noise": False, "mixing": 0.0}),
    "E": Step("noise", {"layer": AdaINLayer, "mixing": 0.0}),
    "F": Step("style mixing", {"layer": AdaINLayer}),
    "demodulated": Step("demodulation in place of AdaIN", {}),
    "even paths": Step("path lengths", {}, paths=True),
}


def step_game(step: Step, seed: int) -> Game:
    """Return the game of one row, before its first step."""
    torch.manual_seed(seed)
    shape = (3, SIDE, SIDE)
    G = style_generator(LATENT, shape, WIDTHS, **step.network)
    D = style_discriminator(shape, WIDTHS[::-1])
    objective = wasserstein if step.with_gp else non_saturating
    leash = [(10.0, gradient_penalty)] if step.with_gp else [(GAMMA, r1, 16)]
    rates = {"lr": LR, "betas": (0.0, 0.99)}
    game = gan(
        G, D, objective, latent=Normal(LATENT), penalties=leash, **rates, bf16=True, device="cpu"
    )
    return even_paths(game) if step.paths else game


def spaces_of(G: nn.Module, z: Tensor) -> dict[str, Tensor]:
    """Return z `[n, dim]` and, where G has a mapping with layers, its w, by name."""
    mapping = getattr(G, "mapping", ())
    return {"z": z, "w": mapping(z)} if len(mapping) > 1 else {"z": z}


@torch.no_grad()
def path_lengths_of(
    G: nn.Module, judge: FaceJudge, seed: int = 0, pairs: int = PAIRS
) -> dict[str, float]:
    """Measure path lengths in Z and in W, on whole paths and at their starts, in float64.

    The distance is the squared one in the judge's features: with that of no paper to compare.
    """
    G, body = copy.deepcopy(G).double().eval(), copy.deepcopy(judge.body).double()
    generator = torch.Generator().manual_seed(seed)
    z = torch.randn(2 * pairs, LATENT, generator=generator).double()
    t = torch.rand(pairs, generator=generator).double()

    def distance(a: Tensor, b: Tensor) -> Tensor:
        return (body(resized(a)) - body(resized(b))).square().sum(1)

    found = {}
    for name, ends in spaces_of(G, z).items():
        paint, between = (G, arc) if name == "z" else (G.synthesis, torch.lerp)
        for part, at in (("full", t), ("end", torch.zeros_like(t))):
            length = perceptual_path_length(paint, *ends.split(pairs), at, distance, between)
            found[f"{name}_{part}"] = length
    return found


def before_norm(G: StyleGenerator, ws: Tensor) -> list[float]:
    """Return how far the largest value of a map stands out, for each layer: mean of max |h| / deviation of h.

    Of the maps `[N, C, H, W]` behind the activation, which AdaIN or pixel norm then takes, or, where
    the convolution is demodulated, nothing.
    """
    seen: list[float] = []

    def look(h: Tensor) -> None:
        deviation = h.float().std((2, 3)) + 1e-12
        seen.append((h.float().abs().amax((2, 3)) / deviation).mean().item())

    hooks = []
    for layer in G.synthesis.layers:
        if isinstance(layer, ModulatedLayer):
            hooks.append(layer.register_forward_hook(lambda *io: look(io[2])))
        else:
            norm = layer.adain if isinstance(layer, AdaINLayer) else layer.norm
            hooks.append(norm.register_forward_pre_hook(lambda _, given: look(given[0])))
    with torch.no_grad():
        G.synthesis(ws)
    for hook in hooks:
        hook.remove()
    return seen


def questions(readings: Tensor) -> Tensor:
    """Turn what the judge reads `[n, 20]` into yes-no questions: above the middle of the range?"""
    middles = [MIDDLES.get(name, 0.5) for name in READINGS]
    return readings - torch.tensor(middles)


@torch.no_grad()
def measured(G: nn.Module, judge: FaceJudge, real: Tensor, seed: int = 0) -> dict:
    """Measure a trained G in eval mode: distance, path lengths, linearity, separability."""
    z = torch.randn(ASKED, LATENT, generator=torch.Generator().manual_seed(seed))
    images = torch.cat([G(part) for part in z.split(500)]).clamp(-1, 1)
    readings, spaces = judge.read(images), spaces_of(G, z)
    asked = questions(readings)
    return {
        "frechet": frechet_distance(judge(real), judge(images)),
        "path_length": path_lengths_of(G, judge, seed),
        "r2": {name: linear_r2(x, readings).tolist() for name, x in spaces.items()},
        "separability": {name: linear_separability(x, asked) for name, x in spaces.items()},
    }
