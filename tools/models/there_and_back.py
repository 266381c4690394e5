"""What the recipes of chapter 15 share: digits, networks, the seven ways to learn a way back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import torch
from torch import Tensor, nn

from gan_course import Normal, gan, train
from gan_course.data import Dataset, digits
from gan_course.game import Game
from gan_course.games import adversarial_autoencoder, ali, autoencoder, latent_regressor, vae
from gan_course.metrics import Classifier, frechet_distance, train_classifier
from gan_course.networks import Gaussian, JointDiscriminator, code_of, mlp, mlp_generator

SHAPE, PIXELS, HIDDEN, DIM = (1, 8, 8), 64, (128, 128), 8
BATCH, NOISE, DROPOUT = 64, 0.2, 0.2
TRAINING, HELD_OUT = 1197, 300  # the last 300 digits are the test


@cache
def thirds() -> tuple[Dataset, Dataset, Dataset]:
    """Return the digits for training, for choosing and for the test, in one fixed shuffle."""
    data = digits(8)
    order = torch.randperm(len(data), generator=torch.Generator().manual_seed(0))
    parts = order.split([TRAINING, HELD_OUT, len(data) - TRAINING - HELD_OUT])
    training, choosing, test = (data.take(part) for part in parts)
    return training, choosing, test


@cache
def judge() -> Classifier:
    """Return a classifier of the training digits."""
    return train_classifier(thirds()[0], device="cpu")


def leaky() -> nn.Module:
    """Return the activation of E and of a D of codes."""
    return nn.LeakyReLU(0.2)


def leaky_dropout() -> nn.Module:
    """Return the activation of a D that sees images."""
    return nn.Sequential(nn.LeakyReLU(0.2), nn.Dropout(DROPOUT))


def encoder(outputs: int) -> nn.Module:
    """Return E: images to `outputs` numbers."""
    return nn.Sequential(nn.Flatten(), *mlp(PIXELS, outputs, HIDDEN, leaky))


def generator(dim: int = DIM) -> nn.Module:
    """G: `dim` numbers to images."""
    return mlp_generator(dim, SHAPE, HIDDEN)


def joint(dim: int = DIM) -> nn.Module:
    """D of pairs."""
    return JointDiscriminator(mlp(PIXELS + dim, 1, HIDDEN, leaky_dropout))


def played(game: Game, data: Dataset, steps: int, labels: bool = False) -> Game:
    """Play a game on a data set, and return it."""
    batches = data.batches(BATCH, labels=labels, device="cpu")
    for record in train(game, batches, steps, report_every=steps):
        print(f"    {record['step']} steps", flush=True)
    return game


def alice(lr: float, dim: int = DIM) -> Game:
    """ALI, and one player more: it reconstructs (ALICE; Li et al., 2017)."""
    E, G = encoder(dim), generator(dim)
    game = ali(E, G, joint(dim), latent=Normal(dim), lr=lr, device="cpu")
    back = autoencoder(E, G, lr=lr, device="cpu").players[0]
    return replace(game, players=[*game.players, replace(back, name="back")])


def afterwards(lr: float, data: Dataset, steps: int, dim: int = DIM) -> Game:
    """Train a GAN; return the game of an encoder made afterwards for its G."""
    D = nn.Sequential(nn.Flatten(), *mlp(PIXELS, 1, HIDDEN, leaky_dropout))
    game = gan(generator(dim), D, latent=Normal(dim), lr=lr, device="cpu")
    G = played(game, data, steps).averages["G"].network
    return latent_regressor(encoder(dim), G, latent=Normal(dim), lr=lr, device="cpu")


Ways = dict[str, Callable[[float], Game]]


def ways(data: Dataset, steps: int, dim: int = DIM) -> Ways:
    """Return for each name what makes its game, given a step size."""
    prior = Normal(dim)

    def aae(lr: float) -> Game:
        D = mlp(dim, 1, HIDDEN, leaky)
        return adversarial_autoencoder(
            encoder(dim), generator(dim), D, prior=prior, lr=lr, device="cpu"
        )

    def drawn() -> Gaussian:
        return Gaussian(encoder(2 * dim))

    return {
        "AE": lambda lr: autoencoder(encoder(dim), generator(dim), lr=lr, device="cpu"),
        "VAE": lambda lr: vae(
            drawn(), generator(dim), noise=NOISE, latent=prior, lr=lr, device="cpu"
        ),
        "AAE": aae,
        "GAN, E afterwards": lambda lr: afterwards(lr, data, steps, dim),
        "BiGAN": lambda lr: ali(
            encoder(dim), generator(dim), joint(dim), latent=prior, lr=lr, device="cpu"
        ),
        "ALI": lambda lr: ali(
            drawn(), generator(dim), joint(dim), latent=prior, lr=lr, device="cpu"
        ),
        "BiGAN + reconstruction": lambda lr: alice(lr, dim),
    }


def there(game: Game) -> tuple[nn.Module, nn.Module]:
    """Return E and G as they are used: their averages, in eval mode."""
    averages = {name: average.network for name, average in game.averages.items()}
    return averages["E"].eval(), averages.get("G", game.networks["G"]).eval()


@torch.no_grad()
def measured(game: Game, held_out: Dataset, seed: int = 0, dim: int = DIM) -> dict:
    """Measure a way there and back on held-out digits."""
    E, G = there(game)
    z = code_of(E, held_out.x)
    back = G(z)
    draws = torch.randn(2000, z.shape[1], generator=torch.Generator().manual_seed(seed))
    said = judge().probabilities(back).argmax(1)
    again = code_of(E, G(draws))
    return {
        "error": (back - held_out.x).square().mean().item(),
        "identity": (said == held_out.y).double().mean().item(),
        "frechet": float(frechet_distance(judge()(held_out.x), judge()(G(draws)))),
        "codes": float(frechet_distance(draws, z)),
        "z again": (again - draws).square().mean().item(),
    }


def searched(game: Game, held_out: Dataset, steps: int = 200) -> float:
    """Return the error of the nearest picture of G that gradients find, from E's code on."""
    E, G = there(game)
    z = code_of(E, held_out.x).detach().requires_grad_()
    adam = torch.optim.Adam([z], lr=0.05)
    for _ in range(steps):
        adam.zero_grad()
        (G(z) - held_out.x).square().flatten(1).mean(1).sum().backward()
        adam.step()
    return (G(z) - held_out.x).square().mean().item()


def bytes_of(images: Tensor) -> list:
    """Return images `[n, 1, 8, 8]` in [-1, 1] as whole numbers from 0 to 255, `[n, 64]`."""
    return ((images.clamp(-1, 1) + 1) * 127.5).round().int().flatten(1).tolist()


def shortened(numbers: dict, digits: int = 5) -> dict:
    """Return measurements with `digits` significant digits."""
    return {key: float(f"{value:.{digits}g}") for key, value in numbers.items()}
