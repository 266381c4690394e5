"""Ways to tell a network which class is meant: layers that see the label y.

| way | in G | in D |
|---|---|---|
| one-hot code | `condition=ConcatOneHot(10)` | `condition=ConcatOneHot(10)` |
| learned code | `condition=ConcatEmbedding(10, (16,))` | `condition=ConcatEmbedding(10, (1, 32, 32))` |
| drawn code, in `stackgan` | `condition=ConcatGaussian(10)` | |
| conditional batch norm | `norm=partial(ConditionalBatchNorm2d, classes=10)` | |
| projection | | `head=partial(Projection, classes=10)` |
| auxiliary classifier | | `head=partial(nn.Linear, out_features=1 + 10)`, in `acgan` |

They fit wherever a `Chain` does: `Chain(ConcatOneHot(10), *mlp_generator(64 + 10))`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from ..draws import draw_rows
from .encoders import kl_to_normal
from .layers import Conditional

__all__ = [
    "ConcatEmbedding",
    "ConcatGaussian",
    "ConcatOneHot",
    "ConditionalBatchNorm2d",
    "Projection",
]


class ConcatOneHot(Conditional):
    """Appends y as a one-hot code (Mirza and Osindero, 2014, arXiv:1411.1784).

    Codes `[N, d]` become `[N, d + classes]`; images `[N, C, H, W]` become
    `[N, C + classes, H, W]`, where the map of class y is one and the others are zero.

    Attributes:
        added: how many features or channels it appends.
    """

    @property
    def added(self) -> int:
        return self.classes

    def forward(self, h: Tensor, y: Tensor) -> Tensor:
        self.check_labels(h, y)
        code = one_hot(y, self.classes).to(h.dtype)  # [N, K]
        maps = code.view(*code.shape, *[1] * (h.dim() - 2))  # [N, K, 1, 1] for images
        return torch.cat([h, maps.expand(-1, -1, *h.shape[2:])], 1)


class ConcatEmbedding(Conditional):
    """Appends a learned tensor for each class, as Denton et al. (2015, arXiv:1506.05751) do.

    Args:
        classes: how many labels there are.
        shape: of what is appended: `(e,)` to codes `[N, d]`, `(e, H, W)` to images.

    Attributes:
        added: how many features or channels it appends.
    """

    def __init__(self, classes: int, shape: Sequence[int] = (16,)) -> None:
        super().__init__(classes)
        self.shape = tuple(shape)
        self.embedding = nn.Embedding(classes, math.prod(shape))

    @property
    def added(self) -> int:
        return self.shape[0]

    def forward(self, h: Tensor, y: Tensor) -> Tensor:
        self.check_labels(h, y)
        code = self.embedding(y).view(-1, *self.shape).to(h.dtype)  # [N, e] or [N, e, H, W]
        if code.shape[2:] != h.shape[2:]:
            raise ValueError(
                f"an embedding of shape {self.shape} cannot be appended to {list(h.shape)}: "
                f"it must be (e, {', '.join(map(str, h.shape[2:]))})."
            )
        return torch.cat([h, code], 1)


class ConcatGaussian(Conditional):
    """Appends a code drawn anew from a normal distribution of the class (Zhang et al., 2017).

        c ~ N(mu_y, sigma_y^2),     kl(y) = KL(N(mu_y, sigma_y^2) | N(0, I)),

    their conditioning augmentation (arXiv:1612.03242): neighbouring codes make similar images, so
    G learns of more codes than there are descriptions. Codes `[N, d]` become `[N, d + dim]`,
    features `[N, C, H, W]` become `[N, C + dim, H, W]`, with c at every pixel.

    Args:
        classes: how many labels there are.
        dim: of c.

    Attributes:
        added: how many features or channels it appends.
    """

    def __init__(self, classes: int, dim: int = 16) -> None:
        super().__init__(classes)
        self.added = dim
        self.embedding = nn.Embedding(classes, 2 * dim)  # rows are mu and log sigma
        nn.init.normal_(self.embedding.weight, std=0.1)  # near N(0, I)

    def gaussian(self, y: Tensor) -> tuple[Tensor, Tensor]:
        """Return mu and log sigma, `[N, dim]` each, of labels `[N]`."""
        mu, log_sigma = self.embedding(y).chunk(2, 1)
        return mu, log_sigma

    def kl(self, y: Tensor) -> Tensor:
        """Return the divergence from N(0, I) for each label, `[N]` in nats, at least 0."""
        mu, log_sigma = self.gaussian(y)
        return kl_to_normal(mu, log_sigma)

    def forward(self, h: Tensor, y: Tensor) -> Tensor:
        self.check_labels(h, y)
        mu, log_sigma = self.gaussian(y)
        noise = draw_rows(torch.randn, tuple(mu.shape), dtype=mu.dtype, device=mu.device)
        c = (mu + log_sigma.exp() * noise).to(h.dtype)
        c = c.view(*c.shape, *[1] * (h.dim() - 2))
        return torch.cat([h, c.expand(-1, -1, *h.shape[2:])], 1)


class ConditionalBatchNorm2d(Conditional):
    """Batch norm with a scale and a shift for each class (Dumoulin et al., 2017).

        h -> gamma_y (h - mean) / sqrt(variance + eps) + beta_y,

    mean and variance over all classes together (arXiv:1610.07629; de Vries et al., 2017,
    arXiv:1707.00683). Scales start from N(1, 0.02^2), shifts at zero.

    Args:
        channels: C of the maps `[N, C, H, W]`.
        classes: how many labels there are.
    """

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__(classes)
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.scale = nn.Embedding(classes, channels)
        self.shift = nn.Embedding(classes, channels)
        nn.init.normal_(self.scale.weight, 1.0, 0.02)
        nn.init.zeros_(self.shift.weight)

    def forward(self, h: Tensor, y: Tensor) -> Tensor:
        self.check_labels(h, y)
        scale, shift = self.scale(y)[:, :, None, None], self.shift(y)[:, :, None, None]
        return torch.addcmul(shift.to(h.dtype), self.norm(h), scale.to(h.dtype))


class Projection(Conditional):
    """The end of a projection critic (Miyato and Koyama, 2018, arXiv:1802.05637).

        D(x, y) = psi(phi(x)) + v_y . phi(x),

    phi the layers before, psi linear, v_y a vector for each class: what D* looks like when the
    class is a softmax of features. The first term asks "is it real?", the second "is it a y?".

    Args:
        features: values of phi per sample.
        classes: how many labels there are.
    """

    def __init__(self, features: int, classes: int) -> None:
        super().__init__(classes)
        self.real = nn.Linear(features, 1)
        self.match = nn.Linear(features, classes, bias=False)  # its rows are the v_y

    def forward(self, h: Tensor, y: Tensor) -> Tensor:
        self.check_labels(h, y)
        return self.real(h) + self.match(h).gather(1, y[:, None])  # [N, 1]
