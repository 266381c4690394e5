"""The networks that are timed: those of popular implementations, written once for both loops."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import conv_transpose2d

from gan_course import gradient_penalty, wasserstein
from gan_course.data import Dataset
from gan_course.networks import (
    dcgan_discriminator,
    dcgan_generator,
    mlp,
    mlp_discriminator,
    mlp_generator,
)

from .textbook import Loop, textbook_gan, textbook_wgan_gp


def as_it_is(network: nn.Module) -> nn.Module:
    """Returns the network itself.

    Args:
        network: played as the textbook plays it.
    """
    return network


@dataclass(frozen=True)
class Case:
    """One pair of networks, and how it is trained.

    Attributes:
        G: builds G, `[N, latent]` to `[N, *shape]`.
        D: builds D, `[N, *shape]` to logits `[N, 1]`.
        latent: dimensions of z.
        shape: of one sample.
        batch: samples in a batch.
        steps: in one timed stretch.
        loop: the textbook's.
        options: the package's, for `gan`.
        turns: batches in a step.
        rewrite: what the package plays in place of such a network: the same function of the
            same weights, computed faster.
    """

    G: Callable[[], nn.Module]
    D: Callable[[], nn.Module]
    latent: int
    shape: tuple[int, ...]
    batch: int
    steps: int
    loop: Callable[..., Loop] = textbook_gan
    options: dict[str, object] = field(default_factory=dict)
    turns: int = 1
    rewrite: Callable[[nn.Module], nn.Module] = as_it_is


class UpsampledConvolution(nn.Module):
    """`Upsample(scale_factor=2)` and a 3x3 convolution as one transposed convolution.

    Two neighbours among the repeated pixels are one pixel, so their weights can be added first:
    in each direction the output at 2i sees w0 x[i-1] + (w1 + w2) x[i], and that at 2i + 1 sees
    (w0 + w1) x[i] + w2 x[i+1]. This is a 4x4 kernel with stride 2, made from the same nine
    weights, so the training is the same too. A quarter of the products are left.

    Args:
        convolution: 3x3 with stride 1 and padding 1; its parameters are shared.
    """

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        self.convolution = convolution
        rows = torch.tensor([[0.0, 0, 1], [0, 1, 1], [1, 1, 0], [1, 0, 0]])
        self.register_buffer("sums", rows, persistent=False)  # [4, 3]

    def forward(self, x: Tensor) -> Tensor:
        kernel = torch.einsum("au,oiuv,bv->ioab", self.sums, self.convolution.weight, self.sums)
        kernel = kernel.contiguous(memory_format=torch.channels_last)
        return conv_transpose2d(x, kernel, self.convolution.bias, stride=2, padding=1)


def transposed(network: nn.Module) -> nn.Module:
    """Returns the network with every upsampling joined to the convolution behind it.

    Args:
        network: an `nn.Sequential`, or one nested in it, whose parameters are shared.
    """
    if not isinstance(network, nn.Sequential):
        return network
    layers: list[nn.Module] = []
    for layer in network:
        if layers and isinstance(layers[-1], nn.Upsample) and isinstance(layer, nn.Conv2d):
            layers[-1] = UpsampledConvolution(layer)
        else:
            layers.append(transposed(layer))
    return nn.Sequential(*layers).to(memory_format=torch.channels_last)


def popular_mlp_generator() -> nn.Sequential:
    """Builds the G of PyTorch-GAN's `gan.py`: 100 to 28x28, batch norm behind three layers."""
    widths, layers = [100, 128, 256, 512, 1024], []
    for before, after in zip(widths, widths[1:]):
        norm = [nn.BatchNorm1d(after, 0.8)] if before != 100 else []
        layers += [nn.Linear(before, after), *norm, nn.LeakyReLU(0.2, inplace=True)]
    return nn.Sequential(*layers, nn.Linear(1024, 784), nn.Tanh(), nn.Unflatten(1, (1, 28, 28)))


def popular_mlp_discriminator() -> nn.Sequential:
    """Builds the D of PyTorch-GAN's `gan.py`, without its sigmoid."""
    return mlp_discriminator((1, 28, 28), (512, 256))


def upsampling_generator() -> nn.Sequential:
    """Builds the G of PyTorch-GAN's `dcgan.py`: 100 to 32x32 by upsampling and 3x3 convolutions."""
    return nn.Sequential(
        nn.Linear(100, 128 * 8 * 8), nn.Unflatten(1, (128, 8, 8)), nn.BatchNorm2d(128),
        nn.Upsample(scale_factor=2), nn.Conv2d(128, 128, 3, 1, 1),
        nn.BatchNorm2d(128, 0.8), nn.LeakyReLU(0.2),
        nn.Upsample(scale_factor=2), nn.Conv2d(128, 64, 3, 1, 1),
        nn.BatchNorm2d(64, 0.8), nn.LeakyReLU(0.2),
        nn.Conv2d(64, 1, 3, 1, 1), nn.Tanh(),
    )  # fmt: skip


def upsampling_discriminator() -> nn.Sequential:
    """Builds the D of PyTorch-GAN's `dcgan.py`, without its sigmoid."""
    layers: list[nn.Module] = []
    for before, after in ((1, 16), (16, 32), (32, 64), (64, 128)):
        layers += [nn.Conv2d(before, after, 3, 2, 1), nn.LeakyReLU(0.2), nn.Dropout2d(0.25)]
        layers += [nn.BatchNorm2d(after, 0.8)] if before != 1 else []
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(128 * 2 * 2, 1))


def _wgan_gp(G: Callable, D: Callable, latent: int, shape: tuple[int, ...], steps: int) -> Case:
    options = {"objective": wasserstein, "penalties": [(10, gradient_penalty)], "n_critic": 5}
    return Case(G, D, latent, shape, 64, steps, textbook_wgan_gp, options, turns=5)


CASES = {
    "MLP on 2-D points": Case(partial(mlp, 2, 2), partial(mlp, 2, 1), 2, (2,), 256, 300),
    "MLP 8x8": Case(
        partial(mlp_generator, 64, (1, 8, 8)),
        partial(mlp_discriminator, (1, 8, 8)),
        64, (1, 8, 8), 64, 300,
    ),
    "MLP 28x28": Case(
        popular_mlp_generator, popular_mlp_discriminator, 100, (1, 28, 28), 64, 60
    ),
    "upsampling DCGAN 32x32": Case(
        upsampling_generator, upsampling_discriminator, 100, (1, 32, 32), 64, 4,
        rewrite=transposed,
    ),
    "DCGAN 32x32": Case(
        partial(dcgan_generator, 100, (3, 32, 32), 64),
        partial(dcgan_discriminator, (3, 32, 32), 64),
        100, (3, 32, 32), 64, 4,
    ),
    "DCGAN 64x64": Case(
        partial(dcgan_generator, 100, (3, 64, 64), 64),
        partial(dcgan_discriminator, (3, 64, 64), 64),
        100, (3, 64, 64), 64, 1,
    ),
    "WGAN-GP MLP 28x28": _wgan_gp(
        popular_mlp_generator, popular_mlp_discriminator, 100, (1, 28, 28), 15
    ),
    "WGAN-GP conv 32x32": _wgan_gp(
        partial(dcgan_generator, 100, (3, 32, 32), 32),
        partial(dcgan_discriminator, (3, 32, 32), 32, norm=nn.Identity),
        100, (3, 32, 32), 2,
    ),
}  # fmt: skip


def noise(case: Case) -> Dataset:
    """Return samples without content: how fast a step is does not depend on what is learned.

    Args:
        case: for the shape of a sample.
    """
    if len(case.shape) == 1:
        return Dataset("noise", torch.randn(2048, *case.shape))
    return Dataset("noise", torch.randint(256, (2048, *case.shape), dtype=torch.uint8))
