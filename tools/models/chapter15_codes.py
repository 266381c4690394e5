"""Chapter 15: codes as a whole: what a VAE pays for, and priors of ten parts."""

from __future__ import annotations

import math
from functools import partial

import torch
from torch import Tensor, nn

from gan_course import Normal
from gan_course.games import adversarial_autoencoder, autoencoder, vae
from gan_course.latents import Categorical, Concat, Petals
from gan_course.networks import Chain, ConcatOneHot, Gaussian, SoftmaxFirst, kl_to_normal, mlp

from .chapter15 import DATA, chosen
from .registry import recipe
from .there_and_back import (
    HIDDEN,
    NOISE,
    bytes_of,
    encoder,
    generator,
    judge,
    leaky,
    measured,
    played,
    shortened,
    there,
    thirds,
)

SEEDS, STEPS = range(3), 2500
PLANE = 1e-3  # the step size of all with two numbers as code; not searched


def _clustered(kind: str, seed: int) -> dict:
    """Train an adversarial autoencoder whose prior has ten parts; say who went where."""
    training, _, test = thirds()
    prior = Concat(Categorical(10), Normal(6)) if kind == "one of ten" else Petals(10)
    dim, told = (16 if kind == "one of ten" else 2), kind == "petals by label"
    torch.manual_seed(seed)
    E = nn.Sequential(encoder(dim), *([SoftmaxFirst(10)] if kind == "one of ten" else []))
    head = mlp(dim + 10 * told, 1, HIDDEN, leaky)
    D = Chain(ConcatOneHot(10), *head) if told else head
    G, lr = generator(dim), chosen()["AAE"] if kind == "one of ten" else PLANE
    game = adversarial_autoencoder(E, G, D, prior=prior, lr=lr, device="cpu")
    played(game, training, STEPS, labels=told)
    with torch.no_grad():
        E, G = there(game)
        z, held_out = E(training.x), E(test.x)
        part = (lambda z: z[:, :10].argmax(1)) if kind == "one of ten" else prior.nearest
        error = (G(held_out) - test.x).square().mean().item()
        read = judge().probabilities(G(prior(2000))).max(1).values.mean().item()
    found = {"training": part(z).tolist(), "test": part(held_out).tolist()}
    found |= shortened({"error": error, "sure": read})
    if seed == 0:
        found |= _drawn_parts(kind, prior, G, held_out)
    return found


@torch.no_grad()
def _drawn_parts(kind: str, prior: Concat | Petals, G: nn.Module, codes: Tensor) -> dict:
    """Return, for pictures, what each of the ten parts makes, and where the test's codes lie."""
    generator_ = torch.Generator().manual_seed(2)
    if kind == "one of ten":
        style = torch.randn(8, 6, generator=generator_).repeat(10, 1)
        z = torch.cat([torch.eye(10).repeat_interleave(8, 0), style], 1)
        return {"images": bytes_of(G(z))}
    torch.manual_seed(2)
    z = prior(80, None, torch.arange(10).repeat_interleave(8))
    return {"images": bytes_of(G(z)), "codes": codes.mul(1000).round().div(1000).tolist()}


def _clusters(seed: int) -> dict:
    """Train the three kinds of ten parts from one seed."""
    rows = {kind: _clustered(kind, seed) for kind in ("one of ten", "petals", "petals by label")}
    rates = {"one of ten": chosen()["AAE"], "petals": PLANE, "petals by label": PLANE}
    about = {"seeds": [seed], "steps": STEPS, "data": DATA, "step sizes": rates}
    return {"about": about, "rows": rows}


@torch.no_grad()
def _aggregate(E: nn.Module, x: Tensor) -> dict[str, float]:
    """Split E KL(q(z|x) | p) of the training digits into I(x; z) and KL(q(z) | p), in nats."""
    mu, log_sigma = (part.double() for part in E.gaussian(x))
    total = kl_to_normal(mu, log_sigma).mean()
    torch.manual_seed(0)
    eps = torch.randn(4, *mu.shape, dtype=torch.float64)
    z = mu + log_sigma.exp() * eps  # [draws, N, d]
    log_e = (-((z[:, :, None] - mu) / log_sigma.exp()).square() / 2 - log_sigma).sum(-1)
    own = (-eps.square() / 2 - log_sigma).sum(-1)  # exact, however small sigma is
    log_e.diagonal(dim1=1, dim2=2).copy_(own)  # [draws, N, N]: of all e(z | x_n)
    information = (own - (log_e.logsumexp(2) - math.log(len(x)))).mean()
    return {
        "E KL": total.item(),
        "I": information.item(),
        "KL": (total - information).item(),
        "sigma": log_sigma.exp().mean().item(),
    }


def _codes(seed: int) -> dict:
    """Train an AE, a VAE and an adversarial autoencoder with two numbers as code."""
    training, _, test = thirds()
    rows = {}
    for name in ("AE", "VAE", "AAE"):
        torch.manual_seed(seed)
        E, G, lr = Gaussian(encoder(4)), generator(2), PLANE
        if name == "AE":
            E = encoder(2)
            game = autoencoder(E, G, lr=lr, device="cpu")
        elif name == "VAE":
            game = vae(E, G, noise=NOISE, latent=Normal(2), lr=lr, device="cpu")
        else:
            D = mlp(2, 1, HIDDEN, leaky)
            game = adversarial_autoencoder(E, G, D, prior=Normal(2), lr=lr, device="cpu")
        E, _ = there(played(game, training, STEPS))
        rows[name] = shortened(measured(game, test, dim=2))
        if name != "AE":
            rows[name] |= shortened(_aggregate(E, training.x))
        print(f"  {name}, seed {seed}: {rows[name]}", flush=True)
        if seed == 0:
            torch.manual_seed(0)
            z = E(training.x).detach()
            rows[name]["drawn"] = z.mul(1000).round().div(1000).tolist()
    about = {"seeds": [seed], "steps": STEPS, "data": DATA, "step size": PLANE}
    return {"about": about, "rows": rows}


for _seed in SEEDS:
    recipe(f"15_codes_{_seed}")(partial(_codes, _seed))
    recipe(f"15_clusters_{_seed}")(partial(_clusters, _seed))
