"""Layers that compare the samples of a batch, against what they are for equal and far ones."""

import pytest
import torch
from games_for_tests import points
from torch import nn

from gan_course import Normal, gan, play, r1
from gan_course.networks import mlp
from gan_course.tricks import MinibatchDeviation, MinibatchDiscrimination


@pytest.mark.parametrize(("n", "B", "C"), [(2, 1, 1), (5, 3, 4), (64, 16, 5)])
def test_equal_samples_are_near_all_others_and_far_ones_near_none(n, B, C):
    torch.manual_seed(0)
    layer = MinibatchDiscrimination(7, kernels=B, dims=C)
    equal = torch.randn(1, 7).expand(n, 7)
    assert torch.allclose(layer(equal)[:, 7:], torch.full((n, B), n - 1.0), atol=1e-4)
    apart = 1e4 * torch.randn(n, 7)
    assert torch.allclose(layer(apart)[:, 7:], torch.zeros(n, B), atol=1e-4)
    assert torch.equal(layer(apart)[:, :7], apart)


def test_it_is_the_sum_over_the_others_of_the_formula():
    torch.manual_seed(0)
    layer = MinibatchDiscrimination(4, kernels=3, dims=2).double()
    f = torch.randn(6, 4, dtype=torch.float64)
    M = (f @ layer.T).reshape(6, 3, 2)
    for i in range(6):
        for b in range(3):
            wanted = sum((-(M[i, b] - M[j, b]).abs().sum()).exp() for j in range(6) if j != i)
            assert layer(f)[i, 4 + b].item() == pytest.approx(wanted.item(), abs=1e-12)


@pytest.mark.parametrize("layer", [MinibatchDiscrimination(4, 3, 2), MinibatchDeviation()])
def test_equal_samples_feel_no_gradient_and_nearly_equal_ones_do(layer):
    layer, f = layer.double(), torch.randn(1, 4).double().repeat(6, 1).requires_grad_()
    added = layer(f)[:, 4:]
    (slope,) = torch.autograd.grad((added * torch.randn_like(added)).sum(), f)
    assert slope.isfinite().all() and slope.abs().max() < 1e-6
    near = (f.detach() + 0.1 * torch.randn(6, 4).double()).requires_grad_()
    (slope,) = torch.autograd.grad(layer(near)[:, 4:].sum(), near)
    assert slope.abs().max() > 1e-3


@pytest.mark.parametrize("shape", [(3,), (3, 4, 4)])
def test_deviation_appends_the_mean_standard_deviation(shape):
    h = torch.randn(8, *shape, dtype=torch.float64)
    out = MinibatchDeviation()(h)
    assert out.shape == (8, 4, *shape[1:]) and torch.equal(out[:, :3], h)
    wanted = h.std(0, correction=0).mean().item()
    assert out[:, 3].min().item() == pytest.approx(wanted, abs=1e-6)
    assert out[:, 3].max().item() == pytest.approx(wanted, abs=1e-6)


def test_groups_are_strided_and_see_their_own_members_only():
    h = torch.randn(8, 5)
    out = MinibatchDeviation(group=4)(h)[:, 5]
    for first in (0, 1):  # members 0, 2, 4, 6 and 1, 3, 5, 7
        wanted = h[first::2].std(0, correction=0).mean()
        assert torch.allclose(out[first::2], wanted.expand(4), atol=1e-5)
    half = torch.cat([torch.randn(1, 5).expand(4, 5)] * 2)
    half[1::2] = torch.randn(4, 5)
    out = MinibatchDeviation(group=4)(half)[:, 5]
    assert out[::2].max() < 2e-4 < 0.1 < out[1::2].min()


@pytest.mark.parametrize("make", [lambda: MinibatchDiscrimination(16, 4, 3), MinibatchDeviation])
def test_a_d_with_it_tells_a_collapsed_g_by_the_batch_alone(make):
    """Each sample for itself is as likely real as not: only together do they give G away."""
    torch.manual_seed(0)
    layer = make()
    width = layer(torch.zeros(4, 16)).shape[1]
    D = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), layer, nn.Linear(width, 1))
    optimizer = torch.optim.Adam(D.parameters(), 1e-2)
    for _ in range(800):
        real, fake = torch.randn(32, 2), torch.randn(1, 2).expand(32, 2)
        loss = nn.functional.softplus(-D(real)).mean() + nn.functional.softplus(D(fake)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss < 0.1


@pytest.mark.parametrize("make", [lambda: MinibatchDiscrimination(128, 8, 3), MinibatchDeviation])
def test_games_play_with_it_and_with_a_penalty_beside_it(make):
    torch.manual_seed(0)
    layer, D = make(), mlp(2, 1)
    width = layer(torch.zeros(2, 128)).shape[1]
    D = nn.Sequential(*D[:-1], layer, nn.Linear(width, 1))
    game = gan(mlp(2, 2), D, latent=Normal(2), penalties=[(1, r1)], device="cpu")
    assert play(game, points(16), 3)["D_r1"] > 0


def test_bfloat16_features_keep_their_dtype():
    h = torch.randn(8, 16, dtype=torch.bfloat16)
    assert MinibatchDeviation()(h).dtype == torch.bfloat16
    assert MinibatchDiscrimination(16, 4, 3).bfloat16()(h).dtype == torch.bfloat16


def test_mistakes_get_one_clear_sentence():
    with pytest.raises(ValueError, match="at least 2 samples"):
        MinibatchDeviation(1)
    with pytest.raises(ValueError, match="groups of 4"):
        MinibatchDeviation(4)(torch.zeros(6, 3))
    with pytest.raises(ValueError, match="at least one feature"):
        MinibatchDiscrimination(8, kernels=0)
    with pytest.raises(ValueError, match="flatten first"):
        MinibatchDiscrimination(8)(torch.zeros(6, 2, 4))
