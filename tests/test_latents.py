"""Latents and walks between them."""

import pytest
import torch

from gan_course import Categorical, Normal, Uniform, lerp, slerp


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
