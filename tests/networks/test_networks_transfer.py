"""Styles of pictures: statistics lent, Gram matrices as a distance of clouds, alpha."""

import pytest
import torch

from gan_course.networks import (
    StyleTransfer,
    borrow_style,
    channel_statistics,
    gram,
    style_transfer_network,
)
from gan_course.objectives import mmd2


def maps(n, c, h, w, seed=0):
    draw = torch.Generator().manual_seed(seed)
    scale, shift = (torch.randn(n, c, 1, 1, generator=draw) for _ in range(2))
    return torch.randn(n, c, h, w, generator=draw).mul(scale.exp()).add(3 * shift).double()


@pytest.mark.parametrize(
    ("n", "c", "size", "other"), [(3, 4, (6, 5), (8, 8)), (1, 2, (9, 4), (3, 3))]
)
def test_each_channel_borrows_mean_and_deviation(n, c, size, other):
    x, y = maps(n, c, *size), maps(n, c, *other, seed=1)
    out = borrow_style(x, y)
    assert out.shape == x.shape
    torch.testing.assert_close(out.mean((2, 3)), y.mean((2, 3)))
    wanted = y.std((2, 3), correction=0)
    torch.testing.assert_close(out.std((2, 3), correction=0), wanted, rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(borrow_style(x, x), x)
    torch.testing.assert_close(borrow_style(5 * x - 2, y), out, rtol=1e-3, atol=1e-3)


def test_a_flat_channel_takes_the_mean_and_has_a_slope():
    flat, y = torch.full((2, 3, 4, 4), 7.0, requires_grad=True), maps(2, 3, 5, 5).float()
    out = borrow_style(flat, y)
    torch.testing.assert_close(out, y.mean((2, 3), keepdim=True).expand(2, 3, 4, 4))
    (slope,) = torch.autograd.grad(out.square().sum(), flat)
    assert slope.isfinite().all()
    mean, deviation = channel_statistics(flat)
    (slope,) = torch.autograd.grad((mean + deviation).sum(), flat)
    assert slope.isfinite().all()


@pytest.mark.parametrize(("c", "sizes"), [(2, ((4, 4), (4, 4))), (5, ((3, 7), (6, 2)))])
def test_gram_matrices_differ_by_the_mmd_of_a_quadratic_kernel(c, sizes):
    x, y = maps(3, c, *sizes[0]), maps(3, c, *sizes[1], seed=1)
    apart = (gram(x) - gram(y)).square().sum((1, 2))
    for i in range(3):
        f, g = x[i].flatten(1).T, y[i].flatten(1).T  # [places, C]
        exact = mmd2(f, g, lambda a, b: (a @ b.T).square())
        torch.testing.assert_close(apart[i], exact)


def test_gram_knows_nothing_of_places():
    x = maps(2, 3, 6, 6)
    order = torch.randperm(36)
    shuffled = x.flatten(2)[:, :, order].view_as(x)
    torch.testing.assert_close(gram(shuffled), gram(x))
    assert torch.equal(gram(x), gram(x).transpose(1, 2))


def test_alpha_leads_from_the_content_to_the_style():
    torch.manual_seed(0)
    G = style_transfer_network(4, 2)
    x, s = torch.rand(2, 3, 16, 24) * 2 - 1, torch.rand(2, 3, 12, 12) * 2 - 1
    levels = G.levels(x)
    assert [list(h.shape[1:]) for h in levels] == [[4, 16, 24], [8, 8, 12], [16, 4, 6]]
    code = levels[-1]
    torch.testing.assert_close(G(x, s, 0.0), G.decoder(code))
    torch.testing.assert_close(G(x, s), G.decoder(borrow_style(code, G.levels(s)[-1])))
    torch.testing.assert_close(G(x, x, 0.7), G.decoder(code), rtol=1e-3, atol=1e-3)
    assert G(x, s, 0.5).shape == x.shape


def test_any_levels_will_do():
    torch.manual_seed(0)
    colours = StyleTransfer([torch.nn.Identity()], torch.nn.Identity())
    x, s = torch.rand(2, 3, 5, 7), torch.rand(2, 3, 4, 4)
    assert torch.equal(colours(x, s), borrow_style(x, s))
