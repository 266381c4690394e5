"""Penalties that keep D smooth: pure functions `penalty(D, real, fake, *y)`.

All of them are built on one `gradient_norm`, run in float32 or better (a gradient of a
gradient in bfloat16 is mostly rounding error) and return the mean over the batch, a scalar.
Weights stand outside: `gan(..., penalties=[(10, gradient_penalty)])`.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .draws import draw_rows

__all__ = ["clip_weights", "gradient_norm", "gradient_penalty", "r1", "r2"]


def gradient_norm(D: nn.Module, x: Tensor, *y: Tensor) -> Tensor:
    """Return |grad_x D(x)|, the Euclidean norm of D's slope, for each sample.

    It can be differentiated again, and its own gradient at a flat D is zero, not NaN (the
    square root of a sum of squares would give NaN there).

    Args:
        D: a network that maps `x` (and `y`) to logits `[N]` or `[N, 1]`.
        x: samples `[N, ...]`.
        *y: what else D takes, such as labels `[N]`.

    Returns:
        Norms `[N]`, at least 0, in logits per unit of x.

    Example:
        >>> D = nn.Linear(2, 1)
        >>> with torch.no_grad():
        ...     _ = D.weight.copy_(torch.tensor([[3.0, 4.0]]))
        >>> gradient_norm(D, torch.zeros(2, 2)).tolist()
        [5.0, 5.0]
    """
    with torch.autocast(x.device.type, enabled=False):
        x = x.detach().to(torch.promote_types(x.dtype, torch.float32)).requires_grad_()
        # a copy, as D's first layer may work in place
        (slope,) = torch.autograd.grad(D(x.clone(), *y).sum(), x, create_graph=True)
        return torch.linalg.vector_norm(slope.flatten(1), dim=1)


def gradient_penalty(
    D: nn.Module,
    real: Tensor,
    fake: Tensor,
    *y: Tensor,
    target: float = 1.0,
    one_sided: bool = False,
) -> Tensor:
    """Return how far D's slope is from `target` between real and fake (WGAN-GP).

        E (|grad D(x^)| - target)^2,     x^ = (1 - u) real + u fake,     u ~ Uniform(0, 1),

    of Gulrajani et al. (2017, arXiv:1704.00028); their weight is 10. (u is drawn by `draw_rows`,
    as `torch.rand` but so that many processes see the u of one.) With `one_sided`, only
    slopes steeper than the target cost: E max(0, |grad D(x^)| - target)^2 (Petzka, Fischer
    and Lukovnikov, 2018, arXiv:1709.08894).

    Args:
        D: the critic. Without batch norm: the penalty speaks of one x at a time.
        real: samples `[N, ...]`.
        fake: samples of the same shape.
        *y: what else D takes, such as labels `[N]`.
        target: the slope that costs nothing, in logits per unit of x.
        one_sided: whether flatter slopes are free.

    Raises:
        ValueError: `real` and `fake` differ in shape, so there is no segment between them.
    """
    if real.shape != fake.shape:
        raise ValueError(
            f"gradient_penalty needs as many fake samples as real ones, of one shape: "
            f"got real {list(real.shape)} and fake {list(fake.shape)}."
        )
    shape = (len(real), *[1] * (real.dim() - 1))
    u = draw_rows(torch.rand, shape, dtype=real.dtype, device=real.device)  # [N, 1, ...]
    excess = gradient_norm(D, real.lerp(fake.to(real.dtype), u), *y) - target
    return (excess.relu() if one_sided else excess).square().mean()


def r1(D: nn.Module, real: Tensor, fake: Tensor | None = None, *y: Tensor) -> Tensor:
    """Return 1/2 E |grad D(x)|^2 on real samples (Mescheder, Geiger and Nowozin, 2018).

    The half belongs to it (arXiv:1801.04406): the weight in `penalties` is the paper's gamma.

    Args:
        D: the discriminator.
        real: samples `[N, ...]`.
        fake: not used; there so that all penalties are called alike.
        *y: what else D takes, such as labels `[N]`.
    """
    return gradient_norm(D, real, *y).square().mean() / 2


def r2(D: nn.Module, real: Tensor | None, fake: Tensor, *y: Tensor) -> Tensor:
    """Return 1/2 E |grad D(G(z))|^2 on generated samples (Mescheder et al., 2018).

    Args:
        D: the discriminator.
        real: not used; there so that all penalties are called alike.
        fake: samples `[N, ...]`.
        *y: what else D takes, such as labels `[N]`.
    """
    return gradient_norm(D, fake, *y).square().mean() / 2


@torch.no_grad()
def clip_weights(D: nn.Module, bound: float = 0.01) -> None:
    """Clamps every parameter of D to [-bound, bound], in place (Arjovsky et al., 2017).

    It keeps D Lipschitz with *some* constant that nobody knows. To clip after each move of D:
    `optimizer.register_step_post_hook(lambda *_: clip_weights(D, 0.01))`.

    Args:
        D: the critic.
        bound: the largest absolute value that stays, above 0.

    Raises:
        ValueError: `bound` is not above 0.
    """
    if not bound > 0:
        raise ValueError(f"the bound of clip_weights must be above 0, got {bound}.")
    for parameter in D.parameters():
        parameter.clamp_(-bound, bound)
