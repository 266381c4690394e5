"""The layers of StyleGAN's two generators: each hears a style w, and has noise of its own.

`ModulatedLayer` is that of Karras et al. (2020), `AdaINLayer` that of Karras, Laine
and Aila (2019); `PlainLayer`, which hears no style, is what there was before. All
three are called alike.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, leaky_relu

from ..draws import draw_rows
from .equalized import PixelNorm

__all__ = ["AdaIN", "AdaINLayer", "Modulated", "ModulatedLayer", "PlainLayer"]

SQRT2 = 2**0.5  # what leaky ReLU takes from the second moment, about: 2 / (1 + 0.2^2)


def doubled(h: Tensor) -> Tensor:
    """Return images `[N, C, 2H, 2W]`: .75 and .25 of the two nearest pixels along each axis."""
    return interpolate(h, scale_factor=2, mode="bilinear", align_corners=False)


def active(h: Tensor) -> Tensor:
    """Return sqrt(2) max(h, 0.2 h) of features `[N, ...]`."""
    return leaky_relu(h, 0.2) * SQRT2


class AdaIN(nn.Module):
    """Gives every channel of every image the mean and the deviation that a style asks for.

        AdaIN(h, w) = y_s (h - mu(h)) / sigma(h) + y_b,     (y_s - 1, y_b) = A w,

    mu and sigma over the pixels of one channel of one image (Huang and Belongie,
    2017, arXiv:1703.06868; in G: Karras et al., 2019, arXiv:1812.04948). The
    output's mean is y_b and its deviation |y_s|, whatever came in.

    Args:
        channels: of h.
        dim: of w.
    """

    def __init__(self, channels: int, dim: int) -> None:
        super().__init__()
        self.style = nn.Linear(dim, 2 * channels)

    def forward(self, h: Tensor, w: Tensor) -> Tensor:
        scale, shift = self.style(w)[:, :, None, None].chunk(2, 1)  # [N, C, 1, 1] each
        variance, mean = torch.var_mean(h, (2, 3), correction=0, keepdim=True)
        return (1 + scale) * (h - mean) * (variance + 1e-8).rsqrt() + shift


class Modulated(nn.Module):
    """A convolution whose weights a style scales, its output brought back to size.

        V_oik = s_i W_oik,     U_oik = V_oik / sqrt(sum_ik V_oik^2 + 1e-8),     s = 1 + A w

    (Karras et al., 2020, arXiv:1912.04958). For incoming channels that are
    independent and of unit variance the output has unit variance, whatever the
    style. Weights of each image's own would need a convolution for each image;
    scaling what goes in and what comes out is the same.

    Args:
        before: channels in.
        after: channels out.
        dim: of w.
        kernel: pixels, odd.
        demodulate: whether to divide; without, V is used.
    """

    def __init__(
        self, before: int, after: int, dim: int, kernel: int = 3, demodulate: bool = True
    ) -> None:
        super().__init__()
        self.style = nn.Linear(dim, before)
        self.conv = nn.Conv2d(before, after, kernel, padding=kernel // 2, bias=False)
        self.demodulate = demodulate

    def forward(self, h: Tensor, w: Tensor) -> Tensor:
        s = 1 + self.style(w)  # [N, before]
        out = self.conv(h * s[:, :, None, None])
        if not self.demodulate:
            return out
        energy = s.square() @ self.conv.weight.square().sum((2, 3)).T  # [N, after]
        return out * (energy + 1e-8).rsqrt()[:, :, None, None]


class _Layer(nn.Module):
    """What the layers of G share: after a convolution, doubling, noise, bias, leaky ReLU.

    Args:
        before: channels in.
        after: channels out.
        dim: of w.
        size: pixels at the end.
        up: whether size doubles: *behind* the convolution, which is four times
            cheaper than before.
        noise: whether one noise image is added to all channels, times a strength
            that is learned and begins at 0.
    """

    def __init__(
        self, before: int, after: int, dim: int, size: int, up: bool = False, noise: bool = True
    ) -> None:
        super().__init__()
        self.up = up
        self.bias = nn.Parameter(torch.zeros(after))
        self.strength = nn.Parameter(torch.zeros(())) if noise else None
        self.register_buffer("noise", torch.randn(1, 1, size, size) if noise else None)

    def draw_noise(self, n: int) -> Tensor | None:
        """Return fresh noise `[n, 1, size, size]`, None where the layer takes none."""
        if self.noise is None:
            return None
        return draw_rows(torch.randn, (n, *self.noise.shape[1:]), device=self.noise.device)

    def finished(self, h: Tensor, noise: Tensor | None) -> Tensor:
        """Finish features h `[N, C, H, W]`; noise not given is fresh in training, else fixed."""
        h = doubled(h) if self.up else h
        if self.strength is not None:
            if noise is None:
                noise = self.draw_noise(len(h)) if self.training else self.noise
            h = h + self.strength * noise
        return active(h + self.bias[:, None, None])


class ModulatedLayer(_Layer):
    """StyleGAN2's layer: modulated convolution, noise, bias, leaky ReLU."""

    def __init__(
        self, before: int, after: int, dim: int, size: int, up: bool = False, noise: bool = True
    ) -> None:
        super().__init__(before, after, dim, size, up, noise)
        self.conv = Modulated(before, after, dim)

    @staticmethod
    def to_rgb(channels: int, colours: int, dim: int) -> nn.Module:
        """Return the layer that paints: 1x1, modulated, not demodulated."""
        return Modulated(channels, colours, dim, kernel=1, demodulate=False)

    def forward(self, h: Tensor, w: Tensor, noise: Tensor | None = None) -> Tensor:
        return self.finished(self.conv(h, w), noise)


class AdaINLayer(_Layer):
    """The first StyleGAN's layer: convolution, noise, bias, leaky ReLU, AdaIN."""

    def __init__(
        self, before: int, after: int, dim: int, size: int, up: bool = False, noise: bool = True
    ) -> None:
        super().__init__(before, after, dim, size, up, noise)
        self.conv = nn.Conv2d(before, after, 3, padding=1, bias=False)
        self.adain = AdaIN(after, dim)

    @staticmethod
    def to_rgb(channels: int, colours: int, dim: int) -> nn.Module:
        """Return the layer that paints: 1x1, the same for all styles."""
        return Unstyled(channels, colours)

    def forward(self, h: Tensor, w: Tensor, noise: Tensor | None = None) -> Tensor:
        return self.adain(self.finished(self.conv(h), noise), w)


class PlainLayer(_Layer):
    """A layer of ProGAN's G, deaf to styles: convolution, bias, leaky ReLU, pixel norm."""

    def __init__(
        self, before: int, after: int, dim: int, size: int, up: bool = False, noise: bool = False
    ) -> None:
        super().__init__(before, after, dim, size, up, noise)
        self.conv = nn.Conv2d(before, after, 3, padding=1, bias=False)
        self.norm = PixelNorm()

    to_rgb = staticmethod(AdaINLayer.to_rgb)

    def forward(self, h: Tensor, w: Tensor, noise: Tensor | None = None) -> Tensor:
        return self.norm(self.finished(self.conv(h), noise))


class Unstyled(nn.Conv2d):
    """A 1x1 convolution that takes a style and does not listen."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__(before, after, 1, bias=False)

    def forward(self, h: Tensor, w: Tensor) -> Tensor:
        return super().forward(h)
