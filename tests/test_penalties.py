"""Penalties on D(x) = w.x, where every one of them is known exactly."""

import pytest
import torch
from torch import nn

from gan_course import clip_weights, gradient_norm, gradient_penalty, r1, r2

W = torch.tensor([3.0, -4.0])  # |W| = 5
REAL, FAKE = torch.randn(16, 2), torch.randn(16, 2)


def linear(w):
    D = nn.Linear(len(w), 1)
    D.weight.data = w[None].clone()
    return D


def test_the_slope_of_a_linear_d_is_the_norm_of_its_weights():
    torch.testing.assert_close(gradient_norm(linear(W), REAL), torch.full((16,), 5.0))


def test_gradient_penalty_of_a_linear_d():
    D = linear(W)
    assert gradient_penalty(D, REAL, FAKE).item() == pytest.approx((5 - 1) ** 2, rel=1e-6)
    assert gradient_penalty(D, REAL, FAKE, target=2.0).item() == pytest.approx(9, rel=1e-6)
    assert gradient_penalty(D, REAL, FAKE, one_sided=True).item() == pytest.approx(16, rel=1e-6)


def test_one_sided_is_free_below_the_target():
    D = linear(W / 10)
    assert gradient_penalty(D, REAL, FAKE).item() == pytest.approx(0.25, rel=1e-6)
    assert gradient_penalty(D, REAL, FAKE, one_sided=True) == 0


def test_r1_and_r2_of_a_linear_d_carry_the_half():
    assert r1(linear(W), REAL, FAKE).item() == pytest.approx(25 / 2, rel=1e-6)
    assert r2(linear(W), REAL, FAKE).item() == pytest.approx(25 / 2, rel=1e-6)


def test_r1_looks_at_real_samples_and_r2_at_generated_ones():
    def D(x):
        return x.square().sum(1)  # its slope is 2x

    assert r1(D, REAL, None).item() == pytest.approx(2 * REAL.square().sum(1).mean().item())
    assert r2(D, None, FAKE).item() == pytest.approx(2 * FAKE.square().sum(1).mean().item())


def test_interpolates_lie_within_the_segment_one_u_for_each_sample():
    seen = []

    def D(x):
        seen.append(x.detach())
        return x.flatten(1).sum(1)

    real, fake = torch.zeros(500, 3, 4, 4), torch.ones(500, 3, 4, 4)
    gradient_penalty(D, real, fake)
    u = seen[0].flatten(1)  # between 0 and 1, and here equal to u itself
    assert (u == u[:, :1]).all(), "one u for a whole sample"
    assert 0 <= u.min() < 0.02 and 0.98 < u.max() <= 1
    assert u[:, 0].mean().item() == pytest.approx(0.5, abs=0.06)


@pytest.mark.parametrize("penalty", [gradient_penalty, r1, r2])
def test_a_flat_d_gives_finite_gradients(penalty):
    D = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1))
    nn.init.zeros_(D[2].weight)
    penalty(D, REAL, FAKE).backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in D.parameters())


@pytest.mark.parametrize("penalty", [gradient_penalty, r1, r2])
def test_a_penalty_moves_d_but_neither_the_samples_nor_their_generator(penalty):
    D, G = nn.Sequential(nn.Linear(2, 8), nn.Softplus(), nn.Linear(8, 1)), nn.Linear(2, 2)
    penalty(D, REAL, G(FAKE)).backward()
    assert D[0].weight.grad.abs().sum() > 0
    assert G.weight.grad is None and not REAL.requires_grad


def test_labels_reach_d():
    class Conditional(nn.Module):
        def forward(self, x, y):
            return x.sum(1) * y

    D, y = Conditional(), torch.arange(16)
    torch.testing.assert_close(gradient_norm(D, REAL, y), y * 2**0.5)
    expected = (y**2 * 2).float().mean() / 2
    torch.testing.assert_close(r1(D, REAL, FAKE, y), expected)


def test_penalties_stay_in_float32_under_autocast():
    D = linear(W * 1.001)
    with torch.autocast("cpu", torch.bfloat16):
        norms = gradient_norm(D, REAL.bfloat16())
    assert norms.dtype == torch.float32
    torch.testing.assert_close(norms, torch.full((16,), 5.005))


def test_clip_weights_clamps_in_place():
    D = linear(W)
    clip_weights(D, 0.5)
    assert D.weight.abs().max() == 0.5 and D.weight.requires_grad
    with pytest.raises(ValueError, match="above 0"):
        clip_weights(D, 0)


def test_different_shapes_are_refused():
    with pytest.raises(ValueError, match="as many fake samples"):
        gradient_penalty(linear(W), REAL, FAKE[:4])


def test_float64_stays_float64_and_bfloat16_becomes_float32():
    D, x = nn.Linear(3, 1), torch.randn(5, 3)
    assert gradient_norm(D, x.bfloat16()).dtype == torch.float32
    D, x = D.double(), x.double()
    assert gradient_norm(D, x).dtype == torch.float64
    expected = (D.weight.norm() - 1).square()
    torch.testing.assert_close(gradient_penalty(D, x, -x), expected, rtol=1e-12, atol=1e-12)
