"""The way back: encoders that draw, codes without chance, and a D of pairs."""

import pytest
import torch
from torch import nn
from torch.distributions import Independent, Normal, kl_divergence

from gan_course.networks import (
    Chain,
    ConcatOneHot,
    EvenSpread,
    Gaussian,
    JointDiscriminator,
    SoftmaxFirst,
    code_of,
    kl_to_normal,
    mlp,
    mlp_encoder,
)


@pytest.mark.parametrize("d", [1, 4])
def test_the_divergence_is_that_of_the_gaussians(d):
    torch.manual_seed(0)
    mu, log_sigma = torch.randn(2, 6, d, dtype=torch.float64)
    mine = Independent(Normal(mu, log_sigma.exp()), 1)
    unit = Independent(Normal(torch.zeros_like(mu), torch.ones_like(mu)), 1)
    torch.testing.assert_close(kl_to_normal(mu, log_sigma), kl_divergence(mine, unit))
    assert not kl_to_normal(torch.zeros(3, d), torch.zeros(3, d)).any()


def test_a_gaussian_draws_with_its_mean_and_spread_in_eval_mode_too():
    torch.manual_seed(0)
    E = Gaussian(mlp(2, 6, (8,))).eval()
    x = torch.randn(1, 2).expand(20_000, 2)
    mu, log_sigma = E.gaussian(x[:1])
    z = E(x)
    torch.testing.assert_close(z.mean(0), mu[0], atol=0.03, rtol=0)
    torch.testing.assert_close(z.std(0), log_sigma[0].exp(), atol=0, rtol=0.03)
    assert torch.equal(code_of(E, x[:3]), mu.expand(3, 3)) and not torch.equal(E(x), z)


def test_gradients_reach_the_mean_and_the_spread():
    body = EvenSpread(nn.Linear(2, 3), 3)
    E = Gaussian(body)
    torch.manual_seed(1)
    E(torch.ones(5, 2)).square().sum().backward()
    torch.manual_seed(1)
    noise = torch.randn(5, 3)
    z = body.network(torch.ones(5, 2)) + noise  # sigma begins at 1
    torch.testing.assert_close(body.network.bias.grad, 2 * z.sum(0))
    torch.testing.assert_close(body.log_sigma.grad, 2 * (z * noise).sum(0))


def test_a_gaussian_draws_images_and_sees_labels():
    G = Gaussian(nn.Conv2d(1, 6, 1))
    assert G(torch.zeros(2, 1, 4, 4)).shape == (2, 3, 4, 4)
    E = Gaussian(Chain(ConcatOneHot(3), nn.Linear(5, 4)))
    assert E(torch.zeros(2, 2), torch.tensor([0, 2])).shape == (2, 2)
    with pytest.raises(ValueError, match=r"\[N, 2d\]: got \[2, 5\]"):
        Gaussian(nn.Linear(2, 5))(torch.zeros(2, 2))


def test_a_code_without_chance_is_what_a_plain_encoder_returns():
    E, x = mlp_encoder(3, (1, 4, 4), (8,)), torch.randn(5, 1, 4, 4)
    assert torch.equal(code_of(E, x), E(x)) and E(x).shape == (5, 3)


def test_a_joint_discriminator_reads_both_parts():
    torch.manual_seed(0)
    D = JointDiscriminator(mlp(6 + 8, 1), nn.Conv2d(1, 6, 4), nn.Linear(3, 8))
    x, z = torch.randn(5, 1, 4, 4, requires_grad=True), torch.randn(5, 3, requires_grad=True)
    D(x, z).sum().backward()
    assert x.grad.flatten(1).any(1).all() and z.grad.any(1).all()
    plain = JointDiscriminator(nn.Linear(16 + 3, 1))
    rows = torch.cat([x.flatten(1), z], 1)
    assert torch.equal(plain(x, z), plain.head(rows))


def test_the_first_of_a_code_become_probabilities():
    h = torch.randn(4, 5)
    out = SoftmaxFirst(3)(h)
    torch.testing.assert_close(out[:, :3], h[:, :3].softmax(1))
    assert torch.equal(out[:, 3:], h[:, 3:])
    with pytest.raises(ValueError, match="at least 2"):
        SoftmaxFirst(1)
