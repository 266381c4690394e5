"""Two GANs as far as time on many GPUs goes: parameters and operations, counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from gan_course import play
from gan_course.presets import dcgan


@dataclass(frozen=True)
class Model:
    """A GAN as far as time goes.

    Attributes:
        name: what the page calls it.
        moves: parameters whose gradients are averaged, for every move of one step.
        messages: small ones in a step: batch norm's statistics, and each move's losses.
        operations: for one image in one step, all moves together.
        each: images on each GPU, if the batch grows with their number.
        whole: images of all together, if it does not.
    """

    name: str
    moves: tuple[int, ...]
    messages: int
    operations: float
    each: int
    whole: int

    @property
    def bytes(self) -> int:
        """Gradients of one step in float32."""
        return 4 * sum(self.moves)


def dcgan_64() -> Model:
    """Count DCGAN for 64x64 colour images, by playing one step of it."""
    game, messages = dcgan((3, 64, 64), device="cpu"), []
    play(game, iter(torch.zeros(1, 2, 3, 64, 64)), 1)  # the first one also looks at the networks

    def note(layer: nn.Module, x: tuple[Tensor, ...], y: Tensor) -> None:
        messages.append(1 + y.requires_grad)  # statistics forward, and their gradient back

    for network in game.networks.values():
        for layer in network.modules():
            if isinstance(layer, nn.BatchNorm2d):
                layer.register_forward_hook(note)
    with FlopCounterMode(display=False) as counter:
        play(game, iter(torch.zeros(1, 2, 3, 64, 64)), 1)
    moves = tuple(sum(p.numel() for p in player.parameters) for player in game.players)
    operations = counter.get_total_flops() / 2
    return Model("DCGAN-64", moves, sum(messages) + len(moves), operations, each=128, whole=1024)


Count = tuple[int, int]  # parameters, multiplications


def _conv(before: int, after: int, kernel: int, side: int, bias: bool = True) -> Count:
    weights = before * after * kernel**2
    return weights + bias * after, weights * side**2


def _attention(channels: int, side: int) -> Iterator[Count]:
    eighth, half = channels // 8, channels // 2
    for before, after in (
        (channels, eighth),
        (channels, eighth),
        (channels, half),
        (half, channels),
    ):
        yield _conv(before, after, 1, side, bias=False)
    yield 1, side**2 * (side // 2) ** 2 * (eighth + half)


def biggan_generator(width: int = 96) -> Iterator[Count]:
    """Count the layers of BigGAN's G for 128x128 pixels (Brock et al., 2019, appendix B)."""
    yield 1000 * 128, 0  # the classes' embedding, shared by all layers
    yield (20 + 1) * 16 * width * 16, 20 * 16 * width * 16  # a sixth of z, to 4x4 pixels
    channels, side = [width * k for k in (16, 16, 8, 4, 2, 1)], 4
    for before, after in zip(channels, channels[1:]):
        side *= 2
        yield 2 * 148 * (before + after), 2 * 148 * (before + after)  # conditional batch norm
        yield from (_conv(before, after, 3, side), _conv(after, after, 3, side))
        yield _conv(before, after, 1, side)
        if side == 64:
            yield from _attention(after, side)
    yield 2 * width, 0
    yield _conv(width, 3, 3, side)


def biggan_discriminator(width: int = 96) -> Iterator[Count]:
    """Count the layers of BigGAN's D for 128x128 pixels (Brock et al., 2019, appendix B)."""
    channels, side = [3, *(width * k for k in (1, 2, 4, 8, 16, 16))], 128
    for before, after in zip(channels, channels[1:]):
        yield from (_conv(before, after, 3, side), _conv(after, after, 3, side))
        if before != after:  # the last block neither widens nor shrinks
            yield _conv(before, after, 1, 64 if side == 128 else side)
            side //= 2
        if side == 64:
            yield from _attention(after, side)
    yield 16 * width + 1, 16 * width
    yield 1000 * 16 * width, 16 * width  # the projection of the classes


def biggan_128() -> Model:
    """Count BigGAN for 128x128 pixels: two moves of D for each of G, 2,048 images in a batch.

    One multiplication and its addition are two operations; going back through a layer costs as
    much as going forward for its input, and again for its weights. So with f for forward,
    a move of D is f_G + 2 (3 f_D), and that of G is 3 f_G + 2 f_D.
    """
    (parameters_G, g), (parameters_D, d) = (
        tuple(map(sum, zip(*layers))) for layers in (biggan_generator(), biggan_discriminator())
    )
    operations = 2 * (2 * (g + 6 * d) + 3 * g + 2 * d)
    moves = (parameters_D, parameters_D, parameters_G)
    norms = 11  # in G: two in each of five blocks and one behind them; D has none
    messages = 2 * norms + 2 * norms + len(moves)  # forward for D twice; forward and back for G
    return Model("BigGAN-128", moves, messages, operations, each=16, whole=2048)
