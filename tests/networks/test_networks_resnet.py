"""Residual G and critic: shapes, ranges, gradients, the bound of spectral norm."""

from functools import partial

import pytest
import torch
from torch import nn

from gan_course import gradient_penalty
from gan_course.networks import (
    ConcatOneHot,
    ConditionalBatchNorm2d,
    Projection,
    Residual,
    residual_critic,
    residual_generator,
    spectral,
)

SHAPES = [(channels, size, size) for size in (8, 16, 32, 64) for channels in (1, 3)]


@pytest.mark.parametrize("shape", SHAPES)
def test_images_have_the_shape_and_range_asked_for_and_d_gives_one_logit(shape):
    G, D = residual_generator(10, shape, width=4), residual_critic(shape, width=4)
    images = G(torch.randn(5, 10))
    assert images.shape == (5, *shape) and images.abs().max() <= 1
    assert D(images).shape == (5, 1)


def without_cancelled(net: nn.Module) -> list[nn.Parameter]:
    """All parameters but the biases right before batch norm, which take them off again."""
    return [p for p in net.parameters() if p.dim() > 1]


@pytest.mark.parametrize("labels", [False, True])
@pytest.mark.parametrize("shape", [(1, 16, 16), (3, 32, 32)])
def test_every_weight_receives_a_gradient(shape, labels):
    y = (torch.arange(8) % 4,) if labels else ()
    norm = partial(ConditionalBatchNorm2d, classes=4) if labels else nn.BatchNorm2d
    G = residual_generator(10, shape, width=4, norm=norm)
    end = {"head": partial(Projection, classes=4)} if labels else {}
    D = spectral(residual_critic(shape, width=4, **end))
    D(G(torch.randn(8, 10), *y), *y).square().sum().backward()
    for net in (G, D):
        assert all(p.grad is not None for p in net.parameters())
        assert all(p.grad.abs().sum() > 0 for p in without_cancelled(net))


@pytest.mark.parametrize("build", [residual_generator, residual_critic], ids=["G", "D"])
def test_a_label_code_can_be_appended_to_the_input(build):
    network = build(shape=(1, 16, 16), width=4, condition=ConcatOneHot(3)).eval()
    h = torch.randn(1, 64) if build is residual_generator else torch.randn(1, 1, 16, 16)
    a, b = (network(h, torch.tensor([label])) for label in (0, 1))
    assert not torch.equal(a, b)


def test_a_residual_adds_its_short_cut():
    x = torch.randn(3, 4)
    assert torch.equal(Residual(nn.Tanh(), nn.Identity())(x), x + x.tanh())


def test_the_critic_has_a_gradient_penalty():
    D = residual_critic((1, 16, 16), width=4)
    penalty = gradient_penalty(D, torch.randn(4, 1, 16, 16), torch.randn(4, 1, 16, 16))
    penalty.backward()
    assert penalty.isfinite() and D[1].weight.grad.abs().sum() > 0


def test_spectral_reaches_the_layers_inside_the_blocks():
    D = spectral(residual_critic((1, 16, 16), width=4))
    inside = [m for m in D.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    assert len(inside) == 5 and all(hasattr(m, "parametrizations") for m in inside)


def test_other_sizes_are_refused():
    for build in (residual_generator, residual_critic):
        with pytest.raises(ValueError, match="square images"):
            build(shape=(1, 28, 28))
    with pytest.raises(ValueError, match=r"takes inputs \[N, 1, 32, 32\]"):
        residual_critic()(torch.randn(1, 3, 32, 32))
