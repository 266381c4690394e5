"""Chapter 12's long games on few glyphs: how they end, what foretells it, and what was tried."""

from __future__ import annotations

from functools import cache, partial

import torch
from torch import Tensor, nn

from gan_course import Game, Normal, gan, generate, hinge, r1, train
from gan_course.data import Dataset, balanced, glyphs
from gan_course.metrics import Classifier, frechet_distance, train_classifier
from gan_course.networks import biggan_discriminator, biggan_generator, spectra

from .registry import recipe, rounded

SIZE, LATENT, WIDTH, BATCH = 16, 32, 12, 16
FEW, SEEDS = 200, range(5)
STEPS, EVERY = 200, 20
RATES = {"lr": 6e-3, "lr_D": 2.4e-2}


@cache
def judge() -> Classifier:
    """Return a classifier of glyphs, whose features all distances here are measured in."""
    return train_classifier(glyphs(20_000, SIZE), device="cpu")


def few() -> Dataset:
    """Return the few glyphs that D gets to see."""
    return glyphs(FEW, SIZE, seed=5)


def others() -> Dataset:
    """Return glyphs that nobody trains on."""
    return glyphs(500, SIZE, seed=1)


def game(seed: int, **options) -> Game:
    """Return a small BigGAN without its average: what is scored is what plays."""
    torch.manual_seed(seed)
    shape = (1, SIZE, SIZE)
    G = biggan_generator(LATENT, shape, WIDTH, embedding=16, attention=None)
    D = biggan_discriminator(shape, WIDTH, attention=None)
    rates = {**RATES, "betas": (0.0, 0.9), "ema": None, **options}
    return gan(G, D, hinge, latent=Normal(LATENT), device="cpu", **rates)


@torch.no_grad()
def clamp(network: nn.Module, bound: float, *_: object) -> None:
    """Take from each stored weight matrix what its first singular value has above a bound."""
    for layer in network.modules():
        if not nn.utils.parametrize.is_parametrized(layer, "weight"):
            continue
        stored = layer.parametrizations.weight.original
        u, s, v = torch.linalg.svd(stored.flatten(1), full_matrices=False)
        excess = (s[0] - bound).clamp(min=0) * torch.outer(u[:, 0], v[0])
        stored.sub_(excess.view(stored.shape))


def clamped(seed: int, name: str) -> Game:
    """Return the game in which all first singular values of one network stay below 1.2."""
    built = game(seed)
    (player,) = (player for player in built.players if player.name == name)
    player.optimizer.register_step_post_hook(partial(clamp, built.networks[name], 1.2))
    return built


def leaky(seed: int) -> Game:
    """Return the game in which D has leaky units in place of plain ones."""
    built = game(seed)
    for layer in built.networks["D"].modules():
        for name, child in layer.named_children():
            if isinstance(child, nn.ReLU):
                setattr(layer, name, nn.LeakyReLU(0.2))
    return built


CONDITIONS = {
    "nothing": game,
    "leaky": leaky,
    "slow": partial(game, lr=RATES["lr"] / 4, lr_D=RATES["lr_D"] / 4),
    "clamp_D": partial(clamped, name="D"),
    "r1": partial(game, penalties=[(1.0, r1)]),
    "clamp_G": partial(clamped, name="G"),
}


@torch.no_grad()
def report(built: Game, seen: Dataset, unseen: Dataset, real: Tensor) -> dict[str, float]:
    """Return G's distance from glyphs, D's mean logits on all sides, and how much of D is alive.

    `alive` is the share of D's last units that are not zero on at least one of the unseen glyphs.
    """
    G, D = built.networks["G"], built.networks["D"]
    y = torch.arange(len(unseen)) % 10
    fake = generate(G, Normal(LATENT), len(unseen), y, seed=1).contiguous()
    D.eval()
    logits = {"seen": D(seen.x, seen.y), "unseen": D(unseen.x, unseen.y), "made": D(fake, y)}
    alive = (D[:-1](unseen.x) != 0).any(0)
    D.train()
    return {
        "frechet": frechet_distance(real, judge()(fake)),
        "alive": alive.float().mean().item(),
        **{f"D_{name}": values.mean().item() for name, values in logits.items()},
    }


def first_three(network: nn.Module) -> dict[str, list[float]]:
    """Return the first three singular values of each stored weight matrix."""
    found = spectra(network)
    return {name: [round(value, 3) for value in s[:3].tolist()] for name, s in found.items()}


def play_one(built: Game) -> dict:
    """Play to the end; return scored records and spectra at each of them."""
    seen, unseen = few(), others()
    real = judge()(unseen.x)
    batches, history, values = balanced(seen).batches(BATCH, device="cpu"), [], []
    for record in train(built, batches, STEPS, report_every=EVERY):
        kept = {key: record[key] for key in ("step", "D_loss", "G_gradient", "D_gradient")}
        history.append({**kept, **report(built, seen, unseen, real)})
        values.append({name: first_three(net) for name, net in built.networks.items()})
    return {"history": rounded(history, 4), "spectra": values}


def _condition(name: str) -> dict:
    """Play one condition for all seeds."""
    runs = []
    seeds = SEEDS if name == "nothing" else SEEDS[:3]
    for seed in seeds:
        runs.append(play_one(CONDITIONS[name](seed)))
        print(f"  {name}, {seed}: {[r['frechet'] for r in runs[-1]['history']]}", flush=True)
    about = {
        "seeds": list(seeds),
        "steps": STEPS,
        "data": f"glyphs({FEW}, {SIZE}, seed=5), batches of {BATCH}, classes balanced; scored on "
        f"{len(others())} samples of G itself, not of its average, every {EVERY} steps",
    }
    return {"about": about, "runs": runs}


for _name in CONDITIONS:
    recipe(f"12_collapse_{_name}")(partial(_condition, _name))
