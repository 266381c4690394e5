"""Virtual batch norm: statistics of a batch chosen once, so that samples do not see each other."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["Referenced", "VirtualBatchNorm", "virtual_batch_norm"]


class VirtualBatchNorm(nn.Module):
    """Normalises each sample by a reference batch and itself: `[R + N, C, ...]`, the same out.

        y = scale (h - m) / sqrt(v - m^2 + eps) + shift,     m = (R m_R + m_h) / (R + 1),

    and v likewise from means of squares; m_R and m_h are means over the R reference samples and
    over the sample's own pixels. The reference samples themselves are normalised by m_R and v_R
    alone. (Salimans et al., 2016, arXiv:1606.03498, and their code.)

    Args:
        features: C.
        reference: R; the first R samples of every batch are the reference: see `Referenced`.
        eps: keeps the square root from 0.

    Raises:
        ValueError: when called with fewer than R samples.
    """

    def __init__(self, features: int, reference: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.features, self.reference, self.eps = features, reference, eps
        self.weight = nn.Parameter(torch.ones(features))
        self.bias = nn.Parameter(torch.zeros(features))

    def extra_repr(self) -> str:
        return f"{self.features}, reference={self.reference}, eps={self.eps}"

    def forward(self, h: Tensor) -> Tensor:
        R, pixels = self.reference, tuple(range(2, h.dim()))
        if len(h) < R:
            raise ValueError(
                f"virtual batch norm expects its {R} reference samples first, got {len(h)} in all: "
                "call the network that virtual_batch_norm returned."
            )

        def mean(t: Tensor) -> Tensor:
            own = t.mean(pixels, keepdim=True) if pixels else t  # [R + N, C, 1...]
            of_all = own[:R].mean(0, keepdim=True)
            return torch.cat([of_all.expand(own[:R].shape), (R * of_all + own[R:]) / (R + 1)])

        m = mean(h)
        variance = (mean(h.square()) - m.square()).clamp(min=0)
        shape = (-1, *[1] * len(pixels))
        scale = self.weight.view(shape) * (variance + self.eps).rsqrt()
        return (h - m) * scale + self.bias.view(shape)


class Referenced(nn.Module):
    """A network that passes its reference batch in front of every batch: `[N, ...] -> [N, ...]`.

    Args:
        network: with `VirtualBatchNorm` layers.
        reference: inputs `[R, ...]`, kept as a buffer.
    """

    reference: Tensor

    def __init__(self, network: nn.Module, reference: Tensor) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("reference", reference.clone())

    def forward(self, x: Tensor) -> Tensor:
        reference = self.reference.to(x.dtype)
        return self.network(torch.cat([reference, x]))[len(reference) :]


def virtual_batch_norm(network: nn.Module, reference: Tensor) -> Referenced:
    """Put virtual batch norm in place of each batch norm of a network, and give it its reference.

    The network then maps each input to the same output whatever else is in the batch, in train
    and in eval mode. Every pass costs R samples more.

    Args:
        network: changed in place; scales and shifts of its batch norms are taken over.
        reference: inputs `[R, ...]`, R of at least 2, such as `Normal(64)(64)` for a G.

    Returns:
        The network with its reference batch.

    Raises:
        ValueError: the network has no batch norm, or R is below 2.
    """
    found = [
        (parent, name, layer)
        for parent in network.modules()
        for name, layer in parent.named_children()
        if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d)
    ]
    if not found or len(reference) < 2:
        raise ValueError(
            "virtual_batch_norm needs a network with batch norms and at least 2 reference samples: "
            f"got {len(found)} batch norms and {len(reference)} samples."
        )
    for parent, name, old in found:
        new = VirtualBatchNorm(old.num_features, len(reference), old.eps)
        if old.affine:
            new.weight, new.bias = old.weight, old.bias
        setattr(parent, name, new)
    return Referenced(network, reference)
