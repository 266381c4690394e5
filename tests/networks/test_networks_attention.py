"""Self-attention: equal to its formula, blind to order, and nothing at all at the start."""

import pytest
import torch
from torch import nn

from gan_course.networks import SelfAttention, spectral


def attention(channels=16, pool=1, gamma=0.7):
    torch.manual_seed(0)
    block = SelfAttention(channels, pool).double()
    with torch.no_grad():
        block.gamma.fill_(gamma)
    return block


def by_hand(block, x):
    """The formula, place by place, in loops."""
    q, k, h, v = (
        part.weight[:, :, 0, 0] for part in (block.query, block.key, block.value, block.out)
    )
    out = torch.empty_like(x)
    n, _, rows, columns = x.shape
    p = block.pool
    for i in range(n):
        windows = [
            x[i, :, r : r + p, c : c + p].flatten(1)
            for r in range(0, rows, p)
            for c in range(0, columns, p)
        ]
        keys = torch.stack([(k @ window).amax(1) for window in windows])
        values = torch.stack([(h @ window).amax(1) for window in windows])
        for r in range(rows):
            for c in range(columns):
                scores = keys @ (q @ x[i, :, r, c])
                weights = scores.exp() / scores.exp().sum()
                out[i, :, r, c] = x[i, :, r, c] + block.gamma * (v @ (weights @ values))
    return out


@pytest.mark.parametrize(
    ("channels", "pool", "shape"), [(16, 1, (3, 5)), (16, 2, (4, 8)), (9, 2, (2, 2))]
)
def test_it_equals_its_formula(channels, pool, shape):
    block = attention(channels, pool)
    x = torch.randn(2, channels, *shape).double()
    assert torch.allclose(block(x), by_hand(block, x), atol=1e-12)


def test_weights_are_shares_of_attention():
    block, x = attention(pool=2), torch.randn(3, 16, 4, 8).double()
    a = block.weights(x)
    assert a.shape == (3, 32, 8) and (a >= 0).all()
    assert torch.allclose(a.sum(2), torch.ones(3, 32).double())


def test_without_pooling_it_commutes_with_every_permutation_of_places():
    block, x = attention(), torch.randn(2, 16, 4, 6).double()
    order = torch.randperm(24)

    def moved(maps):
        return maps.flatten(2)[:, :, order].view_as(maps)

    assert torch.allclose(block(moved(x)), moved(block(x)), atol=1e-12)
    conv = nn.Conv2d(16, 16, 3, padding=1).double()
    assert not torch.allclose(conv(moved(x)), moved(conv(x)), atol=0.1)


def test_with_pooling_it_commutes_with_what_keeps_the_windows_together():
    block, x = attention(pool=2), torch.randn(2, 16, 4, 6).double()
    assert torch.allclose(block(x.flip(3)), block(x).flip(3), atol=1e-12)
    assert torch.allclose(block(x.roll(2, 3)), block(x).roll(2, 3), atol=1e-12)
    assert not torch.allclose(block(x.roll(1, 3)), block(x).roll(1, 3), atol=1e-4)


@pytest.mark.parametrize("pool", [1, 2])
def test_at_first_it_is_the_identity_and_only_gamma_has_a_gradient(pool):
    torch.manual_seed(0)
    block, x = SelfAttention(16, pool), torch.randn(2, 16, 4, 4)
    assert torch.equal(block(x), x)
    (block(x) * torch.randn_like(x)).sum().backward()
    assert block.gamma.grad != 0
    for part in (block.query, block.key, block.value, block.out):
        assert (part.weight.grad == 0).all()


def test_equal_places_see_their_value_wherever_they_look():
    block = attention()
    x = torch.randn(1, 16, 1, 1).double().expand(1, 16, 3, 4)
    alone = block(x[..., :1, :1])
    assert torch.allclose(block(x), alone.expand_as(x))


def test_a_far_place_has_its_say():
    block = attention()
    x = torch.randn(1, 16, 4, 16).double().requires_grad_()
    (slope,) = torch.autograd.grad(block(x)[0, :, 0, 0].sum(), x)
    assert (slope[0, :, 3, 15] != 0).any()


def test_it_takes_spectral_norm_and_a_gradient_of_its_gradient():
    torch.manual_seed(0)
    block = spectral(SelfAttention(16))
    x = torch.randn(2, 16, 4, 4, requires_grad=True)
    (slope,) = torch.autograd.grad(block(x).square().sum(), x, create_graph=True)
    slope.square().sum().backward()
    assert block.gamma.grad is not None
    assert torch.linalg.matrix_norm(block.value.weight.detach().flatten(1), 2) < 1.3


def test_wrong_sizes_are_told():
    with pytest.raises(ValueError, match="at least 8 channels"):
        SelfAttention(4)
    with pytest.raises(ValueError, match="at least 1"):
        SelfAttention(8, pool=0)
    with pytest.raises(ValueError, match="multiples of 2"):
        SelfAttention(8)(torch.zeros(1, 8, 4, 5))
    with pytest.raises(ValueError, match=r"\[N, 8, H, W\]"):
        SelfAttention(8)(torch.zeros(1, 16, 4, 4))
