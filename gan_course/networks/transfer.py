"""Networks that lend the style of one picture to another: an encoder, a decoder, and AdaIN between."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["StyleTransfer", "borrow_style", "channel_statistics", "gram", "style_transfer_network"]


def channel_statistics(h: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and standard deviation of each channel of each picture, over its places.

    Args:
        h: features `[N, C, H, W]`.

    Returns:
        Two tensors `[N, C, 1, 1]`. The deviation is sqrt(variance + 1e-5), so that a flat
        channel has a slope.
    """
    variance, mean = torch.var_mean(h, (2, 3), correction=0, keepdim=True)
    return mean, (variance + 1e-5).sqrt()


def borrow_style(x: Tensor, y: Tensor) -> Tensor:
    """Give each channel of x the mean and the deviation that it has in y, and change nothing else.

        sigma(y) (x - mu(x)) / sigma(x) + mu(y),

    mu and sigma over the places of one channel of one picture: the AdaIN of Huang and Belongie
    (2017, arXiv:1703.06868). On pixels it is the colour transfer of Reinhard et al. (2001),
    in another colour space.

    Args:
        x: features of the content, `[N, C, H, W]`.
        y: features of the style, `[N, C, H', W']`; only its statistics are used.

    Returns:
        Features `[N, C, H, W]`.
    """
    mean, deviation = channel_statistics(x)
    new_mean, new_deviation = channel_statistics(y)
    return new_deviation * (x - mean) / deviation + new_mean


def gram(h: Tensor) -> Tensor:
    """Return how strongly any two channels of a picture go together: the mean of f f^T over its places.

    f is the vector of all channels at one place. Gatys et al. (2015, arXiv:1508.06576) describe a
    style by it. Two of them differ, as the sum of squares, by the squared MMD of the two clouds of
    vectors f under the kernel (f . g)^2 (Li et al., 2017, arXiv:1701.01036).

    Args:
        h: features `[N, C, H, W]`.

    Returns:
        Symmetric matrices `[N, C, C]`.
    """
    f = h.flatten(2)  # [N, C, HW]
    return f @ f.transpose(1, 2) / f.shape[2]


def _convolved(before: int, after: int) -> list[nn.Module]:
    return [nn.Conv2d(before, after, 3, padding=1, padding_mode="reflect"), nn.ReLU()]


class StyleTransfer(nn.Module):
    """Paints the content of one picture in the style of another: `G(content, style, alpha)`.

    With features E(x) = (E_1(x), ..., E_L(x)) of an encoder's levels, and t the last content
    features after `borrow_style`, it returns G = decoder((1 - alpha) E_L(content) + alpha t).

    Args:
        levels: parts of the encoder, one behind the other; what each returns is a level.
        decoder: maps the last level `[N, C, H, W]` back to pictures.
    """

    def __init__(self, levels: list[nn.Module], decoder: nn.Module) -> None:
        super().__init__()
        self.encoder = nn.ModuleList(levels)
        self.decoder = decoder

    def levels(self, x: Tensor) -> list[Tensor]:
        """Return the features of all levels, the finest first.

        Args:
            x: pictures `[N, 3, H, W]`.
        """
        found = []
        for part in self.encoder:
            x = part(x)
            found.append(x)
        return found

    def forward(self, content: Tensor, style: Tensor, alpha: float = 1.0) -> Tensor:
        """Return pictures `[N, 3, H, W]`, the size of the content's.

        Args:
            content: pictures `[N, 3, H, W]`.
            style: pictures `[N, 3, H', W']`.
            alpha: 0 gives the content as the decoder paints it, 1 the whole style.
        """
        code = self.levels(content)[-1]
        target = borrow_style(code, self.levels(style)[-1])
        return self.decoder(torch.lerp(code, target, alpha))


def style_transfer_network(width: int = 16, halvings: int = 1, channels: int = 3) -> StyleTransfer:
    """Build a small encoder and its mirror, of 3x3 convolutions and ReLU as VGG's first levels are.

    The first level has `width` channels at full size; every further one has half the size and
    twice the channels. The encoder is as torch drew it: train it before it says what style is.

    Args:
        width: channels of the first level.
        halvings: levels behind the first; sides of pictures are multiples of 2^halvings.
        channels: of a picture.
    """
    widths = [width * 2**k for k in range(halvings + 1)]
    levels = [nn.Sequential(*_convolved(channels, width))] + [
        nn.Sequential(*_convolved(c, 2 * c), nn.AvgPool2d(2), *_convolved(2 * c, 2 * c))
        for c in widths[:-1]
    ]
    back = [
        part
        for c in reversed(widths[:-1])
        for part in (*_convolved(2 * c, c), nn.Upsample(scale_factor=2), *_convolved(c, c))
    ]
    last = nn.Conv2d(width, channels, 3, padding=1, padding_mode="reflect")
    return StyleTransfer(levels, nn.Sequential(*back, last))
