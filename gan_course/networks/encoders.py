"""The way back from x to z: encoders that draw, and a D that judges pairs (x, z)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..draws import draw_rows

__all__ = [
    "EvenSpread",
    "Gaussian",
    "JointDiscriminator",
    "SoftmaxFirst",
    "code_of",
    "kl_to_normal",
]


def kl_to_normal(mu: Tensor, log_sigma: Tensor) -> Tensor:
    """Return KL(N(mu, diag(sigma^2)) | N(0, I)) in nats, for each row.

        sum over coordinates of (mu^2 + sigma^2 - 1) / 2 - log sigma.

    Args:
        mu: means `[N, d]`.
        log_sigma: logarithms of the standard deviations, `[N, d]`.

    Returns:
        `[N]`, at least 0.
    """
    return ((mu.square() + (2 * log_sigma).exp() - 1) / 2 - log_sigma).sum(1)


class Gaussian(nn.Module):
    """A network that draws what it returns: out ~ N(mu, diag(sigma^2)), (mu, log sigma) = body(h).

        out = mu + sigma eps,     eps ~ N(0, I),

    anew at every call, in eval mode too; gradients flow through mu and sigma (Kingma and
    Welling, 2014, arXiv:1312.6114). As an encoder it is e(z | x) of a VAE or of ALI, as a
    generator q(x | z).

    Args:
        body: maps `h` to `[N, 2d]`, or to `[N, 2C, H, W]` for images: mu, then log sigma.
    """

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def gaussian(self, h: Tensor, *y: Tensor) -> tuple[Tensor, Tensor]:
        """Return mu and log sigma, `[N, d]` each, for inputs `h [N, ...]`; in float32 or better."""
        out = self.body(h, *y)
        if out.dim() < 2 or out.shape[1] % 2:
            raise ValueError(
                "the body of a Gaussian returns mu and log sigma one behind the other, [N, 2d]: "
                f"got {list(out.shape)}."
            )
        mu, log_sigma = out.to(torch.promote_types(out.dtype, torch.float32)).chunk(2, 1)
        return mu, log_sigma

    def forward(self, h: Tensor, *y: Tensor) -> Tensor:
        mu, log_sigma = self.gaussian(h, *y)
        noise = draw_rows(torch.randn, tuple(mu.shape), dtype=mu.dtype, device=mu.device)
        return mu + log_sigma.exp() * noise


class EvenSpread(nn.Module):
    """Adds to a network's means one learned spread for all inputs: `[N, d] -> [N, 2d]`.

    The body of a `Gaussian` whose sigma does not depend on h, as in a model that is linear:
    `Gaussian(EvenSpread(nn.Linear(4, 2), 2))`.

    Args:
        network: maps `h` to means `[N, d]`.
        d: how many.
    """

    def __init__(self, network: nn.Module, d: int) -> None:
        super().__init__()
        self.network, self.log_sigma = network, nn.Parameter(torch.zeros(d))

    def forward(self, h: Tensor) -> Tensor:
        mu = self.network(h)
        return torch.cat([mu, self.log_sigma.expand_as(mu)], 1)


def code_of(E: nn.Module, x: Tensor) -> Tensor:
    """Return what E says of x without chance: its mean if it is a `Gaussian`, else E(x).

    Args:
        E: an encoder.
        x: samples `[N, ...]`.

    Returns:
        Codes `[N, d]`.
    """
    return E.gaussian(x)[0] if isinstance(E, Gaussian) else E(x)


class SoftmaxFirst(nn.Module):
    """Ends an encoder whose code says one of k, and a style: `[N, d] -> [N, d]`.

    The first k entries become probabilities by a softmax, the others stay (Makhzani et al., 2015,
    arXiv:1511.05644, section 6). Its prior is `Concat(Categorical(k), Normal(d - k))`.

    Args:
        k: how many entries share the softmax, at least 2.

    Raises:
        ValueError: k is below 2.
    """

    def __init__(self, k: int) -> None:
        super().__init__()
        if k < 2:
            raise ValueError(f"a softmax needs at least 2 entries, got {k}.")
        self.k = k

    def extra_repr(self) -> str:
        return str(self.k)

    def forward(self, h: Tensor) -> Tensor:
        return torch.cat([h[:, : self.k].softmax(1), h[:, self.k :]], 1)


class JointDiscriminator(nn.Module):
    """A D of pairs: `D(x, z) = head([of_x(x), of_z(z)])`, as in ALI and BiGAN.

    Both parts are flattened to rows before they are joined.

    Args:
        head: maps the joined features to logits `[N, 1]`.
        of_x: features of `x [N, ...]`; as it is without one.
        of_z: features of `z [N, d]`; as it is without one.

    Example:
        >>> from gan_course.networks import mlp
        >>> D = JointDiscriminator(mlp(256 + 8, 1))
        >>> D(torch.zeros(5, 1, 16, 16), torch.zeros(5, 8)).shape
        torch.Size([5, 1])
    """

    def __init__(
        self, head: nn.Module, of_x: nn.Module | None = None, of_z: nn.Module | None = None
    ) -> None:
        super().__init__()
        self.of_x, self.of_z, self.head = of_x or nn.Identity(), of_z or nn.Identity(), head

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        rows = [self.of_x(x).flatten(1), self.of_z(z).flatten(1)]
        return self.head(torch.cat(rows, 1))
