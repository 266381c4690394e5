"""Batch norm over the whole world's batch: many processes normalise as one would."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch import distributed as dist
from torch.nn.modules.batchnorm import _BatchNorm

from ..draws import shared


class _Sum(torch.autograd.Function):
    """Sums a tensor over all ranks; so does its gradient, and the gradient of that."""

    @staticmethod
    def forward(ctx: object, x: Tensor) -> Tensor:
        total = x.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: object, gradient: Tensor) -> Tensor:
        return _Sum.apply(gradient)


def _of_all_ranks(x: Tensor) -> Tensor:
    """Stacks the ranks' tensors `[...]` into one `[size, ...]`, which can be differentiated."""
    before, after = dist.get_rank(), dist.get_world_size() - dist.get_rank() - 1
    rows = [x.new_zeros(before, *x.shape), x.unsqueeze(0), x.new_zeros(after, *x.shape)]
    return _Sum.apply(torch.cat(rows))


class WorldBatchNorm(_BatchNorm):
    """Batch norm (Ioffe and Szegedy, 2015, arXiv:1502.03167) with the statistics of all ranks.

    With the mean m_r and variance v_r of each of n equal parts of a batch, the whole has

        mean = (1/n) sum_r m_r,     variance = (1/n) sum_r (v_r + (m_r - mean)^2).

    One small collective call forward and one backward. It happens only inside a loss: between
    two records, and in eval mode, the layer is an ordinary one, so that one rank may sample
    while the others wait. `torch.nn.SyncBatchNorm` does the same on GPUs, and only there: this
    one also runs, and is tested, on a laptop.

    Args:
        layer: the batch norm to take the place of; parameters and buffers stay the same tensors.
    """

    def __init__(self, layer: _BatchNorm) -> None:
        super().__init__(layer.num_features)
        self.__dict__.update(layer.__dict__)

    def _check_input_dim(self, input: Tensor) -> None:
        """Any `[N, C, ...]` will do."""

    def forward(self, x: Tensor) -> Tensor:
        """Normalises `x [N, C, ...]`, each channel over all samples and places of all ranks."""
        if not (self.training and shared()):
            return super().forward(x)
        wide = x.to(torch.promote_types(x.dtype, torch.float32))
        places = [0, *range(2, x.dim())]
        variance, mean = torch.var_mean(wide, places, correction=0)  # [C]
        means, variances = _of_all_ranks(torch.stack([mean, variance])).unbind(1)  # [size, C]
        mean = means.mean(0)
        variance = (variances + (means - mean).square()).mean(0)
        self._follow(mean, variance, len(means) * x.numel() // x.shape[1])
        shape = [1, -1, *[1] * (x.dim() - 2)]
        y = (wide - mean.view(shape)) * (variance + self.eps).rsqrt().view(shape)
        if self.affine:
            y = y * self.weight.view(shape) + self.bias.view(shape)
        return y.to(x.dtype)

    @torch.no_grad()
    def _follow(self, mean: Tensor, variance: Tensor, n: int) -> None:
        """Lets the running statistics follow, the variance by its unbiased estimate."""
        if not self.track_running_stats:
            return
        self.num_batches_tracked += 1
        momentum = 1 / int(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean.to(self.running_mean), momentum)
        self.running_var.lerp_((variance * n / (n - 1)).to(self.running_var), momentum)


def synchronise_batch_norm(network: nn.Module) -> None:
    """Put a `WorldBatchNorm` in the place of every batch norm inside `network`."""
    for module in list(network.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, _BatchNorm) and not isinstance(
                child, nn.SyncBatchNorm | WorldBatchNorm
            ):
                setattr(module, name, WorldBatchNorm(child))
