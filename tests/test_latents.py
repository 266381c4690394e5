"""Latents and walks between them."""

import math

import pytest
import torch

from gan_course import Categorical, Concat, Normal, Petals, Truncated, Uniform, lerp, slerp


def test_normal_is_standard_normal():
    torch.manual_seed(0)
    z = Normal(3)(20_000)
    assert z.shape == (20_000, 3)
    assert z.mean().abs() < 0.02 and (z.std() - 1).abs() < 0.02


def test_uniform_fills_minus_one_to_one():
    torch.manual_seed(0)
    z = Uniform(2)(20_000)
    assert z.min() >= -1 and z.max() <= 1
    assert z.var().item() == pytest.approx(1 / 3, abs=0.01)


def test_categorical_is_one_hot_and_fair():
    torch.manual_seed(0)
    z = Categorical(4)(20_000)
    assert (z.sum(1) == 1).all() and set(z.unique().tolist()) == {0.0, 1.0}
    assert (z.mean(0) - 0.25).abs().max() < 0.02


@pytest.mark.parametrize("latent", [Normal, Uniform, Categorical])
def test_latents_follow_the_seed_compare_by_value_and_refuse_no_dimension(latent):
    torch.manual_seed(1)
    first = latent(5)(8)
    torch.manual_seed(1)
    assert torch.equal(first, latent(5)(8))
    assert latent(5) == latent(5) != latent(6)
    with pytest.raises(ValueError, match="at least one dimension"):
        latent(0)


def test_walks_start_and_end_where_they_should():
    a, b = torch.randn(7, 16), torch.randn(7, 16)
    for walk in (lerp, slerp):
        path = walk(a, b, 9)
        assert path.shape == (9, 7, 16)
        torch.testing.assert_close(path[0], a)
        torch.testing.assert_close(path[-1], b)


def test_slerp_keeps_the_norm_where_lerp_cuts_through_the_middle():
    a, b = torch.eye(2)
    torch.testing.assert_close(slerp(a, b, 5).norm(dim=-1), torch.ones(5))
    torch.testing.assert_close(slerp(a, b, 3)[1], torch.tensor([0.5, 0.5]).sqrt())
    assert lerp(a, b, 3)[1].norm().item() == pytest.approx(0.5**0.5)


def test_slerp_between_parallel_vectors_is_a_straight_line():
    a = torch.tensor([1.0, 2.0])
    torch.testing.assert_close(slerp(a, 3 * a, 3), lerp(a, 3 * a, 3))
    assert slerp(a, -a, 5).isfinite().all()


def test_bad_ends_are_refused():
    with pytest.raises(ValueError, match="two ends of one shape"):
        lerp(torch.zeros(2), torch.zeros(3), 5)
    with pytest.raises(ValueError, match="at least 2 steps"):
        slerp(torch.zeros(2), torch.zeros(2), 1)


def test_walks_keep_the_dtype():
    a, b = torch.randn(2, 3, 4, dtype=torch.float64)
    assert lerp(a, b, 5).dtype == slerp(a, b, 5).dtype == torch.float64


def truncated_variance(t):
    """1 - 2 t phi(t) / (2 Phi(t) - 1), the variance of N(0, 1) given |z| <= t."""
    density = math.exp(-t * t / 2) / math.sqrt(2 * math.pi)
    return 1 - 2 * t * density / math.erf(t / math.sqrt(2))


@pytest.mark.parametrize("t", [0.04, 0.5, 1.0, 2.0, 4.0])
def test_truncated_normals_have_the_moments_of_drawing_again(t):
    torch.manual_seed(0)
    z = Truncated(100, t)(4_000).double()
    assert z.abs().max() <= t
    assert z.mean().item() == pytest.approx(0, abs=0.01 * t)
    assert z.var().item() == pytest.approx(truncated_variance(t), rel=0.02)
    v = truncated_variance(t)  # E z^4 = 3 v - t^2 (1 - v), by parts
    assert z.pow(4).mean().item() == pytest.approx(3 * v - t**2 * (1 - v), rel=0.05, abs=1e-9)


def test_truncation_is_the_law_of_drawing_again_and_not_that_of_clipping_or_scaling():
    torch.manual_seed(0)
    z, t = torch.randn(200_000), 0.5
    again = z[z.abs() <= t].sort().values
    ours = Truncated(1, t)(len(again)).flatten().sort().values
    assert (again - ours).abs().max() < 0.02  # quantile by quantile
    assert ours.std().item() == pytest.approx(0.284, abs=0.003)
    assert (t * z).std().item() == pytest.approx(0.5, abs=0.01)
    assert (z.clamp(-t, t).abs() == t).float().mean() > 0.6 and (
        ours.abs() == t
    ).float().mean() < 1e-3


def test_far_thresholds_stay_finite_and_change_nothing():
    torch.manual_seed(0)
    z = Truncated(1_000, 9.0)(1_000)
    assert z.isfinite().all() and z.std().item() == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("threshold", [0.0, -1.0, math.nan])
def test_a_threshold_lies_above_zero(threshold):
    with pytest.raises(ValueError, match="above 0"):
        Truncated(3, threshold)


def test_parts_of_a_concatenation_keep_their_laws():
    torch.manual_seed(0)
    z = Concat(Categorical(3), Normal(2))(20_000)
    assert z.shape == (20_000, 5) and torch.equal(z[:, :3].sum(1), torch.ones(20_000))
    assert z[:, :3].mean(0).sub(1 / 3).abs().max() < 0.02
    assert z[:, 3:].std(0).sub(1).abs().max() < 0.03
    assert Concat(Normal(2)) == Concat(Normal(2)) != Concat(Normal(3))
    with pytest.raises(ValueError, match="at least one"):
        Concat()


@pytest.mark.parametrize("classes", [2, 10])
def test_petals_lie_on_their_rays(classes):
    torch.manual_seed(0)
    flower, y = Petals(classes), torch.arange(classes).repeat(4000)
    z = flower(len(y), None, y)
    for k in range(classes):
        turn = torch.tensor(-2 * torch.pi * k / classes)
        rotation = torch.stack([turn.cos(), -turn.sin(), turn.sin(), turn.cos()]).view(2, 2)
        straight = z[y == k] @ rotation.T
        torch.testing.assert_close(straight.mean(0), torch.tensor([2.0, 0.0]), atol=0.04, rtol=0)
        torch.testing.assert_close(straight.std(0), torch.tensor([0.5, 0.15]), atol=0.02, rtol=0)
    assert (flower.nearest(z) == y).float().mean() > 0.97


def test_petals_without_labels_are_all_as_likely():
    torch.manual_seed(0)
    shares = Petals(5).nearest(Petals(5)(20_000)).bincount() / 20_000
    assert shares.sub(0.2).abs().max() < 0.02


def test_what_does_not_suit_petals_is_one_sentence():
    with pytest.raises(ValueError, match="two petals"):
        Petals(1)
    with pytest.raises(ValueError, match="above 0"):
        Petals(across=0.0)
    with pytest.raises(ValueError, match="need 4 labels"):
        Petals()(4, None, torch.zeros(3).long())
