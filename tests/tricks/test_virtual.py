"""Virtual batch norm: what it does to one sample does not depend on the others."""

import pytest
import torch
from games_for_tests import points, same, weights
from torch import nn

from gan_course import Normal, gan, play, sample
from gan_course.networks import dcgan_generator
from gan_course.tricks import Referenced, VirtualBatchNorm, virtual_batch_norm


def network():
    torch.manual_seed(0)
    body = nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2))
    return virtual_batch_norm(body, torch.randn(16, 2))


@pytest.mark.parametrize("training", [True, False])
def test_an_output_does_not_depend_on_the_rest_of_the_batch(training):
    G = network().train(training)
    z = torch.randn(10, 2)
    alone = torch.cat([G(one[None]) for one in z])
    assert torch.allclose(G(z), alone, atol=1e-6)
    assert torch.allclose(G(torch.cat([z, 100 * torch.randn(5, 2)]))[:10], alone, atol=1e-6)


def test_batch_norm_does_depend_on_it():
    G = nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8)).train()
    z = torch.randn(10, 2)
    assert not torch.allclose(G(z), G(torch.cat([z, 100 * torch.randn(5, 2)]))[:10], atol=0.1)


@pytest.mark.parametrize("shape", [(3,), (3, 4, 5)])
def test_it_is_the_formula(shape):
    torch.manual_seed(0)
    R, layer = 6, VirtualBatchNorm(3, 6).double()
    nn.init.normal_(layer.weight), nn.init.normal_(layer.bias)
    h = 3 + 2 * torch.randn(R + 4, *shape, dtype=torch.float64)
    out = layer(h)
    for i in range(len(h)):
        for c in range(3):
            company = [*range(R), i] if i >= R else [*range(R)]  # the reference has its own
            m = sum(h[j, c].mean() for j in company) / len(company)
            v = sum(h[j, c].square().mean() for j in company) / len(company)
            wanted = layer.weight[c] * (h[i, c] - m) / (v - m**2 + 1e-5).sqrt() + layer.bias[c]
            assert torch.allclose(out[i, c], wanted, atol=1e-12)


def test_with_a_large_reference_of_the_same_kind_it_is_nearly_batch_norm():
    torch.manual_seed(0)
    layer, usual = VirtualBatchNorm(4, 4000), nn.BatchNorm1d(4).train()
    h = 2 + 3 * torch.randn(4000 + 100, 4)
    assert (layer(h)[4000:] - usual(h)[4000:]).abs().max() < 0.02


def test_gradients_flow_through_a_sample_and_never_from_one_to_another():
    G = network()
    z = torch.randn(5, 2, requires_grad=True)
    (slope,) = torch.autograd.grad(G(z)[2].sum(), z)
    assert slope[2].abs().sum() > 0 and slope[[0, 1, 3, 4]].abs().max() == 0


def test_every_batch_norm_is_replaced_and_its_scale_taken_over():
    G = dcgan_generator(8, (1, 16, 16), width=4)
    norms = [layer for layer in G.modules() if isinstance(layer, nn.BatchNorm2d)]
    scales = [norm.weight for norm in norms]
    G = virtual_batch_norm(G, torch.randn(4, 8))
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in G.modules())
    new = [layer.weight for layer in G.modules() if isinstance(layer, VirtualBatchNorm)]
    assert len(new) == len(scales) >= 1
    assert all(a is b for a, b in zip(new, scales, strict=True))
    assert G(torch.randn(3, 8)).shape == (3, 1, 16, 16)


def test_extreme_and_constant_features_stay_finite():
    layer = VirtualBatchNorm(2, 4)
    for h in (torch.full((9, 2), 3.0), 1e6 + torch.randn(9, 2), torch.zeros(9, 2)):
        h = h.requires_grad_()
        out = layer(h)
        (slope,) = torch.autograd.grad(out.sum(), h)
        assert out.isfinite().all() and slope.isfinite().all()


def test_the_reference_is_part_of_the_game_and_of_its_average():
    def build():
        G = network()
        return gan(G, nn.Linear(2, 1), latent=Normal(2), device="cpu")

    game = build()
    play(game, points(), 5)
    assert torch.equal(game.networks["G"].reference, game.averages["G"].network.reference)
    assert torch.equal(game.networks["G"].reference, build().networks["G"].reference)
    assert sample(game, 600).shape == (600, 2)
    again = build()
    play(again, points(), 5)
    assert same(weights(game), weights(again))


def test_mistakes_get_one_clear_sentence():
    with pytest.raises(ValueError, match="0 batch norms"):
        virtual_batch_norm(nn.Sequential(nn.Linear(2, 2)), torch.randn(8, 2))
    with pytest.raises(ValueError, match="1 samples"):
        virtual_batch_norm(nn.Sequential(nn.BatchNorm1d(2)), torch.randn(1, 2))
    with pytest.raises(ValueError, match="8 reference samples first"):
        VirtualBatchNorm(2, 8)(torch.randn(4, 2))
    assert isinstance(network(), Referenced)
