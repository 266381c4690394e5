"""What the networks of all families share: chains of layers, first weights, spectral norm."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

__all__ = [
    "Chain",
    "Conditional",
    "Takes",
    "dcgan_init",
    "leaky_relu",
    "one_logit",
    "spectral",
    "tie",
    "torch_init",
    "xavier_init",
]

WEIGHTED = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)


class Conditional(nn.Module):
    """A layer that sees labels as well as features: `forward(h, y)`. Base class.

    Args:
        classes: how many labels there are; `y` is int64 `[N]` in 0..classes - 1.

    Raises:
        ValueError: there are fewer than two classes.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        if classes < 2:
            raise ValueError(f"a conditional layer needs at least 2 classes, got {classes}.")
        self.classes = classes

    def extra_repr(self) -> str:
        return f"classes={self.classes}"

    def check_labels(self, h: Tensor, y: Tensor) -> None:
        """Refuse labels that are not whole numbers, one per sample.

        Whether each of them names a class is looked at before, by `play` and `generate`: a layer
        that read values on the way could not be compiled, exported or recorded.

        Raises:
            TypeError: `y` is not int64.
            ValueError: `y` is not `[N]`.
        """
        if y.dtype != torch.int64:
            raise TypeError(f"labels must be int64, got {y.dtype}: use y.long().")
        if y.shape != h.shape[:1]:
            raise ValueError(
                f"labels must have shape {list(h.shape[:1])}, one per sample; got {list(y.shape)}."
            )


def _is_conditional(layer: nn.Module) -> bool:
    return any(isinstance(part, Conditional) for part in layer.modules())


class Chain(nn.Sequential):
    """Layers one behind the other, of which some may see labels: `Chain(...)(h, *y)`.

    Conditional layers are called with `(h, y)` and all others with `h`. So one chain serves
    with and without labels, and like every `nn.Sequential` it can be indexed, cut and extended:
    `D[:-1]` are the features of D.

    Raises:
        ValueError: when called without labels though a layer needs them, or with labels though
            no layer looks at them.
    """

    def forward(self, h: Tensor, *y: Tensor) -> Tensor:
        conditional = [_is_conditional(layer) for layer in self]
        if any(conditional) != bool(y):
            raise ValueError(
                "this network has no conditional layer, so call it without labels."
                if y
                else "this network is conditional: call it with labels too, as in G(z, y), and "
                "draw them with batches(n, labels=True)."
            )
        for layer, sees_labels in zip(self, conditional, strict=True):
            h = layer(h, *y) if sees_labels else layer(h)
        return h


class Takes(nn.Module):
    """Lets inputs `[N, *shape]` pass and says what is wrong with all others.

    Args:
        shape: of one input.

    Raises:
        ValueError: when called with inputs of another shape.
    """

    def __init__(self, shape: Sequence[int]) -> None:
        super().__init__()
        self.shape = tuple(shape)

    def extra_repr(self) -> str:
        return ", ".join(map(str, self.shape))

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[1:] != self.shape:
            wanted = ", ".join(map(str, self.shape))
            raise ValueError(f"this network takes inputs [N, {wanted}], got {list(x.shape)}.")
        return x


def stages(shape: Sequence[int], latent: int = 1, width: int = 1) -> int:
    """Return how often an image is halved (or doubled) between its size and 4x4 pixels.

    Raises:
        ValueError: `shape` is not that of a square image of 8, 16, 32, ... pixels, or `latent`
            or `width` is below 1.
    """
    channels, height, side = shape if len(shape) == 3 else (0, 0, 0)
    if channels < 1 or height != side or side < 8 or side & (side - 1):
        raise ValueError(
            "these networks make and judge square images [C, H, W] of 8, 16, 32, 64, ... pixels, "
            f"got shape {tuple(shape)}: resize or crop first."
        )
    if latent < 1 or width < 1:
        raise ValueError(
            f"latent and width must be at least 1, got latent={latent} and width={width}."
        )
    return side.bit_length() - 3


def leaky_relu() -> nn.Module:
    """Return max(a, 0.2 a), D's activation in Radford et al. (2016, arXiv:1511.06434)."""
    return nn.LeakyReLU(0.2)


def one_logit(features: int) -> nn.Module:
    """Return the plain end of a D: `[N, features] -> logits [N, 1]`.

    Args:
        features: values per sample that come in.
    """
    return nn.Linear(features, 1)


@torch.no_grad()
def dcgan_init(layer: nn.Module) -> None:
    """Draws first weights as Radford et al. (2016, arXiv:1511.06434) do, in place.

    Weights of linear and convolutional layers come from N(0, 0.02^2), scales of batch norm
    from N(1, 0.02^2), biases and shifts are zero: as in the authors' code. The paper says
    N(0, 0.02^2) of all weights.

    Args:
        layer: one layer; `network.apply(dcgan_init)` reaches all layers of a network.
    """
    if isinstance(layer, WEIGHTED):
        layer.weight.normal_(0.0, 0.02)
    elif isinstance(layer, nn.BatchNorm2d) and layer.affine:
        layer.weight.normal_(1.0, 0.02)
    else:
        return
    if layer.bias is not None:
        layer.bias.zero_()


@torch.no_grad()
def xavier_init(layer: nn.Module) -> None:
    """Draws first weights that keep the variance from layer to layer, in place.

    Uniform on +-sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio, 2010), biases zero.

    Args:
        layer: one layer; `network.apply(xavier_init)` reaches all layers of a network.
    """
    if isinstance(layer, WEIGHTED):
        nn.init.xavier_uniform_(layer.weight)
        if layer.bias is not None:
            layer.bias.zero_()


def torch_init(layer: nn.Module) -> None:
    """Keep the first weights that torch drew, to compare with.

    Args:
        layer: one layer.
    """


def spectral(network: nn.Module) -> nn.Module:
    """Divides every weight matrix of a network by its largest singular value, from now on.

        W / sigma(W),     sigma by one step of power iteration in each training pass,

    of Miyato et al. (2018, arXiv:1802.05957): each layer then stretches by about 1 at most, so
    D is about 1-Lipschitz. A convolution counts as its matrix `[out, in * k * k]`, which is not
    quite the norm of the convolution itself.

    Args:
        network: changed in place. Leave batch norm out of it: its scales would undo the bound.

    Returns:
        The same network.
    """
    for layer in network.modules():
        if isinstance(layer, WEIGHTED):
            nn.utils.parametrizations.spectral_norm(layer)
    return network


def tie(first: nn.Sequential, second: nn.Sequential, layers: slice) -> nn.Sequential:
    """Let a chain use the layers of another one, the same objects, in some places.

    What one learns there, the other has learned: `tie(G_X, G_Y, slice(0, 5))` shares the first
    five layers of two generators, `tie(D_X, D_Y, slice(-2, None))` the last two of two D.

    Args:
        first: whose layers are shared.
        second: whose own layers in these places are dropped; changed in place.
        layers: the places.

    Returns:
        The second chain.

    Raises:
        ValueError: the chains have different lengths, or no layer stands in these places.
    """
    places = range(len(first))[layers]
    if len(first) != len(second) or not places:
        raise ValueError(
            "tie needs two chains of as many layers, and places that exist; got "
            f"{len(first)} and {len(second)} layers and {layers}."
        )
    for place in places:
        second[place] = first[place]
    return second
